/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c - see ledger.h. The file is YAML's JSON subset and is read back by the configuration's
 * own parser. */
#include "pipeline/ledger.h"

#include "config/config.h"
#include "config/node.h"
#include "config/yaml.h"

#include <errno.h>
#include <pthread.h>

/* Row of records that a crash left in the queue and the file does not know. */
static const char RECOVERED[] = "recovered";

enum { LEDGER_MAX_FILE = 4 * 1024 * 1024 };

struct drop {
    struct drop *next;
    uint64_t n;
    char reason[];
};

struct ledger_row {
    struct ledger_row *next;
    struct ledger *ledger;
    uint64_t collected, delivered, dead_lettered, dropped;
    struct drop *drops;
    char instance[];
};

struct ledger {
    pthread_mutex_t lock;
    struct ledger_row *rows;
};

struct ledger *
ledger_new(void)
{
    struct ledger *l = calloc(1, sizeof *l);
    if (l != NULL)
        pthread_mutex_init(&l->lock, NULL);
    return l;
}

void
ledger_free(struct ledger *l)
{
    if (l == NULL)
        return;
    while (l->rows != NULL) {
        struct ledger_row *row = l->rows;
        l->rows = row->next;
        while (row->drops != NULL) {
            struct drop *drop = row->drops;
            row->drops = drop->next;
            free(drop);
        }
        free(row);
    }
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static struct ledger_row *
row_add(struct ledger *l, const char *instance)
{
    size_t len = strlen(instance);
    struct ledger_row *row = calloc(1, sizeof *row + len + 1);
    if (row == NULL)
        return NULL;
    memcpy(row->instance, instance, len);
    row->ledger = l;
    row->next = l->rows;
    l->rows = row;
    return row;
}

struct ledger_row *
ledger_row(struct ledger *l, const char *instance)
{
    pthread_mutex_lock(&l->lock);
    struct ledger_row *row = l->rows;
    while (row != NULL && strcmp(row->instance, instance) != 0)
        row = row->next;
    if (row == NULL)
        row = row_add(l, instance);
    pthread_mutex_unlock(&l->lock);
    return row;
}

static uint64_t
queued_of(const struct ledger_row *row)
{
    return row->collected - row->delivered - row->dead_lettered - row->dropped;
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Another row lends what this one is short of. What a crash left open between the two is settled by
 * it: recovered records turn out to be this row's, or a delivery that was booked here turns out to
 * be the other's. */
static uint64_t
lend(struct ledger_row *from, struct ledger_row *to, uint64_t n)
{
    n = smaller(n, queued_of(from));
    if (strcmp(from->instance, RECOVERED) == 0) {
        from->collected -= n;
        to->collected += n;
        return n;
    }
    n = smaller(n, to->delivered);
    from->delivered += n;
    to->delivered -= n;
    return n;
}

/* Makes sure that n records can be counted out of a row. */
static void
cover(struct ledger_row *row, uint64_t n)
{
    for (struct ledger_row *other = row->ledger->rows; other != NULL; other = other->next)
        if (other != row && queued_of(row) < n)
            lend(other, row, n - queued_of(row));
}

static void
count_out(struct ledger_row *row, uint64_t *counter, uint64_t n)
{
    pthread_mutex_lock(&row->ledger->lock);
    cover(row, n);
    *counter += n;
    pthread_mutex_unlock(&row->ledger->lock);
}

void
ledger_collected(struct ledger_row *row, uint64_t n)
{
    pthread_mutex_lock(&row->ledger->lock);
    row->collected += n;
    pthread_mutex_unlock(&row->ledger->lock);
}

void
ledger_delivered(struct ledger_row *row, uint64_t n)
{
    count_out(row, &row->delivered, n);
}

void
ledger_dead_lettered(struct ledger_row *row, uint64_t n)
{
    count_out(row, &row->dead_lettered, n);
}

static void
drop_count(struct ledger_row *row, const char *reason, uint64_t n)
{
    struct drop *drop = row->drops;
    while (drop != NULL && strcmp(drop->reason, reason) != 0)
        drop = drop->next;
    if (drop == NULL) {
        size_t len = strlen(reason);
        drop = calloc(1, sizeof *drop + len + 1);
        if (drop == NULL)
            return; /* the sum still holds it */
        memcpy(drop->reason, reason, len);
        drop->next = row->drops;
        row->drops = drop;
    }
    drop->n += n;
}

void
ledger_dropped(struct ledger_row *row, const char *reason, uint64_t n)
{
    pthread_mutex_lock(&row->ledger->lock);
    cover(row, n);
    row->dropped += n;
    drop_count(row, reason, n);
    pthread_mutex_unlock(&row->ledger->lock);
}

static struct ledger_counts
counts_of(const struct ledger_row *row)
{
    return (struct ledger_counts){
        .collected = row->collected,
        .delivered = row->delivered,
        .dead_lettered = row->dead_lettered,
        .dropped = row->dropped,
        .queued = queued_of(row),
    };
}

struct ledger_counts
ledger_counts_of(struct ledger_row *row)
{
    pthread_mutex_lock(&row->ledger->lock);
    struct ledger_counts c = counts_of(row);
    pthread_mutex_unlock(&row->ledger->lock);
    return c;
}

static struct ledger_counts
total_of(const struct ledger *l)
{
    struct ledger_counts sum = {0};
    for (const struct ledger_row *row = l->rows; row != NULL; row = row->next) {
        struct ledger_counts c = counts_of(row);
        sum.collected += c.collected;
        sum.delivered += c.delivered;
        sum.dead_lettered += c.dead_lettered;
        sum.dropped += c.dropped;
        sum.queued += c.queued;
    }
    return sum;
}

struct ledger_counts
ledger_total(struct ledger *l)
{
    pthread_mutex_lock(&l->lock);
    struct ledger_counts sum = total_of(l);
    pthread_mutex_unlock(&l->lock);
    return sum;
}

static void
counts_json(struct ledger_counts c, const struct drop *drops, struct buf *to)
{
    buf_printf(to,
               "\"collected\":%llu,\"delivered\":%llu,\"queued\":%llu,\"dead_lettered\":%llu,"
               "\"dropped\":{\"total\":%llu",
               (unsigned long long)c.collected, (unsigned long long)c.delivered,
               (unsigned long long)c.queued, (unsigned long long)c.dead_lettered,
               (unsigned long long)c.dropped);
    for (; drops != NULL; drops = drops->next) {
        buf_add_char(to, ',');
        buf_add_json_string(to, drops->reason, strlen(drops->reason));
        buf_printf(to, ":%llu", (unsigned long long)drops->n);
    }
    buf_add_char(to, '}');
}

void
ledger_to_json(struct ledger *l, struct buf *to)
{
    pthread_mutex_lock(&l->lock);
    buf_add_text(to, "{\"total\":{");
    counts_json(total_of(l), NULL, to);
    buf_add_text(to, "},\"instances\":[");
    for (const struct ledger_row *row = l->rows; row != NULL; row = row->next) {
        buf_add_text(to, "{\"name\":");
        buf_add_json_string(to, row->instance, strlen(row->instance));
        buf_add_char(to, ',');
        counts_json(counts_of(row), row->drops, to);
        buf_add_text(to, row->next != NULL ? "}," : "}");
    }
    buf_add_text(to, "]}");
    pthread_mutex_unlock(&l->lock);
}

int
ledger_save(struct ledger *l, const char *path)
{
    CLEANUP(buf_free) struct buf json = {0};
    ledger_to_json(l, &json);
    buf_add_char(&json, '\n');
    return json.failed ? -ENOMEM : util_write_file_atomic(path, json.data, json.len, 0600);
}

static uint64_t
number_in(const struct mh_config *node, const char *key)
{
    int64_t n = 0;
    config_ops.get_int(node, key, &n);
    return n > 0 ? (uint64_t)n : 0;
}

static void
load_row(struct ledger *l, const struct mh_config *node)
{
    const char *name = NULL;
    config_ops.get_string(node, "name", &name);
    struct ledger_row *row = name != NULL ? ledger_row(l, name) : NULL;
    const struct mh_config *dropped = config_ops.find(node, "dropped");
    if (row == NULL)
        return;
    row->collected = number_in(node, "collected");
    row->delivered = number_in(node, "delivered");
    row->dead_lettered = number_in(node, "dead_lettered");
    for (uint32_t i = 0; i < config_ops.count(dropped); i++) {
        const char *reason = config_ops.key_at(dropped, i);
        int64_t n = 0;
        if (reason == NULL || strcmp(reason, "total") == 0 ||
            config_ops.get_int(config_ops.at(dropped, i), NULL, &n) != MH_OK || n <= 0)
            continue;
        row->dropped += (uint64_t)n;
        drop_count(row, reason, (uint64_t)n);
    }
}

int
ledger_load(struct ledger *l, const char *path)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    size_t len;
    int r = util_read_file(path, LEDGER_MAX_FILE, &text, &len);
    if (r != 0)
        return r;
    struct mh_config *root = yaml_load(text, len, path, &d);
    const struct mh_config *instances = root != NULL ? config_ops.find(root, "instances") : NULL;
    r = config_ops.kind(instances) == MH_NODE_LIST ? 0 : -EBADMSG;
    for (uint32_t i = 0; r == 0 && i < config_ops.count(instances); i++)
        load_row(l, config_ops.at(instances, i));
    config_node_free(root);
    return r;
}

/* Counts up to n queued records out of every row in turn: as delivered, or as dropped for a reason.
 */
static void
count_out_anywhere(struct ledger *l, const char *reason, uint64_t n)
{
    for (struct ledger_row *row = l->rows; row != NULL && n != 0; row = row->next) {
        uint64_t part = smaller(n, queued_of(row));
        if (part == 0)
            continue;
        if (reason == NULL) {
            row->delivered += part;
        } else {
            row->dropped += part;
            drop_count(row, reason, part);
        }
        n -= part;
    }
}

void
ledger_adopt(struct ledger *l, uint64_t queued)
{
    uint64_t believed = ledger_total(l).queued;
    struct ledger_row *recovered = queued > believed ? ledger_row(l, RECOVERED) : NULL;
    pthread_mutex_lock(&l->lock);
    if (recovered != NULL)
        recovered->collected += queued - believed;
    else if (queued < believed)
        count_out_anywhere(l, NULL, believed - queued);
    pthread_mutex_unlock(&l->lock);
}

void
ledger_lose(struct ledger *l, const char *reason, uint64_t n)
{
    pthread_mutex_lock(&l->lock);
    count_out_anywhere(l, reason, n);
    pthread_mutex_unlock(&l->lock);
}
