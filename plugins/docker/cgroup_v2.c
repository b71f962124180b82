/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup_v2.c - the files of cgroup v2. */
#include "cgroup.h"
#include "support.h"

/* Microseconds as nanoseconds. */
static uint64_t
micros(const char *text, const char *key)
{
    uint64_t value = cgroup_keyed(text, key);
    return value > UINT64_MAX / 1000 ? ABSENT : value * 1000;
}

static void
parse_cpu_stat(const char *text, struct usage *usage)
{
    usage->cpu.total = micros(text, "usage_usec");
    usage->cpu.user = micros(text, "user_usec");
    usage->cpu.kernel = micros(text, "system_usec");
    usage->cpu.periods = cgroup_keyed(text, "nr_periods");
    usage->cpu.throttled_periods = cgroup_keyed(text, "nr_throttled");
    usage->cpu.throttled_ns = micros(text, "throttled_usec");
}

static void
parse_memory_current(const char *text, struct usage *usage)
{
    usage->memory.usage = text_whole_number(text);
}

static void
parse_memory_peak(const char *text, struct usage *usage)
{
    usage->memory.peak = text_whole_number(text);
}

static void
parse_memory_swap(const char *text, struct usage *usage)
{
    usage->memory.swap = text_whole_number(text);
}

/* The keys that the engine's API reports, in the kernel's order. */
static void
parse_memory_stat(const char *text, struct usage *usage)
{
    static const char *const keys[] = {"anon",
                                       "file",
                                       "kernel_stack",
                                       "sock",
                                       "shmem",
                                       "file_mapped",
                                       "file_dirty",
                                       "file_writeback",
                                       "anon_thp",
                                       "inactive_anon",
                                       "active_anon",
                                       "inactive_file",
                                       "active_file",
                                       "unevictable",
                                       "slab_reclaimable",
                                       "slab_unreclaimable",
                                       "slab",
                                       "workingset_refault",
                                       "workingset_activate",
                                       "workingset_nodereclaim",
                                       "pgscan",
                                       "pgsteal",
                                       "pgfault",
                                       "pgmajfault",
                                       "pgrefill",
                                       "pgactivate",
                                       "pgdeactivate",
                                       "pglazyfree",
                                       "pglazyfreed",
                                       "thp_fault_alloc",
                                       "thp_collapse_alloc"};
    cgroup_parse_stat(text, keys, COUNT_OF(keys), usage);
}

/* The engine reports the number of OOM states as the count of failures. */
static void
parse_memory_events(const char *text, struct usage *usage)
{
    usage->memory.low = cgroup_keyed(text, "low");
    usage->memory.high = cgroup_keyed(text, "high");
    usage->memory.max = cgroup_keyed(text, "max");
    usage->memory.oom = cgroup_keyed(text, "oom");
    usage->memory.oom_kill = cgroup_keyed(text, "oom_kill");
    usage->memory.fail_count = usage->memory.oom;
}

struct io_key {
    const char *name;
    enum usage_io_kind kind;
    enum usage_io_op op;
};

/* One "rbytes=4096" of a line. */
static void
parse_io_pair(const char *pair, uint32_t major, uint32_t minor, struct usage *usage)
{
    static const struct io_key keys[] = {{"rbytes=", IO_BYTES, IO_READ},
                                         {"wbytes=", IO_BYTES, IO_WRITE},
                                         {"rios=", IO_COUNT, IO_READ},
                                         {"wios=", IO_COUNT, IO_WRITE}};
    for (size_t n = 0; n < COUNT_OF(keys); n++) {
        const char *digits = pair + strlen(keys[n].name);
        uint64_t value;
        if (strncmp(pair, keys[n].name, strlen(keys[n].name)) == 0 && text_number(&digits, &value))
            usage_add_io(usage, keys[n].kind, keys[n].op, major, minor, value);
    }
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" */
static void
parse_io_stat(const char *text, struct usage *usage)
{
    for (; text != NULL; text = text_next_line(text)) {
        const char *p = text;
        uint64_t major, minor;
        if (!text_number(&p, &major) || *p++ != ':' || !text_number(&p, &minor) ||
            major > UINT32_MAX || minor > UINT32_MAX)
            continue;
        while (*p == ' ') {
            parse_io_pair(++p, (uint32_t)major, (uint32_t)minor, usage);
            p += strcspn(p, " \n");
        }
    }
    usage_io_counted(usage, IO_BYTES);
    usage_io_counted(usage, IO_COUNT);
}

const struct cgroup_file cgroup_v2_files[] = {
    {CG_UNIFIED, "cpu.stat", parse_cpu_stat},
    {CG_UNIFIED, "memory.current", parse_memory_current},
    {CG_UNIFIED, "memory.peak", parse_memory_peak},
    {CG_UNIFIED, "memory.swap.current", parse_memory_swap},
    {CG_UNIFIED, "memory.stat", parse_memory_stat},
    {CG_UNIFIED, "memory.events", parse_memory_events},
    {CG_UNIFIED, "io.stat", parse_io_stat},
    {CG_UNIFIED, "pids.current", cgroup_parse_pids},
    {CG_UNIFIED, "cpu.pressure", cgroup_parse_cpu_pressure},
    {CG_UNIFIED, "memory.pressure", cgroup_parse_memory_pressure},
    {CG_UNIFIED, "io.pressure", cgroup_parse_io_pressure},
};
const size_t cgroup_n_v2_files = COUNT_OF(cgroup_v2_files);
_Static_assert(COUNT_OF(cgroup_v2_files) <= CGROUP_MAX_FILES,
               "a container's files fit their array");
