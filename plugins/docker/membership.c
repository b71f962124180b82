/* SPDX-License-Identifier: Apache-2.0 */
/*
 * membership.c - which containers there are, and the facts that only an inspection tells.
 *
 * One request for the list when it may have changed, and one inspection for each start of a
 * container.
 */
#include "input.h"
#include "support.h"

#include <errno.h>

#define BACKOFF_FIRST_NS MH_NS_PER_S
#define BACKOFF_LAST_NS (60 * MH_NS_PER_S)

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
take_inspection(struct input *input, struct container *container, const struct json_node *root)
{
    int64_t started_ns = container->inspected.started_ns;
    pid_t pid = container->inspected.pid;
    if (container_read_inspection(container, root) < 0)
        return;
    container->needs_inspection = false;
    if (started_ns != container->inspected.started_ns || pid != container->inspected.pid)
        container_forget_usage(container, &input->machine);
    else if (container->cgroup != NULL)
        cgroup_refresh_limits(&input->machine, container->cgroup, &input->scratch);
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

static size_t
find_uninspected(const struct input *input, struct container **list)
{
    size_t n = 0;
    for (size_t i = 0; i < input->containers.n; i++)
        if (input->containers.list[i]->needs_inspection)
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

int
membership_update(struct input *input, uint64_t deadline_ns)
{
    uint64_t now = input->host->monotonic_ns(input->host);
    int result = 0;
    if (input->list_is_stale || now >= input->list_due_ns)
        result = read_list(input, deadline_ns);
    if (result == 0)
        result = inspect(input, deadline_ns);
    return result;
}
