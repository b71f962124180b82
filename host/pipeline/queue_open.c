/* SPDX-License-Identifier: Apache-2.0 */
/* queue_open.c - see queue_open.h. */
#include "pipeline/queue_open.h"

#include <errno.h>

enum { MIN_EVENTS = 32 };

int
queue_open_configured(const struct settings *s, struct queue **ret, char **ret_reason)
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
