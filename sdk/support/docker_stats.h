/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_stats.h - reads the stats object of one container, as the Docker Engine (GET
 * /containers/{id}/stats) and the ECS task metadata endpoint (/task/stats) write it, and the
 * formulas that turn two of them into rates.
 *
 * Both cgroup versions and both spellings of block I/O operations are understood. The engine leaves
 * zero numbers out, so a missing counter inside a section that is there counts as 0; what a cgroup
 * version does not know at all is marked as not known, so that nobody reports a zero that no kernel
 * said. null and {} in place of the object mean "no sample".
 *
 * A docker_stats borrows names and nodes from the JSON tree it was read from and owns only its
 * array of interfaces.
 */
#ifndef MH_SUPPORT_DOCKER_STATS_H
#define MH_SUPPORT_DOCKER_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_node;

/* CPU times of one moment, in nanoseconds since the container's start (system: since boot). */
struct docker_cpu {
    uint64_t total_ns;
    uint64_t kernel_ns;
    uint64_t user_ns;
    uint64_t system_ns;   /* of all cores of the machine, idle time included                     */
    uint32_t online_cpus; /* cores of the machine; 0: not known                                  */
    const struct json_node *per_core; /* array of nanoseconds, or NULL (cgroup v2)               */
};

struct docker_throttling {
    uint64_t periods;
    uint64_t throttled_periods;
    uint64_t throttled_ns;
};

/* From this value on a memory limit means "none": the kernel rounds 2^63-1 down to a page. */
#define DOCKER_MEMORY_UNLIMITED UINT64_C(0x7fffffffffff0000)

struct docker_memory {
    bool known;   /* memory_stats has a usage                                             */
    bool has_max; /* cgroup v1 only                                                       */
    bool has_rss;
    bool has_limit;       /* false also for DOCKER_MEMORY_UNLIMITED and above                     */
    uint64_t usage;       /* page cache included                                                  */
    uint64_t working_set; /* usage without inactive file pages, as `docker stats` shows it        */
    uint64_t max_usage;
    uint64_t limit;
    uint64_t failures; /* times the limit was hit (v1: failcnt, v2: oom of memory.events)      */
    uint64_t rss;      /* v1: total_rss; v2: anon                                              */
    const struct json_node *stats; /* object of the kernel's own counters, or NULL               */
};

enum docker_io_op { DOCKER_IO_READ, DOCKER_IO_WRITE, DOCKER_IO_TOTAL, DOCKER_IO_OPS };

/* One column of block I/O, summed over devices. */
struct docker_io {
    bool known[DOCKER_IO_OPS]; /* false: this cgroup version does not count it                   */
    uint64_t sum[DOCKER_IO_OPS]; /* total: as counted, or read + write where it is not counted   */
};

enum docker_io_column {
    DOCKER_IO_BYTES,
    DOCKER_IO_SERVICED,
    DOCKER_IO_SERVICE_TIME,
    DOCKER_IO_WAIT_TIME,
    DOCKER_IO_QUEUED,
    DOCKER_IO_COLUMNS,
};

enum docker_net_counter {
    DOCKER_RX_BYTES,
    DOCKER_RX_PACKETS,
    DOCKER_RX_ERRORS,
    DOCKER_RX_DROPPED,
    DOCKER_TX_BYTES,
    DOCKER_TX_PACKETS,
    DOCKER_TX_ERRORS,
    DOCKER_TX_DROPPED,
    DOCKER_NET_COUNTERS,
};

struct docker_network {
    const char *name;
    uint64_t counter[DOCKER_NET_COUNTERS];
};

struct docker_stats {
    int64_t read_ns;    /* moment of the sample, 1970 UTC; 0: not given                          */
    int64_t preread_ns; /* of the sample in precpu; 0: none                                      */
    struct docker_cpu cpu;
    struct docker_cpu precpu;
    bool has_precpu; /* precpu holds a sample that a difference can be taken from             */
    struct docker_throttling throttling;
    struct docker_memory memory;
    struct docker_io io[DOCKER_IO_COLUMNS];
    bool has_pids;
    uint64_t pids;
    uint64_t pids_limit; /* 0: none                                                              */
    struct docker_network *networks;
    size_t n_networks;
};

/* Major numbers whose devices are left out of block I/O, so that a stacked device does not count
 * twice. */
struct docker_majors {
    const int64_t *numbers;
    size_t n;
};

/* Reads a stats object. skip may be NULL. Returns 0; -ENODATA when there is no sample in it (null,
 * {}, not an object, no CPU figures: the container does not run or is not yet sampled); -ENOMEM.
 * After an error nothing is to be freed. */
int docker_stats_read(const struct json_node *node, const struct docker_majors *skip,
                      struct docker_stats *ret);
void docker_stats_free(struct docker_stats *stats); /* also for cleanup attributes */

/* cores * (now - before) / (system_now - system_before), the formula of `docker stats`: with cores
 * 1 a part of the whole machine, with cores N a part of one core. False: no time went by, or a
 * counter went back (the container restarted). */
bool docker_cpu_fraction(uint64_t now, uint64_t before, uint64_t system_now, uint64_t system_before,
                         double cores, double *ret);
/* (now - before) / seconds. False: no time went by, or the counter went back. */
bool docker_rate(uint64_t now, uint64_t before, int64_t elapsed_ns, double *ret);

#endif
