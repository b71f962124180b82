/* SPDX-License-Identifier: Apache-2.0 */
/* queue_open.c - see queue_open.h. On disk unless the configuration says otherwise: records outlive
 * the process. */
#include "pipeline/queue_open.h"

#include "pipeline/ledger.h"
#include "queue/disk.h"
#include "record/shape.h"

#include <errno.h>

enum { MIN_EVENTS = 32 };

static bool
flag(const struct settings *s, const char *path)
{
    int32_t truth = 0;
    config_ops.get_bool(s->root, path, &truth);
    return truth != 0;
}

static const char *
text(const struct settings *s, const char *path)
{
    const char *value = NULL;
    config_ops.get_string(s->root, path, &value);
    return value != NULL ? value : "";
}

/* In memory when its section is there and enabled, or when the disk queue is switched off. */
static bool
wants_memory(const struct settings *s)
{
    bool mem = config_ops.find(s->root, "queue.mem") != NULL && flag(s, "queue.mem.enabled");
    return mem || !flag(s, "queue.disk.enabled");
}

static int
open_mem(const struct settings *s, struct queue **ret, char **ret_reason)
{
    int64_t events = 0;
    config_ops.get_int(s->root, "queue.mem.events", &events);
    if (events < MIN_EVENTS) {
        *ret_reason = util_printf("queue.mem.events must be at least %d, not %lld", MIN_EVENTS,
                                  (long long)events);
        return -EINVAL;
    }
    int r = queue_mem_open((uint64_t)events, ret);
    if (r != 0)
        *ret_reason = strdup("out of memory");
    return r;
}

static enum queue_sync
sync_policy(const struct settings *s)
{
    const char *word = text(s, "queue.disk.sync");
    if (strcmp(word, "interval") == 0)
        return QUEUE_SYNC_INTERVAL;
    return strcmp(word, "none") == 0 ? QUEUE_SYNC_NONE : QUEUE_SYNC_BATCH;
}

static void
count_given_up(void *arg, const struct shape *shape, uint64_t n)
{
    struct ledger_row *row = ledger_row(arg, shape_instance(shape));
    if (row != NULL)
        ledger_dropped(row, "queue_full_oldest", n);
}

static int
open_disk(const struct settings *s, struct ledger *ledger, struct queue **ret, char **ret_reason)
{
    struct queue_disk_options o = {
        .sync = sync_policy(s),
        .when_full = strcmp(text(s, "queue.disk.when_full"), "drop_oldest") == 0
                         ? QUEUE_FULL_DROP_OLDEST
                         : QUEUE_FULL_BLOCK,
        .dropped = count_given_up,
        .dropped_arg = ledger,
    };
    const char *path = text(s, "queue.disk.path");
    CLEANUP_FREE char *folder =
        path[0] == '/' ? strdup(path)
                       : util_printf("%s/%s", s->paths.data, path[0] != '\0' ? path : "queue");
    o.path = folder;
    if (folder == NULL)
        return -ENOMEM;
    config_ops.get_bytes(s->root, "queue.disk.max_size", &o.max_size);
    config_ops.get_bytes(s->root, "queue.disk.segment_size", &o.segment_size);
    config_ops.get_duration_ns(s->root, "queue.disk.sync_interval", &o.sync_interval_ns);
    return queue_disk_open(&o, ret, ret_reason);
}

int
queue_open_configured(const struct settings *s, struct ledger *ledger, struct queue **ret,
                      char **ret_reason)
{
    return wants_memory(s) ? open_mem(s, ret, ret_reason) : open_disk(s, ledger, ret, ret_reason);
}
