/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_recover.c - what the last process left behind, made into a queue again.
 *
 * Only headers are read, and the newest segment if it was not closed in order: a start does not
 * depend on how much is waiting. Damage inside a segment is found when it is read. No file is ever
 * written to again: pushes begin a new segment.
 */
#include "queue/disk_internal.h"

#include <errno.h>
#include <inttypes.h>

#include "log/log.h"

struct found {
    uint64_t *numbers;
    size_t n;
    size_t cap;
    uint64_t highest; /* also of quarantined files: a number is never used twice */
};

static int
note_file(void *arg, const char *name)
{
    struct found *found = arg;
    uint64_t number;
    bool bad;

    if (!segment_name_parse(name, &number, &bad))
        return 0;
    if (number > found->highest)
        found->highest = number;
    if (bad)
        return 0;
    if (found->n == found->cap) {
        size_t cap = found->cap == 0 ? 64 : found->cap * 2;
        uint64_t *numbers = reallocarray(found->numbers, cap, sizeof(*numbers));

        if (numbers == NULL)
            return -ENOMEM;
        found->numbers = numbers;
        found->cap = cap;
    }
    found->numbers[found->n++] = number;
    return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Sets a file aside for whoever wants to look at it. */
static void
quarantine(struct queue_disk *d, uint64_t number, const char *why)
{
    CLEANUP_FREE char *name = segment_name(number);
    CLEANUP_FREE char *bad = name == NULL ? NULL : util_printf("%s.bad", name);
    int rc = bad == NULL ? -ENOMEM : d->io->ops->rename(d->io, name, bad);

    log_error(DISK_LOG, "segment %s: %s; set aside as %s.bad%s%s", name == NULL ? "?" : name, why,
              name == NULL ? "?" : name, rc < 0 ? ", which failed: " : "",
              rc < 0 ? strerror(-rc) : "");
}

static int
refuse_version(uint64_t number, uint32_t version, char **ret_reason)
{
    *ret_reason =
        util_printf("segment %" PRIu64 " was written by a newer version (format %" PRIu32
                    ", this program knows %u); use that version, or move the folder away to start "
                    "with an empty queue",
                    number, version, FORMAT_VERSION);
    return -EPROTONOSUPPORT;
}

/* Reads the header of one file and adds it to the list, or sets it aside. */
static int
add_segment(struct queue_disk *d, uint64_t number, char **ret_reason)
{
    CLEANUP(segment_close) struct segment_reader reader = {.file = -1};
    uint32_t version = 0;
    struct disk_segment *last = d->n_segments == 0 ? NULL : &d->segments[d->n_segments - 1];
    int rc = segment_open(&reader, d->io, number, &version);

    if (rc == -EPROTONOSUPPORT)
        return refuse_version(number, version, ret_reason);
    if (rc == -EBADMSG) {
        quarantine(d, number, "its header is damaged");
        return 0;
    }
    if (rc < 0) {
        *ret_reason = util_printf("segment %" PRIu64 ": %s", number, strerror(-rc));
        return rc;
    }
    if (last != NULL && reader.header.first_sequence < last->first_sequence) {
        quarantine(d, number, "it is older than the segments before it");
        return 0;
    }
    if (last != NULL)
        last->end_sequence = reader.header.first_sequence;
    return disk_segment_add(d, &(struct disk_segment){
                                   .number = number,
                                   .first_sequence = reader.header.first_sequence,
                                   .end_sequence = reader.header.first_sequence,
                                   .visible = reader.limit,
                                   .size = reader.limit,
                               });
}

/* Whether the newest segment ends with the frame that says it was closed in order. */
static bool
was_closed(struct segment_reader *r, uint64_t *ret_end_sequence)
{
    uint64_t start = r->offset;
    struct frame_header h;
    bool closed = false;

    if (r->limit >= SEGMENT_HEADER_SIZE + FRAME_HEADER_SIZE && r->limit % FRAME_ALIGN == 0) {
        r->offset = r->limit - FRAME_HEADER_SIZE;
        closed = segment_peek(r, &h) == 1 && h.type == FRAME_END;
        *ret_end_sequence = h.sequence;
    }
    r->offset = start;
    return closed;
}

/* How far a segment is good. */
struct extent {
    uint64_t end_sequence;
    uint64_t size;
};

/* One frame of the scan. 1: go on; 0: the end; -errno. */
static int
scan_frame(struct segment_reader *r, struct extent *e)
{
    const uint8_t *payload;
    struct frame_header h;
    int rc = segment_peek(r, &h);
    bool header_is_whole = rc == 1;

    if (rc == 1)
        rc = segment_load_scratch(r, &h, &payload);
    else if (rc == 0)
        return 0;
    if (rc == 0) {
        e->end_sequence = h.sequence + h.count;
        segment_skip(r, &h);
        e->size = r->offset;
        return 1;
    }
    if (rc == -ENOMEM)
        return rc;
    rc = segment_resync(r);
    if (rc != 0)
        return rc;
    /* Nothing whole follows. A frame that the file is too short for was never finished, so nobody
     * was told that it is safe; one that is all there and does not fit its sum was damaged later:
     * its records count as lost. */
    if (header_is_whole && h.sequence == e->end_sequence)
        e->end_sequence += h.count;
    return 0;
}

static int
scan(struct segment_reader *r, struct extent *e)
{
    int rc;

    e->end_sequence = r->header.first_sequence;
    e->size = r->offset;
    do
        rc = scan_frame(r, e);
    while (rc == 1);
    return rc;
}

static void
truncate_torn(struct queue_disk *d, struct disk_segment *s, uint64_t size)
{
    CLEANUP_FREE char *name = segment_name(s->number);
    int file = name == NULL ? -ENOMEM : d->io->ops->open(d->io, name, DISK_READ_WRITE);

    log_warning(DISK_LOG,
                "segment %" PRIu64 ": an unfinished write of %" PRIu64 " bytes is cut off",
                s->number, s->size - size);
    s->visible = size;
    if (file < 0)
        return; /* nobody reads behind `visible`, and the next start tries again */
    if (d->io->ops->truncate(d->io, file, size) == 0) {
        d->n_bytes -= s->size - size;
        s->size = size;
    }
    d->io->ops->close(d->io, file);
}

/* Finds the end of the newest segment. */
static int
recover_last(struct queue_disk *d, char **ret_reason)
{
    CLEANUP(segment_close) struct segment_reader reader = {.file = -1};
    struct disk_segment *s = &d->segments[d->n_segments - 1];
    struct extent e = {0};
    uint32_t version = 0;
    int rc = segment_open(&reader, d->io, s->number, &version);

    if (rc == 0 && was_closed(&reader, &s->end_sequence))
        return 0;
    if (rc == 0)
        rc = scan(&reader, &e);
    if (rc < 0) {
        *ret_reason = util_printf("segment %" PRIu64 ": %s", s->number, strerror(-rc));
        return rc;
    }
    s->end_sequence = e.end_sequence;
    if (e.size < s->size)
        truncate_torn(d, s, e.size);
    return 0;
}

static int
recover_segments(struct queue_disk *d, struct found *found, char **ret_reason)
{
    if (found->n == 0)
        return 0;
    qsort(found->numbers, found->n, sizeof(*found->numbers), compare_numbers);
    for (size_t i = 0; i < found->n; i++) {
        int rc = add_segment(d, found->numbers[i], ret_reason);

        if (rc < 0)
            return rc;
    }
    return d->n_segments == 0 ? 0 : recover_last(d, ret_reason);
}

/* Puts the cursor and what was found together. `certain`: the cursor is the newest that ever was.
 */
static void
place_cursor(struct queue_disk *d, const struct cursor_record *cursor, bool known, bool certain)
{
    uint64_t first = cursor->sequence, end = cursor->sequence;

    if (d->n_segments > 0) {
        first = d->segments[0].first_sequence;
        end = d->segments[d->n_segments - 1].end_sequence;
    }
    d->settled.floor = known ? cursor->sequence : first;
    if (!known && d->n_segments > 0)
        log_warning(DISK_LOG, "the cursor is missing or damaged: starting from the oldest record");
    if (d->settled.floor < first) {
        if (certain) {
            d->n_lost += first - d->settled.floor;
            log_error(DISK_LOG, "%" PRIu64 " records are lost: their segment is missing",
                      d->n_lost);
        }
        d->settled.floor = first;
    }
    /* Records above the end that the cursor has passed were delivered before a loss of power took
     * them. */
    d->w.next_sequence = end > d->settled.floor ? end : d->settled.floor;
    d->n_waiting = d->w.next_sequence - d->settled.floor;
    d->r.expected = d->settled.floor;
}

/* Both slots hold the cursor from here on. */
static int
store_cursor(struct queue_disk *d, char **ret_reason)
{
    int rc = 0;

    for (int i = 0; i < 2 && rc == 0; i++)
        rc = disk_cursor_store(d, d->settled.floor, d->w.next_number - 1, true);
    if (rc == 0)
        rc = d->io->ops->sync_folder(d->io);
    if (rc < 0)
        *ret_reason = util_printf("the cursor cannot be written: %s", strerror(-rc));
    return rc;
}

static int
recover(struct queue_disk *d, struct found *found, char **ret_reason)
{
    struct cursor_record cursor;
    bool certain;
    int known = disk_cursor_load(d, &cursor, &certain, ret_reason);
    int rc;

    if (known < 0)
        return known;
    rc = d->io->ops->list(d->io, note_file, found);
    if (rc == 0)
        rc = recover_segments(d, found, ret_reason);
    if (rc < 0)
        return rc;
    place_cursor(d, &cursor, known > 0, certain);
    d->w.next_number = (cursor.segment > found->highest ? cursor.segment : found->highest) + 1;
    return store_cursor(d, ret_reason);
}

int
disk_recover(struct queue_disk *d, char **ret_reason)
{
    struct found found = {0};
    int rc = recover(d, &found, ret_reason);

    free(found.numbers);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&d->lock);
    disk_keep(d); /* what was settled and not removed yet */
    pthread_mutex_unlock(&d->lock);
    return 0;
}
