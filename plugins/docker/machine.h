/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - the machine's own files, below a prefix: /proc/stat, /proc/meminfo, where cgroups are
 * mounted, names of disks.
 *
 * The prefix ("hostfs") is "" on the host itself, or where the host's root is mounted in a
 * container.
 */
#ifndef DOCKER_MACHINE_H
#define DOCKER_MACHINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Controllers of cgroup v1 that are read here; CG_UNIFIED is the one tree of v2 (or of a hybrid's
 * v2 part). */
enum cgroup_controller {
    CG_CPU,
    CG_CPUACCT,
    CG_MEMORY,
    CG_BLKIO,
    CG_PIDS,
    CG_UNIFIED,
    CG_CONTROLLERS
};

struct disk_name {
    uint32_t major, minor;
    char name[32]; /* "nvme0n1"; the kernel's own limit for disk names */
};

struct machine {
    char *hostfs;                /* "" or a path without a slash at its end              */
    char *mount[CG_CONTROLLERS]; /* where it is mounted, hostfs included; NULL: nowhere  */
    uint64_t memory_total;       /* bytes; UINT64_MAX: unknown                           */
    unsigned kept_files;         /* descriptors that are kept open for containers ...    */
    unsigned max_kept_files;     /* ... and how many may be                              */
    struct disk_name *disks;
    size_t n_disks;
};

/* CPU time of the machine at one moment. */
struct machine_cpu {
    uint64_t system_ns; /* of all CPUs in all states that the engine counts; UINT64_MAX: unknown */
    uint64_t online;    /* CPUs; UINT64_MAX: unknown                                       */
};

/* hostfs NULL: "". Returns 0 or -errno (-ENOENT: no cgroup is mounted). machine is all zero before.
 */
int machine_open(struct machine *machine, const char *hostfs);
void machine_close(struct machine *machine);
/* True when the machine counts memory in cgroup v2. */
bool machine_has_cgroup2(const struct machine *machine);

/* Reads /proc/stat. */
struct machine_cpu machine_read_cpu(const struct machine *machine);
/* The same from a text, for tests. */
struct machine_cpu machine_parse_cpu(const char *text);
/* The name of a block device ("nvme0n1"), or "major:minor" when the kernel tells none. Valid until
 * machine_close(). */
const char *machine_disk_name(struct machine *machine, uint32_t major, uint32_t minor);

/* hostfs + printf. The caller frees; NULL: no memory. */
char *machine_path(const struct machine *machine, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills machine->mount from the text of a mountinfo file. */
int machine_parse_mounts(struct machine *machine, char *mountinfo);

#endif
