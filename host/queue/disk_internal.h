/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_internal.h - what the parts of the queue on disk share.
 *
 * One lock guards the state; nobody holds it during input or output. Instead there are four roles,
 * each held by at most one thread at a time: `writing` (encodes and appends; owns struct writer),
 * `syncing` (waits for the disk on behalf of all who pushed), `reading` (owns struct reader),
 * `keeping` (writes the cursor, removes segments).
 *
 * A sequence goes through: appended (in the file) -> published (may be read; with sync `batch` only
 * once it is durable)
 * -> loaded (in the backlog or in a lease) -> settled. Invariants:
 *  - published entries that are not settled = n_waiting;
 *  - the cursor on disk is never above settled.floor, and is durable before a segment below it is
 * removed;
 *  - a push that fails leaves nothing that could be read later.
 */
#ifndef MH_QUEUE_DISK_INTERNAL_H
#define MH_QUEUE_DISK_INTERNAL_H

#include <pthread.h>

#include "queue/backlog.h"
#include "queue/disk.h"
#include "queue/disk_io.h"
#include "queue/ranges.h"
#include "queue/segment.h"
#include "queue/shape_map.h"
#include "queue/wait.h"

#define DISK_LOG "queue"

/* A segment file. In a list by number; the one being written is the last. */
struct disk_segment {
    uint64_t number;
    uint64_t first_sequence;
    uint64_t end_sequence; /* published so far */
    uint64_t visible;      /* bytes that are published */
    uint64_t size;         /* bytes on disk */
};

/* A push that waits for its entries to be durable. On the pusher's stack. */
struct disk_commit {
    struct disk_commit *next;
    uint64_t end_sequence;
    bool done;
    int rc;
};

/* How a batch is cut into a frame. */
struct frame_plan {
    uint64_t keys[FRAME_MAX_SHAPES];
    uint16_t key_index[FRAME_MAX_RECORDS];
    uint32_t n_keys;
    uint32_t n_records;
};

struct disk_writer {
    int file; /* -1: the next push begins a segment */
    uint32_t salt;
    struct buf buf;
    struct shape_map shapes; /* by hash: what this segment defines already */
    struct frame_plan plan;
    uint64_t batch_sequence; /* next_sequence and n_failures when the batch was begun */
    uint64_t batch_failures;
    /* Written under the lock: */
    uint64_t next_number;
    uint64_t next_sequence;
    uint64_t offset;
    uint64_t synced;     /* bytes of the file that are durable */
    uint64_t n_failures; /* grows when what was appended and not yet durable was given up */
    bool broken;         /* begin a new segment before anything else */
};

struct disk_reader {
    struct segment_reader segment; /* file -1: none is open */
    uint64_t number;               /* of the segment that is open or was the last */
    uint64_t expected;             /* sequence that comes next */
    struct shape_map shapes;       /* by key; value: number of the last segment that defines it */
    unsigned n_errors;             /* in a row, at this place */
};

struct disk_cursor {
    int files[2]; /* -1: not open */
    int slot;     /* written next; the other one is durable */
    uint32_t generation;
    uint64_t written;
    uint64_t synced;
    uint64_t synced_at_ns;
    bool failing; /* said once, until it works again */
};

struct queue_disk {
    struct queue base;
    struct queue_disk_options options; /* defaults filled in; path is not kept */
    struct disk_io *io;

    pthread_mutex_t lock;
    pthread_cond_t readable; /* something to read, or the role `reading` is free */
    pthread_cond_t writable; /* room, or the role `writing` or `keeping` is free */
    pthread_cond_t synced;   /* commits are done, or the role `syncing` is free; the interval thread
                                waits here too */
    bool writing, syncing, reading, keeping;
    bool keep_again;
    bool closed;
    uint64_t n_wakes[2]; /* by side */

    struct disk_segment *segments;
    size_t n_segments;
    size_t cap_segments;
    struct disk_commit *commits; /* oldest first */
    struct disk_commit **last_commit;
    struct disk_writer w;
    struct disk_reader r;
    struct disk_cursor cursor;
    struct backlog backlog;
    struct ranges settled;
    uint64_t n_loaded; /* entries in the backlog and in leases */
    uint64_t n_waiting;
    uint64_t n_bytes;
    uint64_t n_lost;
    uint64_t n_dropped;
    pthread_t sync_thread;
    bool has_sync_thread;
};

/* disk_recover.c: fills in segments, cursor, settled.floor and the writer's next numbers. */
int disk_recover(struct queue_disk *d, char **ret_reason);

/* disk_segments.c; all with the lock held. */
struct disk_segment *disk_segment_find(struct queue_disk *d, uint64_t number);
struct disk_segment *disk_segment_active(struct queue_disk *d); /* NULL: none is being written */
int disk_segment_add(struct queue_disk *d, const struct disk_segment *segment); /* 0, -ENOMEM */
void disk_segment_remove(struct queue_disk *d, uint64_t number);

/* disk_cursor.c */
int disk_cursor_load(struct queue_disk *d, struct cursor_record *ret, bool *ret_certain,
                     char **ret_reason);
int disk_cursor_store(struct queue_disk *d, uint64_t sequence, uint64_t number, bool sync);
void disk_cursor_close(struct queue_disk *d);
/* With the lock held; lets go of it meanwhile. Writes the cursor down and removes segments that are
 * settled. */
void disk_keep(struct queue_disk *d);

/* disk_append.c: the writer. */
/* Role `writing`, lock not held. Ends the segment being written; the next append begins another
 * one. */
void disk_seal(struct queue_disk *d);
/* Role `writing`, lock not held. Encodes into the writer's buffer, in a new segment where the old
 * one is full. */
int disk_encode(struct queue_disk *d, const struct queue_entry *entries, uint32_t n);
/* Role `writing`, lock not held. Appends the buffer, n entries; registers commit when it has to
 * wait for the disk. */
int disk_append(struct queue_disk *d, uint32_t n, struct disk_commit *commit);
/* Role `writing`, lock not held. Forgets what was encoded and not appended. */
void disk_forget(struct queue_disk *d);
/* Role `writing`, lock not held. Marks the segment as closed in order. */
void disk_append_end(struct queue_disk *d);

/* disk_sync.c; all with the lock held, let go of meanwhile. */
void disk_sync(struct queue_disk *d);
int disk_commit_wait(struct queue_disk *d, struct disk_commit *commit);
void disk_publish(struct queue_disk *d, uint64_t offset, uint64_t end_sequence);
int disk_sync_thread_start(struct queue_disk *d);
void disk_sync_thread_join(struct queue_disk *d); /* after closed was set; lock not held */

/* disk_push.c, disk_lease.c: operations of the queue. */
int disk_push(struct queue *q, const struct queue_entry *entries, uint32_t n, uint64_t deadline_ns);
int disk_lease(struct queue *q, uint32_t max_entries, uint64_t max_bytes, uint64_t linger_ns,
               uint64_t deadline_ns, struct queue_lease *ret);
void disk_settle(struct queue *q, struct queue_lease *lease, const enum queue_fate *fates);
/* With the lock held; lets go of it meanwhile. Gives up the oldest segment that is not written any
 * more and has something that nobody has leased. Returns how many records that were. */
uint64_t disk_drop_oldest(struct queue_disk *d);

/* disk_read.c: the reader. Role `reading`, lock not held. 1: a chunk; 0: nothing to read now;
 * -errno. */
int disk_read_chunk(struct queue_disk *d, struct chunk **ret);
void disk_reader_close(struct queue_disk *d);

#endif
