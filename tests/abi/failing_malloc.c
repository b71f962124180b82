/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failing_malloc.c - preloaded, makes allocation number FAIL_AT of the program fail, counted from
 * 1; only that one.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool
fails_now(void)
{
    static long at = -1, count;
    if (at < 0) {
        const char *text = getenv("FAIL_AT");
        at = text != NULL ? atol(text) : 0;
    }
    if (++count != at)
        return false;
    errno = ENOMEM;
    return true;
}

void *
malloc(size_t size)
{
    return fails_now() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __libc_realloc(old, size);
}
