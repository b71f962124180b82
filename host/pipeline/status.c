/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c - the state of the daemon for `metrichost status`: a thread of its own answers every
 * connection to a UNIX socket in path.data with one JSON object and closes. It shares one short
 * lock with a reload and nothing with the workers, so it answers also while everything else is
 * stuck.
 */
#include "log/log.h"
#include "pipeline/pipeline_internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct status_server {
    struct pipeline *pipeline;
    char *path;
    int fd;
    int stop_fd;
    pthread_t thread;
};

static void
instance_json(struct instance *i, const char *kind, struct buf *to)
{
    buf_add_text(to, "{\"name\":");
    buf_add_json_string(to, i->name, strlen(i->name));
    buf_printf(to, ",\"kind\":\"%s\",\"plugin\":\"%s\",\"version\":\"%s\",", kind, i->plugin->name,
               i->plugin->version);
    watchdog_state_json(i, to);
    buf_add_text(to, ",\"statistics\":{");
    instance_statistics_json(i, to);
    buf_add_text(to, "}}");
}

static void
instances_json(struct pipeline *p, struct buf *to)
{
    const struct built *b = &p->built;
    const char *comma = "";
    for (size_t i = 0; i < b->n_inputs; i++, comma = ",") {
        buf_add_text(to, comma);
        instance_json(&b->inputs[i]->instance, "input", to);
    }
    for (size_t i = 0; i < b->processors->n; i++, comma = ",") {
        buf_add_text(to, comma);
        instance_json(&b->processors->list[i]->instance, "processor", to);
    }
    for (uint32_t i = 0; b->output != NULL && i < b->output->n_workers; i++, comma = ",") {
        buf_add_text(to, comma);
        instance_json(&b->output->workers[i]->instance, "output", to);
    }
}

static void
queue_json(struct queue *queue, struct buf *to)
{
    struct queue_stats s = {0};
    if (queue == NULL) {
        buf_add_text(to, "null");
        return;
    }
    queue_stats_of(queue, &s);
    buf_printf(to,
               "{\"type\":\"%s\",\"entries\":%llu,\"bytes\":%llu,\"max_entries\":%llu,"
               "\"max_bytes\":%llu,\"lost\":%llu}",
               queue->ops->name, (unsigned long long)s.n_entries, (unsigned long long)s.n_bytes,
               (unsigned long long)s.max_entries, (unsigned long long)s.max_bytes,
               (unsigned long long)s.n_lost);
}

void
status_json(struct pipeline *p, struct buf *to)
{
    uint64_t uptime_s = (util_monotonic_ns() - p->started_ns) / MH_NS_PER_S;
    buf_printf(to,
               "{\"version\":\"%s\",\"agent_id\":\"%s\",\"pid\":%d,\"uptime_s\":%llu,\"queue\":",
               p->options->version, p->agent.id, (int)getpid(), (unsigned long long)uptime_s);
    queue_json(p->input_env.queue, to);
    buf_add_text(to, ",\"ledger\":");
    ledger_to_json(p->input_env.ledger, to);
    buf_add_text(to, ",\"instances\":[");
    pthread_mutex_lock(&p->lock);
    instances_json(p, to);
    pthread_mutex_unlock(&p->lock);
    buf_add_text(to, "]}\n");
}

static void
answer(struct status_server *s, int fd)
{
    CLEANUP(buf_free) struct buf json = {0};
    status_json(s->pipeline, &json);
    for (size_t sent = 0; !json.failed && sent < json.len;) {
        ssize_t n = send(fd, json.data + sent, json.len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        sent += (size_t)n;
    }
}

static void *
serve(void *arg)
{
    struct status_server *s = arg;
    struct pollfd fds[] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->stop_fd, .events = POLLIN}};
    while (poll(fds, COUNT_OF(fds), -1) >= 0 || errno == EINTR) {
        if (fds[1].revents != 0)
            break;
        if (fds[0].revents == 0)
            continue;
        CLEANUP_FD int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        struct timeval limit = {.tv_sec = 2};
        if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0)
            answer(s, fd);
    }
    return NULL;
}

/* Binds under a temporary umask-free name and mode 0600: the state names hosts and containers'
 * engines. */
static int
listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    unlink(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && chmod(path, 0600) == 0 &&
        listen(fd, 16) == 0)
        return fd;
    int r = -errno;
    close(fd);
    return r;
}

struct status_server *
status_open(struct pipeline *p)
{
    struct status_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->pipeline = p;
    s->path = util_printf("%s/metrichost.sock", p->settings->paths.data);
    s->stop_fd = eventfd(0, EFD_CLOEXEC);
    s->fd = s->path != NULL ? listen_at(s->path) : -ENOMEM;
    if (s->fd >= 0 && s->stop_fd >= 0 && pthread_create(&s->thread, NULL, serve, s) == 0)
        return s;
    log_warning("status", "`metrichost status` will not work: %s: %s",
                s->path != NULL ? s->path : "socket", strerror(s->fd < 0 ? -s->fd : errno));
    if (s->fd >= 0)
        close(s->fd);
    if (s->stop_fd >= 0)
        close(s->stop_fd);
    free(s->path);
    free(s);
    return NULL;
}

void
status_close(struct status_server *s)
{
    if (s == NULL)
        return;
    if (eventfd_write(s->stop_fd, 1) == 0)
        pthread_join(s->thread, NULL);
    unlink(s->path);
    close(s->fd);
    close(s->stop_fd);
    free(s->path);
    free(s);
}
