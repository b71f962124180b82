/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.c - from the command line's choices to a finished configuration.
 *
 * Order: files, -E, folders, variables, schema of the host, output, processors, modules. Each step
 * goes on after mistakes where it can, so that one run reports all of them.
 */
#include "config/keystore.h"
#include "config/modules.h"
#include "config/output.h"
#include "config/source.h"
#include "config/tree.h"

#include <errno.h>

void
settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    free(s->modules);
    free(s->processors);
    free(s->output_name);
    free(s->modules_glob);
    config_node_free(s->module_files);
    config_node_free(s->root);
    paths_free(&s->paths);
    free(s);
}

static void
settings_freep(struct settings **s)
{
    settings_free(*s);
}

/* Where files named in the configuration are looked for. Origins are shared, so most nodes have
 * nothing to do. */
static int
set_base(const struct mh_config *node, const char *base)
{
    int r = origin_set_base(node->origin, base);
    for (size_t i = 0; r == 0 && i < node->n_members; i++)
        r = set_base(node->members[i].node, base);
    return r;
}

/* What has no effect may hold what it likes. */
static void
skip_ignored(struct mh_config *root)
{
    for (uint32_t i = 0; i < host_keys.n_keys; i++) {
        struct mh_config *node = (host_keys.keys[i].flags & MH_KEY_IGNORED) != 0
                                     ? node_find(root, host_keys.keys[i].name)
                                     : NULL;
        if (node != NULL)
            node->flags |= NODE_EXPANDED;
    }
}

/* Mistakes are reported and reading goes on; only missing memory ends it. */
static int
expand_setting(struct settings *s, struct expansion *e, const char *setting)
{
    struct mh_config *node = node_find(s->root, setting);
    return node != NULL ? tree_expand(e, node, setting) : 0;
}

/* Expands one folder's setting and puts the final folder in its place. */
static int
settle_folder(struct settings *s, struct expansion *e, const struct config_options *options,
              const char *setting, char *const *folder)
{
    if (expand_setting(s, e, setting) == -ENOMEM)
        return -ENOMEM;
    paths_free(&s->paths);
    int r = paths_resolve(options, s->root, &s->paths, e->d);
    return r == 0 ? config_set_scalar(s->root, setting, *folder) : r;
}

static int
settle_plugin_folders(struct settings *s, struct expansion *e)
{
    struct mh_config *node = node_find(s->root, "path.plugins");
    if (node == NULL)
        return 0;
    if (expand_setting(s, e, "path.plugins") == -ENOMEM)
        return -ENOMEM;
    bool split = node->kind == MH_NODE_SCALAR && (node->flags & NODE_SPLIT) != 0;
    return split ? tree_split(node) : 0;
}

/* Folders may hold variables, also those of the folders before them: ${path.home}. */
static int
settle_paths(struct settings *s, struct expansion *e, const struct config_options *options)
{
    int r = settle_plugin_folders(s, e);
    if (r == 0)
        r = settle_folder(s, e, options, "path.home", &s->paths.home);
    if (r == 0)
        r = settle_folder(s, e, options, "path.config", &s->paths.config);
    if (r == 0)
        r = settle_folder(s, e, options, "path.data", &s->paths.data);
    if (r == 0)
        r = settle_folder(s, e, options, "path.logs", &s->paths.logs);
    if (r == 0 && expand_setting(s, e, "keystore.path") == -ENOMEM)
        r = -ENOMEM;
    return r == 0 ? set_base(s->root, s->paths.config) : r;
}

static int
keep_worst(int worst, int r)
{
    return worst == -ENOMEM || r == 0 ? worst : r;
}

/* Everything after the files are read. */
static int
finish(struct settings *s, struct expansion *e, const struct config_options *options)
{
    struct keystore_lookup store = {0};
    int r = settle_paths(s, e, options);
    if (r < 0)
        return r;
    if (keystore_lookup_prepare(&store, s, options->strict_perms) < 0)
        return -ENOMEM;
    e->lookup = keystore_lookup_secret;
    e->lookup_priv = &store;
    skip_ignored(s->root);
    int worst = tree_expand(e, s->root, "");
    worst = keep_worst(worst, config_bind(s->root, &host_keys, 1, "", e->d));
    worst = keep_worst(worst, output_choose(s, e->d));
    worst = keep_worst(worst, queue_choose(s, e->d));
    worst = keep_worst(
        worst, config_processors(s->root, "processors", &s->processors, &s->n_processors, e->d));
    worst =
        keep_worst(worst, modules_collect(s, e, options->strict_perms, options->without_modules));
    keystore_lookup_close(&store);
    return worst;
}

int
settings_load(const struct config_options *options, struct diagnostics *d, struct settings **ret)
{
    CLEANUP(settings_freep) struct settings *s = calloc(1, sizeof *s);
    if (s == NULL)
        return -ENOMEM;
    s->root = source_load_main(options, d);
    if (s->root == NULL)
        return -ENOMEM;
    struct expansion e = {.root = s->root, .d = d};
    int r = options->keep_references ? paths_resolve(options, NULL, &s->paths, d)
                                     : finish(s, &e, options);
    if (r == -ENOMEM || d->text.failed)
        return -ENOMEM;
    if (r < 0 || d->n_errors > 0)
        return -EINVAL;
    *ret = take(s);
    return 0;
}

/* As much of the configuration as can be read, for commands that must work while it is wrong: what
 * is broken there is the business of `test config`. Returns 0 or -ENOMEM; clear_partly() in any
 * case. */
static int
load_partly(struct settings *s, const struct config_options *options, struct diagnostics *d)
{
    struct diagnostics quiet = {0};
    *s = (struct settings){.root = source_load_main(options, &quiet)};
    diagnostics_free(&quiet);
    struct expansion e = {.root = s->root, .d = d};
    return s->root != NULL ? settle_paths(s, &e, options) : -ENOMEM;
}

static void
clear_partly(struct settings *s)
{
    paths_free(&s->paths);
    config_node_free(s->root);
}

char *
settings_modules_glob(const struct config_options *options, struct diagnostics *d)
{
    struct settings s;
    char *pattern = NULL;
    int r = load_partly(&s, options, d);
    struct expansion e = {.root = s.root, .d = d};
    struct mh_config *node =
        s.root != NULL ? node_find(s.root, "metrichost.config.modules.path") : NULL;
    if (r == 0 && node != NULL)
        r = tree_expand(&e, node, "metrichost.config.modules.path");
    if (r == 0)
        pattern = modules_pattern(s.root, s.paths.config);
    clear_partly(&s);
    return pattern;
}

char *
settings_keystore_path(const struct config_options *options, struct diagnostics *d)
{
    struct settings s;
    char *path = load_partly(&s, options, d) == 0 ? keystore_path(&s) : NULL;
    clear_partly(&s);
    return path;
}

int
settings_paths(const struct config_options *options, struct paths *ret, struct diagnostics *d)
{
    struct settings s;
    int r = load_partly(&s, options, d);
    if (r == 0) {
        *ret = s.paths;
        s.paths = (struct paths){0};
    }
    clear_partly(&s);
    return r;
}
