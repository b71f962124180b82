/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_lease.c - lease and settle; and giving up the oldest segment where the configuration wants
 * that.
 */
#include "queue/disk_internal.h"

#include <errno.h>
#include <inttypes.h>

#include "log/log.h"

#define ERROR_PAUSE_NS 1000000000u

static void
accept_chunk(struct queue_disk *d, struct chunk *chunk)
{
    uint64_t before = d->backlog.n_entries;

    backlog_append(&d->backlog, chunk);
    d->n_loaded += d->backlog.n_entries - before;
}

static void
acquire_reader(struct queue_disk *d)
{
    while (d->reading)
        pthread_cond_wait(&d->readable, &d->lock);
    d->reading = true;
}

static void
release_reader(struct queue_disk *d)
{
    d->reading = false;
    pthread_cond_broadcast(&d->readable);
}

/* With the role held. 1: the backlog grew; 0: nothing to read; -errno. */
static int
load_one(struct queue_disk *d)
{
    struct chunk *chunk;
    int rc;

    pthread_mutex_unlock(&d->lock);
    rc = disk_read_chunk(d, &chunk);
    pthread_mutex_lock(&d->lock);
    if (rc == 1)
        accept_chunk(d, chunk);
    return rc;
}

/* Whether there may be something on disk that is not loaded. */
static bool
has_more(const struct queue_disk *d)
{
    return d->n_waiting > d->n_loaded;
}

/* Reads until the backlog is enough for a lease, or there is no more. */
static int
load(struct queue_disk *d, uint32_t max_entries, uint64_t max_bytes)
{
    uint64_t n_lost;
    int rc = 1;

    if (!has_more(d) || backlog_fills(&d->backlog, max_entries, max_bytes))
        return 0;
    acquire_reader(d);
    n_lost = d->n_lost;
    while (rc == 1 && !backlog_fills(&d->backlog, max_entries, max_bytes))
        rc = load_one(d);
    release_reader(d);
    if (n_lost != d->n_lost)
        disk_keep(d);
    return rc < 0 ? rc : 0;
}

/* Whoever asks again at once would use up all tries before the disk had a chance to come back. */
static void
pause_after_error(struct queue_disk *d, uint64_t deadline_ns)
{
    uint64_t until = wait_add(util_monotonic_ns(), ERROR_PAUSE_NS);

    if (d->backlog.n_entries == 0 && !d->closed)
        wait_until(&d->readable, &d->lock, until < deadline_ns ? until : deadline_ns);
}

int
disk_lease(struct queue *q, uint32_t max_entries, uint64_t max_bytes, uint64_t linger_ns,
           uint64_t deadline_ns, struct queue_lease *ret)
{
    struct queue_disk *d = (struct queue_disk *)q;
    struct patience patience = {
        .max_entries = max_entries,
        .max_bytes = max_bytes,
        .linger_ns = linger_ns,
        .deadline_ns = deadline_ns,
    };
    int rc;

    *ret = (struct queue_lease){0};
    pthread_mutex_lock(&d->lock);
    patience.wakes = d->n_wakes[QUEUE_TAKERS];
    do
        rc = load(d, max_entries, max_bytes);
    while (rc == 0 && !d->closed && d->n_wakes[QUEUE_TAKERS] == patience.wakes &&
           patience_wait(&patience, &d->backlog, &d->readable, &d->lock));
    if (rc < 0)
        pause_after_error(d, deadline_ns);
    if (d->backlog.n_entries > 0)
        rc = backlog_lease(&d->backlog, max_entries, max_bytes, ret);
    pthread_mutex_unlock(&d->lock);
    return rc;
}

/* The entry is out of the queue. */
static void
settle_node(struct queue_disk *d, struct node *node)
{
    uint64_t sequence = node->entry.sequence;

    d->n_waiting -= ranges_add(&d->settled, sequence, sequence + 1);
    d->n_loaded--;
    node_release(node);
}

void
disk_settle(struct queue *q, struct queue_lease *lease, const enum queue_fate *fates)
{
    struct queue_disk *d = (struct queue_disk *)q;
    bool returned = false;

    pthread_mutex_lock(&d->lock);
    for (uint32_t i = 0; i < lease->n_entries; i++) {
        struct node *node = lease_node(lease, i);

        if (fates[i] == QUEUE_DONE) {
            settle_node(d, node);
        } else {
            backlog_return(&d->backlog, node);
            returned = true;
        }
    }
    if (returned)
        pthread_cond_broadcast(&d->readable);
    disk_keep(d);
    pthread_mutex_unlock(&d->lock);
    lease_free(lease);
}

/* Gives up what the backlog holds below a sequence. */
static uint64_t
drop_loaded(struct queue_disk *d, uint64_t end_sequence)
{
    uint64_t n = 0;

    while (d->backlog.head != NULL && d->backlog.head->entry.sequence < end_sequence) {
        struct node *node = backlog_pop(&d->backlog);

        if (d->options.dropped != NULL)
            d->options.dropped(d->options.dropped_arg, node->entry.shape, 1);
        settle_node(d, node);
        n++;
    }
    return n;
}

/* The end of the oldest segment of which something is in the backlog or not read yet; 0: there is
 * none. */
static uint64_t
end_of_oldest(struct queue_disk *d)
{
    const struct disk_segment *active = disk_segment_active(d);
    uint64_t lowest = d->r.expected;

    if (d->backlog.head != NULL)
        lowest = d->backlog.head->entry.sequence;
    for (size_t i = 0; i < d->n_segments; i++)
        if (&d->segments[i] != active && d->segments[i].end_sequence > lowest)
            return d->segments[i].end_sequence;
    return 0;
}

uint64_t
disk_drop_oldest(struct queue_disk *d)
{
    uint64_t end_sequence, n;

    acquire_reader(d);
    end_sequence = end_of_oldest(d);
    n = drop_loaded(d, end_sequence);
    /* The rest is read, not skipped: the ledger wants to know whose records they were. */
    while (d->r.expected < end_sequence && load_one(d) == 1)
        n += drop_loaded(d, end_sequence);
    release_reader(d);
    d->n_dropped += n;
    if (n > 0)
        log_warning(DISK_LOG, "the queue is full: %" PRIu64 " of its oldest records were dropped",
                    n);
    disk_keep(d);
    return n;
}
