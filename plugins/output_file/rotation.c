/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotation.c - appending to the newest file of a series. See rotation.h.
 */
#include "rotation.h"

#include "series.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define TAIL_BLOCK 4096

void
rotation_init(struct rotation *rotation, const struct rotation_options *options)
{
    *rotation = (struct rotation){.options = *options, .fd = -1};
}

static void
close_file(struct rotation *rotation)
{
    if (rotation->fd >= 0)
        close(rotation->fd);
    rotation->fd = -1;
    rotation->size = 0;
    rotation->broken_tail = false;
}

void
rotation_close(struct rotation *rotation)
{
    close_file(rotation);
    free(rotation->path);
    rotation->path = NULL;
}

/* mkdir -p. The text is changed on the way and restored. */
static int
make_folders(char *path)
{
    for (char *slash = path + 1;; slash++) {
        char saved;
        slash += strcspn(slash, "/");
        saved = *slash;
        *slash = '\0';
        if (mkdir(path, 0750) != 0 && errno != EEXIST) {
            *slash = saved;
            return -errno;
        }
        *slash = saved;
        if (saved == '\0')
            return 0;
    }
}

static int
make_folder(const char *folder)
{
    CLEANUP_FREE char *copy = strdup(folder);
    return copy == NULL ? -ENOMEM : make_folders(copy);
}

/* Lists the series, making its folder when there is none. */
static int
list_files(const struct rotation *rotation, struct series *ret)
{
    const struct rotation_options *o = &rotation->options;
    int rc = series_list(o->folder, o->name, ret);
    if (rc != -ENOENT)
        return rc;
    rc = make_folder(o->folder);
    return rc != 0 ? rc : series_list(o->folder, o->name, ret);
}

static int
set_path(struct rotation *rotation, struct series_member member)
{
    free(rotation->path);
    rotation->path = series_path(rotation->options.folder, rotation->options.name, member);
    return rotation->path != NULL ? 0 : -ENOMEM;
}

/* Opens a file that must not exist yet: two daemons with one folder never share a file. */
static int
create_file(struct rotation *rotation, struct series_member member)
{
    int rc = set_path(rotation, member);
    if (rc != 0)
        return rc;
    rotation->fd = open(rotation->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
                        rotation->options.mode);
    if (rotation->fd < 0)
        return -errno;
    if (fchmod(rotation->fd, rotation->options.mode) == 0)
        return 0;
    rc = -errno;
    close_file(rotation);
    return rc;
}

/* The offset after the last line end at or before `size`, or -errno. */
static off_t
end_of_last_line(int fd, off_t size)
{
    char block[TAIL_BLOCK];
    while (size > 0) {
        size_t want = size < TAIL_BLOCK ? (size_t)size : TAIL_BLOCK;
        ssize_t got = pread(fd, block, want, size - (off_t)want);
        const char *newline;
        if (got != (ssize_t)want)
            return got < 0 ? -errno : -EIO;
        newline = memrchr(block, '\n', want);
        if (newline != NULL)
            return size - (off_t)want + (newline - block) + 1;
        size -= (off_t)want;
    }
    return 0;
}

/* A power cut may have left half a document at the end; its record is still in the queue and comes
 * again. */
static int
cut_torn_tail(struct rotation *rotation, off_t size)
{
    off_t end = end_of_last_line(rotation->fd, size);
    if (end < 0)
        return (int)end;
    if (end != size && ftruncate(rotation->fd, end) != 0)
        return -errno;
    rotation->size = (uint64_t)end;
    return 0;
}

static int
append_to_file(struct rotation *rotation, struct series_member member)
{
    struct stat st;
    int rc = set_path(rotation, member);
    if (rc != 0)
        return rc;
    rotation->fd = open(rotation->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (rotation->fd < 0)
        return -errno;
    if (fstat(rotation->fd, &st) != 0)
        rc = -errno;
    else
        rc = S_ISREG(st.st_mode) ? cut_torn_tail(rotation, st.st_size) : -EINVAL;
    if (rc != 0)
        close_file(rotation);
    return rc;
}

/* The newest file is gone on with when it is empty, so that restarts do not push out files with
 * content. */
static bool
newest_is_wanted(const struct rotation *rotation, const struct series *series)
{
    CLEANUP_FREE char *path = NULL;
    struct stat st;

    if (series->n == 0)
        return false;
    if (!rotation->options.rotate_on_startup)
        return true;
    path = series_path(rotation->options.folder, rotation->options.name,
                       series->members[series->n - 1]);
    return path != NULL && lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

/* Opens the file after all others. The oldest go only once it is there. */
static int
open_next(struct rotation *rotation, const struct series *series, time_t now)
{
    const struct rotation_options *o = &rotation->options;
    int rc = create_file(rotation, series_next(series, now));
    if (rc == 0)
        series_trim(o->folder, o->name, series, o->n_files - 1);
    return rc;
}

static bool
still_has_its_name(const struct rotation *rotation)
{
    struct stat st;
    return rotation->fd >= 0 && fstat(rotation->fd, &st) == 0 && st.st_nlink > 0;
}

int
rotation_open(struct rotation *rotation, time_t now)
{
    CLEANUP(series_free) struct series series = {0};
    int rc;

    if (still_has_its_name(rotation))
        return 0;
    close_file(rotation);
    rc = list_files(rotation, &series);
    if (rc != 0)
        return rc;
    if (newest_is_wanted(rotation, &series))
        rc = append_to_file(rotation, series.members[series.n - 1]);
    else
        rc = open_next(rotation, &series, now);
    return rc;
}

bool
rotation_is_full(const struct rotation *rotation, size_t pending, size_t more)
{
    uint64_t max = rotation->options.max_bytes;
    uint64_t filled = rotation->size + pending;
    return filled > 0 && (filled >= max || more > max - filled);
}

int
rotation_advance(struct rotation *rotation, time_t now)
{
    CLEANUP(series_free) struct series series = {0};
    int rc;

    close_file(rotation);
    rc = list_files(rotation, &series);
    return rc != 0 ? rc : open_next(rotation, &series, now);
}

static int
cut_broken_tail(struct rotation *rotation)
{
    if (rotation->broken_tail && ftruncate(rotation->fd, (off_t)rotation->size) != 0)
        return -errno;
    rotation->broken_tail = false;
    return 0;
}

static int
write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int
rotation_write(struct rotation *rotation, const void *bytes, size_t len)
{
    int rc = cut_broken_tail(rotation);
    if (rc == 0)
        rc = write_all(rotation->fd, bytes, len);
    if (rc == 0) {
        rotation->size += len;
        return 0;
    }
    rotation->broken_tail = true;
    (void)cut_broken_tail(rotation);
    return rc;
}
