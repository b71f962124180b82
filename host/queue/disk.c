/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk.c - opening, closing and counting of the queue on disk.
 */
#include "queue/disk_internal.h"

#include <errno.h>
#include <inttypes.h>

#include "log/log.h"

#define DEFAULT_MAX_SIZE (10ull << 30)
#define DEFAULT_SEGMENT_SIZE (64ull << 20)
#define SMALLEST_SEGMENT 4096u
#define DEFAULT_INTERVAL_NS 1000000000u

static void
disk_stats(struct queue *q, struct queue_stats *ret)
{
    struct queue_disk *d = (struct queue_disk *)q;

    pthread_mutex_lock(&d->lock);
    *ret = (struct queue_stats){
        .n_entries = d->n_waiting,
        .n_bytes = d->n_bytes,
        .max_bytes = d->options.max_size,
        .n_lost = d->n_lost,
        .n_dropped = d->n_dropped,
    };
    pthread_mutex_unlock(&d->lock);
}

static void
wake_side(struct queue_disk *d, enum queue_side side)
{
    d->n_wakes[side]++;
    pthread_cond_broadcast(side == QUEUE_TAKERS ? &d->readable : &d->writable);
}

static void
disk_wake(struct queue *q, enum queue_side side)
{
    struct queue_disk *d = (struct queue_disk *)q;

    pthread_mutex_lock(&d->lock);
    wake_side(d, side);
    pthread_mutex_unlock(&d->lock);
}

static void
end_segment(struct queue_disk *d)
{
    disk_append_end(d);
    disk_seal(d);
}

static void
disk_close(struct queue *q)
{
    struct queue_disk *d = (struct queue_disk *)q;
    bool first;

    pthread_mutex_lock(&d->lock);
    first = !d->closed;
    d->closed = true;
    wake_side(d, QUEUE_TAKERS);
    wake_side(d, QUEUE_PUSHERS);
    pthread_cond_broadcast(&d->synced);
    while (first && d->writing)
        pthread_cond_wait(&d->writable, &d->lock);
    if (first)
        d->writing = true; /* for good */
    pthread_mutex_unlock(&d->lock);
    if (!first)
        return;
    disk_sync_thread_join(d);
    end_segment(d);
    pthread_mutex_lock(&d->lock);
    disk_keep(d);
    pthread_mutex_unlock(&d->lock);
}

static void
release(struct queue_disk *d)
{
    backlog_clear(&d->backlog);
    disk_reader_close(d);
    shape_map_clear(&d->r.shapes);
    shape_map_clear(&d->w.shapes);
    buf_free(&d->w.buf);
    disk_cursor_close(d);
    ranges_free(&d->settled);
    free(d->segments);
    pthread_cond_destroy(&d->readable);
    pthread_cond_destroy(&d->writable);
    pthread_cond_destroy(&d->synced);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static void
disk_free(struct queue *q)
{
    struct queue_disk *d = (struct queue_disk *)q;
    struct disk_io *io = d->io;
    int rc;

    disk_close(q);
    rc = disk_cursor_store(d, d->settled.floor, d->w.next_number - 1, true);
    if (rc < 0)
        log_error(DISK_LOG, "the cursor cannot be written: %s", strerror(-rc));
    release(d);
    io->ops->free(io);
}

static const struct queue_ops disk_ops = {
    .name = "disk",
    .push = disk_push,
    .lease = disk_lease,
    .settle = disk_settle,
    .stats = disk_stats,
    .wake = disk_wake,
    .close = disk_close,
    .free = disk_free,
};

static int
default_max_size(struct disk_io *io, uint64_t *ret, char **ret_reason)
{
    uint64_t space;
    int rc = io->ops->space(io, &space);

    if (rc < 0) {
        *ret_reason = util_printf("cannot find out the size of its file system: %s", strerror(-rc));
        return rc;
    }
    *ret = space / 10 < DEFAULT_MAX_SIZE ? space / 10 : DEFAULT_MAX_SIZE;
    return 0;
}

static int
fill_in_defaults(struct queue_disk_options *o, struct disk_io *io, char **ret_reason)
{
    int rc = o->max_size == 0 ? default_max_size(io, &o->max_size, ret_reason) : 0;

    if (rc < 0)
        return rc;
    if (o->segment_size == 0)
        o->segment_size =
            o->max_size / 10 < DEFAULT_SEGMENT_SIZE ? o->max_size / 10 : DEFAULT_SEGMENT_SIZE;
    if (o->sync_interval_ns == 0)
        o->sync_interval_ns = DEFAULT_INTERVAL_NS;
    if (o->segment_size >= SMALLEST_SEGMENT && o->max_size / 2 >= o->segment_size)
        return 0;
    *ret_reason =
        util_printf("max_size %" PRIu64 " and segment_size %" PRIu64
                    " do not fit: a segment has at least %u bytes, the queue at least two segments",
                    o->max_size, o->segment_size, SMALLEST_SEGMENT);
    return -EINVAL;
}

static struct queue_disk *
new_disk(const struct queue_disk_options *options, struct disk_io *io)
{
    struct queue_disk *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return NULL;
    d->base.ops = &disk_ops;
    d->options = *options;
    d->options.path = NULL;
    d->io = io;
    d->last_commit = &d->commits;
    d->w.file = -1;
    d->r.segment.file = -1;
    d->cursor.files[0] = d->cursor.files[1] = -1;
    pthread_mutex_init(&d->lock, NULL);
    wait_init(&d->readable);
    wait_init(&d->writable);
    wait_init(&d->synced);
    return d;
}

static int
open_on(const struct queue_disk_options *given, struct disk_io *io, struct queue **ret,
        char **ret_reason)
{
    struct queue_disk_options options = *given;
    struct queue_disk *d;
    int rc = fill_in_defaults(&options, io, ret_reason);

    if (rc < 0)
        return rc;
    d = new_disk(&options, io);
    if (d == NULL)
        return -ENOMEM;
    rc = disk_recover(d, ret_reason);
    if (rc == 0)
        rc = disk_sync_thread_start(d);
    if (rc < 0) {
        release(d);
        return rc;
    }
    log_info(DISK_LOG, "%s: %" PRIu64 " records wait, %" PRIu64 " of at most %" PRIu64 " bytes",
             given->path == NULL ? "disk" : given->path, d->n_waiting, d->n_bytes,
             options.max_size);
    *ret = &d->base;
    return 0;
}

/* Every reason names the folder. */
static void
name_folder(const char *path, int error, char **reason)
{
    char *named = util_printf("queue folder %s: %s", path == NULL ? "" : path,
                              *reason == NULL ? strerror(-error) : *reason);

    free(*reason);
    *reason = named;
}

int
queue_disk_open(const struct queue_disk_options *options, struct queue **ret, char **ret_reason)
{
    struct disk_io *io = options->io;
    int rc;

    *ret_reason = NULL;
    if (io == NULL) {
        rc = disk_io_open_folder(options->path, &io, ret_reason);
        if (rc < 0)
            return rc;
    }
    rc = open_on(options, io, ret, ret_reason);
    if (rc < 0)
        name_folder(options->path, rc, ret_reason);
    if (rc < 0 && options->io == NULL)
        io->ops->free(io);
    return rc;
}
