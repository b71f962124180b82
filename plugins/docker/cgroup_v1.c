/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup_v1.c - the files of cgroup v1, and in a hybrid the pressure files of its v2 tree. */
#include "cgroup.h"
#include "support.h"

/* cpuacct.stat counts in USER_HZ, which is 100 for every program. */
#define TICK_NS UINT64_C(10000000)

static void
parse_usage(const char *text, struct usage *usage)
{
    usage->cpu.total = text_whole_number(text);
}

static void
parse_usage_percpu(const char *text, struct usage *usage)
{
    uint64_t ns;
    while (text_number(&text, &ns)) {
        usage_add_core(&usage->cpu, ns, &usage->failed);
        text += strspn(text, " ");
    }
}

static uint64_t
ticks(const char *text, const char *key)
{
    uint64_t value = cgroup_keyed(text, key);
    return value > UINT64_MAX / TICK_NS ? ABSENT : value * TICK_NS;
}

static void
parse_cpuacct_stat(const char *text, struct usage *usage)
{
    usage->cpu.user = ticks(text, "user");
    usage->cpu.kernel = ticks(text, "system");
}

static void
parse_cpu_stat(const char *text, struct usage *usage)
{
    usage->cpu.periods = cgroup_keyed(text, "nr_periods");
    usage->cpu.throttled_periods = cgroup_keyed(text, "nr_throttled");
    usage->cpu.throttled_ns = cgroup_keyed(text, "throttled_time");
}

static void
parse_memory_usage(const char *text, struct usage *usage)
{
    usage->memory.usage = text_whole_number(text);
}

static void
parse_memory_max(const char *text, struct usage *usage)
{
    usage->memory.peak = text_whole_number(text);
}

static void
parse_failcnt(const char *text, struct usage *usage)
{
    usage->memory.fail_count = text_whole_number(text);
}

/* The keys that the engine's API reports, in the kernel's order. */
static void
parse_memory_stat(const char *text, struct usage *usage)
{
    static const char *const keys[] = {"cache",
                                       "rss",
                                       "rss_huge",
                                       "mapped_file",
                                       "dirty",
                                       "writeback",
                                       "pgpgin",
                                       "pgpgout",
                                       "pgfault",
                                       "pgmajfault",
                                       "inactive_anon",
                                       "active_anon",
                                       "inactive_file",
                                       "active_file",
                                       "unevictable",
                                       "hierarchical_memory_limit",
                                       "hierarchical_memsw_limit",
                                       "total_cache",
                                       "total_rss",
                                       "total_rss_huge",
                                       "total_mapped_file",
                                       "total_dirty",
                                       "total_writeback",
                                       "total_pgpgin",
                                       "total_pgpgout",
                                       "total_pgfault",
                                       "total_pgmajfault",
                                       "total_inactive_anon",
                                       "total_active_anon",
                                       "total_inactive_file",
                                       "total_active_file",
                                       "total_unevictable"};
    cgroup_parse_stat(text, keys, COUNT_OF(keys), usage);
    usage->memory.swap = cgroup_keyed(text, "total_swap");
}

static void
parse_oom_control(const char *text, struct usage *usage)
{
    usage->memory.oom_kill = cgroup_keyed(text, "oom_kill");
}

/* "8:0 Read 4096", one line a device and operation, and at the end "Total 4096" without a device.
 */
static void
parse_blkio(const char *text, enum usage_io_kind kind, struct usage *usage)
{
    static const char *const ops[] = {"Read ", "Write ", "Total "};
    for (; text != NULL; text = text_next_line(text)) {
        const char *p = text;
        uint64_t major, minor;
        if (!text_number(&p, &major) || *p++ != ':' || !text_number(&p, &minor) || *p++ != ' ' ||
            major > UINT32_MAX || minor > UINT32_MAX)
            continue;
        for (size_t n = 0; n < COUNT_OF(ops); n++)
            if (strncmp(p, ops[n], strlen(ops[n])) == 0)
                usage_add_io(usage, kind, (enum usage_io_op)n, (uint32_t)major, (uint32_t)minor,
                             text_whole_number(p + strlen(ops[n])));
    }
    usage_io_counted(usage, kind);
}

static void
parse_io_bytes(const char *text, struct usage *usage)
{
    parse_blkio(text, IO_BYTES, usage);
}

static void
parse_io_count(const char *text, struct usage *usage)
{
    parse_blkio(text, IO_COUNT, usage);
}

const struct cgroup_file cgroup_v1_files[] = {
    {CG_CPUACCT, "cpuacct.usage", parse_usage},
    {CG_CPUACCT, "cpuacct.usage_percpu", parse_usage_percpu},
    {CG_CPUACCT, "cpuacct.stat", parse_cpuacct_stat},
    {CG_CPU, "cpu.stat", parse_cpu_stat},
    {CG_MEMORY, "memory.usage_in_bytes", parse_memory_usage},
    {CG_MEMORY, "memory.max_usage_in_bytes", parse_memory_max},
    {CG_MEMORY, "memory.failcnt", parse_failcnt},
    {CG_MEMORY, "memory.stat", parse_memory_stat},
    {CG_MEMORY, "memory.oom_control", parse_oom_control},
    {CG_BLKIO, "blkio.throttle.io_service_bytes_recursive", parse_io_bytes},
    {CG_BLKIO, "blkio.throttle.io_serviced_recursive", parse_io_count},
    {CG_PIDS, "pids.current", cgroup_parse_pids},
    {CG_UNIFIED, "cpu.pressure", cgroup_parse_cpu_pressure},
    {CG_UNIFIED, "memory.pressure", cgroup_parse_memory_pressure},
    {CG_UNIFIED, "io.pressure", cgroup_parse_io_pressure},
};
const size_t cgroup_n_v1_files = COUNT_OF(cgroup_v1_files);
_Static_assert(COUNT_OF(cgroup_v1_files) <= CGROUP_MAX_FILES,
               "a container's files fit their array");
