/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_sync.c - when what was appended becomes durable, and for whom.
 *
 * Many pushers share one fdatasync: the first that has to wait leads, and takes along all that was
 * appended before it began; those that come meanwhile wait for the next one. After a failed sync
 * nobody knows what the disk holds (the kernel says so once and then forgets), so everything that
 * was not durable before is given up and reported as failed, and the next push begins a new file.
 */
#include "queue/disk_internal.h"

#include <errno.h>

#include "log/log.h"

void
disk_publish(struct queue_disk *d, uint64_t offset, uint64_t end_sequence)
{
    struct disk_segment *segment = disk_segment_active(d);

    d->n_waiting += end_sequence - segment->end_sequence;
    segment->end_sequence = end_sequence;
    segment->visible = offset;
    pthread_cond_broadcast(&d->readable);
}

/* Commits up to a sequence are done, with this result. */
static void
finish_commits(struct queue_disk *d, uint64_t end_sequence, int rc)
{
    while (d->commits != NULL && d->commits->end_sequence <= end_sequence) {
        struct disk_commit *commit = d->commits;

        d->commits = commit->next;
        commit->rc = rc;
        commit->done = true;
    }
    if (d->commits == NULL)
        d->last_commit = &d->commits;
}

static void
give_up(struct queue_disk *d, int rc)
{
    struct disk_segment *segment = disk_segment_active(d);

    log_error(DISK_LOG, "what was written cannot be made durable: %s", strerror(-rc));
    finish_commits(d, UINT64_MAX, rc);
    d->w.broken = true;
    d->w.n_failures++;
    d->w.offset = segment->visible;
    d->w.next_sequence = segment->end_sequence;
}

void
disk_sync(struct queue_disk *d)
{
    uint64_t offset, end_sequence;
    int file, rc;

    while (d->syncing)
        pthread_cond_wait(&d->synced, &d->lock);
    if (d->w.file < 0 || d->w.broken || d->w.synced == d->w.offset)
        return;
    d->syncing = true; /* the file stays open as long as this is set */
    file = d->w.file;
    offset = d->w.offset;
    end_sequence = d->w.next_sequence;
    pthread_mutex_unlock(&d->lock);
    rc = d->io->ops->sync(d->io, file);
    pthread_mutex_lock(&d->lock);
    d->syncing = false;
    if (rc < 0) {
        give_up(d, rc);
    } else {
        d->w.synced = offset;
        if (d->options.sync == QUEUE_SYNC_BATCH)
            disk_publish(d, offset, end_sequence);
        finish_commits(d, end_sequence, 0);
    }
    pthread_cond_broadcast(&d->synced);
}

int
disk_commit_wait(struct queue_disk *d, struct disk_commit *commit)
{
    while (!commit->done) {
        if (d->syncing)
            pthread_cond_wait(&d->synced, &d->lock);
        else
            disk_sync(d);
    }
    return commit->rc;
}

static void *
run_sync_thread(void *arg)
{
    struct queue_disk *d = arg;

    pthread_mutex_lock(&d->lock);
    while (!d->closed) {
        uint64_t next = wait_add(util_monotonic_ns(), d->options.sync_interval_ns);

        while (!d->closed && wait_until(&d->synced, &d->lock, next)) {
        }
        disk_sync(d);
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

int
disk_sync_thread_start(struct queue_disk *d)
{
    int rc;

    if (d->options.sync != QUEUE_SYNC_INTERVAL)
        return 0;
    rc = pthread_create(&d->sync_thread, NULL, run_sync_thread, d);
    d->has_sync_thread = rc == 0;
    return -rc;
}

void
disk_sync_thread_join(struct queue_disk *d)
{
    if (d->has_sync_thread)
        pthread_join(d->sync_thread, NULL);
    d->has_sync_thread = false;
}
