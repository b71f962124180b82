/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk.h - the queue on disk: append-only segments, a cursor, and nothing else that has to be right
 * after a crash.
 *
 * docs/queue-format.md describes the files. What it promises:
 *  - a push that returned 0 is read back once the process was killed, and with sync `batch` once
 * power was lost;
 *  - a record is given out again after a crash when its settlement was not written down yet (its
 * identity is the same);
 *  - damage costs the records in the damaged frames, which are counted, and never the start of the
 * daemon;
 *  - a full disk makes push fail; nothing that was accepted before suffers.
 */
#ifndef MH_QUEUE_DISK_H
#define MH_QUEUE_DISK_H

#include "queue/queue.h"

struct disk_io;

enum queue_sync {
    QUEUE_SYNC_BATCH,    /* push returns when the entries survive a loss of power */
    QUEUE_SYNC_INTERVAL, /* ... when they survive a crash of the process; power loss costs at most
                            the interval */
    QUEUE_SYNC_NONE,     /* ... the same; what power loss costs is up to the kernel */
};

enum queue_when_full {
    QUEUE_FULL_BLOCK,       /* push waits, then -EAGAIN */
    QUEUE_FULL_DROP_OLDEST, /* the oldest segment is given up, counted, and reported to `dropped` */
};

struct queue_disk_options {
    const char *path;  /* a folder of its own; created with mode 0700 */
    uint64_t max_size; /* bytes of all segments; 0: 10 GiB or a tenth of the file system, whichever
                          is less */
    uint64_t segment_size; /* bytes; 0: 64 MiB or a tenth of max_size, whichever is less */
    enum queue_sync sync;
    uint64_t sync_interval_ns; /* 0: one second */
    enum queue_when_full when_full;
    /* [any thread that pushes] n records of this shape were given up to make room. NULL: only
     * counted. Must not call the queue. */
    void (*dropped)(void *arg, const struct shape *shape, uint64_t n);
    void *dropped_arg;
    struct disk_io
        *io; /* NULL: the real file system; else owned by the queue from a successful open on */
};

/* Opens or creates. On failure: -errno, with *ret_reason in words (the caller frees it; NULL
 * without memory). There is no fall-back: what to do is for the operator to say. -EBUSY: another
 * process has it; -EPROTONOSUPPORT: a newer format. */
int queue_disk_open(const struct queue_disk_options *options, struct queue **ret,
                    char **ret_reason);

#endif
