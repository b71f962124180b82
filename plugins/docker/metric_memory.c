/* SPDX-License-Identifier: Apache-2.0 */
/* metric_memory.c - docker.memory: one record a container. The formulas of "used", anonymous memory
 * and cache are in usage.c. */
#include "metrics.h"
#include "rate.h"
#include "support.h"

#include <math.h>

static double
share_of(uint64_t part, uint64_t whole)
{
    return part == ABSENT || whole == ABSENT || whole == 0
               ? (double)NAN
               : rate_round((double)part / (double)whole);
}

static void
emit_stats(const struct emitter *emitter, struct mh_record *record,
           const struct usage_memory *memory)
{
    for (size_t n = 0; n < memory->n_stats; n++) {
        const struct usage_stat *stat = &memory->stats[n];
        struct mh_value value = mh_int((int64_t)stat->value);
        if (stat->value <= INT64_MAX)
            emit_member(emitter, record, MEMORY_STATS, stat->key, stat->key_len, &value);
    }
}

static void
emit_events(const struct emitter *emitter, struct mh_record *record,
            const struct usage_memory *memory)
{
    emit_count(emitter, record, MEMORY_EVENTS_LOW, memory->low);
    emit_count(emitter, record, MEMORY_EVENTS_HIGH, memory->high);
    emit_count(emitter, record, MEMORY_EVENTS_MAX, memory->max);
    emit_count(emitter, record, MEMORY_EVENTS_OOM, memory->oom);
    emit_count(emitter, record, MEMORY_EVENTS_OOM_KILL, memory->oom_kill);
}

static void
emit_pressure(const struct emitter *emitter, struct mh_record *record,
              const struct measured *measured)
{
    const struct usage_pressure *pressure = &measured->usage->pressure[PSI_MEMORY];
    const double *rates = measured->rates->pressure[PSI_MEMORY];
    emit_double(emitter, record, MEMORY_PRESSURE_SOME_PCT, rates[0]);
    emit_count(emitter, record, MEMORY_PRESSURE_SOME_US, pressure->some_us);
    emit_double(emitter, record, MEMORY_PRESSURE_FULL_PCT, rates[1]);
    emit_count(emitter, record, MEMORY_PRESSURE_FULL_US, pressure->full_us);
}

/* An unlimited container may have what the machine has; a remote machine's size is not known here.
 */
static uint64_t
limit_of(const struct emitter *emitter, const struct measured *measured)
{
    if (measured->usage->memory.limit == ABSENT && measured->container->cgroup != NULL)
        return emitter->machine->memory_total;
    return measured->usage->memory.limit;
}

static void
emit_usage(const struct emitter *emitter, struct mh_record *record, const struct measured *measured,
           uint64_t limit)
{
    const struct usage *usage = measured->usage;
    uint64_t used = usage_memory_used(usage), anon = usage_memory_anon(usage);
    double share = share_of(used, limit);
    emit_count(emitter, record, MEMORY_USAGE_TOTAL, used);
    emit_double(emitter, record, MEMORY_USAGE_PCT, share);
    emit_count(emitter, record, MEMORY_USAGE_RAW, usage->memory.usage);
    emit_count(emitter, record, MEMORY_RSS_TOTAL, anon);
    emit_double(emitter, record, MEMORY_RSS_PCT, share_of(anon, limit));
    emit_stats(emitter, record, &usage->memory);
    emit_count(emitter, record, MEMORY_ANON, anon);
    emit_count(emitter, record, MEMORY_FILE, usage_memory_file(usage));
    emit_count(emitter, record, MEMORY_SWAP, usage->memory.swap);
    emit_double(emitter, record, MEMORY_ECS_USAGE, share);
}

/* When a container has ended its memory has been given back; only its peak and its counts still say
 * something. */
void
emit_memory(const struct emitter *emitter, const struct measured *measured)
{
    const struct usage_memory *memory = &measured->usage->memory;
    uint64_t limit = limit_of(emitter, measured);
    struct mh_record *record;
    if (memory->usage == ABSENT)
        return;
    record = emit_container_record(emitter, DATASET_MEMORY, measured->container);
    if (record == NULL)
        return;
    emit_count(emitter, record, MEMORY_LIMIT, limit);
    if (!measured->final)
        emit_usage(emitter, record, measured, limit);
    emit_count(emitter, record, MEMORY_USAGE_MAX, memory->peak);
    emit_count(emitter, record, MEMORY_FAIL_COUNT, memory->fail_count);
    emit_events(emitter, record, memory);
    emit_pressure(emitter, record, measured);
}
