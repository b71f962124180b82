/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup.h - a container's usage from the kernel's own files: cgroup v1, v2 and hybrids, any
 * driver, and its network from /proc.
 *
 * The place of the cgroup comes from /proc/<pid>/cgroup, never from a guessed path. Files are kept
 * open between samples as long as the machine's budget of descriptors allows; when it is used up
 * they are opened for each sample.
 */
#ifndef DOCKER_CGROUP_H
#define DOCKER_CGROUP_H

#include "files.h"
#include "machine.h"
#include "usage.h"

#include <sys/types.h>

struct cgroup; /* opaque: one container's files */

/* Text of the files that are being read; names in a sample point into it. All zero is an empty one.
 */
struct cgroup_scratch {
    struct file_text text;
    struct file_text network;
};
void scratch_free(struct cgroup_scratch *scratch);

/* The container has a network of its own to read. */
#define CGROUP_NETWORK 1u
/* Keep only the network's file open: the sample is wanted once, perhaps, at the end. */
#define CGROUP_READ_ONCE 2u

/*
 * Finds the cgroup of process pid, which must be the container's: id is part of its path. Returns 0
 * or -errno: -ENOENT: there is no such process or cgroup here; -ENXIO: the process is not in a
 * cgroup with this id.
 */
int cgroup_open(struct machine *machine, pid_t pid, const char *id, unsigned flags,
                struct cgroup **ret);
void cgroup_close(struct machine *machine, struct cgroup *cgroup); /* NULL is fine */
/* "2" or "1". */
const char *cgroup_version(const struct cgroup *cgroup);
/* Reads the limits again, which otherwise are read once at the opening. */
void cgroup_refresh_limits(const struct machine *machine, struct cgroup *cgroup,
                           struct cgroup_scratch *scratch);

/* Fills an empty sample, all but the machine's part of usage->cpu. Returns 0 or -errno; -ENODEV:
 * the container has ended. */
int cgroup_read(struct machine *machine, struct cgroup *cgroup, struct cgroup_scratch *scratch,
                struct usage *usage);

/*
 * For cgroup.c and tests: the directory of a process's cgroup for each controller, below the mount,
 * from the text of its cgroup file, cut behind the element that holds the id. Elements that are
 * absent stay NULL; the caller frees. -ENXIO: no line holds the id.
 */
int cgroup_parse_paths(const char *text, const char *id, char *ret[CG_CONTROLLERS]);

/* Parsers of single files, which take what they know and skip the rest. */
typedef void (*cgroup_parser)(const char *text, struct usage *usage);
struct cgroup_file {
    enum cgroup_controller controller;
    const char *name;
    cgroup_parser parse;
};
extern const struct cgroup_file cgroup_v1_files[];
extern const size_t cgroup_n_v1_files;
extern const struct cgroup_file cgroup_v2_files[];
extern const size_t cgroup_n_v2_files;
/* The most files that one container has. */
#define CGROUP_MAX_FILES 16

/* Lines "key value" of memory.stat, those of `keys`, which are sorted as the kernel writes them. */
void cgroup_parse_stat(const char *text, const char *const *keys, size_t n_keys,
                       struct usage *usage);
/* Value of a line "key value", or ABSENT. */
uint64_t cgroup_keyed(const char *text, const char *key);
/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", then "full ...". */
void cgroup_parse_pressure(const char *text, struct usage_pressure *pressure);
void cgroup_parse_cpu_pressure(const char *text, struct usage *usage);
void cgroup_parse_memory_pressure(const char *text, struct usage *usage);
void cgroup_parse_io_pressure(const char *text, struct usage *usage);
void cgroup_parse_pids(const char *text, struct usage *usage);

/* The text of /proc/<pid>/net/dev, without the loopback and the kernel's unused tunnels; cuts names
 * out of it in place. */
void cgroup_parse_network(char *text, struct usage *usage);

#endif
