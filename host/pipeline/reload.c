/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload.c - the configuration again, while running: everything new is created first, and only when
 * all of it is right does anything change. Instances whose configuration is the same go on
 * untouched. The queue stays.
 */
#include "log/log.h"
#include "pipeline/catalogue.h"
#include "pipeline/pipeline_internal.h"
#include "plugin/registry.h"

#include <errno.h>
#include <glob.h>
#include <sys/stat.h>

/* How long instances that are replaced have for their last sample, and an output to hand back what
 * it holds. */
enum { END_S = 10 };

uint64_t
modules_fingerprint(const struct settings *s)
{
    CLEANUP(buf_free) struct buf seen = {0};
    glob_t files;
    if (s->modules_glob == NULL || glob(s->modules_glob, 0, NULL, &files) != 0)
        return 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct stat st;
        if (stat(files.gl_pathv[i], &st) == 0)
            buf_printf(&seen, "%s %llu %lld %ld.%09ld\n", files.gl_pathv[i],
                       (unsigned long long)st.st_ino, (long long)st.st_size,
                       (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    }
    globfree(&files);
    return util_hash(seen.data != NULL ? seen.data : "", seen.len);
}

/* Each finding as a line of its own. */
static void
log_findings(struct diagnostics *d)
{
    char *at = d->text.data;
    for (size_t left = d->text.len; left > 0;) {
        char *end = memchr(at, '\n', left);
        size_t len = end != NULL ? (size_t)(end - at) : left;
        bool error = memmem(at, len, ": error: ", 9) != NULL;
        log_line(error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "config", "%.*s", (int)len, at);
        at += len + (end != NULL);
        left -= len + (end != NULL);
    }
}

static bool
nodes_equal(struct mh_config *const *a, size_t n_a, struct mh_config *const *b, size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++)
        if (!config_equal(a[i], b[i]))
            return false;
    return true;
}

static bool
same_input(const struct input *a, const struct input *b)
{
    return strcmp(a->instance.name, b->instance.name) == 0 &&
           a->instance.plugin == b->instance.plugin && config_equal(a->block, b->block);
}

/* Swaps every new input that equals a running one for that one. What is left in `old` is to be
 * ended. */
static void
keep_unchanged(struct built *old, struct built *new)
{
    for (size_t n = 0; n < new->n_inputs; n++)
        for (size_t o = 0; o < old->n_inputs; o++)
            if (!new->inputs[n]->has_thread && same_input(old->inputs[o], new->inputs[n])) {
                struct input *unused = new->inputs[n];
                new->inputs[n] = old->inputs[o];
                old->inputs[o] = unused;
            }
}

static bool
same_output(const struct output *a, const struct output *b)
{
    return a != NULL && b != NULL && a->plugin == b->plugin && strcmp(a->name, b->name) == 0 &&
           config_equal(a->configured, b->configured);
}

/* A worker that hangs keeps its memory for ever: better than freeing it under its feet. */
static void
end_inputs(struct pipeline *p, struct built *old)
{
    uint64_t deadline_ns = util_monotonic_ns() + END_S * MH_NS_PER_S;
    if (inputs_end(old->inputs, old->n_inputs, deadline_ns, true))
        return;
    p->hung = true;
    size_t kept = 0;
    for (size_t i = 0; i < old->n_inputs; i++)
        if (!old->inputs[i]->has_thread)
            old->inputs[kept++] = old->inputs[i];
    old->n_inputs = kept;
}

static void
end_output(struct pipeline *p, struct built *old)
{
    if (old->output == NULL || output_end(old->output, util_monotonic_ns() + END_S * MH_NS_PER_S))
        return;
    p->hung = true;
    old->output = NULL;
}

static void
start_new(struct pipeline *p)
{
    for (size_t i = 0; i < p->built.n_inputs; i++) {
        struct input *in = p->built.inputs[i];
        int r = in->has_thread ? 0 : input_start(in);
        if (r != 0)
            log_error(in->instance.name, "no thread for it: %s", strerror(-r));
    }
    if (p->built.output != NULL && !p->built.output->workers[0]->has_thread)
        output_start(p->built.output);
}

/* General names, tags and fields may have changed: all shapes are made anew before the next sample.
 */
static void
renew_base(struct pipeline *p)
{
    struct constants *base = agent_constants(&p->agent, p->settings, p->options->version);
    if (base == NULL)
        return;
    pthread_mutex_lock(&p->input_env.lock);
    constants_unref(p->input_env.base);
    p->input_env.base = base;
    pthread_mutex_unlock(&p->input_env.lock);
    atomic_fetch_add(&p->input_env.generation, 1);
}

/* Puts the new instances in the place of the old ones. With other global processors every input is
 * made anew, since batches on their way hold the old chain. */
static void
change_over(struct pipeline *p, struct settings *settings, struct built *new)
{
    struct built old = p->built;
    bool same_chain = nodes_equal(p->settings->processors, p->settings->n_processors,
                                  settings->processors, settings->n_processors);
    if (same_chain) {
        keep_unchanged(&old, new);
        struct processors *unused = new->processors;
        new->processors = old.processors;
        old.processors = unused;
    }
    if (same_output(old.output, new->output)) {
        struct output *unused = new->output;
        new->output = old.output;
        old.output = unused;
    }
    end_inputs(p, &old);
    if (old.output != NULL && old.output->workers[0]->has_thread)
        end_output(p, &old);
    pthread_mutex_lock(&p->lock);
    p->built = *new;
    p->input_env.processors = p->built.processors;
    pthread_mutex_unlock(&p->lock);
    if (!same_chain) {
        processors_stop(old.processors);
        processors_start(p->built.processors);
    }
    settings_free(p->settings);
    p->settings = settings;
    renew_base(p);
    start_new(p);
    if (p->hung && !same_chain)
        old.processors = NULL;
    built_free(&old);
}

static int
build_again(struct pipeline *p, struct settings *settings, struct diagnostics *d, struct built *new)
{
    struct build_env env = {.registry = p->registry,
                            .input = &p->input_env,
                            .output = &p->output_env,
                            .without_output = p->options->dry_run};
    registry_lock();
    registry_rescan(p->registry);
    int r = build_all(settings, &env, d, new);
    registry_unlock();
    return r;
}

void
pipeline_reload(struct pipeline *p)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    struct settings *settings = NULL;
    struct built new = {0};
    uint64_t began_ns = util_monotonic_ns();
    int r = settings_load(p->options->config, &d, &settings);
    if (r == 0)
        r = build_again(p, settings, &d, &new);
    log_findings(&d);
    if (r != 0) {
        settings_free(settings);
        log_error("config", "the new configuration is not used, the old one goes on%s",
                  r == -ENOMEM ? ": out of memory" : "");
        return;
    }
    change_over(p, settings, &new);
    log_info("config", "reloaded in %.0f ms, %zu inputs",
             (double)(util_monotonic_ns() - began_ns) / 1e6, p->built.n_inputs);
}
