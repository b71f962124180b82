/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_push.c - push: waits for the writer and for room, appends, waits for the disk where the
 * policy says so.
 */
#include "queue/disk_internal.h"

#include <errno.h>

/* How often a push that waits looks whether a full file system has room again. */
#define SPACE_RETRY_NS 500000000u

static bool
has_room(const struct queue_disk *d, uint64_t need)
{
    return d->n_bytes <= d->options.max_size && need <= d->options.max_size - d->n_bytes;
}

static void
seal_in_role(struct queue_disk *d)
{
    d->writing = true;
    pthread_mutex_unlock(&d->lock);
    disk_seal(d);
    pthread_mutex_lock(&d->lock);
    d->writing = false;
    pthread_cond_broadcast(&d->writable);
}

/* Nobody is writing. Whether something was done that may have made room; lets go of the lock
 * meanwhile. */
static bool
make_room(struct queue_disk *d)
{
    const struct disk_segment *active;
    bool drop = d->options.when_full == QUEUE_FULL_DROP_OLDEST;

    if (drop && disk_drop_oldest(d) > 0)
        return true;
    /* Only the segment being written is left: end it, so that it can be removed (or dropped, the
     * next time round). */
    active = disk_segment_active(d);
    if (d->writing || active == NULL || active->visible == SEGMENT_HEADER_SIZE)
        return false;
    if (!drop && !ranges_cover(&d->settled, active->first_sequence, active->end_sequence))
        return false;
    seal_in_role(d);
    disk_keep(d);
    return true;
}

/* Takes the role `writing` once there is room for `need` more bytes. */
static int
acquire_writer(struct queue_disk *d, uint64_t need, uint64_t deadline_ns)
{
    uint64_t wakes = d->n_wakes[QUEUE_PUSHERS];
    bool in_time = true;

    for (;;) {
        if (d->closed)
            return -ESHUTDOWN;
        if (!d->writing && has_room(d, need)) {
            d->writing = true;
            return 0;
        }
        if (!d->writing && make_room(d))
            continue;
        if (!in_time || wakes != d->n_wakes[QUEUE_PUSHERS])
            return -EAGAIN;
        in_time = wait_until(&d->writable, &d->lock, deadline_ns);
    }
}

static void
release_writer(struct queue_disk *d)
{
    d->writing = false;
    pthread_cond_broadcast(&d->writable);
}

/* One try with the role held. -ENOBUFS: with its shapes the batch needs *ret_need bytes, for which
 * there is no room. */
static int
write_batch(struct queue_disk *d, const struct queue_entry *entries, uint32_t n, uint64_t *ret_need,
            struct disk_commit *commit)
{
    int rc;

    pthread_mutex_unlock(&d->lock);
    rc = disk_encode(d, entries, n);
    pthread_mutex_lock(&d->lock);
    if (rc == 0 && !has_room(d, d->w.buf.len)) {
        *ret_need = d->w.buf.len + SEGMENT_HEADER_SIZE;
        disk_forget(d);
        return -ENOBUFS;
    }
    if (rc < 0)
        return rc;
    pthread_mutex_unlock(&d->lock);
    rc = disk_append(d, n, commit);
    pthread_mutex_lock(&d->lock);
    return rc;
}

static bool
is_full_disk(int rc)
{
    return rc == -ENOSPC || rc == -EDQUOT;
}

/* The file system is full, which is not for us to see ending. Whether to try again. */
static bool
wait_for_space(struct queue_disk *d, uint64_t deadline_ns)
{
    uint64_t wakes = d->n_wakes[QUEUE_PUSHERS];
    uint64_t now = util_monotonic_ns();
    uint64_t next = wait_add(now, SPACE_RETRY_NS);

    if (!d->writing && make_room(d))
        return true;
    if (now >= deadline_ns)
        return false;
    wait_until(&d->writable, &d->lock, next < deadline_ns ? next : deadline_ns);
    return !d->closed && wakes == d->n_wakes[QUEUE_PUSHERS];
}

static int
push_locked(struct queue_disk *d, const struct queue_entry *entries, uint32_t n, uint64_t need,
            uint64_t deadline_ns)
{
    struct disk_commit commit;
    int rc;

    do {
        if (need > d->options.max_size)
            return -EMSGSIZE;
        rc = acquire_writer(d, need, deadline_ns);
        if (rc < 0)
            return rc;
        rc = write_batch(d, entries, n, &need, &commit);
        release_writer(d);
    } while (rc == -ENOBUFS || (is_full_disk(rc) && wait_for_space(d, deadline_ns)));
    if (rc == 0 && d->options.sync == QUEUE_SYNC_BATCH)
        rc = disk_commit_wait(d, &commit);
    /* What failed is cut off now: should the process be killed, the next one must not take it for
     * good. */
    if (rc < 0 && d->w.broken && !d->writing)
        seal_in_role(d);
    return rc;
}

int
disk_push(struct queue *q, const struct queue_entry *entries, uint32_t n, uint64_t deadline_ns)
{
    struct queue_disk *d = (struct queue_disk *)q;
    int rc;

    if (n == 0)
        return 0;
    for (uint32_t i = 0; i < n; i++)
        if (entries[i].len > RECORD_MAX)
            return -EMSGSIZE;
    pthread_mutex_lock(&d->lock);
    rc =
        push_locked(d, entries, n, batch_size_bound(entries, n) + SEGMENT_HEADER_SIZE, deadline_ns);
    pthread_mutex_unlock(&d->lock);
    return rc;
}
