/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ranges.c - settled sequences as a floor and a sorted list. The list is as long as workers are
 * apart, so it is short.
 */
#include "queue/ranges.h"

#include <errno.h>

void
ranges_free(struct ranges *r)
{
    free(r->list);
    *r = (struct ranges){0};
}

int
ranges_reserve(struct ranges *r, size_t n)
{
    struct range *list;
    size_t cap = r->cap < 16 ? 16 : r->cap;

    if (n <= r->cap)
        return 0;
    while (cap < n)
        if (__builtin_mul_overflow(cap, 2, &cap))
            return -ENOMEM;
    list = reallocarray(r->list, cap, sizeof(*list));
    if (list == NULL)
        return -ENOMEM;
    r->list = list;
    r->cap = cap;
    return 0;
}

/* The first range that ends at or after `sequence`. */
static size_t
find(const struct ranges *r, uint64_t sequence)
{
    size_t low = 0, high = r->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (r->list[mid].end < sequence)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void
replace(struct ranges *r, size_t at, size_t n_old, struct range by)
{
    memmove(&r->list[at + 1], &r->list[at + n_old], (r->n - at - n_old) * sizeof(*r->list));
    r->list[at] = by;
    r->n = r->n - n_old + 1;
}

static void
raise_floor(struct ranges *r)
{
    if (r->n == 0 || r->list[0].start > r->floor)
        return;
    r->floor = r->list[0].end;
    r->n--;
    memmove(&r->list[0], &r->list[1], r->n * sizeof(*r->list));
}

uint64_t
ranges_add(struct ranges *r, uint64_t start, uint64_t end)
{
    uint64_t added;
    size_t at, last;

    if (start < r->floor)
        start = r->floor;
    if (start >= end)
        return 0;
    added = end - start;
    if (start == r->floor && r->n == 0) { /* the usual case: in order */
        r->floor = end;
        return added;
    }
    at = find(r, start);
    for (last = at; last < r->n && r->list[last].start <= end; last++) {
        uint64_t from = r->list[last].start > start ? r->list[last].start : start;
        uint64_t to = r->list[last].end < end ? r->list[last].end : end;

        added -= to - from;
    }
    if (last > at) {
        start = r->list[at].start < start ? r->list[at].start : start;
        end = r->list[last - 1].end > end ? r->list[last - 1].end : end;
    }
    replace(r, at, last - at, (struct range){start, end});
    raise_floor(r);
    return added;
}

bool
ranges_cover(const struct ranges *r, uint64_t start, uint64_t end)
{
    size_t at;

    if (end <= r->floor || start >= end)
        return true;
    at = find(r, end);
    return at < r->n && r->list[at].start <= start && end <= r->list[at].end;
}
