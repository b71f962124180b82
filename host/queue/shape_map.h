/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape_map.h - a hash table from a number to a shape, which it holds a reference to, and a value
 * of its user.
 *
 * Both sides ask by the hash of a shape's content, which is its key in the file: the writer, what it
 * wrote already (equal shapes that were made apart, as at a reload, are one); the reader, which
 * shape a key means.
 */
#ifndef MH_QUEUE_SHAPE_MAP_H
#define MH_QUEUE_SHAPE_MAP_H

#include "util/util.h"

struct shape;

struct shape_slot {
    uint64_t key;
    uint64_t value;
    struct shape *shape; /* NULL: a free slot */
};

/* All zero is an empty one. */
struct shape_map {
    struct shape_slot *slots;
    size_t cap; /* 0 or a power of two, at most three quarters used */
    size_t n;
};

void shape_map_clear(struct shape_map *m);
/* NULL: not there. Valid until the next put. */
struct shape_slot *shape_map_find(const struct shape_map *m, uint64_t key);
/* Takes its own reference. The key must be new. 0 or -ENOMEM. */
int shape_map_put(struct shape_map *m, uint64_t key, uint64_t value, struct shape *shape);
/* Drops what has a value below `least`. Without memory it keeps more than it should. */
void shape_map_drop_below(struct shape_map *m, uint64_t least);

#endif
