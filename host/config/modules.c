/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules.c - module blocks: those of the main file and those of modules.d.
 */
#include "config/modules.h"
#include "config/source.h"

#include <errno.h>
#include <glob.h>

#define DEFAULT_PATTERN "modules.d/*.yml"

char *
modules_pattern(const struct mh_config *root, const char *config_folder)
{
    const struct mh_config *node = node_given(root, "metrichost.config.modules.path");
    const char *pattern =
        node != NULL && node->kind == MH_NODE_SCALAR ? node->text : DEFAULT_PATTERN;
    return pattern[0] == '/' ? strdup(pattern) : util_printf("%s/%s", config_folder, pattern);
}

static bool
is_plugin_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    return *name != '\0' && *name != '-' && *name != '_' && name[strspn(name, allowed)] == '\0';
}

static bool
check_block(const struct mh_config *block, struct diagnostics *d)
{
    if (block->kind != MH_NODE_MAP) {
        config_report(d, true, block, NULL, "expected a module block (- module: NAME), found %s",
                      node_kind_name(block));
        return false;
    }
    const struct mh_config *name = node_given(block, "module");
    if (name == NULL) {
        config_report(d, true, block, "module",
                      "a module block needs its name: \"module: docker\"");
        return false;
    }
    if (name->kind != MH_NODE_SCALAR || !is_plugin_name(name->text)) {
        config_report(d, true, name, NULL,
                      "module: expected a name of lower-case letters, digits, - and _, found %s",
                      name->kind == MH_NODE_SCALAR ? name->text : node_kind_name(name));
        return false;
    }
    return true;
}

static int
add_block(struct settings *s, struct mh_config *block)
{
    struct mh_config **blocks = reallocarray(s->modules, s->n_modules + 1, sizeof(*blocks));
    if (blocks == NULL)
        return -ENOMEM;
    s->modules = blocks;
    s->modules[s->n_modules++] = block;
    return 0;
}

static int
take_block(struct settings *s, struct expansion *e, struct mh_config *block)
{
    const struct mh_config *name = node_find(block, "module");
    bool named = name != NULL && name->kind == MH_NODE_SCALAR;
    int r = tree_expand(e, block, named ? name->text : "module");
    if (r < 0)
        return r;
    if (!check_block(block, e->d))
        return -EINVAL;
    return tree_flag(block, "enabled", true) ? add_block(s, block) : 0;
}

/* The good and enabled blocks of one list. */
static int
add_list(struct settings *s, struct expansion *e, struct mh_config *list)
{
    int worst = 0;
    if (list->kind == MH_NODE_NULL)
        return 0;
    if (list->kind != MH_NODE_LIST) {
        config_report(e->d, true, list, NULL,
                      "expected a list of module blocks (- module: NAME), found %s",
                      node_kind_name(list));
        return -EINVAL;
    }
    for (size_t i = 0; i < list->n_members && worst != -ENOMEM; i++) {
        int r = take_block(s, e, list->members[i].node);
        worst = r < 0 ? r : worst;
    }
    return worst;
}

/* The blocks of one file; its tree moves to s->module_files. */
static int
add_file(struct settings *s, struct expansion *e, const char *path, bool strict)
{
    struct mh_config *list = source_load(path, strict, e->d);
    if (list == NULL)
        return -EINVAL;
    int r = origin_set_base(list->origin, s->paths.config);
    if (r < 0) {
        config_node_free(list);
        return r;
    }
    r = node_add(s->module_files, NULL, list);
    return r == 0 ? add_list(s, e, list) : r;
}

static int
add_files(struct settings *s, struct expansion *e, bool strict)
{
    glob_t found;
    int worst = 0;
    int r = glob(s->modules_glob, 0, NULL, &found);
    if (r == GLOB_NOMATCH)
        return 0;
    if (r != 0) {
        report_file(e->d, true, s->modules_glob, "the module files cannot be listed");
        return -EINVAL;
    }
    for (size_t i = 0; i < found.gl_pathc && worst != -ENOMEM; i++) {
        r = add_file(s, e, found.gl_pathv[i], strict);
        if (r < 0)
            worst = r;
    }
    globfree(&found);
    return worst;
}

int
modules_collect(struct settings *s, struct expansion *e, bool strict_perms, bool without_files)
{
    struct mh_config *inline_list = node_find(s->root, "metrichost.modules");
    int worst = 0;
    s->module_files = node_new(MH_NODE_LIST);
    s->modules_glob = modules_pattern(s->root, s->paths.config);
    if (s->module_files == NULL || s->modules_glob == NULL)
        return -ENOMEM;
    if (inline_list != NULL)
        worst = add_list(s, e, inline_list);
    if (!without_files && worst != -ENOMEM) {
        int r = add_files(s, e, strict_perms);
        worst = r < 0 ? r : worst;
    }
    return worst;
}
