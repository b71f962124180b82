/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_file.c - log files rotated by size.
 */
#include "log/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int
log_file_reopen(struct log_file *f)
{
    struct stat st;
    int fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, (mode_t)f->mode);
    if (fd < 0)
        return -errno;
    f->size = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    util_closep(&f->fd);
    f->fd = fd;
    return 0;
}

int
log_file_open(struct log_file *f, const char *folder, const char *name)
{
    f->fd = -1;
    int r = util_make_dirs(folder, 0750);
    if (r < 0)
        return r;
    f->path = util_printf("%s/%s", folder, name);
    if (f->path == NULL)
        return -ENOMEM;
    r = log_file_reopen(f);
    if (r < 0)
        log_file_close(f);
    return r;
}

/* NAME.(n-1) becomes NAME.n; the last one falls off by being replaced. A name that is missing is no
 * error. */
static void
shift_files(const struct log_file *f)
{
    for (uint32_t n = f->keep; n > 0; n--) {
        CLEANUP_FREE char *to = util_printf("%s.%u", f->path, n);
        CLEANUP_FREE char *from = n == 1 ? strdup(f->path) : util_printf("%s.%u", f->path, n - 1);
        if (from != NULL && to != NULL)
            rename(from, to);
    }
    if (f->keep == 0)
        unlink(f->path);
}

int
log_file_write(struct log_file *f, const char *line, size_t len)
{
    if (f->max_bytes != 0 && f->size > 0 && f->size + len > f->max_bytes) {
        shift_files(f);
        int r = log_file_reopen(f);
        if (r < 0)
            return r;
    }
    ssize_t n;
    do
        n = write(f->fd, line, len);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    f->size += (uint64_t)n;
    return (size_t)n == len ? 0 : -ENOSPC;
}

void
log_file_close(struct log_file *f)
{
    util_closep(&f->fd);
    f->fd = -1;
    free(f->path);
    f->path = NULL;
}
