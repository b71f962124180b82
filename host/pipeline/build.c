/* SPDX-License-Identifier: Apache-2.0 */
/* build.c - see build.h. */
#include "pipeline/build.h"

#include "log/log.h"
#include "pipeline/agent.h"
#include "plugin/registry.h"

#include <errno.h>

#define IGNORED(n, d)                                                                              \
    {                                                                                              \
        .name = (n), .type = MH_KEY_ANY, .flags = MH_KEY_IGNORED, .doc = (d)                       \
    }

/* Keys of every module block, whatever the plugin. */
static const struct mh_key block_keys[] = {
    {.name = "module",
     .type = MH_KEY_STRING,
     .flags = MH_KEY_REQUIRED,
     .doc = "Name of the input plugin."},
    {.name = "enabled",
     .default_value = "true",
     .type = MH_KEY_BOOL,
     .doc = "False leaves this block out."},
    {.name = "metricsets",
     .type = MH_KEY_STRING_LIST,
     .doc = "Metricsets to collect; without it the plugin's default ones."},
    {.name = "period",
     .default_value = "10s",
     .type = MH_KEY_DURATION,
     .doc = "Time between two samples."},
    {.name = "timeout",
     .type = MH_KEY_DURATION,
     .doc = "How long one sample may take; the period unless given."},
    {.name = "hosts",
     .type = MH_KEY_STRING_LIST,
     .doc = "Endpoints; each gets an instance of its own."},
    {.name = "processors", .type = MH_KEY_ANY, .doc = "Processors for this block only."},
    {.name = "tags", .type = MH_KEY_STRING_LIST, .doc = "Written to `tags` of every record."},
    {.name = "fields", .type = MH_KEY_MAP, .doc = "Written below `fields` of every record."},
    {.name = "fields_under_root",
     .default_value = "false",
     .type = MH_KEY_BOOL,
     .doc = "True writes `fields` at the top of the document."},
    {.name = "service.name", .type = MH_KEY_STRING, .doc = "Written to service.name."},
    IGNORED("keep_null", "absent values are never sent"),
    IGNORED("index", "the target is chosen by the output, see `indices` there"),
    IGNORED("pipeline", "the ingest pipeline is chosen by the output, see `pipelines` there"),
    IGNORED("query", "no plugin uses it"),
    IGNORED("raw", "no plugin uses it"),
};

enum { MIN_PERIOD_MS = 100 };

static bool
plugin_has_key(const struct mh_plugin *plugin, const char *name)
{
    for (uint32_t i = 0; i < plugin->n_keys; i++)
        if (strcmp(plugin->keys[i].name, name) == 0)
            return true;
    return false;
}

static int
bind_block(struct mh_config *block, const struct mh_plugin *plugin, struct diagnostics *d)
{
    const struct key_set sets[] = {
        {plugin->keys, plugin->n_keys, sizeof(struct mh_key)},
        {block_keys, COUNT_OF(block_keys), sizeof block_keys[0]},
    };
    return config_bind(block, sets, COUNT_OF(sets), plugin->name, d);
}

static bool
enable_metricset(struct input *in, const struct mh_plugin *plugin, const char *name)
{
    bool found = false;
    for (uint32_t i = 0; i < plugin->n_datasets; i++)
        if (strcmp(plugin->datasets[i].metricset, name) == 0)
            found = in->enabled[i] = true;
    return found;
}

static void
report_unknown_metricset(const struct mh_config *node, const struct mh_plugin *plugin,
                         const char *name, struct diagnostics *d)
{
    CLEANUP_FREE const char **names = calloc(plugin->n_datasets + 1u, sizeof *names);
    if (names == NULL)
        return;
    for (uint32_t i = 0; i < plugin->n_datasets; i++)
        names[i] = plugin->datasets[i].metricset;
    const char *near = util_near_name(name, names, plugin->n_datasets);
    config_report(d, true, node, NULL, "module %s has no metricset '%s'%s%s%s", plugin->name, name,
                  near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                  near != NULL ? "'?" : "");
}

/* Switches on what `metricsets` names, or the defaults. Returns 0, -EINVAL or -ENOMEM. */
static int
choose_metricsets(struct input *in, const struct mh_plugin *plugin, const struct mh_config *block,
                  struct diagnostics *d)
{
    const struct mh_config *list = config_ops.find(block, "metricsets");
    int r = 0;
    in->enabled = calloc(plugin->n_datasets + 1u, sizeof *in->enabled);
    if (in->enabled == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; list == NULL && i < plugin->n_datasets; i++)
        in->enabled[i] = (plugin->datasets[i].flags & MH_DATASET_DEFAULT) != 0;
    for (uint32_t i = 0; i < config_ops.count(list); i++) {
        const char *name = NULL;
        config_ops.get_string(config_ops.at(list, i), NULL, &name);
        if (name == NULL || enable_metricset(in, plugin, name))
            continue;
        report_unknown_metricset(config_ops.at(list, i), plugin, name, d);
        r = -EINVAL;
    }
    return r;
}

static int
read_times(struct input *in, const struct mh_config *block, struct diagnostics *d)
{
    if (config_ops.get_duration_ns(block, "period", &in->period_ns) != MH_OK ||
        config_ops.get_duration_ns(block, "timeout", &in->timeout_ns) != MH_OK)
        return -EINVAL;
    if (in->period_ns < MIN_PERIOD_MS * UINT64_C(1000000)) {
        config_report(d, true, block, "period", "period must be at least %d ms", MIN_PERIOD_MS);
        return -EINVAL;
    }
    if (in->timeout_ns == 0)
        in->timeout_ns = in->period_ns;
    return 0;
}

static struct constants *
block_constants(const struct mh_config *block)
{
    const char *name = NULL;
    struct constants *set = constants_from_config(constants_new(), block);
    config_ops.get_string(block, "service.name", &name);
    return name != NULL ? constants_add(set, "service.name", mh_text(name, strlen(name))) : set;
}

static int
block_processors(struct input *in, const struct mh_config *block, const struct build_env *env,
                 struct diagnostics *d)
{
    CLEANUP_FREE struct mh_config **list = NULL;
    size_t n = 0;
    int r = config_processors(block, "processors", &list, &n, d);
    for (size_t i = 0; i < n; i++) {
        int one = processors_add(&in->processors, list[i], env->registry, &env->input->generation,
                                 &env->input->instance, d);
        r = one != 0 ? one : r;
    }
    return r;
}

static struct input *
input_new(struct input_env *env)
{
    struct input *in = calloc(1, sizeof *in);
    if (in == NULL)
        return NULL;
    in->env = env;
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->changed, NULL);
    return in;
}

static int
input_fill(struct input *in, const struct mh_plugin *plugin, struct mh_config *block,
           const char *name, const struct build_env *env, struct diagnostics *d)
{
    int r = choose_metricsets(in, plugin, block, d);
    int times = read_times(in, block, d);
    int processors = block_processors(in, block, env, d);
    r = r != 0 ? r : times != 0 ? times : processors;
    in->fixed = block_constants(block);
    in->block = config_clone(block);
    in->row = ledger_row(env->input->ledger, name);
    if (in->fixed == NULL || in->block == NULL || in->row == NULL)
        r = -ENOMEM;
    if (r != 0) {
        config_node_free(block);
        return r;
    }
    return instance_create(&in->instance, name, plugin, block, &input_role, &env->input->instance,
                           d);
}

static int
built_add_input(struct built *b, struct input *in)
{
    struct input **grown = realloc(b->inputs, (b->n_inputs + 1) * sizeof(struct input *));
    if (grown == NULL)
        return -ENOMEM;
    b->inputs = grown;
    b->inputs[b->n_inputs++] = in;
    return 0;
}

/* A host as it may be shown: without user and password. */
static char *
without_credentials(const char *host)
{
    const char *scheme = strstr(host, "://");
    const char *rest = scheme != NULL ? scheme + 3 : host;
    const char *at = memchr(rest, '@', strcspn(rest, "/"));
    return at != NULL ? util_printf("%.*s%s", (int)(rest - host), host, at + 1) : strdup(host);
}

static bool
name_is_taken(const struct built *b, const char *name)
{
    for (size_t i = 0; i < b->n_inputs; i++)
        if (strcmp(b->inputs[i]->instance.name, name) == 0)
            return true;
    return false;
}

/* "docker[unix:///run/docker.sock]", and "...#2" when a block before has that name. NULL: no
 * memory. */
static char *
instance_name(const struct built *b, const char *module, const char *host)
{
    CLEANUP_FREE char *shown = host != NULL ? without_credentials(host) : NULL;
    char *name = shown != NULL ? util_printf("%s[%s]", module, shown) : strdup(module);
    for (unsigned n = 2; name != NULL && name_is_taken(b, name); n++) {
        free(name);
        name = shown != NULL ? util_printf("%s[%s]#%u", module, shown, n)
                             : util_printf("%s#%u", module, n);
    }
    return name;
}

/* One instance. host NULL: the plugin has no endpoints. */
static int
add_input(struct built *b, const struct mh_plugin *plugin, const struct mh_config *block,
          const char *host, const struct build_env *env, struct diagnostics *d)
{
    CLEANUP_FREE char *name = instance_name(b, plugin->name, host);
    struct input *in = input_new(env->input);
    struct mh_config *own = config_clone(block);
    int r = name != NULL && in != NULL && own != NULL ? 0 : -ENOMEM;
    if (r == 0 && host != NULL)
        r = config_set_scalar(own, "hosts", host);
    if (r == 0)
        r = input_fill(in, plugin, take(own), name, env, d);
    if (r == 0)
        r = built_add_input(b, in);
    if (r != 0) {
        config_node_free(own);
        input_free(in);
    }
    return r;
}

static int
add_block_inputs(struct built *b, const struct mh_plugin *plugin, const struct mh_config *block,
                 const struct build_env *env, struct diagnostics *d)
{
    const struct mh_config *hosts = config_ops.find(block, "hosts");
    const char *host = NULL;
    int r = 0;
    if (!plugin_has_key(plugin, "hosts"))
        return add_input(b, plugin, block, NULL, env, d);
    if (config_ops.count(hosts) == 0) {
        config_ops.get_string(block, "hosts", &host); /* the default */
        return add_input(b, plugin, block, host, env, d);
    }
    for (uint32_t i = 0; i < config_ops.count(hosts); i++) {
        config_ops.get_string(config_ops.at(hosts, i), NULL, &host);
        int one = add_input(b, plugin, block, host, env, d);
        r = one != 0 ? one : r;
    }
    return r;
}

static bool
is_installed(struct registry *registry, uint32_t kind, const char *name)
{
    for (size_t i = 0; i < registry_count(registry); i++) {
        const struct plugin_entry *entry = registry_at(registry, i);
        if (entry->kind == kind && strcmp(entry->name, name) == 0)
            return true;
    }
    return false;
}

/* A module without a usable plugin: wrong, or, where that is allowed and only the plugin's file is
 * at fault, left out. */
static int
without_plugin(const struct build_env *env, const struct mh_config *block, const char *module,
               const char *reason, struct diagnostics *d)
{
    bool leave_out = env->leave_out_refused && is_installed(env->registry, MH_KIND_INPUT, module);
    config_report(d, !leave_out, block, "module", "%s%s%s%s", reason, leave_out ? "; module " : "",
                  leave_out ? module : "", leave_out ? " is left out, the others go on" : "");
    if (leave_out)
        log_error(module, "left out: %s", reason);
    return leave_out ? 0 : -EINVAL;
}

static int
build_block(struct built *b, struct mh_config *block, const struct build_env *env,
            struct diagnostics *d)
{
    CLEANUP_FREE char *reason = NULL;
    const char *module = NULL;
    int32_t enabled = 1;
    config_ops.get_string(block, "module", &module);
    if (module == NULL) {
        config_report(d, true, block, NULL, "a module block needs `module: NAME`");
        return -EINVAL;
    }
    if (config_ops.find(block, "enabled") != NULL &&
        config_ops.get_bool(block, "enabled", &enabled) == MH_OK && !enabled)
        return 0;
    const struct plugin_entry *entry = registry_load(env->registry, MH_KIND_INPUT, module, &reason);
    if (entry == NULL)
        return without_plugin(env, block, module, reason != NULL ? reason : "out of memory", d);
    int r = bind_block(block, entry->plugin, d);
    return r != 0 ? r : add_block_inputs(b, entry->plugin, block, env, d);
}

static int
build_processors(struct built *b, const struct settings *s, const struct build_env *env,
                 struct diagnostics *d)
{
    int r = 0;
    b->processors = calloc(1, sizeof *b->processors);
    if (b->processors == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < s->n_processors && !env->without_inputs; i++) {
        int one = processors_add(b->processors, s->processors[i], env->registry,
                                 &env->input->generation, &env->input->instance, d);
        r = one != 0 ? one : r;
    }
    return r;
}

static const struct mh_key output_keys[] = {
    {.name = "enabled",
     .default_value = "true",
     .type = MH_KEY_BOOL,
     .doc = "False switches this output off."},
};

static int
build_output(struct built *b, struct settings *s, const struct build_env *env,
             struct diagnostics *d)
{
    CLEANUP_FREE char *reason = NULL;
    if (s->output == NULL) {
        config_report(d, true, s->root, NULL,
                      "no outputs are defined, please define one under the output section, for "
                      "instance `output.console: {}`");
        return -EINVAL;
    }
    const struct plugin_entry *entry =
        registry_load(env->registry, MH_KIND_OUTPUT, s->output_name, &reason);
    if (entry == NULL) {
        config_report(d, true, s->output, NULL, "%s", reason != NULL ? reason : "out of memory");
        return -EINVAL;
    }
    const struct key_set sets[] = {
        {entry->plugin->keys, entry->plugin->n_keys, sizeof(struct mh_key)},
        {output_keys, COUNT_OF(output_keys), sizeof output_keys[0]},
    };
    CLEANUP_FREE char *prefix = util_printf("output.%s", s->output_name);
    if (prefix == NULL || settings_lend_to_output(s, &sets[0]) != 0)
        return -ENOMEM;
    int r = config_bind(s->output, sets, COUNT_OF(sets), prefix, d);
    if (r != 0)
        return r;
    return output_create(s->output_name, entry->plugin, s->output, env->output, d, &b->output);
}

int
build_all(struct settings *s, const struct build_env *env, struct diagnostics *d, struct built *ret)
{
    *ret = (struct built){0};
    int r = build_processors(ret, s, env, d);
    for (size_t i = 0; r != -ENOMEM && i < s->n_modules && !env->without_inputs; i++) {
        int one = build_block(ret, s->modules[i], env, d);
        r = one != 0 ? one : r;
    }
    if (!env->without_output && r != -ENOMEM) {
        int one = build_output(ret, s, env, d);
        r = one != 0 ? one : r;
    }
    if (r != 0)
        built_free(ret);
    return r;
}

void
built_free(struct built *b)
{
    for (size_t i = 0; i < b->n_inputs; i++)
        input_free(b->inputs[i]);
    free(b->inputs);
    output_free(b->output);
    if (b->processors != NULL)
        processors_free(b->processors);
    free(b->processors);
    *b = (struct built){0};
}
