/* SPDX-License-Identifier: Apache-2.0 */
/* metric_cpu.c - docker.cpu: one record a container. Shares are of the host's CPUs;
 * docker.cpu.limit.pct of the container's own limit. */
#include "metrics.h"
#include "rate.h"
#include "support.h"

#include <math.h>

static void
emit_share(const struct emitter *emitter, struct mh_record *record, uint32_t pct_field,
           const struct rates_share *share)
{
    if (!share->known)
        return;
    emit_double(emitter, record, pct_field, share->pct);
    emit_double(emitter, record, pct_field + 1, share->norm);
}

static void
put_double(const struct emitter *emitter, struct mh_record *record, uint32_t field, const char *key,
           double number)
{
    struct mh_value value = mh_double(number);
    emit_member(emitter, record, field, key, strlen(key), &value);
}

static void
emit_core(const struct emitter *emitter, struct mh_record *record, size_t n,
          const struct measured *measured)
{
    const struct rates_cpu *rates = &measured->rates->cpu;
    char key[24];
    snprintf(key, sizeof key, "%zu", n);
    if (n < rates->n_cores && rates->cores[n].known) {
        put_double(emitter, record, CPU_CORE_PCT, key, rates->cores[n].pct);
        put_double(emitter, record, CPU_CORE_NORM, key, rates->cores[n].norm);
    }
    if (measured->usage->cpu.per_core[n] <= INT64_MAX) {
        struct mh_value value = mh_int((int64_t)measured->usage->cpu.per_core[n]);
        emit_member(emitter, record, CPU_CORE_TICKS, key, strlen(key), &value);
    }
}

static void
emit_limit(const struct emitter *emitter, struct mh_record *record, const struct measured *measured)
{
    double limit = measured->container->inspected.cpu_limit;
    const struct rates_share *total = &measured->rates->cpu.total;
    if (limit <= 0)
        return;
    emit_double(emitter, record, CPU_LIMIT_CORES, limit);
    if (total->known)
        emit_double(emitter, record, CPU_LIMIT_PCT, rate_round(total->pct / limit));
}

/* Without a limit nothing enforces one, and the counters stay at zero for ever. */
static void
emit_throttling(const struct emitter *emitter, struct mh_record *record,
                const struct measured *measured)
{
    const struct usage_cpu *cpu = &measured->usage->cpu;
    if (cpu->periods == 0 && measured->container->inspected.cpu_limit <= 0)
        return;
    emit_count(emitter, record, CPU_PERIODS, cpu->periods);
    emit_count(emitter, record, CPU_THROTTLED_PERIODS, cpu->throttled_periods);
    emit_count(emitter, record, CPU_THROTTLED_NS, cpu->throttled_ns);
    emit_double(emitter, record, CPU_THROTTLED_PCT, measured->rates->cpu.throttled_pct);
}

void
emit_cpu(const struct emitter *emitter, const struct measured *measured)
{
    const struct usage_cpu *cpu = &measured->usage->cpu;
    const struct rates_cpu *rates = &measured->rates->cpu;
    struct mh_record *record;
    if (cpu->total == ABSENT)
        return;
    record = emit_container_record(emitter, DATASET_CPU, measured->container);
    if (record == NULL)
        return;
    emit_share(emitter, record, CPU_TOTAL_PCT, &rates->total);
    emit_share(emitter, record, CPU_KERNEL_PCT, &rates->kernel);
    emit_share(emitter, record, CPU_USER_PCT, &rates->user);
    emit_count(emitter, record, CPU_TOTAL_TICKS, cpu->total);
    emit_count(emitter, record, CPU_KERNEL_TICKS, cpu->kernel);
    emit_count(emitter, record, CPU_USER_TICKS, cpu->user);
    emit_count(emitter, record, CPU_SYSTEM_TICKS, cpu->system);
    for (size_t n = 0; emitter->settings->cores && n < cpu->n_cores; n++)
        emit_core(emitter, record, n, measured);
    emit_count(emitter, record, CPU_ONLINE, cpu->online);
    emit_limit(emitter, record, measured);
    emit_throttling(emitter, record, measured);
    emit_double(emitter, record, CPU_PRESSURE_SOME_PCT, measured->rates->pressure[PSI_CPU][0]);
    emit_count(emitter, record, CPU_PRESSURE_SOME_US, measured->usage->pressure[PSI_CPU].some_us);
    if (rates->total.known)
        emit_double(emitter, record, CPU_ECS_USAGE, rates->total.norm);
}
