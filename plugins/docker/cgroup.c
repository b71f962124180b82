/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.c - opens, keeps and reads the files of one container. Which files there are is in
 * cgroup_v1.c and cgroup_v2.c. */
#include "cgroup.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>

/* A file that is kept open, opened each time (fd -1), or not there at all. */
struct slot {
    int fd;
    bool missing;
};

struct cgroup {
    bool v2;
    pid_t pid;
    unsigned flags;            /* CGROUP_... */
    char *dir[CG_CONTROLLERS]; /* whole paths; NULL: the controller is not mounted */
    struct slot slots[CGROUP_MAX_FILES];
    struct slot network;
    uint64_t memory_limit; /* ABSENT: none */
    uint64_t pids_limit;
};

void
scratch_free(struct cgroup_scratch *scratch)
{
    file_text_free(&scratch->text);
    file_text_free(&scratch->network);
}

static const struct cgroup_file *
files_of(const struct cgroup *cgroup, size_t *ret_n)
{
    *ret_n = cgroup->v2 ? cgroup_n_v2_files : cgroup_n_v1_files;
    return cgroup->v2 ? cgroup_v2_files : cgroup_v1_files;
}

static void
close_slot(struct machine *machine, struct slot *slot, bool counted)
{
    if (slot->fd < 0)
        return;
    close(take_fd(slot->fd));
    machine->kept_files -= counted;
}

void
cgroup_close(struct machine *machine, struct cgroup *cgroup)
{
    if (cgroup == NULL)
        return;
    for (int n = 0; n < CGROUP_MAX_FILES; n++)
        close_slot(machine, &cgroup->slots[n], true);
    close_slot(machine, &cgroup->network, (cgroup->flags & CGROUP_READ_ONCE) == 0);
    for (int n = 0; n < CG_CONTROLLERS; n++)
        free(cgroup->dir[n]);
    free(cgroup);
}

/* Turns paths below the mounts into whole ones. A controller that is not mounted here has none. */
static int
prefix_mounts(const struct machine *machine, struct cgroup *cgroup)
{
    for (int n = 0; n < CG_CONTROLLERS; n++) {
        CLEANUP_FREE char *below = take(cgroup->dir[n]);
        if (below == NULL || machine->mount[n] == NULL)
            continue;
        if (asprintf(&cgroup->dir[n], "%s%s", machine->mount[n], below) < 0) {
            cgroup->dir[n] = NULL;
            return -ENOMEM;
        }
    }
    return 0;
}

static int
find_directories(const struct machine *machine, struct cgroup *cgroup, const char *id)
{
    CLEANUP(file_text_free) struct file_text text = {0};
    CLEANUP_FREE char *path = machine_path(machine, "/proc/%d/cgroup", (int)cgroup->pid);
    const char *directory;
    int result;
    if (path == NULL)
        return -ENOMEM;
    result = file_read(path, &text);
    if (result == 0)
        result = cgroup_parse_paths(text.data, id, cgroup->dir);
    if (result == 0)
        result = prefix_mounts(machine, cgroup);
    if (result < 0)
        return result == -ESRCH ? -ENOENT : result;
    cgroup->v2 = machine_has_cgroup2(machine);
    directory = cgroup->dir[cgroup->v2 ? CG_UNIFIED : CG_MEMORY];
    return directory != NULL && access(directory, X_OK) == 0 ? 0 : -ENOENT;
}

static uint64_t
read_limit(const struct cgroup *cgroup, enum cgroup_controller controller, const char *name,
           struct file_text *text)
{
    CLEANUP_FREE char *path = NULL;
    uint64_t limit;
    if (cgroup->dir[controller] == NULL ||
        asprintf(&path, "%s/%s", cgroup->dir[controller], name) < 0) {
        path = NULL;
        return ABSENT;
    }
    if (file_read(path, text) < 0)
        return ABSENT;
    limit = text_whole_number(text->data);
    return limit >= USAGE_NO_LIMIT ? ABSENT : limit;
}

/* Without a limit, or with one above it, the container can have what the machine has. */
void
cgroup_refresh_limits(const struct machine *machine, struct cgroup *cgroup,
                      struct cgroup_scratch *scratch)
{
    cgroup->memory_limit =
        cgroup->v2 ? read_limit(cgroup, CG_UNIFIED, "memory.max", &scratch->text)
                   : read_limit(cgroup, CG_MEMORY, "memory.limit_in_bytes", &scratch->text);
    if (cgroup->memory_limit > machine->memory_total)
        cgroup->memory_limit = machine->memory_total;
    cgroup->pids_limit =
        read_limit(cgroup, cgroup->v2 ? CG_UNIFIED : CG_PIDS, "pids.max", &scratch->text);
}

/* An open file of the network keeps its counters readable after the process has gone. */
static void
open_network(const struct machine *machine, struct cgroup *cgroup)
{
    CLEANUP_FREE char *path = machine_path(machine, "/proc/%d/net/dev", (int)cgroup->pid);
    if (path != NULL)
        cgroup->network.fd = open(path, O_RDONLY | O_CLOEXEC);
}

int
cgroup_open(struct machine *machine, pid_t pid, const char *id, unsigned flags, struct cgroup **ret)
{
    CLEANUP(scratch_free) struct cgroup_scratch scratch = {0};
    struct cgroup *cgroup = calloc(1, sizeof *cgroup);
    int result;
    *ret = NULL;
    if (cgroup == NULL)
        return -ENOMEM;
    cgroup->pid = pid;
    cgroup->flags = flags;
    cgroup->network.fd = -1;
    for (int n = 0; n < CGROUP_MAX_FILES; n++)
        cgroup->slots[n].fd = -1;
    result = find_directories(machine, cgroup, id);
    if (result < 0) {
        cgroup_close(machine, cgroup);
        return result;
    }
    cgroup_refresh_limits(machine, cgroup, &scratch);
    if (flags == (CGROUP_NETWORK | CGROUP_READ_ONCE))
        open_network(machine, cgroup);
    *ret = cgroup;
    return 0;
}

const char *
cgroup_version(const struct cgroup *cgroup)
{
    return cgroup->v2 ? "2" : "1";
}

/* Opens, reads and keeps the file when that is wanted and the budget allows. */
static int
read_fresh(struct machine *machine, bool keep, struct slot *slot, const char *path,
           struct file_text *text)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    int result = fd < 0 ? -errno : file_read_fd(fd, text);
    if (result == 0 && keep && machine->kept_files < machine->max_kept_files) {
        slot->fd = take_fd(fd);
        machine->kept_files++;
    }
    return result;
}

static int
read_slot(struct machine *machine, bool keep, struct slot *slot, const char *dir, const char *name,
          struct file_text *text)
{
    CLEANUP_FREE char *path = NULL;
    if (slot->fd >= 0)
        return file_read_fd(slot->fd, text);
    if (asprintf(&path, "%s/%s", dir, name) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    return read_fresh(machine, keep, slot, path, text);
}

/* A file that this kernel does not have, or refuses (pressure files with accounting switched off),
 * is not tried again. When the whole directory has gone the container has ended. */
static int
judge_failure(struct slot *slot, int error, const char *dir)
{
    if (error == -ENODEV || ((error == -ENOENT || error == -ESRCH) && access(dir, F_OK) < 0))
        return -ENODEV;
    if (error == -ENOMEM || error == -EMFILE || error == -ENFILE)
        return error;
    slot->missing = true;
    return 0;
}

static int
read_network(struct machine *machine, struct cgroup *cgroup, struct file_text *text,
             struct usage *usage)
{
    CLEANUP_FREE char *dir = NULL;
    int result;
    if ((cgroup->flags & CGROUP_NETWORK) == 0 || cgroup->network.missing)
        return 0;
    if (cgroup->network.fd < 0)
        dir = machine_path(machine, "/proc/%d/net", (int)cgroup->pid);
    result = read_slot(machine, (cgroup->flags & CGROUP_READ_ONCE) == 0, &cgroup->network,
                       dir == NULL ? "" : dir, "dev", text);
    if (result < 0)
        return judge_failure(&cgroup->network, result, dir == NULL ? "/" : dir);
    cgroup_parse_network(text->data, usage);
    return 0;
}

int
cgroup_read(struct machine *machine, struct cgroup *cgroup, struct cgroup_scratch *scratch,
            struct usage *usage)
{
    bool keep = (cgroup->flags & CGROUP_READ_ONCE) == 0;
    size_t n_files;
    const struct cgroup_file *files = files_of(cgroup, &n_files);
    for (size_t n = 0; n < n_files; n++) {
        const char *dir = cgroup->dir[files[n].controller];
        struct slot *slot = &cgroup->slots[n];
        int result;
        if (dir == NULL || slot->missing)
            continue;
        result = read_slot(machine, keep, slot, dir, files[n].name, &scratch->text);
        if (result < 0)
            result = judge_failure(slot, result, dir);
        else
            files[n].parse(scratch->text.data, usage);
        if (result < 0)
            return result;
    }
    usage_io_finish(usage);
    usage->memory.limit = cgroup->memory_limit;
    usage->pids_limit = cgroup->pids_limit;
    return read_network(machine, cgroup, &scratch->network, usage);
}
