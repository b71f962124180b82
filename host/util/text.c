/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - near names for messages, hashes of text.
 */
#include "util/util.h"

#include <ctype.h>

static size_t
min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

static int
lower(const char *s, size_t i)
{
    return tolower((unsigned char)s[i]);
}

/* Edits (insert, delete, replace, swap of neighbours; case does not count) from a to b. rows: 3 *
 * (strlen(b) + 1) numbers. */
static size_t
edit_distance(const char *a, const char *b, size_t *rows)
{
    size_t la = strlen(a), lb = strlen(b), width = lb + 1;
    size_t *before = rows, *above = rows + width, *row = rows + 2 * width;
    for (size_t j = 0; j <= lb; j++)
        above[j] = j;
    for (size_t i = 1; i <= la; i++) {
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t cost = lower(a, i - 1) != lower(b, j - 1);
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + cost);
            if (i > 1 && j > 1 && lower(a, i - 1) == lower(b, j - 2) &&
                lower(a, i - 2) == lower(b, j - 1))
                row[j] = min3(row[j], before[j - 2] + 1, row[j]);
        }
        size_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[lb];
}

const char *
util_near_name(const char *word, const char *const *candidates, size_t n)
{
    /* One edit in three characters: further away it is a different word and a hint would mislead.
     */
    size_t len = strlen(word), best_distance = len / 3 + 1;
    const char *best = NULL;
    if (len > 256)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(candidates[i]);
        if (other > 256 || (other > len ? other - len : len - other) > best_distance)
            continue;
        CLEANUP_FREE size_t *rows = calloc(3 * (other + 1), sizeof *rows);
        if (rows == NULL)
            return NULL;
        size_t distance = edit_distance(word, candidates[i], rows);
        if (distance > best_distance || (best != NULL && distance == best_distance))
            continue;
        best = candidates[i];
        best_distance = distance;
    }
    return best;
}

uint64_t
util_hash(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}
