/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_read.c - the reader: one chunk a frame, in order, past damage.
 *
 * All of it runs in the role `reading`. Every record frame carries its first sequence, so what is
 * missing between two frames, or between the last one and the end of a segment, is known exactly,
 * whatever happened to the bytes between.
 */
#include "queue/disk_internal.h"

#include <errno.h>
#include <inttypes.h>

#include "log/log.h"
#include "record/shape.h"

/* A place that cannot be read is tried this often before it counts as damaged: a cable may come
 * back. */
#define READ_TRIES 5u

/* The segment to read from, as it stands now. */
struct view {
    uint64_t number;
    uint64_t limit;
    uint64_t end_sequence;
    uint64_t floor;
    bool complete; /* nothing will be added */
};

static bool
view_now(struct queue_disk *d, struct view *ret)
{
    const struct disk_reader *r = &d->r;
    bool found = false;

    pthread_mutex_lock(&d->lock);
    *ret = (struct view){.number = r->number, .floor = d->settled.floor};
    for (size_t i = 0; i < d->n_segments && !found; i++) {
        const struct disk_segment *s = &d->segments[i];

        found = r->segment.file >= 0 ? s->number == r->number : s->number > r->number;
        if (!found)
            continue;
        ret->number = s->number;
        ret->limit = s->visible;
        ret->end_sequence = s->end_sequence;
        ret->complete = s != disk_segment_active(d);
    }
    pthread_mutex_unlock(&d->lock);
    return found;
}

/* [start, end) cannot be read back. */
static void
lose(struct queue_disk *d, uint64_t start, uint64_t end)
{
    uint64_t n;

    pthread_mutex_lock(&d->lock);
    n = ranges_add(&d->settled, start, end);
    d->n_lost += n;
    d->n_waiting -= n;
    pthread_mutex_unlock(&d->lock);
    if (n > 0)
        log_error(DISK_LOG,
                  "%" PRIu64 " records (numbers %" PRIu64 " to %" PRIu64
                  ") are lost: segment %" PRIu64 " is damaged",
                  n, start, end - 1, d->r.number);
}

void
disk_reader_close(struct queue_disk *d)
{
    segment_close(&d->r.segment);
}

/* Everything that the segment held is read or lost. */
static void
leave_segment(struct queue_disk *d, uint64_t end_sequence)
{
    struct disk_reader *r = &d->r;

    if (r->expected < end_sequence) {
        lose(d, r->expected, end_sequence);
        r->expected = end_sequence;
    }
    disk_reader_close(d);
}

/* Whether what failed is to be tried again later. */
static bool
may_heal(struct disk_reader *r, int error)
{
    if (error == -ENOMEM || error == -EMFILE || error == -ENFILE)
        return true;
    return error != -EBADMSG && error != -ENOENT && ++r->n_errors < READ_TRIES;
}

static int
open_segment(struct queue_disk *d, const struct view *v)
{
    struct disk_reader *r = &d->r;
    uint32_t version;
    int rc = segment_open(&r->segment, d->io, v->number, &version);

    if (rc < 0 && may_heal(r, rc))
        return rc;
    /* Those of the segment before are kept: they often come again. */
    shape_map_drop_below(&r->shapes, r->number);
    r->number = v->number;
    if (rc < 0) {
        log_error(DISK_LOG, "segment %" PRIu64 " cannot be opened: %s", v->number, strerror(-rc));
        leave_segment(d, v->end_sequence);
        return 0;
    }
    if (r->expected < r->segment.header.first_sequence) {
        lose(d, r->expected, r->segment.header.first_sequence);
        r->expected = r->segment.header.first_sequence;
    }
    return 0;
}

static int
learn_shape(struct queue_disk *d, const struct frame_header *h)
{
    struct disk_reader *r = &d->r;
    struct shape *shape = NULL;
    struct shape_slot *known;
    const uint8_t *payload, *encoded;
    uint64_t key;
    size_t len;
    int rc = segment_load_scratch(&r->segment, h, &payload);

    if (rc < 0)
        return rc;
    if (!shape_payload_decode(payload, h->length, &key, &encoded, &len))
        return -EBADMSG;
    known = shape_map_find(&r->shapes, key);
    if (known != NULL) {
        known->value = r->number;
        return 0;
    }
    rc = shape_decode(encoded, len, &shape);
    if (rc == 0)
        rc = shape_map_put(&r->shapes, key, r->number, shape);
    shape_unref(shape);
    return rc;
}

/* Fills one node; leaves its shape NULL when it is settled already, or when its shape was lost. */
static void
fill_node(struct queue_disk *d, struct node *node, const struct frame_record *record,
          uint64_t sequence)
{
    const struct shape_slot *slot = shape_map_find(&d->r.shapes, record->shape_key);

    if (sequence < d->r.expected)
        return;
    if (slot == NULL) {
        lose(d, sequence, sequence + 1);
        return;
    }
    node->entry = (struct queue_entry){
        .shape = shape_ref(slot->shape),
        .bytes = record->bytes,
        .len = record->len,
        .size_hint = record->size_hint,
        .sequence = sequence,
    };
}

static int
fill_chunk(struct queue_disk *d, const struct frame_header *h, struct chunk *chunk)
{
    struct batch_reader batch;
    struct frame_record record;

    if (!batch_reader_init(&batch, chunk->bytes, h->length, h->count))
        return -EBADMSG;
    for (uint32_t i = 0; i < h->count; i++) {
        if (!batch_reader_next(&batch, &record))
            return -EBADMSG;
        fill_node(d, &chunk->nodes[i], &record, h->sequence + i);
    }
    return 0;
}

/* Settling must never need memory: see ranges_reserve. */
static int
reserve(struct queue_disk *d, uint32_t n)
{
    int rc;

    pthread_mutex_lock(&d->lock);
    rc = ranges_reserve(&d->settled, d->n_loaded + n + 2);
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static int
load_batch(struct queue_disk *d, const struct frame_header *h, struct chunk **ret)
{
    struct chunk *chunk;
    int rc = reserve(d, h->count);

    if (rc < 0)
        return rc;
    chunk = chunk_new(h->count, h->length);
    if (chunk == NULL)
        return -ENOMEM;
    rc = segment_load(&d->r.segment, h, chunk->bytes);
    if (rc == 0)
        rc = fill_chunk(d, h, chunk);
    if (rc < 0) {
        chunk_discard(chunk);
        return rc;
    }
    *ret = chunk;
    return 1;
}

static int
read_batch(struct queue_disk *d, const struct frame_header *h, const struct view *v,
           struct chunk **ret)
{
    struct disk_reader *r = &d->r;
    uint64_t end = h->sequence + h->count;
    int rc = 0;

    if (end > r->expected && end > v->floor) {
        rc = load_batch(d, h, ret);
        if (rc < 0)
            return rc;
    }
    if (h->sequence > r->expected)
        lose(d, r->expected, h->sequence);
    if (end > r->expected)
        r->expected = end;
    return rc;
}

static int
read_frame(struct queue_disk *d, const struct frame_header *h, const struct view *v,
           struct chunk **ret)
{
    int rc = 0;

    if (h->type == FRAME_SHAPE)
        rc = learn_shape(d, h);
    else if (h->type == FRAME_RECORDS)
        rc = read_batch(d, h, v, ret);
    if (rc >= 0)
        segment_skip(&d->r.segment, h);
    return rc;
}

/* Goes on behind what cannot be read. */
static int
pass_damage(struct queue_disk *d, const struct view *v)
{
    struct disk_reader *r = &d->r;
    uint64_t at = r->segment.offset;
    int rc = segment_resync(&r->segment);

    if (rc < 0)
        return rc;
    if (rc == 0) {
        r->segment.offset = v->limit;
        lose(d, r->expected, v->end_sequence);
        if (r->expected < v->end_sequence)
            r->expected = v->end_sequence;
    }
    log_warning(DISK_LOG, "segment %" PRIu64 ": bytes %" PRIu64 " to %" PRIu64 " are damaged",
                r->number, at, r->segment.offset);
    return 0;
}

/* Frames at or above the end of a segment were taken back by a writer that could not cut them off.
 */
static bool
was_taken_back(const struct frame_header *h, const struct view *v)
{
    return v->complete && h->type == FRAME_RECORDS && h->sequence >= v->end_sequence;
}

/* 1: a chunk; 0: go on; -errno. *ret_end: nothing more for now. */
static int
step(struct queue_disk *d, const struct view *v, struct chunk **ret, bool *ret_end)
{
    struct segment_reader *s = &d->r.segment;
    struct frame_header h;
    int rc;

    s->limit = v->limit;
    rc = segment_peek(s, &h);
    if (rc == 0 || (rc == 1 && was_taken_back(&h, v))) {
        *ret_end = !v->complete;
        if (v->complete)
            leave_segment(d, v->end_sequence);
        return 0;
    }
    if (rc == 1 && h.sequence + h.count > v->end_sequence)
        rc = -EBADMSG;
    if (rc == 1)
        rc = read_frame(d, &h, v, ret);
    if (rc < 0)
        return may_heal(&d->r, rc) ? rc : pass_damage(d, v);
    d->r.n_errors = 0;
    return rc;
}

int
disk_read_chunk(struct queue_disk *d, struct chunk **ret)
{
    bool at_end = false;
    int rc = 0;

    while (rc == 0 && !at_end) {
        struct view v;

        if (!view_now(d, &v)) {
            if (d->r.segment.file < 0)
                return 0;
            disk_reader_close(d); /* all of it is settled, and the file is gone */
            continue;
        }
        rc = d->r.segment.file < 0 ? open_segment(d, &v) : step(d, &v, ret, &at_end);
    }
    return rc;
}
