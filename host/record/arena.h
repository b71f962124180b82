/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory for everything of one batch: taken in small pieces, given back all at once. Not
 * thread-safe. */
#ifndef MH_ARENA_H
#define MH_ARENA_H

#include "util/util.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    size_t next_size;
};

/* size bytes, aligned for any type; NULL: no memory. Not zeroed. */
void *arena_get(struct arena *arena, size_t size);
/* A terminated copy of len bytes. NULL: no memory. */
char *arena_copy(struct arena *arena, const char *bytes, size_t len);
/* Gives everything back but the largest block, for the next batch. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

#endif
