/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ranges.h - which sequences are settled: everything below a floor, and ranges above it.
 *
 * Invariants: ranges are sorted, disjoint, not adjacent, and all above the floor. The floor is the
 * lowest sequence that is not settled: the cursor that is written down.
 */
#ifndef MH_QUEUE_RANGES_H
#define MH_QUEUE_RANGES_H

#include "util/util.h"

struct range {
    uint64_t start;
    uint64_t end; /* first that is not in it */
};

struct ranges {
    uint64_t floor;
    struct range *list;
    size_t n;
    size_t cap;
};

void ranges_free(struct ranges *r);
/* Room for `n` ranges in all. 0 or -ENOMEM. Between two ranges there is at least one sequence that
 * is not settled, so a caller who reserves for all its unsettled sequences plus one never runs out.
 */
int ranges_reserve(struct ranges *r, size_t n);
/* Adds [start, end); returns how many sequences were not settled before. Needs room for one more
 * range. */
uint64_t ranges_add(struct ranges *r, uint64_t start, uint64_t end);
bool ranges_cover(const struct ranges *r, uint64_t start, uint64_t end);

#endif
