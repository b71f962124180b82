/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sampling.c - takes one sample of each container and writes all records from it.
 *
 * Containers whose cgroup can be read cost the engine nothing. The others are asked from its API, a
 * few at a time, each with its own deadline; one that fails again and again is left alone for a
 * while (a circuit breaker), so that it stalls nobody.
 */
#include "input.h"
#include "support.h"

#include <errno.h>

#define BREAKER_AFTER 3
#define BREAKER_LONGEST_NS (300 * MH_NS_PER_S)

static void
emit_sample(const struct emitter *emitter, const struct measured *measured)
{
    emit_container(emitter, measured);
    emit_healthcheck(emitter, measured->container);
    if (measured->usage == NULL)
        return;
    emit_cpu(emitter, measured);
    emit_memory(emitter, measured);
    emit_diskio(emitter, measured);
    emit_network(emitter, measured);
    emit_network_summary(emitter, measured->container);
}

/* The first sample of a container that was started after this input has its start as the moment
 * before. */
static const struct history *
history_of(const struct input *input, const struct container *container, struct history *from_start)
{
    int64_t started_ns = container->inspected.started_ns;
    int64_t lived_ns = input->host->realtime_ns(input->host) - started_ns;
    if (container->history.known || container->cgroup == NULL || started_ns <= 0 || lived_ns <= 0 ||
        (uint64_t)lived_ns > input->usage.taken_ns - input->started_ns)
        return &container->history;
    history_from_start(from_start, &input->usage, lived_ns);
    return from_start;
}

/* Rates against the previous sample, then records, then this sample becomes the previous one. */
static void
finish_sample(struct input *input, const struct emitter *emitter, struct container *container)
{
    const struct measured measured = {container, &input->usage, &input->rates, false};
    struct history from_start;
    rates_compute(&input->rates, history_of(input, container, &from_start), &input->usage);
    api_count(input->host, "rejected_samples", input->rates.rejected);
    emit_sample(emitter, &measured);
    history_keep(&container->history, &input->usage);
}

static void
begin_sample(struct input *input)
{
    usage_reset(&input->usage);
    input->usage.skip_majors = input->settings.skip_majors;
    input->usage.n_skip_majors = input->settings.n_skip_majors;
}

static void
emit_unmeasured(const struct emitter *emitter, const struct container *container)
{
    const struct measured measured = {container, NULL, NULL, false};
    emit_sample(emitter, &measured);
}

/* True when the container's files are open, or can be opened now. */
static bool
has_cgroup(struct input *input, struct container *container)
{
    int result;
    if (container->cgroup != NULL)
        return true;
    if (!input->has_cgroups || container->no_cgroup || container->inspected.pid <= 0)
        return false;
    result = cgroup_open(&input->machine, container->inspected.pid, container->id,
                         container->own_network ? CGROUP_NETWORK : 0, &container->cgroup);
    if (result == 0)
        return true;
    container->no_cgroup = true;
    mh_log(input->host, MH_LOG_DEBUG, "container %.12s: no cgroup of process %d here: %s",
           container->id, (int)container->inspected.pid, strerror(-result));
    return false;
}

static void
sample_cgroup(struct input *input, const struct emitter *emitter, struct container *container,
              const struct machine_cpu *machine_cpu)
{
    int result;
    begin_sample(input);
    result = cgroup_read(&input->machine, container->cgroup, &input->scratch, &input->usage);
    if (result < 0) {
        /* It has ended, or was started anew: the list and an inspection will tell. */
        container_forget_usage(container, &input->machine);
        container->needs_inspection = true;
        input->list_is_stale = true;
        return;
    }
    input->usage.taken_ns = input->host->monotonic_ns(input->host);
    input->usage.cpu.system = machine_cpu->system_ns;
    input->usage.cpu.online = machine_cpu->online;
    input->n_cgroup++;
    finish_sample(input, emitter, container);
}

struct api_sampling {
    struct input *input;
    const struct emitter *emitter;
    struct container **list;
};

static void
open_breaker(struct input *input, struct container *container)
{
    uint64_t pause = input->host->period_ns(input->host);
    unsigned beyond = ++container->failures - BREAKER_AFTER;
    if (container->failures < BREAKER_AFTER)
        return;
    pause = beyond < 10 ? pause << beyond : BREAKER_LONGEST_NS;
    if (pause > BREAKER_LONGEST_NS)
        pause = BREAKER_LONGEST_NS;
    container->retry_at_ns = input->host->monotonic_ns(input->host) + pause;
    if (container->failures == BREAKER_AFTER)
        mh_log(
            input->host, MH_LOG_WARNING,
            "container %s (%.12s): the engine failed %u times to give its stats; asking less often",
            container->name == NULL ? "?" : container->name, container->id, container->failures);
}

static void
on_stats(void *ctx, size_t index, int code, const struct json_node *root)
{
    const struct api_sampling *sampling = ctx;
    struct input *input = sampling->input;
    struct container *container = sampling->list[index];
    begin_sample(input);
    if (code == 0 && usage_read_stats(root, &input->usage)) {
        /* Our own clock: the engine's may jump. */
        input->usage.taken_ns = input->host->monotonic_ns(input->host);
        container->failures = 0;
        input->n_api++;
        finish_sample(input, sampling->emitter, container);
        return;
    }
    input->list_is_stale = true;
    if (code < 0 && code != -ENOENT && code != -ECANCELED)
        open_breaker(input, container);
    if (code != -ENOENT)
        emit_unmeasured(sampling->emitter, container);
}

static void
ask_api(struct input *input, const struct emitter *emitter, struct container **list, size_t n,
        uint64_t deadline_ns)
{
    struct api_sampling sampling = {input, emitter, list};
    CLEANUP_FREE char **paths = calloc(n + 1, sizeof *paths);
    size_t n_paths = 0;
    if (paths == NULL)
        return;
    for (; n_paths < n; n_paths++) {
        paths[n_paths] = api_path(&input->api, "/containers/%s/stats?stream=false%s",
                                  list[n_paths]->id, input->api.one_shot ? "&one-shot=true" : "");
        if (paths[n_paths] == NULL)
            break;
    }
    api_get_many(&input->api, paths, n_paths, input->settings.max_concurrency,
                 input->settings.request_timeout_ns, deadline_ns, on_stats, &sampling);
    for (size_t i = 0; i < n_paths; i++)
        free(paths[i]);
}

/* False: this container is left alone for now. */
static bool
may_ask_api(const struct input *input, const struct container *container)
{
    return input->settings.source != SOURCE_CGROUP && input->engine_failures == 0 &&
           input->host->monotonic_ns(input->host) >= container->retry_at_ns;
}

static const char *
describe_source(const struct input *input)
{
    if (input->settings.source != SOURCE_AUTO)
        return "as configured";
    if (input->settings.endpoint.socket == NULL)
        return "the engine is not reached by a unix socket";
    if (!input->has_cgroups)
        return "no cgroup is mounted here";
    return input->n_api == 0 ? "the containers' processes and cgroups are visible here"
                             : "some containers' processes or cgroups are not visible here";
}

static void
log_source(struct input *input)
{
    if (input->source_logged || input->n_cgroup + input->n_api == 0)
        return;
    input->source_logged = true;
    mh_log(input->host, MH_LOG_INFO,
           "usage of %u containers from cgroup files and of %u from the engine's API: %s",
           input->n_cgroup, input->n_api, describe_source(input));
}

void
sampling_collect(struct input *input, const struct emitter *emitter, uint64_t deadline_ns)
{
    const struct containers *containers = &input->containers;
    struct machine_cpu machine_cpu = {ABSENT, ABSENT};
    CLEANUP_FREE struct container **for_api = calloc(containers->n + 1, sizeof *for_api);
    size_t n_for_api = 0, n_left_alone = 0;
    if (for_api == NULL)
        return;
    input->n_cgroup = input->n_api = 0;
    if (input->has_cgroups)
        machine_cpu = machine_read_cpu(&input->machine);
    for (size_t n = 0; n < containers->n; n++) {
        struct container *container = containers->list[n];
        if (has_cgroup(input, container)) {
            sample_cgroup(input, emitter, container, &machine_cpu);
        } else if (may_ask_api(input, container)) {
            for_api[n_for_api++] = container;
        } else {
            n_left_alone++;
            emit_unmeasured(emitter, container);
        }
    }
    if (n_for_api > 0)
        ask_api(input, emitter, for_api, n_for_api, deadline_ns);
    api_gauge(input->host, "containers", (int64_t)containers->n);
    api_gauge(input->host, "breaker_open", (int64_t)n_left_alone);
    log_source(input);
}
