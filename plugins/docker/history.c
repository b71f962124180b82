/* SPDX-License-Identifier: Apache-2.0 */
/* history.c - see history.h. */
#include "history.h"
#include "rate.h"
#include "support.h"

#include <errno.h>
#include <math.h>

/* Less time than this between two samples says nothing: the machine's CPU time moves in steps of 10
 * ms. */
#define SHORTEST_NS UINT64_C(250000000)
/* A share may be over what the machine has by the error of its clock tick, not more. */
#define TOLERANCE 1.25

static void
free_interfaces(struct history *history)
{
    for (size_t n = 0; n < history->n_interfaces; n++)
        free((char *)history->interfaces[n].name);
    free(history->interfaces);
    history->interfaces = NULL;
    history->n_interfaces = 0;
}

void
history_free(struct history *history)
{
    free(history->cores);
    free_interfaces(history);
    *history = (struct history){0};
}

static int
keep_cores(struct history *history, const struct usage_cpu *cpu)
{
    if (history->n_cores != cpu->n_cores) {
        uint64_t *cores = support_realloc_array(history->cores, cpu->n_cores + 1, sizeof *cores);
        if (cores == NULL)
            return -ENOMEM;
        history->cores = cores;
        history->n_cores = cpu->n_cores;
    }
    if (cpu->n_cores > 0)
        memcpy(history->cores, cpu->per_core, cpu->n_cores * sizeof *history->cores);
    return 0;
}

static bool
same_interfaces(const struct history *history, const struct usage_network *network)
{
    if (history->n_interfaces != network->n_interfaces)
        return false;
    for (size_t n = 0; n < network->n_interfaces; n++)
        if (strcmp(history->interfaces[n].name, network->interfaces[n].name) != 0)
            return false;
    return true;
}

static int
copy_names(struct history *history, const struct usage_network *network)
{
    free_interfaces(history);
    history->interfaces = calloc(network->n_interfaces + 1, sizeof *history->interfaces);
    if (history->interfaces == NULL)
        return -ENOMEM;
    for (size_t n = 0; n < network->n_interfaces; n++) {
        history->interfaces[n].name = strdup(network->interfaces[n].name);
        if (history->interfaces[n].name == NULL)
            return -ENOMEM;
        history->n_interfaces++;
    }
    return 0;
}

static int
keep_interfaces(struct history *history, const struct usage_network *network)
{
    if (!same_interfaces(history, network) && copy_names(history, network) < 0)
        return -ENOMEM;
    for (size_t n = 0; n < network->n_interfaces; n++)
        memcpy(history->interfaces[n].value, network->interfaces[n].value,
               sizeof history->interfaces[n].value);
    return 0;
}

int
history_keep(struct history *history, const struct usage *usage)
{
    if (keep_cores(history, &usage->cpu) < 0 || keep_interfaces(history, &usage->network) < 0) {
        history_free(history);
        return -ENOMEM;
    }
    history->taken_ns = usage->taken_ns;
    history->cpu_total = usage->cpu.total;
    history->cpu_kernel = usage->cpu.kernel;
    history->cpu_user = usage->cpu.user;
    history->cpu_system = usage->cpu.system;
    history->periods = usage->cpu.periods;
    history->throttled_periods = usage->cpu.throttled_periods;
    memcpy(history->io_count, usage->io.sum[IO_COUNT], sizeof history->io_count);
    for (int n = 0; n < PSI_RESOURCES; n++) {
        history->pressure[n][0] = usage->pressure[n].some_us;
        history->pressure[n][1] = usage->pressure[n].full_us;
    }
    history->known = true;
    return 0;
}

void
history_from_start(struct history *history, const struct usage *usage, int64_t lived_ns)
{
    const struct usage_cpu *cpu = &usage->cpu;
    *history = (struct history){0};
    if (lived_ns <= 0 || cpu->system == ABSENT || cpu->online == ABSENT || cpu->online == 0 ||
        (uint64_t)lived_ns > usage->taken_ns || (uint64_t)lived_ns > cpu->system / cpu->online)
        return;
    history->known = true;
    history->taken_ns = usage->taken_ns - (uint64_t)lived_ns;
    history->cpu_system = cpu->system - (uint64_t)lived_ns * cpu->online;
}

void
rates_free(struct rates *rates)
{
    free(rates->cpu.cores);
    free(rates->network);
    *rates = (struct rates){0};
}

static void
count_rejected(struct rates *rates, enum rate_result result)
{
    rates->rejected += result == RATE_REJECTED;
}

/* pct: in cores; norm: of the whole machine. */
static struct rates_share
cpu_share(struct rates *rates, uint64_t now, uint64_t before, const struct usage_cpu *cpu,
          uint64_t system_before)
{
    struct rates_share share = {0};
    double cores = (double)cpu->online;
    enum rate_result result;
    if (cpu->online == ABSENT)
        return share;
    result =
        rate_share(now, before, cpu->system, system_before, cores, cores * TOLERANCE, &share.pct);
    count_rejected(rates, result);
    share.known = result == RATE_OK && rate_share(now, before, cpu->system, system_before, 1,
                                                  TOLERANCE, &share.norm) == RATE_OK;
    return share;
}

static void
compute_cores(struct rates *rates, const uint64_t *before, size_t n_before,
              const struct usage_cpu *cpu, uint64_t system_before)
{
    if (cpu->n_cores == 0 || n_before != cpu->n_cores)
        return;
    if (rates->cap_cores < cpu->n_cores) {
        struct rates_share *cores =
            support_realloc_array(rates->cpu.cores, cpu->n_cores, sizeof *cores);
        if (cores == NULL)
            return;
        rates->cpu.cores = cores;
        rates->cap_cores = cpu->n_cores;
    }
    rates->cpu.n_cores = cpu->n_cores;
    for (size_t n = 0; n < cpu->n_cores; n++)
        rates->cpu.cores[n] = cpu_share(rates, cpu->per_core[n], before[n], cpu, system_before);
}

/* The first sample of an old engine's API brings the moment before with it. */
static void
compute_cpu_from_source(struct rates *rates, const struct usage *usage)
{
    const struct usage_cpu *cpu = &usage->cpu, *before = &usage->before;
    if (before->system == ABSENT || before->system == 0)
        return;
    rates->cpu.total = cpu_share(rates, cpu->total, before->total, cpu, before->system);
    rates->cpu.kernel = cpu_share(rates, cpu->kernel, before->kernel, cpu, before->system);
    rates->cpu.user = cpu_share(rates, cpu->user, before->user, cpu, before->system);
    compute_cores(rates, before->per_core, before->n_cores, cpu, before->system);
}

static void
compute_cpu(struct rates *rates, const struct history *history, const struct usage *usage)
{
    const struct usage_cpu *cpu = &usage->cpu;
    rates->cpu.total = cpu_share(rates, cpu->total, history->cpu_total, cpu, history->cpu_system);
    rates->cpu.kernel =
        cpu_share(rates, cpu->kernel, history->cpu_kernel, cpu, history->cpu_system);
    rates->cpu.user = cpu_share(rates, cpu->user, history->cpu_user, cpu, history->cpu_system);
    compute_cores(rates, history->cores, history->n_cores, cpu, history->cpu_system);
    count_rejected(rates,
                   rate_share(cpu->throttled_periods, history->throttled_periods, cpu->periods,
                              history->periods, 1, 1, &rates->cpu.throttled_pct));
}

static const struct usage_interface *
find_interface(const struct history *history, const char *name, size_t hint)
{
    if (hint < history->n_interfaces && strcmp(history->interfaces[hint].name, name) == 0)
        return &history->interfaces[hint];
    for (size_t n = 0; n < history->n_interfaces; n++)
        if (strcmp(history->interfaces[n].name, name) == 0)
            return &history->interfaces[n];
    return NULL;
}

static void
compute_interface(struct rates *rates, const struct usage_interface *now,
                  const struct usage_interface *before, uint64_t elapsed_ns,
                  double ret[NET_DIRECTIONS][NET_KINDS])
{
    for (int d = 0; d < NET_DIRECTIONS; d++)
        for (int k = 0; k < NET_KINDS; k++) {
            ret[d][k] = NAN;
            if (before != NULL)
                count_rejected(rates, rate_per_second(now->value[d][k], before->value[d][k],
                                                      elapsed_ns, &ret[d][k]));
        }
}

static void
compute_network(struct rates *rates, const struct history *history,
                const struct usage_network *network, uint64_t elapsed_ns)
{
    for (size_t n = 0; n < network->n_interfaces && n < rates->cap_interfaces; n++) {
        const struct usage_interface *now = &network->interfaces[n];
        const struct usage_interface *before =
            elapsed_ns == 0 ? NULL : find_interface(history, now->name, n);
        compute_interface(rates, now, before, elapsed_ns, rates->network[n]);
    }
}

static void
compute_pressure(struct rates *rates, const struct history *history, const struct usage *usage,
                 uint64_t elapsed_ns)
{
    uint64_t elapsed_us = elapsed_ns / 1000;
    for (int n = 0; n < PSI_RESOURCES; n++) {
        const uint64_t now[2] = {usage->pressure[n].some_us, usage->pressure[n].full_us};
        for (int i = 0; i < 2; i++)
            count_rejected(rates, rate_share(now[i], history->pressure[n][i], elapsed_us, 0, 1,
                                             TOLERANCE, &rates->pressure[n][i]));
    }
}

static void
forget_rates(struct rates *rates, size_t n_interfaces)
{
    void *network;
    memset(&rates->cpu.total, 0, sizeof rates->cpu.total);
    memset(&rates->cpu.kernel, 0, sizeof rates->cpu.kernel);
    memset(&rates->cpu.user, 0, sizeof rates->cpu.user);
    rates->cpu.n_cores = 0;
    rates->cpu.throttled_pct = NAN;
    rates->rejected = 0;
    for (int n = 0; n < IO_OPS; n++)
        rates->io[n] = NAN;
    for (int n = 0; n < PSI_RESOURCES; n++)
        rates->pressure[n][0] = rates->pressure[n][1] = NAN;
    if (rates->cap_interfaces >= n_interfaces)
        return;
    network = support_realloc_array(rates->network, n_interfaces, sizeof *rates->network);
    if (network == NULL)
        return;
    rates->network = network;
    rates->cap_interfaces = n_interfaces;
}

void
rates_compute(struct rates *rates, const struct history *history, const struct usage *usage)
{
    uint64_t elapsed_ns = 0;
    forget_rates(rates, usage->network.n_interfaces);
    if (history->known && usage->taken_ns < history->taken_ns)
        rates->rejected++;
    else if (history->known && usage->taken_ns - history->taken_ns >= SHORTEST_NS)
        elapsed_ns = usage->taken_ns - history->taken_ns;
    if (elapsed_ns > 0) {
        compute_cpu(rates, history, usage);
        for (int op = 0; op < IO_OPS; op++)
            count_rejected(rates,
                           rate_per_second(usage->io.sum[IO_COUNT][op], history->io_count[op],
                                           elapsed_ns, &rates->io[op]));
        compute_pressure(rates, history, usage, elapsed_ns);
    } else if (!history->known) {
        compute_cpu_from_source(rates, usage);
    }
    compute_network(rates, history, &usage->network, elapsed_ns);
}
