/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statsd.c - an output: every number of every record as a gauge to a statsd server, over UDP.
 *
 * UDP tells nobody whether a datagram arrived, so a batch counts as delivered once the kernel took
 * it. A plugin that can know better gives each record its own status (record.h, set_status) and
 * returns MH_ERR_PARTIAL.
 */
#include <metrichost/plugin.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_DATAGRAM 1400 /* fits an Ethernet frame */
#define MAX_DEPTH 16
#define ITEMS 64

static const struct mh_key keys[] = {
    {"host", "127.0.0.1", NULL, "Name or address of the server.", MH_KEY_STRING, 0},
    {"port", "8125", NULL, "UDP port of the server.", MH_KEY_STRING, 0},
    {"prefix", "metrichost", NULL, "First element of all names.", MH_KEY_STRING, 0},
};

struct statsd {
    const struct mh_host *host;
    const char *server, *port, *prefix;
    int socket;
    size_t used; /* bytes in the datagram */
    char datagram[MAX_DATAGRAM];
};

/* Where in a document the reader is: the names of the objects around it. */
struct path {
    const char *names[MAX_DEPTH];
    uint32_t lens[MAX_DEPTH];
    uint32_t depth;   /* objects that are open */
    uint32_t skipped; /* arrays that are open; their members are passed over */
};

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct statsd *self = calloc(1, sizeof *self);
    if (self == NULL)
        return MH_ERR_NOMEM;
    self->host = host;
    self->socket = -1;
    int32_t rc = host->config->get_string(config, "host", &self->server);
    if (rc == MH_OK)
        rc = host->config->get_string(config, "port", &self->port);
    if (rc == MH_OK)
        rc = host->config->get_string(config, "prefix", &self->prefix);
    if (rc != MH_OK) {
        free(self);
        return rc;
    }
    *ret_self = self;
    return MH_OK;
}

/* At the first write and again after an error, so that the plugin starts also while the name does
 * not resolve. */
static int32_t
connect_socket(struct statsd *self)
{
    struct addrinfo *found, hints = {.ai_socktype = SOCK_DGRAM};
    int rc = getaddrinfo(self->server, self->port, &hints, &found);
    if (rc != 0)
        return mh_fail(self->host, MH_ERR_RETRY, "%s:%s: %s", self->server, self->port,
                       gai_strerror(rc));
    self->socket = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    if (self->socket >= 0)
        rc = connect(self->socket, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (self->socket < 0 || rc < 0)
        return mh_fail(self->host, MH_ERR_RETRY, "%s:%s: %s", self->server, self->port,
                       strerror(errno));
    return MH_OK;
}

static void
stop(void *instance)
{
    struct statsd *self = instance;
    if (self->socket >= 0)
        close(self->socket);
    self->socket = -1;
}

static int32_t
flush(struct statsd *self)
{
    size_t len = self->used;
    self->used = 0;
    if (len == 0 || send(self->socket, self->datagram, len, MSG_NOSIGNAL) >= 0)
        return MH_OK;
    if (errno == ECONNREFUSED) /* of an earlier datagram: nobody listens right now */
        return MH_OK;
    int32_t rc =
        mh_fail(self->host, MH_ERR_RETRY, "%s:%s: %s", self->server, self->port, strerror(errno));
    stop(self);
    return rc;
}

/* "prefix.docker.cpu.total.pct:0.25|g" as one line; a name that is too long for any datagram is
 * left out. */
static int32_t
add_gauge(struct statsd *self, const struct path *path, const struct mh_item *item)
{
    char line[MAX_DATAGRAM];
    size_t len = (size_t)snprintf(line, sizeof line, "%s", self->prefix);
    for (uint32_t i = 0; i < path->depth && len < sizeof line; i++)
        len += (size_t)snprintf(line + len, sizeof line - len, ".%.*s", (int)path->lens[i],
                                path->names[i]);
    if (len < sizeof line)
        len +=
            (size_t)snprintf(line + len, sizeof line - len, ".%.*s", (int)item->key_len, item->key);
    if (len < sizeof line && item->value.type == MH_VALUE_DOUBLE)
        len += (size_t)snprintf(line + len, sizeof line - len, ":%.10g|g\n", item->value.u.d);
    else if (len < sizeof line)
        len += (size_t)snprintf(line + len, sizeof line - len, ":%lld|g\n",
                                (long long)item->value.u.i);
    if (len >= sizeof line)
        return MH_OK;
    int32_t rc = self->used + len > sizeof self->datagram ? flush(self) : MH_OK;
    memcpy(self->datagram + self->used, line, len);
    self->used += len;
    return rc;
}

static int32_t
take_item(struct statsd *self, struct path *path, const struct mh_item *item)
{
    if (item->kind == MH_ITEM_OPEN_ARRAY)
        path->skipped++;
    else if (item->kind == MH_ITEM_CLOSE_ARRAY)
        path->skipped--;
    else if (item->kind == MH_ITEM_CLOSE_OBJECT)
        path->depth--;
    else if (item->kind == MH_ITEM_OPEN_OBJECT) {
        if (path->depth == MAX_DEPTH)
            return MH_ERR_DROP;
        path->names[path->depth] = item->key;
        path->lens[path->depth++] = item->key != NULL ? item->key_len : 0;
    } else if (path->skipped == 0 &&
               (item->value.type == MH_VALUE_INT || item->value.type == MH_VALUE_DOUBLE))
        return add_gauge(self, path, item);
    return MH_OK;
}

static int32_t
send_record(struct statsd *self, const struct mh_record *record)
{
    struct mh_cursor cursor = {{0}};
    struct mh_item items[ITEMS];
    struct path path = {.depth = 0};
    uint32_t n;
    while ((n = self->host->record->read(record, &cursor, items, ITEMS, 0)) > 0)
        for (uint32_t i = 0; i < n; i++) {
            int32_t rc = take_item(self, &path, &items[i]);
            if (rc != MH_OK)
                return rc;
        }
    return MH_OK;
}

/* All or nothing: after an error the host gives the same batch again. A gauge that is sent twice
 * does no harm. */
static int32_t
write_batch(void *instance, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct statsd *self = instance;
    const struct mh_record_ops *records = self->host->record;
    int32_t rc = self->socket >= 0 ? MH_OK : connect_socket(self);
    (void)deadline_ns; /* sending to a UDP socket does not wait */
    self->used = 0;
    for (uint32_t i = 0; rc == MH_OK && i < records->count(batch); i++) {
        rc = send_record(self, records->at(batch, i));
        if (rc == MH_ERR_DROP) { /* this one can never be sent */
            static const char reason[] = "objects nest too deeply";
            records->set_status(records->at(batch, i), MH_STATUS_REJECTED, reason,
                                sizeof reason - 1);
            rc = MH_OK;
        }
    }
    return rc == MH_OK ? flush(self) : rc;
}

static void
destroy(void *instance)
{
    free(instance);
}

static const struct mh_plugin plugin = {
    MH_PLUGIN_HEADER(MH_KIND_OUTPUT),
    .name = "statsd",
    .version = "1.0",
    .vendor = "metrichost examples",
    .license = "Apache-2.0",
    .summary = "Gauges to a statsd server over UDP",
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .key_stride = sizeof keys[0],
    .create = create,
    .write = write_batch,
    .stop = stop,
    .destroy = destroy,
};

MH_PLUGIN(plugin, output, "statsd", "1.0")
