/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.h - cleanup attributes and small macros for plugins. Header only: it links to nothing and
 * knows no other part.
 */
#ifndef MH_SUPPORT_SUPPORT_H
#define MH_SUPPORT_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <unistd.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Frees, closes or unlocks when the local goes out of scope. `take(x)` hands a pointer on instead.
 */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define CLEANUP_FREE CLEANUP(support_freep)
#define CLEANUP_FD CLEANUP(support_closep)
#define CLEANUP_FILE CLEANUP(support_fclosep)
#define take(x)                                                                                    \
    __extension__({                                                                                \
        __typeof__(x) taken_ = (x);                                                                \
        (x) = NULL;                                                                                \
        taken_;                                                                                    \
    })
/* Hands a descriptor on. */
#define take_fd(x)                                                                                 \
    __extension__({                                                                                \
        int taken_ = (x);                                                                          \
        (x) = -1;                                                                                  \
        taken_;                                                                                    \
    })
/* Holds a mutex until the end of the scope. */
#define LOCKED(mutex) LOCKED_(mutex, __LINE__)
#define LOCKED_(mutex, line) LOCKED__(mutex, line)
#define LOCKED__(mutex, line)                                                                      \
    CLEANUP(support_unlockp)                                                                       \
    __attribute__((unused)) pthread_mutex_t *locked_##line = support_lock(mutex)

static inline void
support_freep(void *p)
{
    free(*(void **)p);
}

static inline void
support_closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void
support_fclosep(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

static inline pthread_mutex_t *
support_lock(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    return mutex;
}

static inline void
support_unlockp(pthread_mutex_t **mutex)
{
    pthread_mutex_unlock(*mutex);
}

/* realloc of n members; NULL (and the old block stays) when the product overflows or memory is
 * short. */
static inline void *
support_realloc_array(void *old, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return realloc(old, bytes);
}

#endif
