/* SPDX-License-Identifier: Apache-2.0 */
/*
 * util.h - cleanup attributes, growing byte buffers, checked sizes. Everything here is used by
 * every part of the host and knows none of them.
 */
#ifndef MH_UTIL_H
#define MH_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Frees, closes or releases a local at the end of its scope. `take(x)` hands its value on. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define CLEANUP_FREE CLEANUP(util_freep)
#define CLEANUP_FD CLEANUP(util_closep)
#define CLEANUP_FILE CLEANUP(util_fclosep)
#define take(x)                                                                                    \
    __extension__({                                                                                \
        __typeof__(x) taken_ = (x);                                                                \
        (x) = NULL;                                                                                \
        taken_;                                                                                    \
    })

static inline void
util_freep(void *p)
{
    free(*(void **)p);
}

static inline void
util_closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void
util_fclosep(FILE **f)
{
    if (*f != NULL)
        fclose(*f);
}

/* A byte buffer that grows. All zero is an empty one. After a failed allocation it ignores further
 * writes and `failed` is set, so that a chain of appends needs one check at its end. */
struct buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};

void buf_free(struct buf *b);                 /* also for CLEANUP(buf_free) */
void buf_reset(struct buf *b);                /* empties, keeps the memory */
bool buf_reserve(struct buf *b, size_t more); /* room for `more` bytes past len */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_text(struct buf *b, const char *text); /* terminated text, without its end */
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args) PRINTF_LIKE(2, 0);
/* Adds a quoted, escaped JSON string. Bytes that are not UTF-8 become U+FFFD. */
void buf_add_json_string(struct buf *b, const char *s, size_t len);
/* Adds a finite double in its shortest form that reads back the same (8, not 8.0). */
void buf_add_json_double(struct buf *b, double d);
/* The text, terminated; NULL after a failed allocation. The caller frees it; the buffer is empty.
 */
char *buf_detach(struct buf *b);

/* printf into new memory; NULL when there is none. The caller frees. */
char *util_printf(const char *format, ...) PRINTF_LIKE(1, 2);

/* The candidate nearest to `word` by edit distance; NULL when none is near enough to be meant. */
const char *util_near_name(const char *word, const char *const *candidates, size_t n);

uint64_t util_monotonic_ns(void);
int64_t util_realtime_ns(void);
/* Writes `unix_ns` as 2026-01-02T03:04:05.678Z into at least 25 bytes. Returns text. */
char *util_format_time(int64_t unix_ns, char *text, size_t size);

/* FNV-1a, for hash tables of trusted keys. */
uint64_t util_hash(const void *bytes, size_t len);
/* Fills with random bytes of the kernel. Aborts when the kernel has none. */
void util_random(void *bytes, size_t len);

/* Writes a whole file so that a crash leaves the old or the new content: temporary file, fsync,
 * rename, fsync of the folder. Returns 0 or -errno. */
int util_write_file_atomic(const char *path, const void *bytes, size_t len, unsigned mode);
/* Reads a whole file of at most max bytes; terminated. Returns 0 or -errno (-EFBIG when larger).
 * The caller frees. */
int util_read_file(const char *path, size_t max, char **ret, size_t *ret_len);
/* The same from an open descriptor, which stays open. */
int util_read_fd(int fd, size_t max, char **ret, size_t *ret_len);
/* mkdir -p. Returns 0 or -errno. */
int util_make_dirs(const char *path, unsigned mode);

#endif
