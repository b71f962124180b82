/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage.h - what a container has used of its machine at one moment, whatever the source, and what
 * follows from two such moments.
 *
 * Every number is ABSENT until the source gave it; a source never invents a zero. Counters are
 * cumulative since the container's start, times are nanoseconds, sizes bytes. A sample owns its
 * arrays and uses them again after usage_reset(); the names in it belong to the source.
 */
#ifndef MH_SUPPORT_USAGE_H
#define MH_SUPPORT_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_node;

/* "Not known". No real counter reaches it. */
#define ABSENT UINT64_MAX
/* Limits from here on mean "none": 2^63 rounded down to a page, as cgroup v1 says it. */
#define USAGE_NO_LIMIT (UINT64_C(1) << 62)

struct usage_cpu {
    uint64_t total;   /* ns on all cores                                                       */
    uint64_t kernel;  /* ns                                                                    */
    uint64_t user;    /* ns                                                                    */
    uint64_t system;  /* ns that all CPUs of the machine have spent, idle time included        */
    uint64_t online;  /* CPUs of the machine                                                   */
    uint64_t periods; /* enforcement periods of the CPU limit                       */
    uint64_t throttled_periods; /* of them, those that hit the limit                          */
    uint64_t throttled_ns;
    uint64_t *per_core; /* ns; none on cgroup v2                                              */
    size_t n_cores;
    size_t cap_cores;
};

/* One kernel counter of memory.stat. */
struct usage_stat {
    const char *key;
    uint32_t key_len;
    uint64_t value;
};

struct usage_memory {
    uint64_t usage; /* page cache included                                                    */
    uint64_t limit; /* ABSENT: none                                                           */
    uint64_t peak;
    uint64_t fail_count; /* how often the limit was hit (v1), OOM states (v2)                 */
    uint64_t swap;
    uint64_t low, high, max, oom, oom_kill; /* memory.events                                  */
    struct usage_stat *stats;
    size_t n_stats;
    size_t cap_stats;
};

enum usage_io_op { IO_READ, IO_WRITE, IO_TOTAL, IO_OPS };
enum usage_io_kind { IO_BYTES, IO_COUNT, IO_SERVICE_TIME, IO_WAIT_TIME, IO_QUEUED, IO_KINDS };

struct usage_device {
    uint32_t major, minor;
    uint64_t value[IO_COUNT + 1][IO_WRITE + 1]; /* [IO_BYTES, IO_COUNT][IO_READ, IO_WRITE]   */
};

struct usage_io {
    uint64_t sum[IO_KINDS][IO_OPS]; /* over the devices that are not skipped                  */
    struct usage_device *devices;
    size_t n_devices;
    size_t cap_devices;
};

enum usage_direction { NET_RECEIVED, NET_SENT, NET_DIRECTIONS };
enum usage_net_kind { NET_BYTES, NET_PACKETS, NET_ERRORS, NET_DROPPED, NET_KINDS };

struct usage_interface {
    const char *name;
    uint64_t value[NET_DIRECTIONS][NET_KINDS];
};

struct usage_network {
    struct usage_interface *interfaces;
    size_t n_interfaces;
    size_t cap_interfaces;
};

/* Pressure stall information: microseconds in which some or all tasks waited. */
enum usage_resource { PSI_CPU, PSI_MEMORY, PSI_IO, PSI_RESOURCES };
struct usage_pressure {
    uint64_t some_us, full_us;
};

struct usage {
    uint64_t taken_ns;    /* when, on a clock of which only differences count                  */
    int64_t read_unix_ns; /* the source's own time stamp; 0: none                             */
    struct usage_cpu cpu;
    struct usage_cpu before; /* what the source itself says of the moment before; without cores'
                                memory of its own use */
    struct usage_memory memory;
    struct usage_io io;
    struct usage_network network;
    uint64_t pids, pids_limit;
    struct usage_pressure pressure[PSI_RESOURCES];
    const uint32_t
        *skip_majors; /* devices that io leaves out, set by the owner; survives a reset */
    size_t n_skip_majors;
    bool failed; /* memory ran short: the sample is not whole                                 */
};

void usage_reset(struct usage *usage); /* everything ABSENT and empty; keeps memory and skip_majors.
                                          All zero is allowed */
void usage_free(struct usage *usage);

void usage_add_core(struct usage_cpu *cpu, uint64_t ns, bool *failed);
void usage_add_stat(struct usage *usage, const char *key, size_t key_len, uint64_t value);
/* A new interface with every counter ABSENT, or NULL. */
struct usage_interface *usage_add_interface(struct usage *usage, const char *name);
/* Adds to the sums and to the device, unless its major number is skipped. */
void usage_add_io(struct usage *usage, enum usage_io_kind kind, enum usage_io_op op, uint32_t major,
                  uint32_t minor, uint64_t value);
/* Sums of reads and writes that are ABSENT become 0: the source counts this kind, and nothing has happened yet. */
void usage_io_counted(struct usage *usage, enum usage_io_kind kind);
/* After the last device: totals that the source did not give become read + write. */
void usage_io_finish(struct usage *usage);

/* Value of a memory.stat counter or ABSENT. */
uint64_t usage_stat(const struct usage *usage, const char *key);

/* What Metricbeat and `docker stats` call used: usage without inactive page cache, the working set.
 */
uint64_t usage_memory_used(const struct usage *usage);
/* Anonymous memory: total_rss (v1), anon (v2). */
uint64_t usage_memory_anon(const struct usage *usage);
/* Page cache: total_cache (v1), file (v2). */
uint64_t usage_memory_file(const struct usage *usage);

/*
 * Reads one answer of the engine's stats API (also an entry of the ECS task metadata endpoint's
 * /task/stats) into an empty sample. Names point into the JSON. False: it holds no sample (null,
 * {}, a container that does not run).
 */
bool usage_read_stats(const struct json_node *stats, struct usage *usage);

/* "2026-01-02T03:04:05.678901234Z" or with an offset, in nanoseconds since 1970 UTC. False: no such
 * time, or the zero time of year 1. */
bool usage_read_time(const char *text, int64_t *ret_unix_ns);

#endif
