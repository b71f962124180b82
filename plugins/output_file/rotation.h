/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotation.h - the file that is written now: opened, appended to, rolled back after a failed write,
 * followed by the next.
 *
 * Invariant between calls: the file on disk ends where `size` says, after a whole document. A write
 * that fails half-way is cut off again, at once or, where the file system refuses even that, before
 * the next write. So a document is in the file wholly or not at all, and the caller may give the
 * same bytes again.
 *
 * Not locked: one owner, one thread at a time.
 */
#ifndef OUTPUT_FILE_ROTATION_H
#define OUTPUT_FILE_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct rotation_options {
    const char *folder; /* made when it is missing; both texts are the caller's and must outlive the
                           rotation */
    const char *name;
    uint64_t max_bytes; /* a file that would grow past this is followed by the next; one document
                           may be larger */
    uint32_t n_files;   /* kept, the open one included */
    mode_t mode;        /* of new files, whatever the umask */
    bool rotate_on_startup; /* false: go on in the newest file */
};

struct rotation {
    struct rotation_options options;
    char *path; /* of the open file, or of the one that could not be opened; NULL before the first
                   try */
    uint64_t size;
    int fd;           /* -1: closed */
    bool broken_tail; /* bytes after `size` must go before the next write */
};

void rotation_init(struct rotation *rotation, const struct rotation_options *options);
void rotation_close(struct rotation *rotation);

/* [worker] Opens the file to write to unless it is open already and still has its name. now: for
 * the date in the name. Returns 0 or -errno. */
int rotation_open(struct rotation *rotation, time_t now);

/* Whether `more` bytes after `pending` ones that are not written yet belong into the next file. */
bool rotation_is_full(const struct rotation *rotation, size_t pending, size_t more);

/* [worker] Closes the file, opens the next and removes the oldest ones. Returns 0 or -errno; then
 * no file is open. */
int rotation_advance(struct rotation *rotation, time_t now);

/* [worker] Appends all bytes or none. Returns 0 or -errno. The file must be open. */
int rotation_write(struct rotation *rotation, const void *bytes, size_t len);

#endif
