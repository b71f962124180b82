/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge.c - overlays: files over files, -E over files.
 */
#include "config/tree.h"

#include <errno.h>

static bool
is_number(const char *key)
{
    return *key != '\0' && key[strspn(key, "0123456789")] == '\0';
}

/* True when every key of the overlay names a member that the list has. */
static bool
addresses_members(const struct mh_config *list, const struct mh_config *overlay)
{
    for (size_t i = 0; i < overlay->n_members; i++) {
        const char *key = overlay->members[i].key;
        if (!is_number(key) || node_member(list, key, strlen(key)) == NULL)
            return false;
    }
    return overlay->n_members > 0;
}

static int
merge_member(struct mh_config *base, const char *key, struct mh_config *value)
{
    struct mh_config *old = node_member(base, key, strlen(key));
    return old == NULL ? node_add(base, key, value) : tree_merge(old, value);
}

static int
merge_members(struct mh_config *base, struct mh_config *overlay)
{
    CLEANUP(node_freep) struct mh_config *owned = overlay;
    int r = 0;
    while (r == 0 && owned->n_members > 0) {
        CLEANUP_FREE char *key = strdup(owned->members[0].key);
        if (key == NULL)
            return -ENOMEM;
        r = merge_member(base, key, node_remove(owned, 0));
    }
    return r;
}

int
tree_merge(struct mh_config *base, struct mh_config *overlay)
{
    if (overlay == NULL)
        return -ENOMEM;
    bool into_map = base->kind == MH_NODE_MAP && overlay->kind == MH_NODE_MAP;
    bool into_list = base->kind == MH_NODE_LIST && overlay->kind == MH_NODE_MAP &&
                     addresses_members(base, overlay);
    if (into_map || into_list)
        return merge_members(base, overlay);
    /* "setup.kibana:" with nothing behind it is a heading, not the wish to forget what is set
     * already. */
    if (overlay->kind == MH_NODE_NULL && overlay->text != NULL && overlay->text[0] == '\0') {
        config_node_free(overlay);
        return 0;
    }
    node_copy_position(base, overlay);
    node_replace(base, overlay);
    return 0;
}

bool
tree_flag(const struct mh_config *node, const char *path, bool otherwise)
{
    const struct mh_config *found = node_find(node, path);
    bool value = otherwise;
    if (found != NULL && found->kind == MH_NODE_SCALAR)
        parse_bool(found->text, &value);
    return value;
}

int
tree_rename_legacy(struct mh_config *root, struct diagnostics *d)
{
    struct mh_config *old = NULL, *now;
    for (size_t i = 0; i < root->n_members && old == NULL; i++)
        if (strcmp(root->members[i].key, "metricbeat") == 0)
            old = node_remove(root, i);
    if (old == NULL)
        return 0;
    now = node_member(root, "metrichost", strlen("metrichost"));
    if (now == NULL)
        return node_add(root, "metrichost", old);
    config_report(d, false, old, NULL,
                  "\"metricbeat\" and \"metrichost\" are two names of the same section; what "
                  "\"metrichost\" sets wins");
    /* The section under its own name goes on top. */
    struct mh_config *top = config_clone(now);
    if (top == NULL) {
        config_node_free(old);
        return -ENOMEM;
    }
    node_replace(now, old);
    return tree_merge(now, top);
}
