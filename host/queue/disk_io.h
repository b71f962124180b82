/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_io.h - the only way in which the queue touches its folder. A table of functions, so that
 * tests can put a file system behind it that runs full, fails, or forgets what was not synced.
 *
 * Names are names in the queue's folder. Functions return 0 (or a number) or -errno.
 */
#ifndef MH_QUEUE_DISK_IO_H
#define MH_QUEUE_DISK_IO_H

#include <sys/types.h>

#include "util/util.h"

enum disk_open { DISK_READ, DISK_READ_WRITE, DISK_CREATE };

struct disk_io;
struct disk_io_ops {
    /* A handle (0 or more) that read, write, ... take. DISK_CREATE: read and write, made with mode
     * 0600, must be new. */
    int (*open)(struct disk_io *io, const char *name, enum disk_open how);
    void (*close)(struct disk_io *io, int file);
    ssize_t (*read)(struct disk_io *io, int file, void *to, size_t len, uint64_t offset);
    ssize_t (*write)(struct disk_io *io, int file, const void *from, size_t len, uint64_t offset);
    int (*truncate)(struct disk_io *io, int file, uint64_t size);
    int (*sync)(struct disk_io *io, int file); /* content and size are durable */
    int (*size)(struct disk_io *io, int file, uint64_t *ret);
    int (*unlink)(struct disk_io *io, const char *name);
    int (*rename)(struct disk_io *io, const char *from, const char *to);
    int (*sync_folder)(struct disk_io *io); /* names are durable */
    int (*list)(struct disk_io *io, int (*each)(void *arg, const char *name), void *arg);
    int (*space)(struct disk_io *io, uint64_t *ret); /* size of the whole file system */
    void (*free)(struct disk_io *io);
};

/* Every implementation begins with this. */
struct disk_io {
    const struct disk_io_ops *ops;
};

/* The folder `path`, made when missing (0700), and locked: -EBUSY when another queue has it. The
 * reason is in words. */
int disk_io_open_folder(const char *path, struct disk_io **ret, char **ret_reason);

/* All or an error; what was written before the error stays. */
int disk_write(struct disk_io *io, int file, const void *from, size_t len, uint64_t offset);
/* All or an error; -EBADMSG when the file ends before. */
int disk_read(struct disk_io *io, int file, void *to, size_t len, uint64_t offset);

#endif
