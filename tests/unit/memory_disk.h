/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory_disk.h - a file system in memory behind the queue's disk_io: it can run full, fail at the
 * n-th call, cut writes short, and lose power, which leaves what was synced and, of the rest,
 * whatever chance decides.
 *
 * The disk outlives the queue that uses it: memory_disk_io gives out a new view each time.
 * Thread-safe.
 */
#ifndef MEMORY_DISK_H
#define MEMORY_DISK_H

#include "queue/disk_io.h"

struct memory_disk;

struct memory_disk *memory_disk_new(unsigned seed);
void memory_disk_free(struct memory_disk *m);
/* For queue_disk_options.io. */
struct disk_io *memory_disk_io(struct memory_disk *m);

/* Bytes of all files together that there is room for. */
void memory_disk_set_space(struct memory_disk *m, uint64_t bytes);
/* The n-th write (sync) from now fails with -error, and all that follow until n is 0 again; half of
 * the bytes of a failed write may have been written. */
void memory_disk_fail_writes(struct memory_disk *m, int error, unsigned after);
void memory_disk_fail_syncs(struct memory_disk *m, int error, unsigned after);
void memory_disk_fail_reads(struct memory_disk *m, int error, unsigned n_times);
/* Stops everything at the n-th write: it is done up to a random byte, and from then on every call
 * fails, as after a kill. */
void memory_disk_stop_after(struct memory_disk *m, unsigned n_writes);
void memory_disk_stop(struct memory_disk *m);
bool memory_disk_stopped(struct memory_disk *m);
/* Works again; the files are as they were at the stop. */
void memory_disk_resume(struct memory_disk *m);
/* What was not synced is kept, lost or filled with other bytes, each page as chance decides. No
 * queue is open. */
void memory_disk_lose_power(struct memory_disk *m);

unsigned memory_disk_n_syncs(struct memory_disk *m);

/* Looking at files and harming them. */
size_t memory_disk_n_files(struct memory_disk *m);
const char *memory_disk_name(struct memory_disk *m, size_t i);
uint8_t *memory_disk_bytes(struct memory_disk *m, const char *name, size_t *ret_len);
void memory_disk_truncate(struct memory_disk *m, const char *name, size_t len);
void memory_disk_remove(struct memory_disk *m, const char *name);
/* An independent disk with the same content. */
struct memory_disk *memory_disk_clone(struct memory_disk *m, unsigned seed);

#endif
