/* SPDX-License-Identifier: Apache-2.0 */
/* processors.c - see processors.h. */
#include "pipeline/processors.h"

#include "log/log.h"
#include "plugin/registry.h"

#include <errno.h>

static const struct mh_key general_keys[] = {
    {.name = "enabled",
     .default_value = "true",
     .doc = "False leaves this processor out.",
     .type = MH_KEY_BOOL},
};

static void
role_constants_changed(struct instance *i)
{
    atomic_fetch_add(((struct processor *)(void *)i)->generation, 1);
}

static const struct instance_role processor_role = {
    .constants_changed = role_constants_changed,
};

static int
bind_options(struct mh_config *options, const struct mh_plugin *plugin, struct diagnostics *d)
{
    const struct key_set sets[] = {
        {general_keys, COUNT_OF(general_keys), sizeof general_keys[0]},
        {plugin->keys, plugin->n_keys, sizeof(struct mh_key)},
    };
    CLEANUP_FREE char *prefix = util_printf("processors.%s", plugin->name);
    return prefix != NULL ? config_bind(options, sets, COUNT_OF(sets), prefix, d) : -ENOMEM;
}

static int
chain_grow(struct processors *chain, struct processor *p)
{
    struct processor **grown = realloc(chain->list, (chain->n + 1) * sizeof(struct processor *));
    if (grown == NULL)
        return -ENOMEM;
    chain->list = grown;
    chain->list[chain->n++] = p;
    return 0;
}

/* Consumes options. */
static int
add_created(struct processors *chain, const struct plugin_entry *entry, struct mh_config *options,
            atomic_uint *generation, const struct instance_env *env, struct diagnostics *d)
{
    struct processor *p = calloc(1, sizeof *p);
    if (p == NULL) {
        config_node_free(options);
        return -ENOMEM;
    }
    pthread_mutex_init(&p->call, NULL);
    p->generation = generation;
    int r =
        instance_create(&p->instance, entry->name, entry->plugin, options, &processor_role, env, d);
    if (r == 0)
        r = chain_grow(chain, p);
    if (r == 0)
        return 0;
    instance_destroy(&p->instance);
    free(p);
    return r;
}

/* To ignore a condition would change what the processor does. */
static int
refuse_condition(const struct mh_config *node, const char *name, const struct mh_config *when,
                 struct diagnostics *d)
{
    if (when == NULL)
        return 0;
    config_report(d, true, node, name,
                  "conditions (`when`) of processors are not supported; take it out, or put the "
                  "processor into the module block that it is meant for");
    return -EINVAL;
}

int
processors_add(struct processors *chain, const struct mh_config *node, struct registry *registry,
               atomic_uint *generation, const struct instance_env *env, struct diagnostics *d)
{
    CLEANUP_FREE char *reason = NULL;
    const char *name = config_ops.key_at(node, 0);
    int32_t enabled = 1;
    if (config_ops.kind(node) != MH_NODE_MAP || config_ops.count(node) != 1) {
        config_report(d, true, node, NULL,
                      "each processor must have exactly one action, but found %u; write one list "
                      "item (`- name: options`) for each",
                      config_ops.kind(node) == MH_NODE_MAP ? config_ops.count(node) : 0);
        return -EINVAL;
    }
    const struct plugin_entry *entry = registry_load(registry, MH_KIND_PROCESSOR, name, &reason);
    if (entry == NULL) {
        config_report(d, true, node, name, "%s", reason != NULL ? reason : "out of memory");
        return -EINVAL;
    }
    struct mh_config *options = config_clone(config_ops.at(node, 0));
    if (options == NULL)
        return -ENOMEM;
    int r = refuse_condition(node, name, config_ops.find(options, "when"), d);
    if (r == 0)
        r = bind_options(options, entry->plugin, d);
    if (r == 0)
        r = config_ops.get_bool(options, "enabled", &enabled) == MH_OK ? 0 : -EINVAL;
    if (r == 0 && enabled)
        return add_created(chain, entry, options, generation, env, d);
    config_node_free(options);
    return r;
}

void
processors_start(struct processors *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        struct processor *p = chain->list[i];
        int32_t r = instance_start(&p->instance);
        p->running = r == MH_OK;
        if (r == MH_OK)
            continue;
        CLEANUP_FREE char *words = instance_take_words(&p->instance, r);
        log_error(p->instance.name, "left out, because it does not start: %s",
                  words != NULL ? words : error_name(r));
    }
}

/* Logs once when a processor begins to fail and once when it works again. */
static void
note_result(struct processor *p, int32_t r)
{
    if (r != MH_OK) {
        CLEANUP_FREE char *words = instance_take_words(&p->instance, r);
        if (!p->failing)
            log_error(p->instance.name, "records go on without it: %s",
                      words != NULL ? words : error_name(r));
    } else if (p->failing) {
        log_info(p->instance.name, "works again");
    }
    p->failing = r != MH_OK;
}

void
processors_run(struct processors *chain, struct mh_batch *batch)
{
    for (size_t i = 0; i < chain->n; i++) {
        struct processor *p = chain->list[i];
        if (p->instance.plugin->process == NULL || !p->running)
            continue;
        pthread_mutex_lock(&p->call);
        note_result(p, instance_process(&p->instance, batch));
        pthread_mutex_unlock(&p->call);
    }
}

void
processors_stop(struct processors *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        struct processor *p = chain->list[i];
        if (!p->running)
            continue;
        instance_wake(&p->instance);
        instance_stop(&p->instance);
        p->running = false;
    }
}

void
processors_free(struct processors *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        instance_destroy(&chain->list[i]->instance);
        pthread_mutex_destroy(&chain->list[i]->call);
        free(chain->list[i]);
    }
    free(chain->list);
    *chain = (struct processors){0};
}

struct constants *
processors_constants(struct processors *chain, struct constants *base)
{
    for (size_t i = 0; i < chain->n && base != NULL; i++) {
        struct constants *own = instance_constants(&chain->list[i]->instance);
        base = constants_add_all(base, own);
        constants_unref(own);
    }
    return base;
}
