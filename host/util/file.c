/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - whole files: read with a limit, written so that a crash leaves the old or the new one.
 */
#include "util/util.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>

static int
write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Makes a rename in the folder of `path` durable. */
static int
sync_folder_of(const char *path)
{
    CLEANUP_FREE char *copy = strdup(path);
    if (copy == NULL)
        return -ENOMEM;
    CLEANUP_FD int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    return fsync(fd) < 0 ? -errno : 0;
}

static int
fill_temporary(int fd, const void *bytes, size_t len, unsigned mode)
{
    if (fchmod(fd, (mode_t)mode) < 0)
        return -errno;
    int r = write_all(fd, bytes, len);
    if (r < 0)
        return r;
    return fsync(fd) < 0 ? -errno : 0;
}

int
util_write_file_atomic(const char *path, const void *bytes, size_t len, unsigned mode)
{
    CLEANUP_FREE char *temporary = util_printf("%s.XXXXXX", path);
    if (temporary == NULL)
        return -ENOMEM;
    CLEANUP_FD int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fill_temporary(fd, bytes, len, mode);
    if (r == 0 && rename(temporary, path) < 0)
        r = -errno;
    if (r < 0) {
        unlink(temporary);
        return r;
    }
    return sync_folder_of(path);
}

/* Appends what is left of fd; -EFBIG once there are more than max bytes. */
static int
read_up_to(int fd, size_t max, struct buf *to)
{
    for (;;) {
        if (!buf_reserve(to, 16384))
            return -ENOMEM;
        ssize_t n = read(fd, to->data + to->len, to->cap - to->len - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        to->len += (size_t)n;
        to->data[to->len] = '\0';
        if (to->len > max)
            return -EFBIG;
        if (n == 0)
            return 0;
    }
}

int
util_read_fd(int fd, size_t max, char **ret, size_t *ret_len)
{
    CLEANUP(buf_free) struct buf content = {0};
    int r = read_up_to(fd, max, &content);
    if (r < 0)
        return r;
    *ret_len = content.len;
    *ret = buf_detach(&content);
    return 0;
}

int
util_read_file(const char *path, size_t max, char **ret, size_t *ret_len)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    return util_read_fd(fd, max, ret, ret_len);
}

static int
make_dir(const char *path, unsigned mode)
{
    struct stat st;
    if (mkdir(path, (mode_t)mode) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    if (stat(path, &st) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int
util_make_dirs(const char *path, unsigned mode)
{
    CLEANUP_FREE char *copy = strdup(path);
    if (copy == NULL)
        return -ENOMEM;
    for (char *p = copy; *p != '\0'; p++) {
        if (*p != '/' || p == copy || p[1] == '\0' || p[1] == '/')
            continue;
        *p = '\0';
        int r = make_dir(copy, mode);
        /* A parent that we may not create (EROFS, EACCES) may exist all the same; the last mkdir
         * decides. */
        if (r == -ENOMEM || r == -ENOTDIR)
            return r;
        *p = '/';
    }
    return make_dir(copy, mode);
}
