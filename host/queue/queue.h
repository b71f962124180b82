/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - what stands between inputs and outputs: encoded records, in order, until they are
 * acknowledged.
 *
 * The queue belongs to the host and outlives plugins, configuration and outputs. An entry is a
 * record as record/codec.h encodes it; its shape (dataset schema and constants) is shared and
 * handed over beside it, so that a queue on disk can write each shape once a segment.
 *
 * Threads: push from any number of input workers, take and settle from any number of output
 * workers.
 */
#ifndef MH_QUEUE_H
#define MH_QUEUE_H

#include "util/util.h"

struct shape; /* record/shape.h: reference counted */

/* One encoded record. On push the queue copies bytes and takes its own reference to the shape. */
struct queue_entry {
    struct shape *shape;
    const uint8_t *bytes;
    uint32_t len;
    uint32_t size_hint; /* rough bytes as JSON, for batches limited by size */
    uint64_t sequence;  /* set by the queue: position in the order of arrival */
};

/* A lease: entries that an output worker works on. Bytes and shapes live until the lease is
 * settled. */
struct queue_lease {
    struct queue_entry *entries;
    uint32_t n_entries;
    void *priv;
};

struct queue_stats {
    uint64_t n_entries; /* waiting or leased */
    uint64_t n_bytes;
    uint64_t max_bytes;   /* 0: limited by entries */
    uint64_t max_entries; /* 0: limited by bytes */
    uint64_t n_lost;      /* could not be read back: torn or damaged storage */
    uint64_t n_dropped;   /* given up to make room, where the configuration says so */
};

enum queue_fate { QUEUE_DONE, QUEUE_RETURN };
enum queue_side { QUEUE_TAKERS, QUEUE_PUSHERS };

struct queue;
struct queue_ops {
    const char *name; /* "mem", "disk" */
    /* All entries or none. 0; -EAGAIN when full and -ENOSPC when the file
     * system is (after waiting until deadline_ns, monotonic);
     * -ESHUTDOWN once closed; -EIO and others when storage fails (the caller may try again).
     * Returns only when the entries are as safe as the sync policy says. */
    int (*push)(struct queue *q, const struct queue_entry *entries, uint32_t n,
                uint64_t deadline_ns);
    /* Waits until there is something, until deadline_ns, or until it is woken; then leases up to
     * the limits, waiting up to linger_ns for a fuller batch. 0 with n_entries 0 when there is
     * nothing. */
    int (*lease)(struct queue *q, uint32_t max_entries, uint64_t max_bytes, uint64_t linger_ns,
                 uint64_t deadline_ns, struct queue_lease *ret);
    /* Ends a lease. fates[i] for entries[i]: QUEUE_DONE leaves the queue for good, QUEUE_RETURN is
     * given out again, in order. */
    void (*settle)(struct queue *q, struct queue_lease *lease, const enum queue_fate *fates);
    void (*stats)(struct queue *q, struct queue_stats *ret);
    /* Makes every waiting lease (push) return soon. A push that is woken has failed: its records
     * are the caller's again. */
    void (*wake)(struct queue *q, enum queue_side side);
    /* No more pushes; what is unsettled stays for the next start where the queue is durable.
     * Afterwards push fails and lease no longer waits; what is there can still be taken and
     * settled. */
    void (*close)(struct queue *q);
    /* Frees the queue. No call is under way and every lease is settled. A queue on disk writes down
     * where it stands. */
    void (*free)(struct queue *q);
};

/* Every queue begins with this. */
struct queue {
    const struct queue_ops *ops;
};

#define queue_push(q, e, n, d) ((q)->ops->push((q), (e), (n), (d)))
#define queue_take(q, n, b, l, d, r) ((q)->ops->lease((q), (n), (b), (l), (d), (r)))
#define queue_settle(q, l, f) ((q)->ops->settle((q), (l), (f)))
#define queue_stats_of(q, r) ((q)->ops->stats((q), (r)))
#define queue_wake(q) ((q)->ops->wake((q), QUEUE_TAKERS))
#define queue_wake_pushers(q) ((q)->ops->wake((q), QUEUE_PUSHERS))
#define queue_close(q) ((q)->ops->close((q)))
#define queue_free(q) ((q)->ops->free((q)))

/* In memory, limited by entries. Returns 0 or -ENOMEM. */
int queue_mem_open(uint64_t max_entries, struct queue **ret);

#endif
