/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage_stats.c - the engine's stats object as a sample.
 *
 * The engine leaves out numbers that are zero, so inside an object that is there a missing counter
 * of its own counts as 0; what only one cgroup version has stays absent. null and {} in place of an
 * object mean that nothing is known.
 */
#include "json.h"
#include "support.h"
#include "usage.h"

#include <strings.h>

static uint64_t
number(const struct json_node *node, const char *path)
{
    uint64_t value;
    return json_get_uint64(node, path, &value) ? value : ABSENT;
}

static uint64_t
number_or_zero(const struct json_node *node, const char *path)
{
    uint64_t value = 0;
    json_get_uint64(node, path, &value);
    return value;
}

static bool
has_members(const struct json_node *node)
{
    return node != NULL && (node->type == JSON_OBJECT || node->type == JSON_ARRAY) &&
           node->members.count > 0;
}

static void
read_cores(const struct json_node *list, struct usage_cpu *cpu, bool *failed)
{
    if (list == NULL || list->type != JSON_ARRAY)
        return;
    for (const struct json_node *m = list->members.first; m != NULL; m = m->next)
        usage_add_core(cpu, number(m, ""), failed);
}

static uint64_t
count_busy_cores(const struct usage_cpu *cpu)
{
    uint64_t busy = 0;
    for (size_t n = 0; n < cpu->n_cores; n++)
        busy += cpu->per_core[n] != 0 && cpu->per_core[n] != ABSENT;
    return busy > 0 ? busy : ABSENT;
}

static void
read_throttling(const struct json_node *throttling, struct usage_cpu *cpu)
{
    if (!has_members(throttling))
        return;
    cpu->periods = number_or_zero(throttling, "periods");
    cpu->throttled_periods = number_or_zero(throttling, "throttled_periods");
    cpu->throttled_ns = number_or_zero(throttling, "throttled_time");
}

static void
read_cpu(const struct json_node *stats, struct usage_cpu *cpu, bool *failed)
{
    const struct json_node *used = json_at(stats, "cpu_usage");
    uint64_t online = number(stats, "online_cpus");
    if (!has_members(used))
        return;
    cpu->total = number_or_zero(used, "total_usage");
    cpu->kernel = number_or_zero(used, "usage_in_kernelmode");
    cpu->user = number_or_zero(used, "usage_in_usermode");
    cpu->system = number(stats, "system_cpu_usage");
    read_cores(json_at(used, "percpu_usage"), cpu, failed);
    cpu->online = online != 0 && online != ABSENT ? online : count_busy_cores(cpu);
    read_throttling(json_at(stats, "throttling_data"), cpu);
}

static void
read_memory(const struct json_node *stats, struct usage *usage)
{
    const struct json_node *counters = json_at(stats, "stats");
    if (!has_members(stats))
        return;
    usage->memory.usage = number_or_zero(stats, "usage");
    usage->memory.limit = number(stats, "limit");
    usage->memory.peak = number(stats, "max_usage");
    usage->memory.fail_count = number_or_zero(stats, "failcnt");
    if (usage->memory.limit == 0 || usage->memory.limit >= USAGE_NO_LIMIT)
        usage->memory.limit = ABSENT;
    if (counters == NULL || counters->type != JSON_OBJECT)
        return;
    for (const struct json_node *m = counters->members.first; m != NULL; m = m->next)
        if (number(m, "") != ABSENT)
            usage_add_stat(usage, m->key, m->key_len, number(m, ""));
}

static bool
read_op(const char *name, enum usage_io_op *ret)
{
    static const char *const names[] = {"read", "write", "total"};
    for (size_t n = 0; name != NULL && n < COUNT_OF(names); n++)
        if (strcasecmp(name, names[n]) == 0) {
            *ret = (enum usage_io_op)n;
            return true;
        }
    return false;
}

static void
read_io_entry(const struct json_node *entry, enum usage_io_kind kind, struct usage *usage)
{
    uint64_t major = number_or_zero(entry, "major");
    uint64_t minor = number_or_zero(entry, "minor");
    enum usage_io_op op;
    if (major <= UINT32_MAX && minor <= UINT32_MAX && read_op(json_get_text(entry, "op"), &op))
        usage_add_io(usage, kind, op, (uint32_t)major, (uint32_t)minor,
                     number_or_zero(entry, "value"));
}

/* An empty list of bytes or operations says "none so far"; of the others, that this kernel does not
 * measure them. cgroup v2 has no operations and says null, but also null for bytes before the first
 * of them. */
static void
read_io(const struct json_node *stats, struct usage *usage)
{
    static const char *const lists[IO_KINDS] = {
        "io_service_bytes_recursive", "io_serviced_recursive", "io_service_time_recursive",
        "io_wait_time_recursive", "io_queue_recursive"};
    if (!has_members(stats))
        return;
    for (int kind = 0; kind < IO_KINDS; kind++) {
        const struct json_node *list = json_at(stats, lists[kind]);
        bool is_list = list != NULL && list->type == JSON_ARRAY;
        for (const struct json_node *m = is_list ? list->members.first : NULL; m != NULL;
             m = m->next)
            read_io_entry(m, (enum usage_io_kind)kind, usage);
        if (kind == IO_BYTES || (is_list && (kind == IO_COUNT || list->members.count > 0)))
            usage_io_counted(usage, (enum usage_io_kind)kind);
    }
}

static void
read_networks(const struct json_node *networks, struct usage *usage)
{
    static const char *const names[NET_DIRECTIONS][NET_KINDS] = {
        {"rx_bytes", "rx_packets", "rx_errors", "rx_dropped"},
        {"tx_bytes", "tx_packets", "tx_errors", "tx_dropped"}};
    if (networks == NULL || networks->type != JSON_OBJECT)
        return;
    for (const struct json_node *m = networks->members.first; m != NULL; m = m->next) {
        struct usage_interface *interface =
            has_members(m) ? usage_add_interface(usage, m->key) : NULL;
        for (int i = 0; interface != NULL && i < NET_DIRECTIONS * NET_KINDS; i++)
            interface->value[i / NET_KINDS][i % NET_KINDS] =
                number_or_zero(m, names[i / NET_KINDS][i % NET_KINDS]);
    }
}

bool
usage_read_stats(const struct json_node *stats, struct usage *usage)
{
    if (!has_members(stats) || stats->type != JSON_OBJECT)
        return false;
    /* The engine answers for a container that does not run with names and a zero time. */
    if (!usage_read_time(json_get_text(stats, "read"), &usage->read_unix_ns))
        return false;
    usage->taken_ns = (uint64_t)usage->read_unix_ns;
    read_cpu(json_at(stats, "cpu_stats"), &usage->cpu, &usage->failed);
    read_cpu(json_at(stats, "precpu_stats"), &usage->before, &usage->failed);
    read_memory(json_at(stats, "memory_stats"), usage);
    read_io(json_at(stats, "blkio_stats"), usage);
    usage_io_finish(usage);
    read_networks(json_at(stats, "networks"), usage);
    usage->pids = number(stats, "pids_stats.current");
    usage->pids_limit = number(stats, "pids_stats.limit");
    if (usage->pids_limit == 0 || usage->pids_limit >= USAGE_NO_LIMIT)
        usage->pids_limit = ABSENT;
    return !usage->failed;
}
