/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory_disk.c - files as byte arrays, each with the copy that a loss of power would leave.
 */
#include "memory_disk.h"

#include <errno.h>
#include <pthread.h>

#define PAGE 512u

struct content {
    uint8_t *bytes;
    size_t len;
};

struct file {
    char *name;         /* NULL: unlinked, maybe still open */
    char *durable_name; /* NULL: not there after a loss of power */
    struct content now;
    struct content durable;
    int n_open;
};

struct fault {
    int error;
    unsigned after;
};

struct memory_disk {
    pthread_mutex_t lock;
    struct file **files;
    size_t n_files;
    uint64_t space;
    uint64_t used;
    unsigned seed;
    struct fault writes, syncs, reads;
    unsigned stop_after;
    bool stopped;
    unsigned n_syncs;
};

struct view {
    struct disk_io base;
    struct memory_disk *disk;
};

static struct memory_disk *
enter(struct disk_io *io)
{
    struct memory_disk *m = ((struct view *)io)->disk;

    pthread_mutex_lock(&m->lock);
    return m;
}

static ssize_t
leave(struct memory_disk *m, ssize_t rc)
{
    pthread_mutex_unlock(&m->lock);
    return rc;
}

static unsigned
chance(struct memory_disk *m, unsigned n)
{
    return (unsigned)rand_r(&m->seed) % n;
}

static struct file *
by_name(struct memory_disk *m, const char *name)
{
    for (size_t i = 0; i < m->n_files; i++)
        if (m->files[i]->name != NULL && strcmp(m->files[i]->name, name) == 0)
            return m->files[i];
    return NULL;
}

static void
resize(struct memory_disk *m, struct content *c, size_t len)
{
    c->bytes = realloc(c->bytes, len + 1);
    if (c->bytes == NULL)
        abort();
    if (len > c->len)
        memset(c->bytes + c->len, 0, len - c->len);
    if (m != NULL)
        m->used = m->used - c->len + len;
    c->len = len;
}

static void
copy_content(struct content *to, const struct content *from)
{
    resize(NULL, to, from->len);
    if (from->len > 0)
        memcpy(to->bytes, from->bytes, from->len);
}

static struct file *
add_file(struct memory_disk *m, const char *name)
{
    struct file *f = calloc(1, sizeof(*f));

    m->files = reallocarray(m->files, m->n_files + 1, sizeof(*m->files));
    if (f == NULL || m->files == NULL)
        abort();
    f->name = strdup(name);
    resize(NULL, &f->now, 0);
    m->files[m->n_files++] = f;
    return f;
}

static int
disk_open(struct disk_io *io, const char *name, enum disk_open how)
{
    struct memory_disk *m = enter(io);
    struct file *f = by_name(m, name);
    size_t i = 0;

    if (m->stopped)
        return (int)leave(m, -EIO);
    if (how == DISK_CREATE && f != NULL)
        return (int)leave(m, -EEXIST);
    if (how != DISK_CREATE && f == NULL)
        return (int)leave(m, -ENOENT);
    if (f == NULL && m->used >= m->space)
        return (int)leave(m, -ENOSPC);
    if (f == NULL)
        f = add_file(m, name);
    f->n_open++;
    while (m->files[i] != f)
        i++;
    return (int)leave(m, (ssize_t)i);
}

static void
disk_close(struct disk_io *io, int file)
{
    struct memory_disk *m = enter(io);

    m->files[file]->n_open--;
    leave(m, 0);
}

/* Whether a call that may fail fails now. */
static bool
strikes(struct fault *f)
{
    if (f->error == 0)
        return false;
    if (f->after > 0)
        f->after--;
    return f->after == 0;
}

static ssize_t
disk_read_some(struct disk_io *io, int file, void *to, size_t len, uint64_t offset)
{
    struct memory_disk *m = enter(io);
    const struct content *c = &m->files[file]->now;
    size_t n = offset >= c->len ? 0 : c->len - offset;

    if (m->reads.error != 0 && m->reads.after > 0) {
        m->reads.after--;
        return leave(m, m->reads.error);
    }
    if (n > len)
        n = len;
    if (n > 0)
        memcpy(to, c->bytes + offset, n);
    return leave(m, (ssize_t)n);
}

static void
put(struct memory_disk *m, struct content *c, const void *from, size_t len, uint64_t offset)
{
    if (len == 0)
        return;
    if (offset + len > c->len)
        resize(m, c, offset + len);
    memcpy(c->bytes + offset, from, len);
}

static ssize_t
disk_write_some(struct disk_io *io, int file, const void *from, size_t len, uint64_t offset)
{
    struct memory_disk *m = enter(io);
    struct content *c = &m->files[file]->now;
    uint64_t grows = offset + len > c->len ? offset + len - c->len : 0;

    if (m->stopped)
        return leave(m, -EIO);
    if (m->stop_after > 0 && --m->stop_after == 0) {
        m->stopped = true;
        put(m, c, from, chance(m, (unsigned)len + 1), offset);
        return leave(m, -EIO);
    }
    if (strikes(&m->writes)) {
        put(m, c, from, len / 2, offset);
        return leave(m, m->writes.error);
    }
    if (grows > 0 && m->used + grows > m->space) {
        uint64_t room = m->space > m->used ? m->space - m->used : 0;
        size_t n = len - (size_t)(grows - room);

        if (room == 0 || n > len)
            return leave(m, -ENOSPC);
        put(m, c, from, n, offset);
        return leave(m, n == 0 ? -ENOSPC : (ssize_t)n);
    }
    put(m, c, from, len, offset);
    return leave(m, (ssize_t)len);
}

static int
disk_truncate(struct disk_io *io, int file, uint64_t size)
{
    struct memory_disk *m = enter(io);

    if (m->stopped)
        return (int)leave(m, -EIO);
    resize(m, &m->files[file]->now, size);
    return (int)leave(m, 0);
}

static int
disk_sync_file(struct disk_io *io, int file)
{
    struct memory_disk *m = enter(io);
    struct file *f = m->files[file];

    if (m->stopped || strikes(&m->syncs))
        return (int)leave(m, m->stopped ? -EIO : m->syncs.error);
    m->n_syncs++;
    copy_content(&f->durable, &f->now);
    return (int)leave(m, 0);
}

static int
disk_size(struct disk_io *io, int file, uint64_t *ret)
{
    struct memory_disk *m = enter(io);

    *ret = m->files[file]->now.len;
    return (int)leave(m, 0);
}

static int
disk_unlink(struct disk_io *io, const char *name)
{
    struct memory_disk *m = enter(io);
    struct file *f = by_name(m, name);

    if (m->stopped || f == NULL)
        return (int)leave(m, m->stopped ? -EIO : -ENOENT);
    m->used -= f->now.len;
    free(f->name);
    f->name = NULL;
    return (int)leave(m, 0);
}

static int
disk_rename(struct disk_io *io, const char *from, const char *to)
{
    struct memory_disk *m = enter(io);
    struct file *f = by_name(m, from);

    if (m->stopped || f == NULL)
        return (int)leave(m, m->stopped ? -EIO : -ENOENT);
    free(f->name);
    f->name = strdup(to);
    return (int)leave(m, 0);
}

static int
disk_sync_folder(struct disk_io *io)
{
    struct memory_disk *m = enter(io);

    if (m->stopped)
        return (int)leave(m, -EIO);
    for (size_t i = 0; i < m->n_files; i++) {
        struct file *f = m->files[i];

        free(f->durable_name);
        f->durable_name = f->name == NULL ? NULL : strdup(f->name);
    }
    return (int)leave(m, 0);
}

static int
disk_list(struct disk_io *io, int (*each)(void *arg, const char *name), void *arg)
{
    struct memory_disk *m = ((struct view *)io)->disk; /* each() may come back: no lock */
    int rc = 0;

    for (size_t i = 0; i < m->n_files && rc == 0; i++)
        if (m->files[i]->name != NULL)
            rc = each(arg, m->files[i]->name);
    return rc;
}

static int
disk_space(struct disk_io *io, uint64_t *ret)
{
    *ret = ((struct view *)io)->disk->space;
    return 0;
}

static void
disk_free_view(struct disk_io *io)
{
    free(io);
}

static const struct disk_io_ops memory_ops = {
    .open = disk_open,
    .close = disk_close,
    .read = disk_read_some,
    .write = disk_write_some,
    .truncate = disk_truncate,
    .sync = disk_sync_file,
    .size = disk_size,
    .unlink = disk_unlink,
    .rename = disk_rename,
    .sync_folder = disk_sync_folder,
    .list = disk_list,
    .space = disk_space,
    .free = disk_free_view,
};

struct disk_io *
memory_disk_io(struct memory_disk *m)
{
    struct view *view = calloc(1, sizeof(*view));

    if (view == NULL)
        abort();
    view->base.ops = &memory_ops;
    view->disk = m;
    return &view->base;
}

struct memory_disk *
memory_disk_new(unsigned seed)
{
    struct memory_disk *m = calloc(1, sizeof(*m));

    if (m == NULL)
        abort();
    m->seed = seed;
    m->space = 1ull << 32;
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

static void
free_file(struct file *f)
{
    free(f->name);
    free(f->durable_name);
    free(f->now.bytes);
    free(f->durable.bytes);
    free(f);
}

void
memory_disk_free(struct memory_disk *m)
{
    for (size_t i = 0; i < m->n_files; i++)
        free_file(m->files[i]);
    free(m->files);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

void
memory_disk_set_space(struct memory_disk *m, uint64_t bytes)
{
    pthread_mutex_lock(&m->lock);
    m->space = bytes;
    pthread_mutex_unlock(&m->lock);
}

static void
set_fault(struct memory_disk *m, struct fault *f, int error, unsigned after)
{
    pthread_mutex_lock(&m->lock);
    *f = (struct fault){after == 0 ? 0 : -error, after};
    pthread_mutex_unlock(&m->lock);
}

void
memory_disk_fail_writes(struct memory_disk *m, int error, unsigned after)
{
    set_fault(m, &m->writes, error, after);
}

void
memory_disk_fail_syncs(struct memory_disk *m, int error, unsigned after)
{
    set_fault(m, &m->syncs, error, after);
}

void
memory_disk_fail_reads(struct memory_disk *m, int error, unsigned n_times)
{
    set_fault(m, &m->reads, error, n_times);
}

void
memory_disk_stop_after(struct memory_disk *m, unsigned n_writes)
{
    m->stop_after = n_writes;
}

void
memory_disk_stop(struct memory_disk *m)
{
    m->stopped = true;
}

bool
memory_disk_stopped(struct memory_disk *m)
{
    return m->stopped;
}

void
memory_disk_resume(struct memory_disk *m)
{
    m->stopped = false;
    m->stop_after = 0;
}

/* Pages that were written and not synced: kept, lost, or neither. */
static void
tear(struct memory_disk *m, struct file *f)
{
    size_t len = f->now.len;

    if (chance(m, 2) == 0) /* the size was not written */
        len = f->durable.len + (f->now.len > f->durable.len
                                    ? chance(m, (unsigned)(f->now.len - f->durable.len) + 1)
                                    : 0);
    if (len < f->durable.len && f->now.len >= f->durable.len)
        len = f->durable.len;
    resize(NULL, &f->durable, len);
    for (size_t at = 0; at < len; at += PAGE) {
        size_t n = len - at < PAGE ? len - at : PAGE;

        if (at + n <= f->now.len && chance(m, 2) == 0)
            memcpy(f->durable.bytes + at, f->now.bytes + at, n);
    }
}

void
memory_disk_lose_power(struct memory_disk *m)
{
    size_t n = 0;

    m->used = 0;
    for (size_t i = 0; i < m->n_files; i++) {
        struct file *f = m->files[i];
        /* A name that was not synced may be there or not; one that was removed may come back. */
        const char *name = f->name;

        if (f->name != f->durable_name && chance(m, 2) == 0)
            name = f->durable_name;
        if (name == NULL) {
            free_file(f);
            continue;
        }
        name = strdup(name);
        free(f->name);
        free(f->durable_name);
        f->name = (char *)name;
        f->durable_name = strdup(name);
        f->n_open = 0;
        tear(m, f);
        copy_content(&f->now, &f->durable);
        m->used += f->now.len;
        m->files[n++] = f;
    }
    m->n_files = n;
    m->stopped = false;
}

unsigned
memory_disk_n_syncs(struct memory_disk *m)
{
    unsigned n;

    pthread_mutex_lock(&m->lock);
    n = m->n_syncs;
    pthread_mutex_unlock(&m->lock);
    return n;
}

size_t
memory_disk_n_files(struct memory_disk *m)
{
    return m->n_files;
}

const char *
memory_disk_name(struct memory_disk *m, size_t i)
{
    return m->files[i]->name;
}

uint8_t *
memory_disk_bytes(struct memory_disk *m, const char *name, size_t *ret_len)
{
    struct file *f = by_name(m, name);

    *ret_len = f == NULL ? 0 : f->now.len;
    return f == NULL ? NULL : f->now.bytes;
}

void
memory_disk_truncate(struct memory_disk *m, const char *name, size_t len)
{
    resize(m, &by_name(m, name)->now, len);
}

void
memory_disk_remove(struct memory_disk *m, const char *name)
{
    struct file *f = by_name(m, name);

    m->used -= f->now.len;
    free(f->name);
    f->name = NULL;
}

struct memory_disk *
memory_disk_clone(struct memory_disk *m, unsigned seed)
{
    struct memory_disk *to = memory_disk_new(seed);

    for (size_t i = 0; i < m->n_files; i++) {
        struct file *f;

        if (m->files[i]->name == NULL)
            continue;
        f = add_file(to, m->files[i]->name);
        f->durable_name = strdup(f->name);
        copy_content(&f->now, &m->files[i]->now);
        copy_content(&f->durable, &m->files[i]->now);
        to->used += f->now.len;
    }
    return to;
}
