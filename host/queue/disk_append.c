/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_append.c - the writer: cuts batches into frames, appends them, begins segments.
 *
 * All of it runs in the role `writing`. What could not be appended whole is taken back before
 * anybody can read it; where even that fails the segment is given up (`broken`), and its readers
 * stop at what was published.
 */
#include "queue/disk_internal.h"

#include <errno.h>
#include <inttypes.h>

#include "log/log.h"
#include "record/shape.h"

/* A segment is left when its shapes fill this many slots, so that reader and writer hold a bounded
 * number of them. */
#define SHAPES_PER_SEGMENT 4096u
#define BUFFER_KEPT (1u << 20)
#define NUMBER_TRIES 16

void
disk_forget(struct queue_disk *d)
{
    /* The shapes that this batch brought were not written. Those before it are written again, which
     * does no harm. */
    shape_map_clear(&d->w.shapes);
    buf_reset(&d->w.buf);
}

static int
encode_shape(struct disk_writer *w, struct shape *shape)
{
    struct frame_header h = {.type = FRAME_SHAPE, .sequence = w->batch_sequence};
    uint64_t key = shape_hash(shape);
    size_t begin = frame_begin(&w->buf);
    int rc;

    shape_payload_encode(&w->buf, key);
    rc = shape_encode(shape, &w->buf);
    if (rc < 0)
        return rc;
    if (w->buf.len - begin > RECORD_MAX)
        return -EMSGSIZE;
    frame_end(&w->buf, begin, &h, w->salt);
    return shape_map_put(&w->shapes, shape_hash(shape), key, shape);
}

static int
encode_shapes(struct disk_writer *w, const struct queue_entry *entries, uint32_t n)
{
    const struct shape *last = NULL;

    for (uint32_t i = 0; i < n; i++) {
        int rc = 0;

        if (entries[i].shape == last)
            continue;
        last = entries[i].shape;
        if (shape_map_find(&w->shapes, shape_hash(last)) == NULL)
            rc = encode_shape(w, entries[i].shape);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The place of a key in the frame's list, adding it where it is new; -1: the list is full. */
static int
place_of_key(struct frame_plan *plan, uint64_t key)
{
    for (uint32_t i = plan->n_keys; i > 0; i--)
        if (plan->keys[i - 1] == key)
            return (int)(i - 1);
    if (plan->n_keys == FRAME_MAX_SHAPES)
        return -1;
    plan->keys[plan->n_keys] = key;
    return (int)plan->n_keys++;
}

/* How many of the entries go into one frame, at least one; fills in the plan. */
static void
plan_frame(struct disk_writer *w, const struct queue_entry *entries, uint32_t n)
{
    struct frame_plan *plan = &w->plan;
    const struct shape *last = NULL;
    uint64_t bytes = 0;
    int place = 0;

    plan->n_keys = 0;
    plan->n_records = 0;
    while (plan->n_records < n && plan->n_records < FRAME_MAX_RECORDS) {
        const struct queue_entry *entry = &entries[plan->n_records];

        bytes += entry->len;
        if (plan->n_records > 0 && bytes > FRAME_FULL_BYTES)
            return;
        if (entry->shape != last)
            place = place_of_key(plan, shape_map_find(&w->shapes, shape_hash(entry->shape))->value);
        if (place < 0)
            return;
        last = entry->shape;
        plan->key_index[plan->n_records++] = (uint16_t)place;
    }
}

static void
encode_records(struct disk_writer *w, const struct queue_entry *entries, uint32_t n)
{
    for (uint32_t done = 0; done < n; done += w->plan.n_records) {
        const struct frame_plan *plan = &w->plan;
        struct frame_header h = {.type = FRAME_RECORDS, .sequence = w->batch_sequence + done};
        size_t begin = frame_begin(&w->buf);

        plan_frame(w, entries + done, n - done);
        h.count = (uint16_t)plan->n_records;
        batch_payload_encode(&w->buf, entries + done, plan->n_records, plan->keys, plan->n_keys,
                             plan->key_index);
        frame_end(&w->buf, begin, &h, w->salt);
    }
}

/* Takes bytes that were never published off the end of the segment. */
static void
cut_off(struct queue_disk *d)
{
    struct disk_segment *segment;

    pthread_mutex_lock(&d->lock);
    segment = disk_segment_active(d);
    if (d->io->ops->truncate(d->io, d->w.file, segment->visible) == 0) {
        d->n_bytes -= segment->size - segment->visible;
        segment->size = segment->visible;
    }
    pthread_mutex_unlock(&d->lock);
}

void
disk_seal(struct queue_disk *d)
{
    struct disk_writer *w = &d->w;
    int file = w->file;

    if (file < 0)
        return;
    pthread_mutex_lock(&d->lock);
    if (d->options.sync != QUEUE_SYNC_NONE)
        disk_sync(d); /* a failure is told to those whose entries it concerns */
    while (d->syncing)
        pthread_cond_wait(&d->synced, &d->lock);
    pthread_mutex_unlock(&d->lock);
    if (w->broken)
        cut_off(d);
    pthread_mutex_lock(&d->lock);
    w->file = -1;
    w->broken = false;
    pthread_mutex_unlock(&d->lock);
    d->io->ops->close(d->io, file);
    disk_forget(d);
}

/* A new file, under a number that was never used. */
static int
create_file(struct queue_disk *d, uint64_t *ret_number)
{
    int file = -EEXIST;

    for (int i = 0; i < NUMBER_TRIES && file == -EEXIST; i++) {
        CLEANUP_FREE char *name = NULL;

        pthread_mutex_lock(&d->lock);
        *ret_number = d->w.next_number++;
        pthread_mutex_unlock(&d->lock);
        name = segment_name(*ret_number);
        if (name == NULL)
            return -ENOMEM;
        file = d->io->ops->open(d->io, name, DISK_CREATE);
    }
    return file;
}

static int
write_header(struct queue_disk *d, int file, const struct segment_header *h)
{
    uint8_t bytes[SEGMENT_HEADER_SIZE];
    int rc;

    segment_header_encode(h, bytes);
    rc = disk_write(d->io, file, bytes, sizeof(bytes), 0);
    if (rc == 0 && d->options.sync != QUEUE_SYNC_NONE)
        rc = d->io->ops->sync(d->io, file);
    if (rc == 0 && d->options.sync != QUEUE_SYNC_NONE)
        rc = d->io->ops->sync_folder(d->io);
    return rc;
}

static int
enlist(struct queue_disk *d, int file, const struct segment_header *h)
{
    struct disk_segment segment = {
        .number = h->number,
        .first_sequence = h->first_sequence,
        .end_sequence = h->first_sequence,
        .visible = SEGMENT_HEADER_SIZE,
        .size = SEGMENT_HEADER_SIZE,
    };
    int rc;

    pthread_mutex_lock(&d->lock);
    rc = disk_segment_add(d, &segment);
    if (rc == 0) {
        d->w.file = file;
        d->w.salt = h->salt;
        d->w.offset = d->w.synced = SEGMENT_HEADER_SIZE;
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static int
begin_segment(struct queue_disk *d)
{
    struct segment_header h = {.first_sequence = d->w.next_sequence};
    int file = create_file(d, &h.number);
    int rc;

    if (file < 0)
        return file;
    util_random(&h.salt, sizeof(h.salt));
    rc = write_header(d, file, &h);
    if (rc == 0)
        rc = enlist(d, file, &h);
    if (rc < 0) {
        CLEANUP_FREE char *name = segment_name(h.number);

        d->io->ops->close(d->io, file);
        if (name != NULL)
            d->io->ops->unlink(d->io, name);
    }
    return rc;
}

/* Makes sure that there is a segment with room for about `bytes` more. */
static int
prepare_segment(struct queue_disk *d, uint64_t bytes)
{
    struct disk_writer *w = &d->w;
    bool leave;

    pthread_mutex_lock(&d->lock);
    leave = w->broken || w->shapes.n >= SHAPES_PER_SEGMENT ||
            (w->offset > SEGMENT_HEADER_SIZE && w->offset + bytes > d->options.segment_size);
    pthread_mutex_unlock(&d->lock);
    if (leave)
        disk_seal(d);
    return w->file >= 0 ? 0 : begin_segment(d);
}

/* From here on a failed sync makes the batch fail too: its sequences may be taken back. */
static void
begin_batch(struct queue_disk *d)
{
    struct disk_writer *w = &d->w;

    pthread_mutex_lock(&d->lock);
    w->batch_sequence = w->next_sequence;
    w->batch_failures = w->n_failures;
    pthread_mutex_unlock(&d->lock);
    if (w->buf.cap > BUFFER_KEPT)
        buf_free(&w->buf);
    buf_reset(&w->buf);
}

int
disk_encode(struct queue_disk *d, const struct queue_entry *entries, uint32_t n)
{
    struct disk_writer *w = &d->w;
    int rc = prepare_segment(d, batch_size_bound(entries, n));

    if (rc < 0)
        return rc;
    begin_batch(d);
    rc = encode_shapes(w, entries, n);
    if (rc == 0)
        encode_records(w, entries, n);
    if (rc == 0 && w->buf.failed)
        rc = -ENOMEM;
    if (rc < 0) {
        disk_forget(d);
        buf_free(&w->buf);
    }
    return rc;
}

/* What was appended is there: counts it, and publishes it or queues the commit. */
static int
account(struct queue_disk *d, uint32_t n, struct disk_commit *commit)
{
    struct disk_writer *w = &d->w;

    if (w->n_failures != w->batch_failures)
        return -EIO; /* the segment was given up meanwhile */
    w->offset += w->buf.len;
    w->next_sequence += n;
    d->n_bytes += w->buf.len;
    disk_segment_active(d)->size = w->offset;
    if (d->options.sync != QUEUE_SYNC_BATCH) {
        disk_publish(d, w->offset, w->next_sequence);
        return 0;
    }
    *commit = (struct disk_commit){.end_sequence = w->next_sequence};
    *d->last_commit = commit;
    d->last_commit = &commit->next;
    return 0;
}

/* A frame may be there in part. */
static void
take_back(struct queue_disk *d, uint64_t offset)
{
    int rc = d->io->ops->truncate(d->io, d->w.file, offset);

    if (rc < 0) {
        log_warning(DISK_LOG, "a failed write cannot be taken back (%s): beginning a new segment",
                    strerror(-rc));
        pthread_mutex_lock(&d->lock);
        d->w.broken = true;
        pthread_mutex_unlock(&d->lock);
    }
    disk_forget(d);
}

int
disk_append(struct queue_disk *d, uint32_t n, struct disk_commit *commit)
{
    struct disk_writer *w = &d->w;
    uint64_t offset;
    int rc;

    pthread_mutex_lock(&d->lock);
    offset = w->offset;
    rc = w->n_failures == w->batch_failures ? 0 : -EIO;
    pthread_mutex_unlock(&d->lock);
    if (rc < 0)
        return rc;
    rc = disk_write(d->io, w->file, w->buf.data, w->buf.len, offset);
    if (rc < 0) {
        take_back(d, offset);
        return rc;
    }
    pthread_mutex_lock(&d->lock);
    rc = account(d, n, commit);
    pthread_mutex_unlock(&d->lock);
    return rc;
}

void
disk_append_end(struct queue_disk *d)
{
    struct disk_writer *w = &d->w;
    struct frame_header h = {.type = FRAME_END};
    struct disk_commit commit;
    size_t begin;
    bool usable;

    pthread_mutex_lock(&d->lock);
    usable = w->file >= 0 && !w->broken;
    pthread_mutex_unlock(&d->lock);
    if (!usable)
        return;
    begin_batch(d);
    h.sequence = w->batch_sequence;
    begin = frame_begin(&w->buf);
    frame_end(&w->buf, begin, &h, w->salt);
    if (w->buf.failed || disk_append(d, 0, &commit) < 0)
        return; /* the next start reads the segment through instead */
    pthread_mutex_lock(&d->lock);
    if (d->options.sync == QUEUE_SYNC_BATCH)
        disk_commit_wait(d, &commit);
    pthread_mutex_unlock(&d->lock);
}
