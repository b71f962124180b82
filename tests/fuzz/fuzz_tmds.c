/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_tmds.c - see the header. It takes the place of endpoint.c, and its record operations abort
 * on anything that the public headers do not allow: a field that is not there, a value of another
 * type than the schema's, a double that is not finite, an empty key.
 */
#include "fuzz_tmds.h"

#include "collect.h"
#include "endpoint.h"
#include "json.h"
#include "schema.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static struct {
    const char *task, *stats;
    size_t task_len, stats_len;
    struct collector collector;
    bool running;
    uint32_t dataset; /* of the record that is written now */
    uint64_t now;
    volatile unsigned char
        touched; /* every byte of every text goes here, so that a sanitizer sees it read */
} fuzz;

static void
require(bool truth)
{
    if (!truth)
        abort();
}

/* The endpoint. */
int
endpoint_new(const struct mh_host *host, const char *uri, double rate, struct endpoint **ret)
{
    (void)host, (void)uri, (void)rate, (void)ret;
    return -EINVAL;
}

void
endpoint_free(struct endpoint *endpoint)
{
    (void)endpoint;
}

int
endpoint_get(struct endpoint *endpoint, const char *path, uint64_t deadline_ns, struct json *reader)
{
    bool is_stats = strcmp(path, "/task/stats") == 0;
    (void)endpoint, (void)deadline_ns;
    if (json_parse(reader, is_stats ? fuzz.stats : fuzz.task,
                   is_stats ? fuzz.stats_len : fuzz.task_len) < 0)
        return -EBADMSG;
    return json_root(reader)->type == JSON_OBJECT ? 0 : -EBADMSG;
}

const char *
endpoint_error(const struct endpoint *endpoint)
{
    (void)endpoint;
    return "error";
}

void
endpoint_wake(struct endpoint *endpoint)
{
    (void)endpoint;
}

void
endpoint_clear_wake(struct endpoint *endpoint)
{
    (void)endpoint;
}

/* The host. */
static void
touch(const char *bytes, size_t len)
{
    unsigned char sum = 0;
    for (size_t i = 0; i < len; i++)
        sum ^= (unsigned char)bytes[i];
    fuzz.touched = sum;
}

static void
check_type(uint32_t type, const struct mh_value *value)
{
    switch (type) {
    case MH_TYPE_LONG:
        require(value->type == MH_VALUE_INT);
        break;
    case MH_TYPE_DOUBLE:
        require(value->type == MH_VALUE_DOUBLE && isfinite(value->u.d));
        break;
    case MH_TYPE_BOOLEAN:
        require(value->type == MH_VALUE_BOOL);
        break;
    case MH_TYPE_DATE:
        require(value->type == MH_VALUE_DATE && value->u.i > 0);
        break;
    default:
        require(value->type == MH_VALUE_STRING);
    }
}

static const struct mh_field *
check_field(uint32_t field, const struct mh_value *value)
{
    const struct mh_dataset *dataset = &awsfargate_datasets[fuzz.dataset];
    require(field < dataset->n_fields);
    check_type(dataset->fields[field].type, value);
    if (value->type == MH_VALUE_STRING)
        touch(value->u.s, value->len);
    return &dataset->fields[field];
}

static struct mh_record *
add(struct mh_batch *batch, uint32_t dataset, int64_t timestamp_ns)
{
    require(dataset < N_DATASETS && timestamp_ns >= 0);
    fuzz.dataset = dataset;
    return (struct mh_record *)batch;
}

static int32_t
set(struct mh_record *record, uint32_t field, const struct mh_value *value)
{
    (void)record;
    require(strchr(check_field(field, value)->name, '*') == NULL);
    return MH_OK;
}

static int32_t
put(struct mh_record *record, uint32_t field, const char *key, uint32_t key_len,
    const struct mh_value *value)
{
    const struct mh_field *f = check_field(field, value);
    (void)record;
    require(f->type == MH_TYPE_FLATTENED || strchr(f->name, '*') != NULL);
    touch(key, key_len);
    return MH_OK;
}

static int32_t
set_constant(const struct mh_host *host, const char *path, uint32_t len,
             const struct mh_value *value)
{
    (void)host;
    touch(path, len);
    if (value != NULL)
        touch(value->u.s, value->len);
    return MH_OK;
}

static void
take_text(const struct mh_host *host, int32_t code, const char *text, size_t len)
{
    (void)host, (void)code;
    touch(text, len);
}

static uint64_t
monotonic(const struct mh_host *host)
{
    (void)host;
    return fuzz.now += 1000000;
}

static int32_t
enabled(const struct mh_host *host, uint32_t dataset)
{
    (void)host;
    return dataset == DATASET_TASK_STATS || fuzz.stats_len % 2 == 0;
}

static const struct mh_record_ops record_ops = {
    .struct_size = sizeof record_ops, .add = add, .set = set, .put = put};
static const struct mh_host host = {.struct_size = sizeof host,
                                    .record = &record_ops,
                                    .log = take_text,
                                    .fail = take_text,
                                    .monotonic_ns = monotonic,
                                    .dataset_enabled = enabled,
                                    .set_constant = set_constant};

static void
begin(void)
{
    static const uint32_t majors[] = {9, 253};
    struct collector *collector = &fuzz.collector;
    require(collector->stats != NULL || collector_init(collector, &host) == 0);
    require(tags_allow(&collector->tags, "*") == 0);
    collector->cores = true;
    collector->history.skip_majors = majors;
    collector->history.n_skip_majors = 2;
    fuzz.running = true;
}

void
fuzz_period(const char *task, size_t task_len, const char *stats, size_t stats_len)
{
    if (!fuzz.running)
        begin();
    fuzz.task = task;
    fuzz.task_len = task_len;
    fuzz.stats = stats;
    fuzz.stats_len = stats_len;
    collector_run(&fuzz.collector, (struct mh_batch *)&fuzz, UINT64_MAX);
}

/* Everything but the three readers, which are made for use again and again. */
void
fuzz_end(void)
{
    struct collector *collector = &fuzz.collector;
    task_free(&collector->task);
    history_free(&collector->history);
    tags_free(&collector->tags);
    collector->has_task = collector->task_is_old = false;
    collector->identity_hash = 0;
    fuzz.running = false;
}
