/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_cursor.c - where the queue stands, on disk, and the removal of segments that it has passed.
 *
 * Two small files take turns. One of them is written over and over until it was synced; then the
 * other one. So one of them is always whole and durable, whenever the power goes. The kernel has
 * every settlement at once (a killed process loses none); the disk has it once a second, and always
 * before a segment is removed.
 */
#include "queue/disk_internal.h"

#include <errno.h>
#include <inttypes.h>

#include "log/log.h"

#define SYNC_EVERY_NS 1000000000u

static const char *const slot_names[2] = {"cursor.a", "cursor.b"};

/* Opens a slot, making it where it is missing. *ret_new: it was. */
static int
open_slot(struct queue_disk *d, int slot, bool *ret_new)
{
    int file = d->io->ops->open(d->io, slot_names[slot], DISK_READ_WRITE);

    *ret_new = file == -ENOENT;
    if (file == -ENOENT)
        file = d->io->ops->open(d->io, slot_names[slot], DISK_CREATE);
    d->cursor.files[slot] = file;
    return file < 0 ? file : 0;
}

static int
read_slot(struct queue_disk *d, int slot, struct cursor_record *ret, uint32_t *ret_version)
{
    uint8_t bytes[CURSOR_SIZE];
    int rc = disk_read(d->io, d->cursor.files[slot], bytes, sizeof(bytes), 0);

    return rc < 0 ? rc : cursor_decode(bytes, ret, ret_version);
}

static int
explain(int rc, int slot, uint32_t version, char **ret_reason)
{
    if (rc == -EPROTONOSUPPORT)
        *ret_reason = util_printf(
            "%s was written by a newer version (format %" PRIu32 ", this program knows %u); use "
            "that version, or move the folder away to start with an empty queue",
            slot_names[slot], version, FORMAT_VERSION);
    else
        *ret_reason = util_printf("%s: %s", slot_names[slot], strerror(-rc));
    return rc;
}

int
disk_cursor_load(struct queue_disk *d, struct cursor_record *ret, bool *ret_certain,
                 char **ret_reason)
{
    unsigned n_whole = 0;

    *ret = (struct cursor_record){0};
    for (int slot = 0; slot < 2; slot++) {
        struct cursor_record record;
        uint32_t version = 0;
        bool is_new;
        int rc = open_slot(d, slot, &is_new);

        if (rc == 0 && !is_new)
            rc = read_slot(d, slot, &record, &version);
        if (rc == -EBADMSG) {
            log_warning(DISK_LOG, "%s is damaged", slot_names[slot]);
            continue;
        }
        if (rc < 0)
            return explain(rc, slot, version, ret_reason);
        if (is_new)
            continue;
        n_whole++;
        if (record.generation >= ret->generation) {
            *ret = record;
            d->cursor.slot = !slot;
        }
    }
    d->cursor.generation = ret->generation + 1;
    *ret_certain = n_whole == 2;
    return n_whole > 0;
}

int
disk_cursor_store(struct queue_disk *d, uint64_t sequence, uint64_t number, bool sync)
{
    struct disk_cursor *c = &d->cursor;
    struct cursor_record record = {c->generation, sequence, number};
    uint8_t bytes[CURSOR_SIZE];
    int rc;

    cursor_encode(&record, bytes);
    rc = disk_write(d->io, c->files[c->slot], bytes, sizeof(bytes), 0);
    if (rc < 0)
        return rc;
    c->written = sequence;
    if (!sync)
        return 0;
    rc = d->io->ops->sync(d->io, c->files[c->slot]);
    if (rc < 0)
        return rc;
    c->synced = sequence;
    c->synced_at_ns = util_monotonic_ns();
    c->slot = !c->slot;
    c->generation++;
    return 0;
}

void
disk_cursor_close(struct queue_disk *d)
{
    for (int slot = 0; slot < 2; slot++)
        if (d->cursor.files[slot] >= 0)
            d->io->ops->close(d->io, d->cursor.files[slot]);
}

/* A segment that may go once the cursor stands at `cursor`; NULL: none. Where room is made by
 * dropping, one may go before an older one that is leased. */
static struct disk_segment *
find_removable(struct queue_disk *d, uint64_t cursor)
{
    const struct disk_segment *active = disk_segment_active(d);
    bool any = d->options.when_full == QUEUE_FULL_DROP_OLDEST;

    for (size_t i = 0; i < d->n_segments; i++) {
        struct disk_segment *s = &d->segments[i];

        if (s != active && (s->end_sequence <= cursor ||
                            (any && ranges_cover(&d->settled, s->first_sequence, s->end_sequence))))
            return s;
    }
    return NULL;
}

static int
remove_file(struct queue_disk *d, uint64_t number)
{
    CLEANUP_FREE char *name = segment_name(number);
    int rc = name == NULL ? -ENOMEM : d->io->ops->unlink(d->io, name);

    return rc == -ENOENT ? 0 : rc; /* somebody was faster: what we wanted */
}

static void
complain(struct queue_disk *d, const char *what, int rc)
{
    if (!d->cursor.failing)
        log_error(DISK_LOG, "%s: %s (trying again at every acknowledgement)", what, strerror(-rc));
    d->cursor.failing = true;
}

static int
write_down(struct queue_disk *d, bool removes)
{
    const struct disk_cursor *c = &d->cursor;
    uint64_t floor = d->settled.floor;
    uint64_t number = d->w.next_number - 1;
    bool sync =
        (removes || util_monotonic_ns() - c->synced_at_ns >= SYNC_EVERY_NS) && floor != c->synced;
    int rc;

    if (floor == c->written && !sync)
        return 0;
    pthread_mutex_unlock(&d->lock);
    rc = disk_cursor_store(d, floor, number, sync);
    pthread_mutex_lock(&d->lock);
    return rc;
}

static void
keep_once(struct queue_disk *d)
{
    struct disk_segment *segment;
    int rc = write_down(d, find_removable(d, d->settled.floor) != NULL);

    if (rc < 0) {
        complain(d, "the cursor cannot be written", rc);
        return;
    }
    while ((segment = find_removable(d, d->cursor.synced)) != NULL) {
        uint64_t number = segment->number;

        pthread_mutex_unlock(&d->lock);
        rc = remove_file(d, number);
        pthread_mutex_lock(&d->lock);
        if (rc < 0) {
            complain(d, "a segment cannot be removed", rc);
            return;
        }
        disk_segment_remove(d, number);
    }
    d->cursor.failing = false;
}

void
disk_keep(struct queue_disk *d)
{
    d->keep_again = true;
    if (d->keeping)
        return; /* who holds the role looks again */
    d->keeping = true;
    while (d->keep_again) {
        d->keep_again = false;
        keep_once(d);
    }
    d->keeping = false;
    pthread_cond_broadcast(&d->writable);
}
