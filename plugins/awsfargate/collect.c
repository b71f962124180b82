/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collect.c - see the header.
 *
 * When only /task fails, its last good answer serves on: identity and limits of a task do not
 * change, and usage is what counts. When only /task/stats fails, documents have state without
 * usage. When both fail there are none.
 */
#include "collect.h"

#include "endpoint.h"
#include "identity.h"
#include "schema.h"

#include "json.h"
#include "support.h"

#include <errno.h>

/* A sample says what a container uses until the next is due; the endpoint takes one every 10 s, or
 * later under load. */
#define CURRENT_FOR (60 * MH_NS_PER_S)

static const struct json_limits answer_limits = {
    .max_bytes = 8 * 1024 * 1024, .max_depth = 24, .max_nodes = 200000};

int
collector_init(struct collector *collector, const struct mh_host *host)
{
    collector->host = host;
    collector->metadata[0] = json_new(&answer_limits);
    collector->metadata[1] = json_new(&answer_limits);
    collector->stats = json_new(&answer_limits);
    if (!collector->metadata[0] || !collector->metadata[1] || !collector->stats)
        return -ENOMEM;
    return 0;
}

void
collector_free(struct collector *collector)
{
    task_free(&collector->task);
    history_free(&collector->history);
    tags_free(&collector->tags);
    json_free(collector->metadata[0]);
    json_free(collector->metadata[1]);
    json_free(collector->stats);
    endpoint_free(collector->endpoint);
    free(collector->readings);
    *collector = (struct collector){0};
}

/* An answer without containers and ARN is no task, whatever its status said ({} while the agent
 * starts). */
static bool
is_task(const struct task *task)
{
    return task->n_containers > 0 || task->arn != NULL;
}

static int
adopt_task(struct collector *collector, const struct json_node *root)
{
    CLEANUP(task_free) struct task task = {0};
    int code = task_read(root, &task);
    if (code < 0)
        return code;
    if (!is_task(&task))
        return -ENODATA;
    task_free(&collector->task);
    collector->task = task;
    task = (struct task){0};
    collector->good = 1 - collector->good;
    collector->has_task = true;
    return 0;
}

/* Words for a GET of /task without a task. */
static const char *
task_error(const struct collector *collector, int code)
{
    if (code == -ENODATA)
        return "the task metadata endpoint answers without a task; the ECS agent may be starting";
    return endpoint_error(collector->endpoint);
}

static void
note_old_task(struct collector *collector, int code)
{
    const struct mh_host *host = collector->host;
    bool is_old = code < 0 && code != -EAGAIN;
    if (is_old && !collector->task_is_old && collector->has_task)
        mh_log(host, MH_LOG_WARNING, "%s; going on with the last good answer",
               task_error(collector, code));
    if (!is_old && code == 0 && collector->task_is_old)
        mh_log(host, MH_LOG_INFO, "the task's metadata is up to date again");
    collector->task_is_old = is_old || (collector->task_is_old && code == -EAGAIN);
}

static int
refresh_task(struct collector *collector, uint64_t deadline_ns)
{
    struct json *spare = collector->metadata[1 - collector->good];
    const struct mh_host *host = collector->host;
    bool with_tags = tags_wanted(&collector->tags, host->monotonic_ns(host));
    int code = endpoint_get(collector->endpoint, with_tags ? "/taskWithTags" : "/task", deadline_ns,
                            spare);
    if (with_tags && code != -EAGAIN)
        tags_read(&collector->tags, code == 0 ? json_root(spare) : NULL, host);
    if (code == 0)
        code = adopt_task(collector, json_root(spare));
    note_old_task(collector, code);
    collector->new_identity =
        code == 0 && identity_publish(host, &collector->task, collector->own_service_name,
                                      &collector->identity_hash);
    return code;
}

static int
refresh_stats(struct collector *collector, uint64_t deadline_ns)
{
    history_new_answer(&collector->history);
    return endpoint_get(collector->endpoint, "/task/stats", deadline_ns, collector->stats);
}

static void
read_sample(struct collector *collector, struct reading *reading, const struct json_node *entry)
{
    uint64_t now = collector->host->monotonic_ns(collector->host);
    struct past *past = reading->past;
    struct cpu_share share;
    reading->fresh = history_read(&collector->history, past, entry, now);
    reading->listed = reading->fresh || (entry != NULL && entry->type == JSON_OBJECT &&
                                         entry->members.count > 0 && past_newest(past) != NULL);
    reading->current =
        reading->listed && past_newest(past) != NULL && now - past->seen_ns < CURRENT_FOR;
    if (!reading->fresh)
        return;
    past->has_cpu_cores = cpu_share_of(past, CPU_TOTAL, &share);
    past->cpu_cores = past->has_cpu_cores ? share.cores : 0;
}

static bool
make_room(struct collector *collector, size_t n)
{
    struct reading *readings;
    if (n <= collector->max_readings)
        return true;
    readings = support_realloc_array(collector->readings, n, sizeof *readings);
    if (readings == NULL)
        return false;
    collector->readings = readings;
    collector->max_readings = n;
    return true;
}

/* Two passes: a container that is new moves the others' pasts. */
static bool
touch_all(struct collector *collector)
{
    const struct task *task = &collector->task;
    size_t i;
    for (i = 0; i < task->n_containers; i++) {
        if (history_touch(&collector->history, task->containers[i].id) == NULL)
            return false;
    }
    return make_room(collector, task->n_containers);
}

/* An entry of /task/stats whose container /task does not know is left out: it has neither name nor
 * state, and the next /task will know it. */
static bool
read_moment(struct collector *collector, const struct json_node *stats, struct moment *moment)
{
    const struct task *task = &collector->task;
    size_t i;
    if (!touch_all(collector))
        return false;
    for (i = 0; i < task->n_containers; i++) {
        struct reading *reading = &collector->readings[i];
        *reading = (struct reading){.container = &task->containers[i]};
        reading->past = history_touch(&collector->history, reading->container->id);
        if (stats != NULL)
            read_sample(collector, reading, json_member(stats, reading->container->id));
    }
    history_sweep(&collector->history);
    moment->readings = collector->readings;
    moment->n_readings = task->n_containers;
    return true;
}

static bool
is_better_carrier(const struct reading *reading, const struct reading *best)
{
    const struct usage *usage = past_newest(reading->past);
    if (!reading->current || usage->network.n_interfaces == 0)
        return false;
    return best == NULL || usage->read_unix_ns > past_newest(best->past)->read_unix_ns;
}

static const struct reading *
choose_carrier(const struct moment *moment)
{
    const struct reading *best = NULL;
    size_t i;
    for (i = 0; moment->task->awsvpc && i < moment->n_readings; i++) {
        if (is_better_carrier(&moment->readings[i], best))
            best = &moment->readings[i];
    }
    return best;
}

static int32_t
write_documents(struct collector *collector, const struct json_node *stats, struct mh_batch *batch)
{
    struct moment moment = {.host = collector->host,
                            .task = &collector->task,
                            .tags = &collector->tags,
                            .has_stats = stats != NULL,
                            .cores = collector->cores,
                            .new_identity = collector->new_identity,
                            .own_service_name = collector->own_service_name};
    if (!read_moment(collector, stats, &moment))
        return mh_fail(collector->host, MH_ERR_NOMEM, "no memory for the containers of the task");
    moment.carrier = choose_carrier(&moment);
    write_task_stats(&moment, batch);
    write_task(&moment, batch);
    return MH_OK;
}

static int32_t
report(struct collector *collector, int code, const char *words)
{
    if (code == 0 || code == -EAGAIN)
        return MH_OK;
    return mh_fail(collector->host, MH_ERR_RETRY, "%s", words);
}

/* An endpoint that drips its first answer shall leave time for the second. */
static uint64_t
half_way(const struct mh_host *host, uint64_t deadline_ns)
{
    uint64_t now = host->monotonic_ns(host);
    return deadline_ns > now ? now + (deadline_ns - now) / 2 : deadline_ns;
}

int32_t
collector_run(struct collector *collector, struct mh_batch *batch, uint64_t deadline_ns)
{
    CLEANUP_FREE char *words = NULL;
    int32_t result;
    int task_code = refresh_task(collector, half_way(collector->host, deadline_ns));
    int stats_code;
    if (task_code == -ECANCELED)
        return report(collector, task_code, task_error(collector, task_code));
    if (task_code < 0)
        words = strdup(task_error(collector, task_code));
    stats_code = refresh_stats(collector, deadline_ns);
    if (!collector->has_task || (task_code < 0 && stats_code == -EAGAIN))
        return report(collector, task_code, words != NULL ? words : "no answer");
    if (task_code < 0 && stats_code < 0)
        return report(collector, stats_code, endpoint_error(collector->endpoint));
    result =
        write_documents(collector, stats_code == 0 ? json_root(collector->stats) : NULL, batch);
    if (result != MH_OK)
        return result;
    return report(collector, stats_code, endpoint_error(collector->endpoint));
}
