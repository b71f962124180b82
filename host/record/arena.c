/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - see arena.h. Blocks double in size up to a limit, so a batch costs a handful of
 * allocations. */
#include "record/arena.h"

#include <stdalign.h>

enum { ARENA_FIRST = 4096, ARENA_LARGEST = 256 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

static size_t
round_up(size_t size)
{
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

static struct arena_block *
block_new(struct arena *arena, size_t at_least)
{
    size_t size = arena->next_size != 0 ? arena->next_size : ARENA_FIRST;
    if (size < at_least)
        size = at_least;
    struct arena_block *block = malloc(sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->next_size = size * 2 > ARENA_LARGEST ? ARENA_LARGEST : size * 2;
    return block;
}

void *
arena_get(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = round_up(size);
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size)
        block = block_new(arena, size);
    if (block == NULL)
        return NULL;
    void *piece = block->bytes + block->used;
    block->used += size;
    return piece;
}

char *
arena_copy(struct arena *arena, const char *bytes, size_t len)
{
    char *copy = len < SIZE_MAX ? arena_get(arena, len + 1) : NULL;
    if (copy == NULL)
        return NULL;
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

static void
free_chain(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void
arena_reset(struct arena *arena)
{
    struct arena_block *largest =
        arena->blocks; /* the newest is the largest but for outsized pieces */
    if (largest == NULL)
        return;
    free_chain(largest->next);
    largest->next = NULL;
    largest->used = 0;
    if (largest->size > ARENA_LARGEST)
        arena_free(arena);
}

void
arena_free(struct arena *arena)
{
    free_chain(arena->blocks);
    *arena = (struct arena){0};
}
