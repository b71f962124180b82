/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - see output.h: creating, starting and ending the workers. What they do is in deliver.c.
 */
#include "pipeline/output.h"

#include "log/log.h"
#include "pipeline/deliver.h"

#include <metrichost/ext/output.h>

#include <errno.h>

enum { OUTPUT_MAX_WORKERS = 256, WRITE_TIMEOUT_S = 180 };

static const struct instance_role output_role;

static int
add_worker(struct output *o, const struct mh_config *node, uint32_t n_workers,
           struct diagnostics *d)
{
    struct output_worker **grown =
        realloc(o->workers, (o->n_workers + 1u) * sizeof(struct output_worker *));
    if (grown == NULL)
        return -ENOMEM;
    o->workers = grown;
    struct output_worker *w = calloc(1, sizeof *w);
    struct mh_config *config = config_clone(node);
    if (w == NULL || config == NULL) {
        free(w);
        config_node_free(config);
        return -ENOMEM;
    }
    w->output = o;
    w->instance.host.worker_index = o->n_workers;
    w->instance.host.n_workers = n_workers;
    int r = instance_create(&w->instance, o->name, o->plugin, config, &output_role,
                            o->env->instance, d);
    if (r == 0)
        o->workers[o->n_workers++] = w;
    else
        free(w);
    return r;
}

void
output_limits(struct output_worker *w, struct mh_output_limits *ret)
{
    *ret = (struct mh_output_limits){.n_workers = 1,
                                     .max_records = 1600,
                                     .max_bytes = 5 * 1024 * 1024,
                                     .backoff_init_ns = 1 * MH_NS_PER_S,
                                     .backoff_max_ns = 60 * MH_NS_PER_S};
    const struct mh_output_v1 *ext = instance_interface(&w->instance, MH_EXT_OUTPUT);
    if (ext != NULL)
        ext->limits(w->instance.self, ret);
    if (ret->max_records == 0)
        ret->max_records = 1;
    if (ret->n_workers == 0)
        ret->n_workers = 1;
    if (ret->n_workers > OUTPUT_MAX_WORKERS)
        ret->n_workers = OUTPUT_MAX_WORKERS;
}

/* The first instance says how many there shall be. When it is more than one the first is made anew,
 * so that every instance learns the right count. */
static int
create_workers(struct output *o, const struct mh_config *node, struct diagnostics *d)
{
    struct mh_output_limits limits;
    int r = add_worker(o, node, 1, d);
    if (r != 0)
        return r;
    output_limits(o->workers[0], &limits);
    if (limits.n_workers == 1)
        return 0;
    instance_destroy(&o->workers[0]->instance);
    free(o->workers[0]);
    o->n_workers = 0;
    for (uint32_t i = 0; r == 0 && i < limits.n_workers; i++)
        r = add_worker(o, node, limits.n_workers, d);
    return r;
}

int
output_create(const char *name, const struct mh_plugin *plugin, const struct mh_config *node,
              struct output_env *env, struct diagnostics *d, struct output **ret)
{
    struct output *o = calloc(1, sizeof *o);
    if (o == NULL)
        return -ENOMEM;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&o->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&o->lock, NULL);
    o->env = env;
    o->plugin = plugin;
    o->write_timeout_ns = WRITE_TIMEOUT_S * MH_NS_PER_S;
    o->name = util_printf("output.%s", name);
    o->configured = config_clone(node);
    int r = o->name != NULL && o->configured != NULL ? create_workers(o, node, d) : -ENOMEM;
    if (r != 0)
        output_free(take(o));
    *ret = o;
    return r;
}

static void *
worker(void *arg)
{
    struct output_worker *w = arg;
    int32_t r = instance_start(&w->instance);
    if (r == MH_OK) {
        deliver_until_stopped(w);
        atomic_store(&w->instance.stopping, true);
        instance_stop(&w->instance);
    } else {
        CLEANUP_FREE char *words = instance_take_words(&w->instance, r);
        log_error(w->instance.name, "does not start, records stay in the queue: %s",
                  words != NULL ? words : error_name(r));
    }
    atomic_store(&w->finished, true);
    return NULL;
}

int
output_start(struct output *o)
{
    for (uint32_t i = 0; i < o->n_workers; i++) {
        struct output_worker *w = o->workers[i];
        int r = pthread_create(&w->thread, NULL, worker, w);
        if (r != 0)
            return -r;
        w->has_thread = true;
    }
    return 0;
}

void
output_set_phase(struct output *o, enum output_phase phase)
{
    pthread_mutex_lock(&o->lock);
    atomic_store(&o->phase, phase);
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
    queue_wake(o->env->queue);
}

void
output_wake(struct output *o)
{
    for (uint32_t i = 0; i < o->n_workers; i++)
        if (o->workers[i]->has_thread)
            instance_wake(&o->workers[i]->instance);
}

bool
output_join(struct output *o, uint64_t deadline_ns)
{
    for (uint32_t i = 0; i < o->n_workers; i++) {
        struct output_worker *w = o->workers[i];
        while (w->has_thread && !atomic_load(&w->finished)) {
            if (util_monotonic_ns() >= deadline_ns)
                return false;
            usleep(2000);
        }
        if (w->has_thread)
            pthread_join(w->thread, NULL);
        w->has_thread = false;
    }
    return true;
}

void
output_free(struct output *o)
{
    if (o == NULL)
        return;
    for (uint32_t i = 0; i < o->n_workers; i++) {
        instance_destroy(&o->workers[i]->instance);
        batch_free(o->workers[i]->batch);
        free(o->workers[i]->fates);
        free(o->workers[i]->entry_of);
        free(o->workers[i]);
    }
    free(o->workers);
    config_node_free(o->configured);
    pthread_cond_destroy(&o->changed);
    pthread_mutex_destroy(&o->lock);
    free(o->name);
    free(o);
}
