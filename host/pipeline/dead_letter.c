/* SPDX-License-Identifier: Apache-2.0 */
/* dead_letter.c - see dead_letter.h. */
#include "pipeline/dead_letter.h"

#include "record/json.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

struct dead_letter {
    pthread_mutex_t lock;
    char *path;
    uint64_t max_bytes;
};

struct dead_letter *
dead_letter_new(const char *path, uint64_t max_bytes)
{
    struct dead_letter *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    pthread_mutex_init(&d->lock, NULL);
    d->max_bytes = max_bytes;
    d->path = strdup(path);
    if (d->path != NULL)
        return d;
    dead_letter_free(d);
    return NULL;
}

void
dead_letter_free(struct dead_letter *d)
{
    if (d == NULL)
        return;
    pthread_mutex_destroy(&d->lock);
    free(d->path);
    free(d);
}

static void
render(const struct mh_record *record, const char *output, const char *reason, struct buf *line)
{
    char now[32];
    util_format_time(util_realtime_ns(), now, sizeof now);
    buf_printf(line, "{\"refused_at\":\"%s\",\"id\":\"%s\",\"instance\":", now, record->id_text);
    buf_add_json_string(line, shape_instance(record->shape), strlen(shape_instance(record->shape)));
    buf_add_text(line, ",\"output\":");
    buf_add_json_string(line, output, strlen(output));
    buf_add_text(line, ",\"reason\":");
    buf_add_json_string(line, reason, strlen(reason));
    buf_add_text(line, ",\"document\":");
    record_to_json(record, line);
    buf_add_text(line, "}\n");
}

static void
rotate_if_full(const struct dead_letter *d)
{
    struct stat st;
    if (stat(d->path, &st) != 0 || (uint64_t)st.st_size < d->max_bytes)
        return;
    CLEANUP_FREE char *old = util_printf("%s.1", d->path);
    if (old != NULL)
        rename(d->path, old);
}

/* A line that does not fit whole is taken back, so that the file never holds half a record. */
static int
append(const struct dead_letter *d, const struct buf *line)
{
    CLEANUP_FD int fd = open(d->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat before;
    if (fd < 0 || fstat(fd, &before) != 0)
        return -errno;
    ssize_t n = write(fd, line->data, line->len);
    if (n == (ssize_t)line->len)
        return 0;
    int r = n < 0 ? -errno : -ENOSPC;
    return ftruncate(fd, before.st_size) == 0 ? r : -EIO;
}

int
dead_letter_write(struct dead_letter *d, const struct mh_record *record, const char *output,
                  const char *reason)
{
    CLEANUP(buf_free) struct buf line = {0};
    render(record, output, reason, &line);
    if (line.failed)
        return -ENOMEM;
    pthread_mutex_lock(&d->lock);
    rotate_if_full(d);
    int r = append(d, &line);
    pthread_mutex_unlock(&d->lock);
    return r;
}
