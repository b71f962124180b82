/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task_stats.c - awsfargate.task_stats: one document for each container.
 *
 * A new sample makes a document with the sample's time and everything there is to tell. Without one
 * (the container has stopped or is not yet sampled) the document has identity and state only, and
 * the time of collection. When the endpoint gives the sample of the last period once more and the
 * state is the same, there is nothing new and no document.
 */
#include "awsfargate.h"
#include "identity.h"
#include "schema.h"

#include "arn.h"
#include "rate.h"
#include "support.h"

#include <inttypes.h>

/* Shorthands: every setter here works on one record. */
struct out {
    const struct mh_host *host;
    struct mh_record *record;
};

static void
text_field(struct out out, enum task_stats_field field, const char *text)
{
    mh_set_text(out.host, out.record, field, text);
}

static void
number_field(struct out out, enum task_stats_field field, double value)
{
    mh_set_double(out.host, out.record, field, value);
}

static const char *
runtime_of(const struct task *task)
{
    if (task->launch_type == NULL)
        return NULL;
    return task->fargate ? "containerd" : "docker";
}

static void
write_identifier(struct out out, const struct container *container)
{
    CLEANUP_FREE char *text = NULL;
    int len = asprintf(&text, "%.*s/%s", (int)container->name_len,
                       container->name != NULL ? container->name : "", container->id);
    if (len < 0) {
        text = NULL;
        return;
    }
    text_field(out, TS_IDENTIFIER, text);
}

static void
write_identity(struct out out, const struct moment *moment, const struct container *container)
{
    struct span cluster = last_part(moment->task->cluster);
    if (moment->new_identity)
        identity_put(out.host, out.record, moment->task, moment->own_service_name);
    text_field(out, TS_ID, container->id);
    set_span_text(out.host, out.record, TS_NAME, container->name, container->name_len);
    text_field(out, TS_IMAGE_NAME, container->image);
    text_field(out, TS_IMAGE_ID, container->image_id);
    text_field(out, TS_RUNTIME, runtime_of(moment->task));
    text_field(out, TS_ECS_CONTAINER_ARN, container->arn);
    text_field(out, TS_TYPE, container->type);
    put_labels(out.host, out.record, TS_LABELS, container->labels);
    tags_put(moment->tags, out.host, out.record, TS_ECS_TASK_TAGS);
    set_span_text(out.host, out.record, TS_CLUSTER_NAME, cluster.s, cluster.len);
    text_field(out, TS_TASK_NAME, moment->task->family);
    write_identifier(out, container);
}

static void
write_health(struct out out, const struct container *container)
{
    if (container->health == NULL)
        return;
    text_field(out, TS_HEALTH_STATUS, container->health);
    set_time(out.host, out.record, TS_HEALTH_SINCE, container->health_since_ns);
    if (container->has_health_exit_code)
        mh_set_int(out.host, out.record, TS_HEALTH_EXIT_CODE, container->health_exit_code);
}

static void
write_state(struct out out, const struct task *task, const struct container *container)
{
    text_field(out, TS_TASK_DESIRED_STATUS, task->desired_status);
    text_field(out, TS_TASK_KNOWN_STATUS, task->known_status);
    text_field(out, TS_DESIRED_STATUS, container->desired_status);
    text_field(out, TS_KNOWN_STATUS, container->known_status);
    set_time(out.host, out.record, TS_CREATED, container->created_ns);
    set_time(out.host, out.record, TS_STARTED, container->started_ns);
    set_time(out.host, out.record, TS_FINISHED, container->finished_ns);
    if (container->has_exit_code)
        mh_set_int(out.host, out.record, TS_EXIT_CODE, container->exit_code);
    if (container->has_restart_count)
        mh_set_int(out.host, out.record, TS_RESTART_COUNT, container->restart_count);
    if (container->memory_mib > 0)
        number_field(out, TS_MEMORY_HARD_LIMIT, container->memory_mib);
    write_health(out, container);
}

static bool
write_cpu_mode(struct out out, const struct past *past, enum cpu_mode mode,
               enum task_stats_field field, enum task_stats_field norm_field, struct cpu_share *ret)
{
    if (!cpu_share_of(past, mode, ret))
        return false;
    number_field(out, field, ret->cores);
    number_field(out, norm_field, ret->norm);
    return true;
}

static void
write_cpu_parts(struct out out, const struct moment *moment, const struct reading *reading,
                double cores)
{
    double reserved = reading->container->cpu_units / 1024;
    if (moment->task->cpu_limit > 0)
        number_field(out, TS_CPU_OF_TASK_LIMIT, rate_round(cores / moment->task->cpu_limit));
    if (reserved > 0)
        number_field(out, TS_CPU_OF_RESERVATION, rate_round(cores / reserved));
}

static void
put_core(struct out out, enum task_stats_field field, size_t core, struct mh_value value)
{
    char key[24];
    int len = snprintf(key, sizeof key, "%zu", core);
    out.host->record->put(out.record, field, key, (uint32_t)len, &value);
}

static void
write_core(struct out out, const struct usage_cpu *now, const struct usage_cpu *before, size_t i)
{
    double norm, part;
    if (now->per_core[i] <= INT64_MAX)
        put_core(out, TS_CPU_CORE_TICKS, i, mh_int((int64_t)now->per_core[i]));
    if (before->n_cores != now->n_cores || now->online == ABSENT)
        return;
    if (rate_share(now->per_core[i], before->per_core[i], now->system, before->system, 1, 2,
                   &norm) != RATE_OK ||
        rate_share(now->per_core[i], before->per_core[i], now->system, before->system,
                   (double)now->online, 2 * (double)now->online, &part) != RATE_OK)
        return;
    put_core(out, TS_CPU_CORE_NORM, i, mh_double(norm));
    put_core(out, TS_CPU_CORE, i, mh_double(part));
}

static void
write_cores(struct out out, const struct past *past)
{
    const struct usage *now = past_newest(past);
    const struct usage *own = past_before(past);
    size_t i;
    for (i = 0; i < now->cpu.n_cores; i++)
        write_core(out, &now->cpu, own != NULL ? &own->cpu : &now->before, i);
}

/* On Fargate the counters are there and never move, whatever happens: a zero would say that all is
 * well. */
static void
write_throttling(struct out out, const struct task *task, const struct usage_cpu *cpu)
{
    if (task->fargate || task->launch_type == NULL)
        return;
    set_count(out.host, out.record, TS_CPU_THROTTLING_PERIODS, cpu->periods);
    set_count(out.host, out.record, TS_CPU_THROTTLED_PERIODS, cpu->throttled_periods);
    set_count(out.host, out.record, TS_CPU_THROTTLED_TIME, cpu->throttled_ns);
}

static void
write_cpu(struct out out, const struct moment *moment, const struct reading *reading)
{
    const struct usage_cpu *cpu = &past_newest(reading->past)->cpu;
    struct cpu_share share;
    if (write_cpu_mode(out, reading->past, CPU_TOTAL, TS_CPU_TOTAL, TS_CPU_TOTAL_NORM, &share)) {
        number_field(out, TS_ECS_CPU, share.norm);
        number_field(out, TS_CPU_SYSTEM, (double)cpu->online);
        number_field(out, TS_CPU_SYSTEM_NORM, 1);
        write_cpu_parts(out, moment, reading, share.cores);
    }
    write_cpu_mode(out, reading->past, CPU_KERNEL, TS_CPU_KERNEL, TS_CPU_KERNEL_NORM, &share);
    write_cpu_mode(out, reading->past, CPU_USER, TS_CPU_USER, TS_CPU_USER_NORM, &share);
    set_count(out.host, out.record, TS_CPU_KERNEL_TICKS, cpu->kernel);
    set_count(out.host, out.record, TS_CPU_USER_TICKS, cpu->user);
    set_count(out.host, out.record, TS_CPU_SYSTEM_TICKS, cpu->system);
    write_throttling(out, moment->task, cpu);
    if (moment->cores)
        write_cores(out, reading->past);
}

static void
write_memory_stats(struct out out, const struct usage_memory *memory)
{
    size_t i;
    for (i = 0; i < memory->n_stats; i++) {
        const struct usage_stat *stat = &memory->stats[i];
        struct mh_value value = mh_int((int64_t)stat->value);
        if (stat->value <= INT64_MAX)
            out.host->record->put(out.record, TS_MEMORY_STATS, stat->key, stat->key_len, &value);
    }
}

static void
write_memory_parts(struct out out, const struct moment *moment, const struct reading *reading,
                   uint64_t used, uint64_t rss)
{
    struct memory_limit limit = memory_limit_of(reading, moment->task);
    double task_bytes = (double)mib_to_bytes(moment->task->memory_mib);
    if (limit.bytes > 0) {
        set_count(out.host, out.record, TS_MEMORY_LIMIT, limit.bytes);
        text_field(out, TS_MEMORY_LIMIT_SOURCE, limit.source);
    }
    set_part(out.host, out.record, TS_MEMORY_USAGE_PCT, used, (double)limit.bytes);
    set_part(out.host, out.record, TS_ECS_MEMORY, used, (double)limit.bytes);
    set_part(out.host, out.record, TS_MEMORY_RSS_PCT, rss, (double)limit.bytes);
    set_part(out.host, out.record, TS_MEMORY_OF_TASK_LIMIT, used, task_bytes);
}

static void
write_memory(struct out out, const struct moment *moment, const struct reading *reading)
{
    const struct usage *usage = past_newest(reading->past);
    uint64_t used = usage_memory_used(usage);
    uint64_t rss = usage_memory_anon(usage);
    set_count(out.host, out.record, TS_MEMORY_USAGE, used);
    set_count(out.host, out.record, TS_MEMORY_USAGE_CACHED, usage->memory.usage);
    set_count(out.host, out.record, TS_MEMORY_USAGE_MAX, usage->memory.peak);
    set_count(out.host, out.record, TS_MEMORY_RSS, rss);
    set_count(out.host, out.record, TS_MEMORY_FAIL, usage->memory.fail_count);
    write_memory_parts(out, moment, reading, used, rss);
    write_memory_stats(out, &usage->memory);
}

/* The fields of one operation follow each other in the order of the columns here. */
static void
write_disk_op(struct out out, const struct past *past, enum usage_io_op op, uint32_t first,
              uint32_t alias)
{
    static const enum usage_io_kind kinds[] = {IO_COUNT, IO_BYTES, IO_SERVICE_TIME, IO_WAIT_TIME,
                                               IO_QUEUED};
    const struct usage *now = past_newest(past);
    const struct usage *before = past_before(past);
    double rate;
    uint32_t i;
    for (i = 0; i < COUNT_OF(kinds); i++)
        set_count(out.host, out.record, first + i, now->io.sum[kinds[i]][op]);
    if (before == NULL || rate_per_second(now->io.sum[IO_COUNT][op], before->io.sum[IO_COUNT][op],
                                          now->taken_ns - before->taken_ns, &rate) != RATE_OK)
        return;
    number_field(out, first + TS_READ_RATE - TS_READ_OPS, rate);
    number_field(out, alias, rate);
}

static void
write_disk(struct out out, const struct past *past)
{
    const struct usage *usage = past_newest(past);
    write_disk_op(out, past, IO_READ, TS_READ_OPS, TS_DISK_READS);
    write_disk_op(out, past, IO_WRITE, TS_WRITE_OPS, TS_DISK_WRITES);
    write_disk_op(out, past, IO_TOTAL, TS_SUMMARY_OPS, TS_DISK_TOTAL);
    set_count(out.host, out.record, TS_ECS_DISK_READ, usage->io.sum[IO_BYTES][IO_READ]);
    set_count(out.host, out.record, TS_ECS_DISK_WRITE, usage->io.sum[IO_BYTES][IO_WRITE]);
}

static uint64_t
bytes_of_all_interfaces(const struct usage *usage, enum usage_direction direction)
{
    uint64_t sum = usage->network.n_interfaces > 0 ? 0 : ABSENT;
    size_t i;
    for (i = 0; i < usage->network.n_interfaces; i++) {
        uint64_t bytes = usage->network.interfaces[i].value[direction][NET_BYTES];
        if (bytes == ABSENT || __builtin_add_overflow(sum, bytes, &sum))
            return ABSENT;
    }
    return sum;
}

static void
write_own_network(struct out out, const struct past *past)
{
    const struct usage *usage = past_newest(past);
    put_networks(out.host, out.record, past, TS_NET_IN_BYTES, TS_NET_IN_RATE_BYTES);
    set_count(out.host, out.record, TS_ECS_NETWORK_IN,
              bytes_of_all_interfaces(usage, NET_RECEIVED));
    set_count(out.host, out.record, TS_ECS_NETWORK_OUT, bytes_of_all_interfaces(usage, NET_SENT));
}

static void
write_usage(struct out out, const struct moment *moment, const struct reading *reading)
{
    const struct usage *usage = past_newest(reading->past);
    write_cpu(out, moment, reading);
    write_memory(out, moment, reading);
    write_disk(out, reading->past);
    if (!moment->task->awsvpc)
        write_own_network(out, reading->past);
    set_count(out.host, out.record, TS_PIDS, usage->pids);
    set_count(out.host, out.record, TS_PIDS_LIMIT, usage->pids_limit);
}

static uint64_t
state_hash(const struct task *task, const struct container *container)
{
    char numbers[96];
    uint64_t hash = HASH_START;
    snprintf(numbers, sizeof numbers, "%d %" PRId64 " %d %" PRId64, container->has_exit_code,
             container->exit_code, container->has_restart_count, container->restart_count);
    hash = hash_text(hash, task->desired_status);
    hash = hash_text(hash, task->known_status);
    hash = hash_text(hash, container->desired_status);
    hash = hash_text(hash, container->known_status);
    hash = hash_text(hash, container->health);
    return hash_text(hash, numbers);
}

/* Returns the record, or NULL when there is nothing new to say or the record cannot be had. */
static struct mh_record *
write_container(const struct moment *moment, const struct reading *reading, struct mh_batch *batch)
{
    uint64_t hash = state_hash(moment->task, reading->container);
    struct out out = {.host = moment->host};
    if (reading->listed && !reading->fresh && hash == reading->past->state_hash)
        return NULL;
    out.record = out.host->record->add(
        batch, DATASET_TASK_STATS, reading->fresh ? past_newest(reading->past)->read_unix_ns : 0);
    if (out.record == NULL)
        return NULL;
    reading->past->state_hash = hash;
    write_identity(out, moment, reading->container);
    write_state(out, moment->task, reading->container);
    if (reading->fresh)
        write_usage(out, moment, reading);
    return out.record;
}

/* Where all containers share one interface its traffic is counted once: in the document of the
 * task, or, where those are switched off, in the first one that is written. */
static void
write_shared_network(const struct moment *moment, struct mh_record *record)
{
    if (moment->carrier == NULL || moment->host->dataset_enabled(moment->host, DATASET_TASK))
        return;
    put_networks(moment->host, record, moment->carrier->past, TS_NET_IN_BYTES,
                 TS_NET_IN_RATE_BYTES);
}

void
write_task_stats(const struct moment *moment, struct mh_batch *batch)
{
    bool shared_is_written = false;
    size_t i;
    for (i = 0; i < moment->n_readings; i++) {
        const struct reading *reading = &moment->readings[i];
        struct mh_record *record;
        if (reading->container->internal)
            continue;
        record = write_container(moment, reading, batch);
        if (record != NULL && reading->fresh && !shared_is_written) {
            write_shared_network(moment, record);
            shared_is_written = true;
        }
    }
}
