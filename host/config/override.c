/* SPDX-License-Identifier: Apache-2.0 */
/*
 * override.c - one -E argument as a tree.
 *
 * Values: [list], {map}, 'raw', "with escapes" are read as YAML; everything else is one text,
 * whatever it holds. A comma makes a list only later, where the schema of the key wants one, so
 * that a password stays a password.
 */
#include "config/tree.h"
#include "config/yaml.h"

#include <errno.h>

static struct mh_config *
flow_value(const char *value, const char *origin, struct diagnostics *d)
{
    /* libyaml's own words may quote the text, so they are dropped. */
    struct diagnostics hidden = {0};
    struct mh_config *node = yaml_load(value, strlen(value), origin, &hidden);
    diagnostics_free(&hidden);
    if (node == NULL)
        report_file(
            d, true, origin,
            "the value begins with %c but does not parse; put it into single quotes (\"'...'\") "
            "when it is plain text",
            value[0]);
    return node;
}

static struct mh_config *
override_value(const char *value, const char *origin, struct diagnostics *d)
{
    if (*value != '\0' && strchr("[{'\"", value[0]) != NULL)
        return flow_value(value, origin, d);
    if (strcmp(value, "null") == 0 || strcmp(value, "~") == 0) {
        struct mh_config *node = node_new(MH_NODE_NULL);
        if (node != NULL)
            node->text = strdup(value);
        return node;
    }
    struct mh_config *node = node_scalar(value);
    if (node != NULL)
        node->flags = NODE_SPLIT;
    return node;
}

static void
set_origin(struct mh_config *node, struct config_origin *origin)
{
    origin_unref(node->origin);
    node->origin = origin_ref(origin);
    node->line = node->column = node->key_line = node->key_column = 0;
    for (size_t i = 0; i < node->n_members; i++)
        set_origin(node->members[i].node, origin);
}

/* {a: {b: value}} for "a.b". Takes over value. */
static struct mh_config *
nest(const char *key, struct mh_config *value)
{
    CLEANUP(node_freep) struct mh_config *owned = value;
    CLEANUP(node_freep) struct mh_config *tree = node_new(MH_NODE_MAP);
    const char *dot = strrchr(key, '.');
    if (tree == NULL)
        return NULL;
    struct mh_config *parent = dot != NULL ? node_make_maps(tree, key, (size_t)(dot - key)) : tree;
    if (parent == NULL || node_add(parent, dot != NULL ? dot + 1 : key, take(owned)) < 0)
        return NULL;
    return take(tree);
}

static bool
is_good_key(const char *key)
{
    size_t len = strlen(key), dots = 0;
    for (size_t i = 0; i < len; i++)
        dots += key[i] == '.';
    return len > 0 && key[0] != '.' && key[len - 1] != '.' && strstr(key, "..") == NULL &&
           dots < CONFIG_MAX_DEPTH && strstr(key, "<<") == NULL && strpbrk(key, " \t\r\n") == NULL;
}

static int
apply(struct mh_config *root, const char *key, const char *origin_name, const char *value,
      struct diagnostics *d)
{
    uint32_t errors = d->n_errors;
    struct mh_config *node = override_value(value, origin_name, d);
    struct mh_config *tree = node != NULL ? nest(key, node) : NULL;
    if (tree == NULL)
        return d->n_errors > errors ? -EINVAL : -ENOMEM;
    struct config_origin *origin = origin_new(origin_name);
    if (origin == NULL) {
        config_node_free(tree);
        return -ENOMEM;
    }
    set_origin(tree, origin);
    origin_unref(origin);
    int r = tree_rename_legacy(tree, d);
    if (r < 0) {
        config_node_free(tree);
        return r;
    }
    return tree_merge(root, tree);
}

int
tree_override(struct mh_config *root, const char *argument, struct diagnostics *d)
{
    const char *equals = strchr(argument, '=');
    CLEANUP_FREE char *key =
        equals != NULL ? strndup(argument, (size_t)(equals - argument)) : strdup(argument);
    CLEANUP_FREE char *origin = key != NULL ? util_printf("-E %s", key) : NULL;
    if (origin == NULL)
        return -ENOMEM;
    if (!is_good_key(key)) {
        report_file(d, true, origin, "this is no setting's name; write -E name.of.setting=value");
        return -EINVAL;
    }
    if (equals != NULL && equals[1] == '\0') {
        report_file(d, false, origin,
                    "ignored, because the value is empty; an empty text is written %s='\"\"'", key);
        return 0;
    }
    return apply(root, key, origin, equals != NULL ? equals + 1 : "true", d);
}
