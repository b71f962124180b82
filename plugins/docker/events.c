/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - see events.h. The stream is one JSON text a line. */
#include "events_internal.h"
#include "support.h"

#include <errno.h>

#define MAX_NOTES 4096
#define MAX_LINE ((size_t)1 << 20)
#define BACKOFF_FIRST_NS MH_NS_PER_S
#define BACKOFF_LAST_NS (30 * MH_NS_PER_S)
/* Events are not strictly in the order of their times, so resume a little before the last one. */
#define OVERLAP_NS (2 * (int64_t)MH_NS_PER_S)
/* A connection that fell silent is opened anew; over a socket the engine's end is noticed at once.
 */
#define TCP_IDLE_NS (600 * MH_NS_PER_S)

static void
free_note(struct note *note)
{
    inspected_free(&note->inspected);
    free(note->id);
    free(note);
}

void
notes_free(struct notes *notes)
{
    while (notes->first != NULL) {
        struct note *note = notes->first;
        notes->first = note->next;
        free_note(note);
    }
}

void
events_add_note(struct events *events, struct note *note)
{
    LOCKED(&events->mutex);
    if (note == NULL || events->n_notes >= MAX_NOTES) {
        events->notes.lost = true;
        if (note != NULL)
            free_note(note);
        return;
    }
    events->n_notes++;
    *events->last = note;
    events->last = &note->next;
}

void
events_take_notes(struct events *events, struct notes *ret)
{
    LOCKED(&events->mutex);
    *ret = events->notes;
    events->notes.first = NULL;
    events->notes.lost = events->notes.opened = events->notes.reopened = false;
    events->last = &events->notes.first;
    events->n_notes = 0;
}

/* What happened before the stream was open is repeated by the engine only as far as it remembers.
 */
static void
set_connected(struct events *events, bool connected)
{
    LOCKED(&events->mutex);
    events->notes.connected = connected;
    if (!connected)
        return;
    events->notes.opened = true;
    events->notes.reopened = events->notes.reopened || events->was_open;
    events->was_open = true;
}

static bool
stopping(struct events *events)
{
    LOCKED(&events->mutex);
    return events->stop;
}

static int64_t
event_time(const struct json_node *event)
{
    int64_t time_ns = 0, time_s = 0;
    if (json_get_int64(event, "timeNano", &time_ns) && time_ns > 0)
        return time_ns;
    if (json_get_int64(event, "time", &time_s) && time_s > 0 && time_s < INT64_MAX / 1000000000)
        return time_s * 1000000000;
    return 0;
}

static void
publish(struct events *events, const struct json_node *event, int64_t time_ns)
{
    struct emitter emitter = {events->host, events->settings, NULL, NULL, time_ns};
    if (!events->host->dataset_enabled(events->host, DATASET_EVENT))
        return;
    emitter.batch = events->host->new_batch(events->host);
    if (emitter.batch == NULL)
        return;
    emit_event(&emitter, event);
    events->host->submit(events->host, emitter.batch);
}

static void
handle_line(struct events *events, const char *line, size_t len)
{
    const struct json_node *event;
    int64_t time_ns;
    if (len == 0)
        return;
    if (json_parse(events->json, line, len) < 0) {
        api_count(events->host, "events_unreadable", 1);
        return;
    }
    event = json_root(events->json);
    if (event->type != JSON_OBJECT || events_seen(&events->seen, event))
        return;
    api_count(events->host, "events", 1);
    time_ns = event_time(event);
    publish(events, event, time_ns);
    events_act(events, event);
    LOCKED(&events->mutex);
    if (time_ns > events->notes.cursor_ns)
        events->notes.cursor_ns = time_ns;
}

static bool
keep_rest(struct events *events, const char *bytes, size_t len)
{
    size_t need = events->line_len + len;
    if (need > MAX_LINE) {
        events->skip_line = true;
        events->line_len = 0;
        api_count(events->host, "events_unreadable", 1);
        return true;
    }
    if (need > events->line_cap) {
        size_t cap = need < 4096 ? 4096 : need * 2;
        char *line = realloc(events->line, cap);
        if (line == NULL)
            return false;
        events->line = line;
        events->line_cap = cap;
    }
    if (len > 0)
        memcpy(events->line + events->line_len, bytes, len);
    events->line_len = need;
    return true;
}

static int
on_chunk(void *ctx, const char *bytes, size_t len)
{
    struct events *events = ctx;
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t n = end == NULL ? len : (size_t)(end - bytes);
        if (!events->skip_line && !keep_rest(events, bytes, n))
            return -1;
        if (end == NULL)
            break;
        if (!events->skip_line)
            handle_line(events, events->line, events->line_len);
        events->skip_line = false;
        events->line_len = 0;
        bytes += n + 1;
        len -= n + 1;
    }
    return stopping(events);
}

static int
on_status(void *ctx, int status)
{
    struct events *events = ctx;
    events->status = status;
    if (status != 200)
        return -1;
    set_connected(events, true);
    return 0;
}

/* Without the records of events only those of containers and networks are asked for. */
static char *
stream_path(struct events *events)
{
    const char *filters = events->host->dataset_enabled(events->host, DATASET_EVENT)
                              ? ""
                              : "filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%7D";
    char *path = NULL;
    int64_t since_ns;
    pthread_mutex_lock(&events->mutex);
    since_ns = events->notes.cursor_ns - OVERLAP_NS;
    pthread_mutex_unlock(&events->mutex);
    if (since_ns <= 0)
        return api_path(&events->stream, "/events?%s", filters);
    if (asprintf(&path, "%s/events?since=%lld.%09lld&%s", events->stream.prefix,
                 (long long)(since_ns / 1000000000), (long long)(since_ns % 1000000000),
                 filters) < 0)
        return NULL;
    return path;
}

/* Holds the stream until it ends. Returns 0 or -errno. */
static int
hold_stream(struct events *events, struct http_error *error)
{
    CLEANUP_FREE char *path = NULL;
    uint64_t deadline_ns =
        events->host->monotonic_ns(events->host) + events->settings->request_timeout_ns;
    int result = api_negotiate(&events->stream, deadline_ns, error);
    if (result < 0)
        return result;
    path = stream_path(events);
    if (path == NULL)
        return -ENOMEM;
    events->line_len = 0;
    events->skip_line = false;
    events->status = 0;
    result = http_stream(events->stream.client, path, on_status, on_chunk, events,
                         events->settings->endpoint.socket == NULL ? TCP_IDLE_NS : 0, error);
    api_forget(&events->stream);
    set_connected(events, false);
    if (events->status != 0 && events->status != 200) {
        http_status_error(error, events->stream.client, "GET /events", events->status, NULL);
        return -EPROTO;
    }
    return result;
}

static void
wait_ns(struct events *events, uint64_t ns)
{
    struct timespec until;
    LOCKED(&events->mutex);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ns / MH_NS_PER_S);
    while (!events->stop &&
           pthread_cond_timedwait(&events->stop_changed, &events->mutex, &until) == 0)
        ;
}

static void *
run(void *arg)
{
    struct events *events = arg;
    uint64_t pause_ns = BACKOFF_FIRST_NS;
    bool warned = false;
    while (!stopping(events)) {
        struct http_error error = {0};
        int result = hold_stream(events, &error);
        bool worked = events->status == 200;
        if (stopping(events))
            break;
        pause_ns = worked ? BACKOFF_FIRST_NS : pause_ns;
        if (result < 0 && !warned && !worked)
            mh_log(
                events->host, MH_LOG_WARNING,
                "no events from the engine: %s; the list of containers is read each period instead",
                error.text);
        warned = !worked;
        api_count(events->host, "reconnects", 1);
        wait_ns(events, pause_ns);
        pause_ns = pause_ns * 2 > BACKOFF_LAST_NS ? BACKOFF_LAST_NS : pause_ns * 2;
    }
    return NULL;
}

static int
init_sync(struct events *events)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&events->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&events->stop_changed, &attributes);
    pthread_condattr_destroy(&attributes);
    events->last = &events->notes.first;
    return 0;
}

int
events_start(struct events **ret, const struct mh_host *host, const struct settings *settings,
             struct exits *exits, int64_t since_ns)
{
    struct events *events = calloc(1, sizeof *events);
    int result;
    *ret = NULL;
    if (events == NULL)
        return -ENOMEM;
    events->host = host;
    events->settings = settings;
    events->exits = exits;
    init_sync(events);
    events->notes.cursor_ns = since_ns;
    events->json = json_new(NULL);
    result = events->json == NULL ? -ENOMEM : api_open(&events->stream, host, settings, NULL);
    if (result == 0)
        result = api_open(&events->inspect, host, settings, NULL);
    if (result == 0)
        result = -pthread_create(&events->thread, NULL, run, events);
    events->running = result == 0;
    if (result < 0)
        events_stop(events);
    else
        *ret = events;
    return result;
}

static void
end_thread(struct events *events)
{
    pthread_mutex_lock(&events->mutex);
    events->stop = true;
    pthread_cond_signal(&events->stop_changed);
    pthread_mutex_unlock(&events->mutex);
    api_wake(&events->stream);
    api_wake(&events->inspect);
    pthread_join(events->thread, NULL);
}

void
events_stop(struct events *events)
{
    if (events == NULL)
        return;
    if (events->running)
        end_thread(events);
    api_close(&events->stream);
    api_close(&events->inspect);
    json_free(events->json);
    notes_free(&events->notes);
    pthread_mutex_destroy(&events->mutex);
    pthread_cond_destroy(&events->stop_changed);
    free(events->line);
    free(events);
}
