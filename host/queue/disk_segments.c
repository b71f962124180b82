/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_segments.c - the list of segment files, sorted by number.
 */
#include "queue/disk_internal.h"

#include <errno.h>

struct disk_segment *
disk_segment_find(struct queue_disk *d, uint64_t number)
{
    for (size_t i = 0; i < d->n_segments; i++)
        if (d->segments[i].number == number)
            return &d->segments[i];
    return NULL;
}

struct disk_segment *
disk_segment_active(struct queue_disk *d)
{
    return d->w.file < 0 ? NULL : &d->segments[d->n_segments - 1];
}

int
disk_segment_add(struct queue_disk *d, const struct disk_segment *segment)
{
    if (d->n_segments == d->cap_segments) {
        size_t cap = d->cap_segments == 0 ? 16 : d->cap_segments * 2;
        struct disk_segment *segments = reallocarray(d->segments, cap, sizeof(*segments));

        if (segments == NULL)
            return -ENOMEM;
        d->segments = segments;
        d->cap_segments = cap;
    }
    d->segments[d->n_segments++] = *segment;
    d->n_bytes += segment->size;
    return 0;
}

void
disk_segment_remove(struct queue_disk *d, uint64_t number)
{
    struct disk_segment *segment = disk_segment_find(d, number);
    size_t at;

    if (segment == NULL)
        return;
    at = (size_t)(segment - d->segments);
    d->n_bytes -= segment->size;
    d->n_segments--;
    memmove(segment, segment + 1, (d->n_segments - at) * sizeof(*segment));
}
