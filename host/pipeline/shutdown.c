/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shutdown.c - the end: inputs take a last sample and stop, the output flushes what there is, and
 * what cannot be sent in time stays in the queue. Every wait has a limit, and a second signal makes
 * the limit now.
 */
#include "log/log.h"
#include "pipeline/pipeline_internal.h"

#include <signal.h>

/* What a woken instance gets to come back before it counts as hung. */
enum { WAKE_S = 2 };

static bool
inputs_join(struct input **inputs, size_t n, uint64_t deadline_ns)
{
    bool all = true;
    for (size_t i = 0; i < n; i++)
        all &= input_join(inputs[i], deadline_ns);
    return all;
}

static void
wake_late(struct input **inputs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (inputs[i]->has_thread)
            instance_wake(&inputs[i]->instance);
    /* One that waits for room in a full queue has waited long enough: what it holds is counted. */
    if (n != 0 && inputs[0]->env->queue != NULL)
        queue_wake_pushers(inputs[0]->env->queue);
}

static void
name_hung(const struct instance *i)
{
    const char *call = atomic_load(&i->call);
    log_error(i->name, "hangs in %s and is left behind", call != NULL ? call : "its worker");
}

bool
inputs_end(struct input **inputs, size_t n, uint64_t deadline_ns, bool final_sample)
{
    for (size_t i = 0; i < n; i++)
        input_request_stop(inputs[i], final_sample);
    if (inputs_join(inputs, n, deadline_ns))
        return true;
    wake_late(inputs, n);
    if (inputs_join(inputs, n, util_monotonic_ns() + WAKE_S * MH_NS_PER_S))
        return true;
    for (size_t i = 0; i < n; i++)
        if (inputs[i]->has_thread)
            name_hung(&inputs[i]->instance);
    return false;
}

bool
output_end(struct output *o, uint64_t deadline_ns)
{
    output_set_phase(o, OUTPUT_STOP);
    if (output_join(o, deadline_ns))
        return true;
    output_wake(o);
    if (output_join(o, util_monotonic_ns() + WAKE_S * MH_NS_PER_S))
        return true;
    for (uint32_t i = 0; i < o->n_workers; i++)
        if (o->workers[i]->has_thread)
            name_hung(&o->workers[i]->instance);
    return false;
}

static bool
second_signal(void)
{
    sigset_t set;
    struct timespec none = {0};
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return sigtimedwait(&set, NULL, &none) > 0;
}

/* Lets the output send what is queued until it is done, the time is over or a second signal comes.
 */
static void
drain(struct output *o, uint64_t deadline_ns)
{
    output_set_phase(o, OUTPUT_DRAIN);
    while (util_monotonic_ns() < deadline_ns) {
        if (output_join(o, util_monotonic_ns() + MH_NS_PER_S / 20))
            return;
        if (second_signal()) {
            log_info("pipeline", "second signal: ending at once");
            return;
        }
    }
}

static void
say_what_stays(const struct pipeline *p)
{
    struct queue_stats queue;
    queue_stats_of(p->input_env.queue, &queue);
    if (queue.n_entries == 0)
        return;
    bool durable = strcmp(p->input_env.queue->ops->name, "mem") != 0;
    log_line(durable ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "pipeline",
             durable ? "%llu records stay in the queue for the next start"
                     : "%llu records are lost with the memory queue",
             (unsigned long long)queue.n_entries);
    if (!durable)
        ledger_lose(p->input_env.ledger, "memory_queue_ended", queue.n_entries);
}

void
pipeline_shutdown(struct pipeline *p)
{
    uint64_t now = util_monotonic_ns();
    uint64_t deadline_ns = now + p->shutdown_timeout_ns;
    log_info("pipeline", "stopping: last sample, then flush, %.0f s at most",
             (double)p->shutdown_timeout_ns / 1e9);
    bool ended =
        inputs_end(p->built.inputs, p->built.n_inputs, now + p->shutdown_timeout_ns / 2, true);
    if (p->built.output != NULL) {
        drain(p->built.output, deadline_ns);
        ended &= output_end(p->built.output, util_monotonic_ns() + MH_NS_PER_S / 2);
    }
    processors_stop(p->built.processors);
    p->hung = !ended;
    if (p->input_env.queue != NULL) {
        say_what_stays(p);
        queue_close(p->input_env.queue);
    }
}
