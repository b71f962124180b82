/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.c - from samples to values: shares, limits and rates, and the setters that leave out what
 * is not known.
 */
#include "awsfargate.h"

#include "json.h"
#include "rate.h"
#include "support.h"

#include <math.h>

#define MIB 1048576.0

/* The sample to take the CPU difference from: our own last one; for the first of a container the
 * one that the endpoint itself gives beside it. */
static const struct usage_cpu *
cpu_before(const struct past *past)
{
    const struct usage *own = past_before(past);
    return own != NULL ? &own->cpu : &past_newest(past)->before;
}

static uint64_t
cpu_time(const struct usage_cpu *cpu, enum cpu_mode mode)
{
    switch (mode) {
    case CPU_KERNEL:
        return cpu->kernel;
    case CPU_USER:
        return cpu->user;
    default:
        return cpu->total;
    }
}

/* An empty precpu_stats has zeros that no kernel said. */
static bool
is_sampled(const struct usage_cpu *cpu)
{
    return cpu->system != ABSENT && cpu->system > 0 && cpu->total != ABSENT && cpu->total > 0;
}

bool
cpu_share_of(const struct past *past, enum cpu_mode mode, struct cpu_share *ret)
{
    const struct usage_cpu *now = &past_newest(past)->cpu;
    const struct usage_cpu *before = cpu_before(past);
    if (!is_sampled(before) || now->online == ABSENT)
        return false;
    if (rate_share(cpu_time(now, mode), cpu_time(before, mode), now->system, before->system, 1,
                   INFINITY, &ret->norm) != RATE_OK)
        return false;
    return rate_share(cpu_time(now, mode), cpu_time(before, mode), now->system, before->system,
                      (double)now->online, INFINITY, &ret->cores) == RATE_OK;
}

uint64_t
mib_to_bytes(double mib)
{
    double bytes = mib * MIB;
    return bytes > 0 && bytes < (double)USAGE_NO_LIMIT ? (uint64_t)bytes : 0;
}

static void
lower(struct memory_limit *limit, uint64_t bytes, const char *source)
{
    if (bytes == 0 || bytes >= USAGE_NO_LIMIT || (limit->bytes > 0 && limit->bytes <= bytes))
        return;
    *limit = (struct memory_limit){bytes, source};
}

struct memory_limit
memory_limit_of(const struct reading *reading, const struct task *task)
{
    struct memory_limit limit = {0};
    const struct usage *usage = past_newest(reading->past);
    lower(&limit, mib_to_bytes(reading->container->memory_mib), "container");
    lower(&limit, mib_to_bytes(task->memory_mib), "task");
    lower(&limit, usage->memory.limit, "cgroup");
    lower(&limit, usage_stat(usage, "hierarchical_memory_limit"), "cgroup");
    return limit;
}

void
set_count(const struct mh_host *host, struct mh_record *record, uint32_t field, uint64_t value)
{
    if (value <= INT64_MAX)
        mh_set_int(host, record, field, (int64_t)value);
}

void
set_part(const struct mh_host *host, struct mh_record *record, uint32_t field, uint64_t value,
         double whole)
{
    if (value != ABSENT && whole > 0)
        mh_set_double(host, record, field, rate_round((double)value / whole));
}

void
set_time(const struct mh_host *host, struct mh_record *record, uint32_t field, int64_t unix_ns)
{
    if (unix_ns > 0)
        mh_set_date(host, record, field, unix_ns);
}

void
set_span_text(const struct mh_host *host, struct mh_record *record, uint32_t field,
              const char *text, size_t len)
{
    struct mh_value value = mh_text(text, len);
    if (text != NULL && len > 0)
        host->record->set(record, field, &value);
}

static void
put(const struct mh_host *host, struct mh_record *record, uint32_t field, const char *key,
    struct mh_value value)
{
    host->record->put(record, field, key, (uint32_t)strlen(key), &value);
}

static const struct usage_interface *
find_interface(const struct usage *usage, const char *name)
{
    size_t i;
    for (i = 0; usage != NULL && i < usage->network.n_interfaces; i++) {
        if (strcmp(usage->network.interfaces[i].name, name) == 0)
            return &usage->network.interfaces[i];
    }
    return NULL;
}

static void
put_rates(const struct mh_host *host, struct mh_record *record, uint32_t field,
          const struct usage_interface *now, const struct usage_interface *before,
          uint64_t elapsed_ns)
{
    uint32_t i;
    for (i = 0; i < NET_DIRECTIONS * NET_KINDS; i++) {
        double rate;
        if (rate_per_second(now->value[i / NET_KINDS][i % NET_KINDS],
                            before->value[i / NET_KINDS][i % NET_KINDS], elapsed_ns,
                            &rate) == RATE_OK)
            put(host, record, field + i, now->name, mh_double(rate));
    }
}

static void
put_counters(const struct mh_host *host, struct mh_record *record, uint32_t field,
             const struct usage_interface *now)
{
    uint32_t i;
    for (i = 0; i < NET_DIRECTIONS * NET_KINDS; i++) {
        uint64_t value = now->value[i / NET_KINDS][i % NET_KINDS];
        if (value <= INT64_MAX)
            put(host, record, field + i, now->name, mh_int((int64_t)value));
    }
}

void
put_networks(const struct mh_host *host, struct mh_record *record, const struct past *past,
             uint32_t counters, uint32_t rates)
{
    const struct usage *now = past_newest(past);
    const struct usage *before = past_before(past);
    size_t i;
    for (i = 0; i < now->network.n_interfaces; i++) {
        const struct usage_interface *interface = &now->network.interfaces[i];
        const struct usage_interface *earlier = find_interface(before, interface->name);
        put_counters(host, record, counters, interface);
        if (earlier != NULL)
            put_rates(host, record, rates, interface, earlier, now->taken_ns - before->taken_ns);
    }
}

/* A copy of a key with underscores in place of dots; NULL: no memory. */
static char *
dedotted(const char *key)
{
    char *copy = strdup(key);
    char *dot = copy;
    while (dot != NULL && (dot = strchr(dot, '.')) != NULL)
        *dot++ = '_';
    return copy;
}

static void
put_label(const struct mh_host *host, struct mh_record *record, uint32_t field,
          const struct json_node *label)
{
    CLEANUP_FREE char *key = dedotted(label->key);
    if (key != NULL && key[0] != '\0')
        put(host, record, field, key, mh_text(label->text.bytes, label->text.len));
}

void
put_labels(const struct mh_host *host, struct mh_record *record, uint32_t field,
           const struct json_node *object)
{
    const struct json_node *label;
    for (label = object != NULL ? object->members.first : NULL; label != NULL;
         label = label->next) {
        if (label->type == JSON_STRING)
            put_label(host, record, field, label);
    }
}
