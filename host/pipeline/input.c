/* SPDX-License-Identifier: Apache-2.0 */
/* input.c - see input.h: the worker thread of an input. */
#include "pipeline/input.h"

#include "log/log.h"

#include <errno.h>

enum { START_RETRY_S = 5 };

static uint64_t
role_period(const struct instance *i)
{
    return ((const struct input *)(const void *)i)->period_ns;
}

static bool
role_enabled(const struct instance *i, uint32_t dataset)
{
    const struct input *in = (const struct input *)(const void *)i;
    return dataset < in->instance.plugin->n_datasets && in->enabled[dataset];
}

static struct mh_batch *
role_new_batch(struct instance *i)
{
    struct input *in = (struct input *)(void *)i;
    struct shape_set *shapes = input_shapes(in);
    struct mh_batch *batch = shapes != NULL ? batch_new(shapes) : NULL;
    shape_set_unref(shapes);
    return batch;
}

static int32_t
role_submit(struct instance *i, struct mh_batch *batch)
{
    struct input *in = (struct input *)(void *)i;
    int r = input_accept(in, batch, util_monotonic_ns() + in->period_ns);
    batch_free(batch);
    return r == 0 ? MH_OK : MH_ERR_DROP;
}

static void
role_request_collect(struct instance *i)
{
    struct input *in = (struct input *)(void *)i;
    pthread_mutex_lock(&in->lock);
    in->collect_requested = true;
    pthread_cond_signal(&in->changed);
    pthread_mutex_unlock(&in->lock);
}

static void
role_constants_changed(struct instance *i)
{
    atomic_fetch_add(&((struct input *)(void *)i)->env->generation, 1);
}

const struct instance_role input_role = {
    .period_ns = role_period,
    .dataset_enabled = role_enabled,
    .new_batch = role_new_batch,
    .submit = role_submit,
    .request_collect = role_request_collect,
    .constants_changed = role_constants_changed,
};

static struct timespec
timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / MH_NS_PER_S),
                             .tv_nsec = (long)(ns % MH_NS_PER_S)};
}

/* Sleeps until `until_ns`, a stop or a request to collect. True: go on; false: stop. */
static bool
wait_until(struct input *in, uint64_t until_ns)
{
    struct timespec until = timespec_of(until_ns);
    pthread_mutex_lock(&in->lock);
    while (!in->stop_requested && !in->collect_requested &&
           pthread_cond_timedwait(&in->changed, &in->lock, &until) != ETIMEDOUT)
        ;
    in->collect_requested = false;
    bool go_on = !in->stop_requested;
    pthread_mutex_unlock(&in->lock);
    return go_on;
}

/* One log line when collecting begins to fail, or fails in another way, and one when it works
 * again. */
static void
note_result(struct input *in, int32_t r, const char *words)
{
    if (r != MH_OK && in->last_result != r) {
        log_warning(in->instance.name, "collecting fails: %s", words);
        in->failing_since_ns =
            in->last_result == MH_OK ? util_monotonic_ns() : in->failing_since_ns;
    }
    if (r == MH_OK && in->last_result != MH_OK)
        log_info(in->instance.name, "collects again after %.1f s",
                 (double)(util_monotonic_ns() - in->failing_since_ns) / 1e9);
    in->last_result = r;
    statistics_add(&in->instance.host, r == MH_OK ? "collections" : "failed_collections", 1);
}

static bool
batch_refresh(struct input *in)
{
    struct shape_set *shapes = input_shapes(in);
    if (shapes == NULL)
        return false;
    if (in->batch == NULL)
        in->batch = batch_new(shapes);
    else
        batch_reset(in->batch, shapes);
    shape_set_unref(shapes);
    return in->batch != NULL;
}

/* One sample, from the plugin to the queue. */
static int32_t
collect_once(struct input *in, uint64_t next_ns)
{
    if (!batch_refresh(in)) {
        log_error(in->instance.name, "out of memory, this sample is skipped");
        return MH_ERR_NOMEM;
    }
    int32_t r = instance_collect(&in->instance, in->batch, util_monotonic_ns() + in->timeout_ns);
    CLEANUP_FREE char *words = r != MH_OK ? instance_take_words(&in->instance, r) : NULL;
    if (words != NULL)
        input_add_error_record(in, in->batch, words);
    note_result(in, r, words);
    input_accept(in, in->batch, next_ns);
    return r;
}

/* The next tick of the schedule; ticks that have passed meanwhile are skipped and counted. */
static uint64_t
next_tick(struct input *in, uint64_t tick_ns)
{
    uint64_t now = util_monotonic_ns();
    tick_ns += in->period_ns;
    if (tick_ns > now)
        return tick_ns;
    uint64_t missed = (now - tick_ns) / in->period_ns + 1;
    statistics_add(&in->instance.host, "missed_periods", (int64_t)missed);
    return tick_ns + missed * in->period_ns;
}

static bool
sample_until_stopped(struct input *in, uint64_t tick_ns)
{
    while (wait_until(in, tick_ns)) {
        uint64_t next_ns = tick_ns > util_monotonic_ns() ? tick_ns : next_tick(in, tick_ns);
        int32_t r = collect_once(in, next_ns);
        if (r == MH_ERR_FATAL || r < MH_ERR_FATAL) {
            log_error(in->instance.name, "stopped for good; the other instances go on");
            return false;
        }
        tick_ns = next_ns;
    }
    return true;
}

/* start() may fail for a while (a device that comes late): try again, but not with a wrong
 * configuration. */
static bool
start_plugin(struct input *in)
{
    bool said = false;
    for (;;) {
        int32_t r = instance_start(&in->instance);
        if (r == MH_OK)
            return true;
        CLEANUP_FREE char *words = instance_take_words(&in->instance, r);
        bool again = r == MH_ERR_RETRY || r == MH_ERR_NOMEM;
        if (!said)
            log_error(in->instance.name, "does not start%s: %s", again ? ", trying again" : "",
                      words != NULL ? words : error_name(r));
        said = true;
        if (!again || !wait_until(in, util_monotonic_ns() + START_RETRY_S * MH_NS_PER_S))
            return false;
    }
}

static uint64_t
first_tick(const struct input *in)
{
    uint64_t random, delay = in->env->max_start_delay_ns;
    util_random(&random, sizeof random);
    return util_monotonic_ns() + (delay != 0 ? random % delay : 0);
}

static void *
worker(void *arg)
{
    struct input *in = arg;
    if (start_plugin(in)) {
        bool sound = sample_until_stopped(in, first_tick(in));
        pthread_mutex_lock(&in->lock);
        bool final = in->final_sample && sound;
        pthread_mutex_unlock(&in->lock);
        if (final)
            collect_once(in, util_monotonic_ns() + in->timeout_ns);
        atomic_store(&in->instance.stopping, true);
        instance_stop(&in->instance);
    }
    atomic_store(&in->finished, true);
    return NULL;
}

int
input_start(struct input *in)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_destroy(&in->changed);
    pthread_cond_init(&in->changed, &attr);
    pthread_condattr_destroy(&attr);
    processors_start(&in->processors);
    int r = pthread_create(&in->thread, NULL, worker, in);
    in->has_thread = r == 0;
    return -r;
}

void
input_request_stop(struct input *in, bool final_sample)
{
    pthread_mutex_lock(&in->lock);
    in->stop_requested = true;
    in->final_sample = final_sample;
    pthread_cond_broadcast(&in->changed);
    pthread_mutex_unlock(&in->lock);
}

bool
input_join(struct input *in, uint64_t deadline_ns)
{
    if (!in->has_thread)
        return true;
    /* The thread sets `finished` as its last act, so this join is short; polling keeps us off a
     * clock that can jump. */
    while (!atomic_load(&in->finished)) {
        if (util_monotonic_ns() >= deadline_ns)
            return false;
        usleep(2000);
    }
    pthread_join(in->thread, NULL);
    in->has_thread = false;
    processors_stop(&in->processors);
    return true;
}

void
input_free(struct input *in)
{
    if (in == NULL)
        return;
    processors_free(&in->processors);
    instance_destroy(&in->instance);
    batch_free(in->batch);
    shape_set_unref(in->shapes);
    constants_unref(in->fixed);
    config_node_free(in->block);
    free(in->enabled);
    pthread_cond_destroy(&in->changed);
    pthread_mutex_destroy(&in->lock);
    free(in);
}
