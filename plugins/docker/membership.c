/* SPDX-License-Identifier: Apache-2.0 */
/*
 * membership.c - which containers there are, and the facts that only an inspection tells.
 *
 * One request for the list when it may have changed, and one inspection for each start of a
 * container.
 */
#include "input.h"
#include "support.h"

#include <metrichost/ext/state.h>

#include <errno.h>

#define BACKOFF_FIRST_NS MH_NS_PER_S
#define BACKOFF_LAST_NS (60 * MH_NS_PER_S)

static const struct mh_state_v1 *
state_of(const struct input *input)
{
    return input->host->get_interface(input->host, MH_EXT_STATE);
}

int64_t
membership_load_cursor(const struct input *input)
{
    const struct mh_state_v1 *state = state_of(input);
    char text[32];
    size_t len;
    if (state == NULL || !input->host->dataset_enabled(input->host, DATASET_EVENT) ||
        state->get(input->host, "events.since", text, sizeof text, &len) != MH_OK)
        return 0;
    return strtoll(text, NULL, 10);
}

/* Once a period at the most, because the host makes it durable. */
static void
save_cursor(struct input *input, int64_t cursor_ns)
{
    const struct mh_state_v1 *state = state_of(input);
    char text[32];
    int len = snprintf(text, sizeof text, "%lld", (long long)cursor_ns);
    if (state == NULL || cursor_ns == 0 || cursor_ns == input->saved_cursor_ns ||
        !input->host->dataset_enabled(input->host, DATASET_EVENT))
        return;
    if (state->set(input->host, "events.since", text, (size_t)len) == MH_OK)
        input->saved_cursor_ns = cursor_ns;
}

bool
membership_engine_ready(const struct input *input)
{
    return input->host->monotonic_ns(input->host) >= input->engine_retry_ns;
}

void
membership_engine_failed(struct input *input)
{
    uint64_t pause = BACKOFF_FIRST_NS << (input->engine_failures < 6 ? input->engine_failures : 6);
    if (pause > BACKOFF_LAST_NS)
        pause = BACKOFF_LAST_NS;
    input->engine_failures++;
    input->engine_retry_ns = input->host->monotonic_ns(input->host) + pause;
    input->list_is_stale = true;
    api_gauge(input->host, "engine_up", 0);
}

void
membership_engine_worked(struct input *input)
{
    if (input->engine_failures > 0)
        mh_log(input->host, MH_LOG_INFO, "the engine answers again");
    input->engine_failures = 0;
    input->engine_retry_ns = 0;
    api_gauge(input->host, "engine_up", 1);
}

static int
read_list(struct input *input, uint64_t deadline_ns)
{
    const struct json_node *list;
    int result = api_get(&input->api, "/containers/json", deadline_ns, &list, &input->engine_error);
    if (result == 0)
        result = containers_read_list(&input->containers, &input->machine, list);
    if (result == -EBADMSG)
        snprintf(input->engine_error.text, sizeof input->engine_error.text,
                 "GET /containers/json: the answer is no list of containers");
    if (result < 0)
        return result;
    input->list_is_stale = false;
    input->list_due_ns = input->host->monotonic_ns(input->host) + input->settings.reconcile_ns;
    return 0;
}

struct inspection {
    struct input *input;
    struct container **list;
};

/* A new process means new files and counters that begin anew; the same process keeps its history.
 */
static void
take_inspected(struct input *input, struct container *container, struct inspected *inspected)
{
    if (container_take_inspected(container, inspected))
        container_forget_usage(container, &input->machine);
    else if (container->cgroup != NULL)
        cgroup_refresh_limits(&input->machine, container->cgroup, &input->scratch);
}

static void
take_inspection(struct input *input, struct container *container, const struct json_node *root)
{
    struct inspected inspected = {0};
    if (inspected_read(&inspected, root) == 0)
        take_inspected(input, container, &inspected);
    exits_watch(input->exits, container, true);
}

/* One that failed stays marked and is asked again in the next period; one that is gone leaves with
 * the next list. */
static void
on_inspection(void *ctx, size_t index, int code, const struct json_node *root)
{
    const struct inspection *inspection = ctx;
    if (code == 0)
        take_inspection(inspection->input, inspection->list[index], root);
    else
        inspection->input->list_is_stale = true;
}

static bool
needs_inspection(const struct input *input, const struct container *container, uint64_t now_ns)
{
    return container->needs_inspection ||
           (container->inspect_at_ns != 0 && now_ns >= container->inspect_at_ns) ||
           (input->no_events && container->inspected.health != NULL);
}

static size_t
find_uninspected(const struct input *input, struct container **list)
{
    uint64_t now_ns = input->host->monotonic_ns(input->host);
    size_t n = 0;
    for (size_t i = 0; i < input->containers.n; i++)
        if (needs_inspection(input, input->containers.list[i], now_ns))
            list[n++] = input->containers.list[i];
    return n;
}

static void
free_paths(char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(paths[i]);
    free(paths);
}

static int
inspect(struct input *input, uint64_t deadline_ns)
{
    size_t n_paths = 0;
    CLEANUP_FREE struct container **list = calloc(input->containers.n + 1, sizeof *list);
    struct inspection inspection = {input, list};
    char **paths;
    size_t n = list == NULL ? 0 : find_uninspected(input, list);
    int result = 0;
    if (list == NULL || (paths = calloc(n + 1, sizeof *paths)) == NULL)
        return -ENOMEM;
    for (; n_paths < n; n_paths++) {
        paths[n_paths] = api_path(&input->api, "/containers/%s/json", list[n_paths]->id);
        if (paths[n_paths] == NULL)
            break;
    }
    if (n_paths > 0)
        result = api_get_many(&input->api, paths, n_paths, input->settings.max_concurrency,
                              input->settings.request_timeout_ns, deadline_ns, on_inspection,
                              &inspection);
    free_paths(paths, n_paths);
    return result;
}

/* The engine writes the result of a health check a moment after the event that its process has
 * ended. */
#define PROBE_DELAY_NS MH_NS_PER_S

static void
apply_note(struct input *input, struct note *note)
{
    struct container *container =
        note->id == NULL ? NULL : containers_find(&input->containers, note->id);
    if (container == NULL)
        return;
    if (note->inspected.known)
        take_inspected(input, container, &note->inspected);
    if (note->inspect)
        container->needs_inspection = true;
    if (note->probed && container->inspected.health != NULL && container->inspect_at_ns == 0)
        container->inspect_at_ns = note->at_ns + PROBE_DELAY_NS;
}

/* After a gap in the events a container's files tell by themselves that its process is another;
 * what has no files, and health, is looked up again. */
static bool
is_doubtful(const struct notes *notes, const struct container *container)
{
    return notes->lost ||
           (notes->reopened && (container->cgroup == NULL || container->inspected.health != NULL));
}

static void
judge_notes(struct input *input, const struct notes *notes)
{
    input->no_events = !notes->connected;
    if (notes->lost || notes->opened || input->no_events)
        input->list_is_stale = true;
    for (const struct note *note = notes->first; note != NULL; note = note->next)
        input->list_is_stale = input->list_is_stale || note->list;
    for (size_t n = 0; n < input->containers.n; n++)
        if (is_doubtful(notes, input->containers.list[n]))
            input->containers.list[n]->needs_inspection = true;
}

int
membership_update(struct input *input, uint64_t deadline_ns)
{
    CLEANUP(notes_free) struct notes notes = {0};
    uint64_t now = input->host->monotonic_ns(input->host);
    int result = 0;
    events_take_notes(input->events, &notes);
    judge_notes(input, &notes);
    if (input->list_is_stale || now >= input->list_due_ns)
        result = read_list(input, deadline_ns);
    for (struct note *note = notes.first; note != NULL; note = note->next)
        apply_note(input, note);
    if (result == 0)
        result = inspect(input, deadline_ns);
    save_cursor(input, notes.cursor_ns);
    return result;
}
