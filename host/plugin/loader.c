/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader.c - see loader.h.
 */
#include "plugin/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ltdl.h>
#include <libltdl/lt_dlloader.h>
#include <sys/mman.h>

struct loader_module {
    struct loader_module *next;
    char *file;
    struct file_identity identity;
    lt_dlhandle handle;
    int copy_fd; /* the private copy, or -1; stays open so that its name is never used for another
                  */
};

static struct loader_module *modules; /* reachable until exit, on purpose */
static char *linker_words;            /* of the last failure; libltdl loses them */

static lt_module
open_now(lt_user_data data, const char *file, lt_dladvise advise)
{
    (void)data;
    (void)advise;
    void *module = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        const char *words = dlerror();
        free(linker_words);
        linker_words = words != NULL ? strdup(words) : NULL;
    }
    return module;
}

static int
close_module(lt_user_data data, lt_module module)
{
    (void)data;
    return dlclose(module);
}

static void *
find_symbol(lt_user_data data, lt_module module, const char *name)
{
    (void)data;
    return dlsym(module, name);
}

/* The vtable must be heap memory, because lt_dlexit() would free it; the one that is taken out is
 * ours to free. */
static int
replace_loader(void)
{
    lt_dlvtable *ours = calloc(1, sizeof *ours);
    if (ours == NULL)
        return -ENOMEM;
    ours->name = "metrichost-now";
    ours->module_open = open_now;
    ours->module_close = close_module;
    ours->find_sym = find_symbol;
    ours->priority = LT_DLLOADER_PREPEND;
    if (lt_dlloader_add(ours) != 0) {
        free(ours);
        return -ENOMEM;
    }
    free(lt_dlloader_remove("lt_dlopen"));
    return 0;
}

static int
prepare(void)
{
    static bool ready;
    if (ready)
        return 0;
    if (lt_dlinit() != 0)
        return -ENOMEM;
    int rc = replace_loader();
    ready = rc == 0;
    return rc;
}

struct file_identity
file_identity_of(const struct stat *st)
{
    return (struct file_identity){st->st_dev, st->st_ino, st->st_size, st->st_mtim};
}

bool
file_identity_equal(const struct file_identity *a, const struct file_identity *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

static bool
ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* What the operator can do about the words of dlopen. `words` begins with the library that is
 * missing, if one is. */
static const char *
hint_for(const char *words, const char *opened)
{
    if (strstr(words, "undefined symbol") != NULL)
        return "; the plugin was built against another version of a library: rebuild it, with "
               "-Wl,-z,defs so that its build fails instead";
    if (strstr(words, "version `") != NULL)
        return "; the plugin was built on a newer system: rebuild it on this one";
    if (strstr(words, "cannot open shared object file") != NULL &&
        strncmp(words, opened, strlen(opened)) != 0)
        return "; install the package that brings this library (Debian: apt-file search NAME, "
               "Amazon "
               "Linux: dnf provides '*/NAME')";
    if (ends_with(words, "Operation not permitted") || ends_with(words, "Permission denied"))
        return "; is its file system mounted noexec?";
    return "";
}

static char *
describe_failure(const char *file, const char *opened)
{
    const char *words = linker_words != NULL ? linker_words : lt_dlerror();
    if (words == NULL)
        words = "the dynamic linker gave no reason";
    return util_printf("%s: cannot be loaded: %s%s", file, words, hint_for(words, opened));
}

static int
copy_bytes(int from, int to)
{
    char bytes[65536];
    for (;;) {
        ssize_t n = read(from, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        for (ssize_t done = 0; done < n;) {
            ssize_t written = write(to, bytes + done, (size_t)(n - done));
            if (written < 0 && errno != EINTR)
                return -errno;
            done += written > 0 ? written : 0;
        }
    }
}

/* Returns the descriptor of a private copy in memory, or -errno. */
static int
copy_file(int fd, const char *file)
{
    const char *slash = strrchr(file, '/');
    CLEANUP_FD int copy = memfd_create(slash != NULL ? slash + 1 : file, MFD_CLOEXEC);
    if (copy < 0)
        return -errno;
    int rc = copy_bytes(fd, copy);
    if (rc < 0)
        return rc;
    int kept = copy;
    copy = -1;
    return kept;
}

static int
open_handle(struct loader_module *m, char **ret_reason)
{
    CLEANUP_FREE char *copy_name = NULL;
    if (m->copy_fd >= 0 && (copy_name = util_printf("/proc/self/fd/%d", m->copy_fd)) == NULL)
        return -ENOMEM;
    const char *opened = copy_name != NULL ? copy_name : m->file;
    free(linker_words);
    linker_words = NULL;
    m->handle = lt_dlopen(opened);
    if (m->handle != NULL)
        return lt_dlmakeresident(m->handle), 0;
    *ret_reason = describe_failure(m->file, opened);
    return -ENOEXEC;
}

static void
free_module(struct loader_module *m)
{
    if (m == NULL)
        return;
    if (m->copy_fd >= 0)
        close(m->copy_fd);
    free(m->file);
    free(m);
}

static void
free_modulep(struct loader_module **m)
{
    free_module(*m);
}

/* *ret_older: some other state of the file is open. */
static struct loader_module *
find_module(const char *file, const struct file_identity *identity, bool *ret_older)
{
    *ret_older = false;
    for (struct loader_module *m = modules; m != NULL; m = m->next) {
        if (strcmp(m->file, file) != 0)
            continue;
        if (file_identity_equal(&m->identity, identity))
            return m;
        *ret_older = true;
    }
    return NULL;
}

static int
open_new(const char *file, int fd, const struct file_identity *identity, bool beside,
         struct loader_module **ret, char **ret_reason)
{
    CLEANUP(free_modulep) struct loader_module *m = calloc(1, sizeof *m);
    if (m == NULL)
        return -ENOMEM;
    m->copy_fd = -1;
    m->identity = *identity;
    m->file = strdup(file);
    if (m->file == NULL)
        return -ENOMEM;
    if (beside && (m->copy_fd = copy_file(fd, file)) < 0) {
        *ret_reason =
            util_printf("%s: cannot be copied into memory: %s", file, strerror(-m->copy_fd));
        return m->copy_fd;
    }
    int rc = open_handle(m, ret_reason);
    if (rc < 0)
        return rc;
    m->next = modules;
    modules = m;
    *ret = take(m);
    return 0;
}

int
loader_open(const char *file, struct loader_module **ret, char **ret_reason)
{
    struct stat st;
    bool beside;
    *ret_reason = NULL;
    CLEANUP_FD int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0) {
        int rc = -errno;
        *ret_reason = util_printf("%s: cannot be opened: %s", file, strerror(-rc));
        return rc;
    }
    struct file_identity identity = file_identity_of(&st);
    *ret = find_module(file, &identity, &beside);
    if (*ret != NULL)
        return 0;
    int rc = prepare();
    return rc < 0 ? rc : open_new(file, fd, &identity, beside, ret, ret_reason);
}

void *
loader_symbol(struct loader_module *module, const char *name)
{
    return lt_dlsym(module->handle, name);
}

const struct file_identity *
loader_identity(const struct loader_module *module)
{
    return &module->identity;
}

bool
loader_is_copy(const struct loader_module *module)
{
    return module->copy_fd >= 0;
}
