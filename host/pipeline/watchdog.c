/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchdog.c - notices instances that hang. A hung call cannot be ended from outside; it is named,
 * counted and shown, and since each instance has a thread of its own the others go on.
 */
#include "log/log.h"
#include "pipeline/pipeline_internal.h"

/* Calls without a deadline of their own (start, stop, process) are expected back within this time.
 */
enum { CALL_LIMIT_S = 30, GRACE_S = 5 };

/* Seconds by which a call is overdue; negative: it is not. */
static double
overdue_s(const struct instance *i)
{
    if (atomic_load(&i->call) == NULL)
        return -1;
    uint64_t deadline = atomic_load(&i->call_deadline_ns);
    if (deadline == 0)
        deadline = atomic_load(&i->call_began_ns) + CALL_LIMIT_S * MH_NS_PER_S;
    return ((double)util_monotonic_ns() - (double)deadline) / 1e9 - GRACE_S;
}

static void
look_at(struct instance *i)
{
    const char *call = atomic_load(&i->call);
    double overdue = overdue_s(i);
    if (call == NULL || overdue < 0 || atomic_exchange(&i->reported_hung, true))
        return;
    double since = (double)(util_monotonic_ns() - atomic_load(&i->call_began_ns)) / 1e9;
    log_error(i->name, "hangs in %s for %.0f s; the other instances go on", call, since);
    statistics_add(&i->host, "hangs", 1);
}

void
watchdog_look(struct pipeline *p)
{
    for (size_t i = 0; i < p->built.n_inputs; i++)
        look_at(&p->built.inputs[i]->instance);
    for (uint32_t i = 0; p->built.output != NULL && i < p->built.output->n_workers; i++)
        look_at(&p->built.output->workers[i]->instance);
    for (size_t i = 0; i < p->built.processors->n; i++)
        look_at(&p->built.processors->list[i]->instance);
}

void
watchdog_state_json(const struct instance *i, struct buf *to)
{
    const char *call = atomic_load(&i->call);
    buf_printf(to, "\"state\":\"%s\"",
               atomic_load(&i->reported_hung)               ? "hung"
               : atomic_load(&i->state) == INSTANCE_RUNNING ? "running"
                                                            : "starting");
    if (call != NULL)
        buf_printf(to, ",\"call\":\"%s\",\"call_s\":%.3f", call,
                   (double)(util_monotonic_ns() - atomic_load(&i->call_began_ns)) / 1e9);
}
