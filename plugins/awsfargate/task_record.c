/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task_record.c - awsfargate.task: one document for the whole task.
 *
 * Sums are over all containers, those of the ECS agent included, as the task's limits hold for them
 * too. While a running container has no current figures a sum would be too low, so there is none
 * then, and containers.unsampled says why.
 */
#include "awsfargate.h"
#include "identity.h"
#include "schema.h"

#include "arn.h"
#include "rate.h"
#include "support.h"

/* What the containers of the task use together. */
struct sums {
    double cpu_cores;
    uint64_t memory_used;
    uint64_t memory_usage;
    uint64_t memory_rss;
    int64_t unsampled;   /* running containers without current figures */
    int64_t without_cpu; /* or without a second sample for the CPU     */
    size_t n;
};

struct counts {
    int64_t total, running, stopped, pending, failed, healthy, unhealthy, restarts;
};

static bool
is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static void
count_container(const struct container *container, struct counts *counts)
{
    bool stopped = container_is_stopped(container);
    bool running = container_is_running(container);
    counts->total++;
    counts->running += running;
    counts->stopped += stopped;
    counts->pending += !running && !stopped;
    counts->failed += stopped && container->has_exit_code && container->exit_code != 0;
    counts->healthy += is(container->health, "HEALTHY");
    counts->unhealthy += is(container->health, "UNHEALTHY");
    if (container->has_restart_count && container->restart_count > 0)
        counts->restarts += container->restart_count;
}

static void
write_counts(const struct mh_host *host, struct mh_record *record, const struct task *task)
{
    struct counts counts = {0};
    size_t i;
    for (i = 0; i < task->n_containers; i++) {
        if (!task->containers[i].internal)
            count_container(&task->containers[i], &counts);
    }
    mh_set_int(host, record, TASK_CONTAINERS, counts.total);
    mh_set_int(host, record, TASK_CONTAINERS_RUNNING, counts.running);
    mh_set_int(host, record, TASK_CONTAINERS_STOPPED, counts.stopped);
    mh_set_int(host, record, TASK_CONTAINERS_PENDING, counts.pending);
    mh_set_int(host, record, TASK_CONTAINERS_FAILED, counts.failed);
    mh_set_int(host, record, TASK_CONTAINERS_HEALTHY, counts.healthy);
    mh_set_int(host, record, TASK_CONTAINERS_UNHEALTHY, counts.unhealthy);
    mh_set_int(host, record, TASK_CONTAINERS_RESTARTS, counts.restarts);
}

static void
write_identity(const struct mh_host *host, struct mh_record *record, const struct moment *moment)
{
    const struct task *task = moment->task;
    struct span cluster = last_part(task->cluster);
    if (moment->new_identity)
        identity_put(host, record, task, moment->own_service_name);
    set_span_text(host, record, TASK_CLUSTER_NAME, cluster.s, cluster.len);
    tags_put(moment->tags, host, record, TASK_ECS_TASK_TAGS);
    mh_set_text(host, record, TASK_TASK_NAME, task->family);
    mh_set_text(host, record, TASK_GROUP, task->group);
    mh_set_text(host, record, TASK_VPC_ID, task->vpc_id);
    mh_set_text(host, record, TASK_ZONE_ID, task->zone_id);
}

static void
write_state(const struct mh_host *host, struct mh_record *record, const struct task *task)
{
    mh_set_text(host, record, TASK_DESIRED_STATUS, task->desired_status);
    mh_set_text(host, record, TASK_KNOWN_STATUS, task->known_status);
    set_time(host, record, TASK_PULL_STARTED, task->pull_started_ns);
    set_time(host, record, TASK_PULL_STOPPED, task->pull_stopped_ns);
    set_time(host, record, TASK_EXECUTION_STOPPED, task->execution_stopped_ns);
    if (task->pull_started_ns > 0 && task->pull_stopped_ns >= task->pull_started_ns)
        mh_set_int(host, record, TASK_PULL_DURATION, task->pull_stopped_ns - task->pull_started_ns);
    if (task->has_fault_injection)
        mh_set_bool(host, record, TASK_FAULT_INJECTION, task->fault_injection);
}

static void
write_platform(const struct mh_host *host, struct mh_record *record, const struct task *task)
{
    mh_set_text(host, record, TASK_CLOCK_STATUS, task->clock_status);
    set_time(host, record, TASK_CLOCK_REFERENCE, task->clock_reference_ns);
    if (task->has_clock_error)
        mh_set_double(host, record, TASK_CLOCK_ERROR, task->clock_error_ms);
    if (task->storage_reserved_mib > 0)
        set_count(host, record, TASK_STORAGE_RESERVED, mib_to_bytes(task->storage_reserved_mib));
    if (!task->has_storage)
        return;
    set_count(host, record, TASK_STORAGE_USED, mib_to_bytes(task->storage_used_mib));
    if (task->storage_reserved_mib > 0)
        mh_set_double(host, record, TASK_STORAGE_PCT,
                      rate_round(task->storage_used_mib / task->storage_reserved_mib));
}

static void
add_known(uint64_t *sum, uint64_t value)
{
    if (value == ABSENT || *sum == ABSENT || __builtin_add_overflow(*sum, value, sum))
        *sum = ABSENT;
}

static void
add_reading(struct sums *sums, const struct reading *reading)
{
    const struct past *past = reading->past;
    if (container_is_stopped(reading->container))
        return;
    if (!reading->current) {
        sums->unsampled += container_is_running(reading->container);
        return;
    }
    sums->n++;
    sums->without_cpu += !past->has_cpu_cores;
    sums->cpu_cores += past->has_cpu_cores ? past->cpu_cores : 0;
    add_known(&sums->memory_used, past->memory_used);
    add_known(&sums->memory_usage, past_newest(past)->memory.usage);
    add_known(&sums->memory_rss, past->memory_rss);
}

static void
write_cpu(const struct mh_host *host, struct mh_record *record, const struct moment *moment,
          const struct sums *sums)
{
    double limit = moment->task->cpu_limit;
    if (sums->without_cpu > 0)
        return;
    mh_set_double(host, record, TASK_CPU_USAGE, rate_round(sums->cpu_cores));
    if (limit > 0)
        mh_set_double(host, record, TASK_CPU_OF_TASK_LIMIT, rate_round(sums->cpu_cores / limit));
}

static void
write_sums(const struct mh_host *host, struct mh_record *record, const struct moment *moment)
{
    struct sums sums = {0};
    size_t i;
    for (i = 0; i < moment->n_readings; i++)
        add_reading(&sums, &moment->readings[i]);
    mh_set_int(host, record, TASK_CONTAINERS_UNSAMPLED, sums.unsampled);
    if (sums.unsampled > 0 || sums.n == 0)
        return;
    write_cpu(host, record, moment, &sums);
    set_count(host, record, TASK_MEMORY_USAGE, sums.memory_used);
    set_count(host, record, TASK_MEMORY_USAGE_CACHED, sums.memory_usage);
    set_count(host, record, TASK_MEMORY_RSS, sums.memory_rss);
    set_part(host, record, TASK_MEMORY_OF_TASK_LIMIT, sums.memory_used,
             (double)mib_to_bytes(moment->task->memory_mib));
}

static void
write_limits(const struct mh_host *host, struct mh_record *record, const struct task *task)
{
    if (task->cpu_limit > 0)
        mh_set_double(host, record, TASK_CPU_LIMIT, task->cpu_limit);
    if (task->memory_mib > 0)
        set_count(host, record, TASK_MEMORY_LIMIT, mib_to_bytes(task->memory_mib));
}

void
write_task(const struct moment *moment, struct mh_batch *batch)
{
    const struct mh_host *host = moment->host;
    struct mh_record *record = host->record->add(batch, DATASET_TASK, 0);
    if (record == NULL)
        return;
    write_identity(host, record, moment);
    write_state(host, record, moment->task);
    write_limits(host, record, moment->task);
    write_counts(host, record, moment->task);
    write_platform(host, record, moment->task);
    if (moment->has_stats)
        write_sums(host, record, moment);
    if (moment->carrier != NULL)
        put_networks(host, record, moment->carrier->past, TASK_NET_IN_BYTES,
                     TASK_NET_IN_RATE_BYTES);
}
