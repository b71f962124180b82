/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_io.c - the queue's folder on the real file system.
 *
 * The lock is flock() on a file named `lock`: it ends with the process, however it ends, and holds
 * against a second queue in the same process too. The file also tells who has it.
 */
#include "queue/disk_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define LOCK_NAME "lock"
#define FILE_MODE 0600
#define FOLDER_MODE 0700

struct folder {
    struct disk_io base;
    int dir;
    int lock;
};

#define FOLDER(io) ((struct folder *)(io))

static int
folder_open(struct disk_io *io, const char *name, enum disk_open how)
{
    static const int flags[] = {
        [DISK_READ] = O_RDONLY,
        [DISK_READ_WRITE] = O_RDWR,
        [DISK_CREATE] = O_RDWR | O_CREAT | O_EXCL,
    };
    int fd = openat(FOLDER(io)->dir, name, flags[how] | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

    return fd < 0 ? -errno : fd;
}

static void
folder_close(struct disk_io *io, int file)
{
    (void)io;
    close(file);
}

static ssize_t
folder_read(struct disk_io *io, int file, void *to, size_t len, uint64_t offset)
{
    ssize_t n = pread(file, to, len, (off_t)offset);

    (void)io;
    return n < 0 ? -errno : n;
}

static ssize_t
folder_write(struct disk_io *io, int file, const void *from, size_t len, uint64_t offset)
{
    ssize_t n = pwrite(file, from, len, (off_t)offset);

    (void)io;
    return n < 0 ? -errno : n;
}

static int
folder_truncate(struct disk_io *io, int file, uint64_t size)
{
    (void)io;
    return ftruncate(file, (off_t)size) < 0 ? -errno : 0;
}

static int
folder_sync(struct disk_io *io, int file)
{
    (void)io;
    return fdatasync(file) < 0 ? -errno : 0;
}

static int
folder_size(struct disk_io *io, int file, uint64_t *ret)
{
    struct stat st;

    (void)io;
    if (fstat(file, &st) < 0)
        return -errno;
    *ret = (uint64_t)st.st_size;
    return 0;
}

static int
folder_unlink(struct disk_io *io, const char *name)
{
    return unlinkat(FOLDER(io)->dir, name, 0) < 0 ? -errno : 0;
}

static int
folder_rename(struct disk_io *io, const char *from, const char *to)
{
    int dir = FOLDER(io)->dir;

    return renameat(dir, from, dir, to) < 0 ? -errno : 0;
}

static int
folder_sync_folder(struct disk_io *io)
{
    return fsync(FOLDER(io)->dir) < 0 ? -errno : 0;
}

static void
closedirp(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

static int
folder_list(struct disk_io *io, int (*each)(void *arg, const char *name), void *arg)
{
    int fd = openat(FOLDER(io)->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    int rc;

    if (dir == NULL) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        rc = each(arg, entry->d_name);
        if (rc != 0)
            return rc;
    }
    return -errno;
}

static int
folder_space(struct disk_io *io, uint64_t *ret)
{
    struct statvfs st;

    if (fstatvfs(FOLDER(io)->dir, &st) < 0)
        return -errno;
    return __builtin_mul_overflow((uint64_t)st.f_blocks, (uint64_t)st.f_frsize, ret) ? -ERANGE : 0;
}

static void
folder_free(struct disk_io *io)
{
    struct folder *f = FOLDER(io);

    if (f->lock >= 0)
        close(f->lock);
    if (f->dir >= 0)
        close(f->dir);
    free(f);
}

static const struct disk_io_ops folder_ops = {
    .open = folder_open,
    .close = folder_close,
    .read = folder_read,
    .write = folder_write,
    .truncate = folder_truncate,
    .sync = folder_sync,
    .size = folder_size,
    .unlink = folder_unlink,
    .rename = folder_rename,
    .sync_folder = folder_sync_folder,
    .list = folder_list,
    .space = folder_space,
    .free = folder_free,
};

static int
explain(char **ret_reason, int error, const char *path, const char *what)
{
    *ret_reason = util_printf("queue folder %s: %s: %s", path, what, strerror(-error));
    return error;
}

/* Whose it is; 0 when nobody says. */
static long
lock_holder(int lock)
{
    char text[24] = {0};

    if (pread(lock, text, sizeof(text) - 1, 0) <= 0)
        return 0;
    return strtol(text, NULL, 10);
}

static int
take_lock(struct folder *f, const char *path, char **ret_reason)
{
    f->lock = openat(f->dir, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (f->lock < 0)
        return explain(ret_reason, -errno, path, "cannot create its lock file (is it writable?)");
    if (flock(f->lock, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return explain(ret_reason, -errno, path, "cannot lock it");
        *ret_reason =
            util_printf("queue folder %s: in use by another queue (process %ld); stop that "
                        "process or set queue.disk.path to a folder of its own",
                        path, lock_holder(f->lock));
        return -EBUSY;
    }
    /* Only for people: failing to say who we are (full disk) is no reason to refuse. */
    if (ftruncate(f->lock, 0) == 0)
        (void)!dprintf(f->lock, "%ld\n", (long)getpid());
    return 0;
}

static int
open_folder(struct folder *f, const char *path, char **ret_reason)
{
    int rc = util_make_dirs(path, FOLDER_MODE);

    if (rc < 0)
        return explain(ret_reason, rc, path, "cannot create it");
    f->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->dir < 0)
        return explain(ret_reason, -errno, path, "cannot open it");
    return take_lock(f, path, ret_reason);
}

int
disk_io_open_folder(const char *path, struct disk_io **ret, char **ret_reason)
{
    struct folder *f = calloc(1, sizeof(*f));
    int rc;

    *ret_reason = NULL;
    if (f == NULL)
        return -ENOMEM;
    *f = (struct folder){.base.ops = &folder_ops, .dir = -1, .lock = -1};
    rc = open_folder(f, path, ret_reason);
    if (rc < 0)
        folder_free(&f->base);
    else
        *ret = &f->base;
    return rc;
}

int
disk_write(struct disk_io *io, int file, const void *from, size_t len, uint64_t offset)
{
    const uint8_t *p = from;

    while (len > 0) {
        ssize_t n = io->ops->write(io, file, p, len, offset);

        if (n == -EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? (int)n : -EIO;
        p += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

int
disk_read(struct disk_io *io, int file, void *to, size_t len, uint64_t offset)
{
    uint8_t *p = to;

    while (len > 0) {
        ssize_t n = io->ops->read(io, file, p, len, offset);

        if (n == -EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? (int)n : -EBADMSG;
        p += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}
