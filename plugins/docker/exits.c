/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - see exits.h. One mutex guards the list of watched containers; records are built under
 * it and submitted outside, because submitting may wait for the queue.
 */
#include "exits.h"
#include "api.h"
#include "cgroup.h"
#include "support.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* An ended container whose "die" event never came is forgotten after this time. */
#define FORGET_NS (600 * MH_NS_PER_S)

struct watch {
    struct watch *next;
    struct container *container; /* its identity and inspection */
    struct cgroup *cgroup;
    int pidfd;         /* -1: ended, the final sample has been sent */
    bool sampled;      /* measured by a collect before              */
    uint64_t since_ns; /* monotonic: watched since, or ended at    */
};

struct exits {
    const struct mh_host *host;
    const struct settings *settings;
    bool use_pidfd;
    pthread_t thread;
    bool running;
    int epoll_fd;
    int stop_fd;
    pthread_mutex_t mutex; /* guards all below */
    struct watch *list;
    struct machine machine;
    struct usage usage;
    struct rates rates;
    struct cgroup_scratch scratch;
};

static void
free_watch(struct exits *exits, struct watch *watch)
{
    cgroup_close(&exits->machine, watch->cgroup);
    container_free(watch->container, &exits->machine);
    if (watch->pidfd >= 0)
        close(watch->pidfd);
    free(watch);
}

static struct watch **
find(struct exits *exits, const char *id)
{
    struct watch **link = &exits->list;
    while (*link != NULL && strcmp((*link)->container->id, id) != 0)
        link = &(*link)->next;
    return link;
}

static void
unlink_watch(struct exits *exits, struct watch **link)
{
    struct watch *watch = *link;
    *link = watch->next;
    free_watch(exits, watch);
}

/* Rates over the whole life of a container that no collect has seen; otherwise they would overlap
 * with those sent before. */
static void
begin_history(const struct exits *exits, const struct watch *watch, struct history *history)
{
    int64_t started_ns = watch->container->inspected.started_ns;
    if (!watch->sampled && started_ns > 0)
        history_from_start(history, &exits->usage,
                           exits->host->realtime_ns(exits->host) - started_ns);
}

/* Reads the final counters and writes all records but the container's own. Returns the batch to
 * submit, or NULL. */
static struct mh_batch *
final_sample(struct exits *exits, struct watch *watch)
{
    const struct measured measured = {watch->container, &exits->usage, &exits->rates, true};
    struct emitter emitter = {exits->host, exits->settings, &exits->machine, NULL, 0};
    struct history history = {0};
    struct machine_cpu cpu;
    usage_reset(&exits->usage);
    exits->usage.skip_majors = exits->settings->skip_majors;
    exits->usage.n_skip_majors = exits->settings->n_skip_majors;
    if (cgroup_read(&exits->machine, watch->cgroup, &exits->scratch, &exits->usage) < 0 ||
        exits->usage.cpu.total == ABSENT)
        return NULL;
    cpu = machine_read_cpu(&exits->machine);
    exits->usage.taken_ns = exits->host->monotonic_ns(exits->host);
    exits->usage.cpu.system = cpu.system_ns;
    exits->usage.cpu.online = cpu.online;
    emitter.timestamp_ns = exits->host->realtime_ns(exits->host);
    emitter.batch = exits->host->new_batch(exits->host);
    if (emitter.batch == NULL)
        return NULL;
    begin_history(exits, watch, &history);
    rates_compute(&exits->rates, &history, &exits->usage);
    emit_cpu(&emitter, &measured);
    emit_memory(&emitter, &measured);
    emit_diskio(&emitter, &measured);
    emit_network(&emitter, &measured);
    return emitter.batch;
}

/* The process has gone: what can still be read is read now, and the files are closed. */
static struct mh_batch *
finish(struct exits *exits, struct watch *watch)
{
    struct mh_batch *batch;
    if (watch->pidfd < 0)
        return NULL;
    batch = final_sample(exits, watch);
    close(take_fd(watch->pidfd));
    cgroup_close(&exits->machine, take(watch->cgroup));
    watch->since_ns = exits->host->monotonic_ns(exits->host);
    return batch;
}

static void
submit(struct exits *exits, struct mh_batch *batch)
{
    if (batch == NULL)
        return;
    api_count(exits->host, "final_samples", 1);
    exits->host->submit(exits->host, batch);
}

static void
forget_ended(struct exits *exits)
{
    uint64_t now = exits->host->monotonic_ns(exits->host);
    for (struct watch **link = &exits->list; *link != NULL;) {
        if ((*link)->pidfd < 0 && now - (*link)->since_ns > FORGET_NS)
            unlink_watch(exits, link);
        else
            link = &(*link)->next;
    }
}

/* pidfd may have been replaced since epoll reported it, so the watch is looked up by what epoll
 * keeps: the descriptor. */
static struct mh_batch *
handle_exit(struct exits *exits, int pidfd)
{
    LOCKED(&exits->mutex);
    for (struct watch *watch = exits->list; watch != NULL; watch = watch->next)
        if (watch->pidfd == pidfd)
            return finish(exits, watch);
    return NULL;
}

static void *
run(void *arg)
{
    struct exits *exits = arg;
    struct epoll_event event;
    for (;;) {
        int n = epoll_wait(exits->epoll_fd, &event, 1, 60000);
        if (n < 0 && errno != EINTR)
            return NULL;
        if (n > 0 && event.data.fd == exits->stop_fd)
            return NULL;
        if (n > 0)
            submit(exits, handle_exit(exits, event.data.fd));
        if (n == 0) {
            LOCKED(&exits->mutex);
            forget_ended(exits);
        }
    }
}

/* Process numbers mean the same here as for the engine only in one and the same pid namespace. */
static bool
same_pid_namespace(const struct machine *machine)
{
    CLEANUP_FREE char *path = machine_path(machine, "/proc/1/ns/pid");
    struct stat theirs, ours;
    if (machine->hostfs[0] == '\0')
        return true;
    return path != NULL && stat(path, &theirs) == 0 && stat("/proc/self/ns/pid", &ours) == 0 &&
           theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

static int
add_to_epoll(struct exits *exits, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(exits->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int
open_thread(struct exits *exits)
{
    int result;
    exits->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    exits->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (exits->epoll_fd < 0 || exits->stop_fd < 0)
        return -errno;
    result = add_to_epoll(exits, exits->stop_fd);
    if (result == 0)
        result = -pthread_create(&exits->thread, NULL, run, exits);
    exits->running = result == 0;
    return result;
}

int
exits_start(struct exits **ret, const struct mh_host *host, const struct settings *settings,
            bool with_cgroups)
{
    struct exits *exits = calloc(1, sizeof *exits);
    int result;
    *ret = NULL;
    if (exits == NULL)
        return -ENOMEM;
    exits->host = host;
    exits->settings = settings;
    exits->epoll_fd = exits->stop_fd = -1;
    pthread_mutex_init(&exits->mutex, NULL);
    exits->use_pidfd = machine_open(&exits->machine, settings->hostfs) == 0 && with_cgroups &&
                       same_pid_namespace(&exits->machine);
    result = open_thread(exits);
    if (result < 0)
        exits_stop(exits);
    else
        *ret = exits;
    return result;
}

void
exits_stop(struct exits *exits)
{
    if (exits == NULL)
        return;
    if (exits->running) {
        eventfd_write(exits->stop_fd, 1);
        pthread_join(exits->thread, NULL);
    }
    while (exits->list != NULL)
        unlink_watch(exits, &exits->list);
    if (exits->epoll_fd >= 0)
        close(exits->epoll_fd);
    if (exits->stop_fd >= 0)
        close(exits->stop_fd);
    machine_close(&exits->machine);
    usage_free(&exits->usage);
    rates_free(&exits->rates);
    scratch_free(&exits->scratch);
    pthread_mutex_destroy(&exits->mutex);
    free(exits);
}

static struct watch *
new_watch(const struct container *container, bool sampled)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->pidfd = -1;
    watch->sampled = sampled;
    watch->container = container_new(container->id);
    if (watch->container == NULL || container_copy_identity(watch->container, container) < 0) {
        container_free(watch->container, NULL);
        free(watch);
        return NULL;
    }
    watch->container->inspected = container->inspected;
    watch->container->inspected.health = NULL;
    watch->container->inspected.probe = (struct probe){0};
    watch->container->created_s = container->created_s;
    return watch;
}

/* First the process, then its cgroup: the number cannot have gone to another process between the
 * two. */
static bool
open_watch(struct exits *exits, struct watch *watch, bool own_network)
{
    pid_t pid = watch->container->inspected.pid;
    watch->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (watch->pidfd < 0) {
        if (errno == ENOSYS || errno == EPERM)
            exits->use_pidfd = false;
        return false;
    }
    return cgroup_open(&exits->machine, pid, watch->container->id,
                       CGROUP_READ_ONCE | (own_network ? CGROUP_NETWORK : 0),
                       &watch->cgroup) == 0 &&
           add_to_epoll(exits, watch->pidfd) == 0;
}

void
exits_watch(struct exits *exits, const struct container *container, bool sampled)
{
    LOCKED(&exits->mutex);
    struct watch **link = find(exits, container->id);
    struct watch *watch = *link;
    if (!exits->use_pidfd || container->inspected.pid <= 0)
        return;
    if (watch != NULL && watch->pidfd >= 0 &&
        watch->container->inspected.pid == container->inspected.pid) {
        watch->sampled = watch->sampled || sampled;
        return;
    }
    if (watch != NULL)
        unlink_watch(exits, link);
    watch = new_watch(container, sampled);
    if (watch == NULL)
        return;
    watch->since_ns = exits->host->monotonic_ns(exits->host);
    if (!open_watch(exits, watch, container->own_network)) {
        free_watch(exits, watch);
        return;
    }
    watch->next = exits->list;
    exits->list = watch;
}

void
exits_note_collect(struct exits *exits)
{
    LOCKED(&exits->mutex);
    for (struct watch *watch = exits->list; watch != NULL; watch = watch->next)
        watch->sampled = true;
}

void
exits_note_oom(struct exits *exits, const char *id)
{
    LOCKED(&exits->mutex);
    struct watch *watch = *find(exits, id);
    if (watch != NULL)
        watch->container->inspected.oom_killed = true;
}

static struct mh_batch *
final_document(struct exits *exits, const struct container *container)
{
    const struct measured measured = {container, NULL, NULL, true};
    const struct emitter emitter = {exits->host, exits->settings, &exits->machine,
                                    exits->host->new_batch(exits->host),
                                    exits->host->realtime_ns(exits->host)};
    if (emitter.batch != NULL)
        emit_container(&emitter, &measured);
    return emitter.batch;
}

/* Takes the watch out of the list; both batches may be NULL. */
static void
take_death(struct exits *exits, const struct container *identity, int64_t exit_code,
           struct mh_batch **ret_sample, struct mh_batch **ret_document)
{
    LOCKED(&exits->mutex);
    struct watch **link = find(exits, identity->id);
    struct watch *watch = *link;
    *ret_sample = watch == NULL ? NULL : finish(exits, watch);
    if (watch == NULL) {
        *ret_document = final_document(exits, identity);
        return;
    }
    watch->container->inspected.exit_code = exit_code;
    *ret_document = final_document(exits, watch->container);
    unlink_watch(exits, link);
}

void
exits_died(struct exits *exits, const struct container *identity, int64_t exit_code)
{
    struct mh_batch *sample, *document;
    take_death(exits, identity, exit_code, &sample, &document);
    submit(exits, sample);
    if (document != NULL)
        exits->host->submit(exits->host, document);
}
