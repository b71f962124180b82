/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape_map.c - open addressing with linear probing. Entries leave only by making the table anew,
 * so there are no marks of deleted ones.
 */
#include "queue/shape_map.h"

#include <errno.h>

#include "record/shape.h"

#define FIRST_CAP 32u

void
shape_map_clear(struct shape_map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        shape_unref(m->slots[i].shape);
    free(m->slots);
    *m = (struct shape_map){0};
}

/* Keys are addresses or hashes: the upper bits of a product with a large odd number spread both. */
static size_t
probe(const struct shape_map *m, uint64_t key)
{
    size_t at = (size_t)((key * 0x9E3779B97F4A7C15u) >> 32) & (m->cap - 1);

    while (m->slots[at].shape != NULL && m->slots[at].key != key)
        at = (at + 1) & (m->cap - 1);
    return at;
}

struct shape_slot *
shape_map_find(const struct shape_map *m, uint64_t key)
{
    struct shape_slot *slot;

    if (m->cap == 0)
        return NULL;
    slot = &m->slots[probe(m, key)];
    return slot->shape == NULL ? NULL : slot;
}

/* Moves what has at least this value into a table of `cap` slots, and lets go of the rest. */
static int
rebuild(struct shape_map *m, size_t cap, uint64_t least)
{
    struct shape_map to = {.cap = cap};

    to.slots = calloc(cap, sizeof(*to.slots));
    if (to.slots == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < m->cap; i++) {
        const struct shape_slot *slot = &m->slots[i];

        if (slot->shape == NULL)
            continue;
        if (slot->value < least) {
            shape_unref(slot->shape);
            continue;
        }
        to.slots[probe(&to, slot->key)] = *slot;
        to.n++;
    }
    free(m->slots);
    *m = to;
    return 0;
}

int
shape_map_put(struct shape_map *m, uint64_t key, uint64_t value, struct shape *shape)
{
    if (m->n + 1 > m->cap / 4 * 3) {
        int rc = rebuild(m, m->cap == 0 ? FIRST_CAP : m->cap * 2, 0);

        if (rc < 0)
            return rc;
    }
    m->slots[probe(m, key)] =
        (struct shape_slot){.key = key, .value = value, .shape = shape_ref(shape)};
    m->n++;
    return 0;
}

void
shape_map_drop_below(struct shape_map *m, uint64_t least)
{
    if (m->cap > 0)
        (void)rebuild(m, m->cap, least);
}
