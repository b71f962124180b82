/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_put.c - members of maps: dotted keys become nested maps, halves of one map are joined,
 * duplicates are found.
 *
 * A path may be spelled out as a mapping once in a file; dotted keys may add to it anywhere.
 */
#include "config/yaml_loader.h"

#include <errno.h>

static bool put(struct loader *l, struct mh_config *map, const char *key, struct mh_config *value);

static void
report_duplicate(struct loader *l, const char *key, const struct mh_config *value,
                 const struct mh_config *first)
{
    yaml_mark_t mark = {.line = value->key_line - 1, .column = value->key_column - 1};
    loader_error(l, mark, "duplicate key \"%s%s%s\": it is set in line %u already",
                 l->path.len > 0 ? l->path.data : "", l->path.len > 0 ? "." : "", key,
                 first->key_line);
}

/* Two halves of one map, of which a dotted key made at least one. */
static bool
join_maps(struct loader *l, const char *key, struct mh_config *into, struct mh_config *from)
{
    size_t len = l->path.len;
    bool good = true;
    buf_printf(&l->path, "%s%s", len > 0 ? "." : "", key);
    into->flags &= from->flags | ~NODE_IMPLICIT;
    while (good && from->n_members > 0) {
        CLEANUP_FREE char *name = strdup(from->members[0].key);
        good = name != NULL && put(l, into, name, node_remove(from, 0));
    }
    l->path.len = len;
    l->path.data[len] = '\0';
    config_node_free(from);
    return good;
}

/* Puts a value under an undotted key; takes it over. False: no memory (a duplicate is only
 * reported). */
static bool
put(struct loader *l, struct mh_config *map, const char *key, struct mh_config *value)
{
    struct mh_config *old = node_member(map, key, strlen(key));
    if (strcmp(key, "<<") == 0) { /* the first one went another way */
        config_report(l->d, true, value, NULL,
                      "<< stands for members of another mapping: once in a mapping, and alone");
        config_node_free(value);
        return false;
    }
    if (old == NULL) {
        int r = node_add(map, key, value);
        if (r == -E2BIG)
            loader_error(l, (yaml_mark_t){.line = map->line - 1, .column = map->column - 1},
                         "a mapping or list has more than %u members", CONFIG_MAX_MEMBERS);
        return r == 0;
    }
    if (old->kind == MH_NODE_MAP && value->kind == MH_NODE_MAP &&
        ((old->flags | value->flags) & NODE_IMPLICIT) != 0)
        return join_maps(l, key, old, value);
    report_duplicate(l, key, value, old);
    config_node_free(value);
    return true;
}

/* Wraps a value in the maps that a dotted key stands for: "a.b.c" leaves key "a" and a value {b:
 * {c: value}}. */
static struct mh_config *
wrap(const char *key, struct mh_config *value)
{
    const char *dot = strrchr(key, '.');
    CLEANUP_FREE char *rest = NULL;
    while (dot != NULL) {
        struct mh_config *map = node_new(MH_NODE_MAP);
        if (map == NULL) {
            config_node_free(value);
            return NULL;
        }
        node_copy_position(map, value);
        map->flags = NODE_IMPLICIT;
        if (node_add(map, dot + 1, value) < 0) {
            config_node_free(map);
            return NULL;
        }
        value = map;
        char *shorter = strndup(key, (size_t)(dot - key));
        free(rest);
        rest = shorter;
        if (rest == NULL) {
            config_node_free(value);
            return NULL;
        }
        key = rest;
        dot = strrchr(key, '.');
    }
    return value;
}

bool
loader_put(struct loader *l, struct mh_config *map, const char *key, struct mh_config *value)
{
    struct mh_config *wrapped = wrap(key, value);
    CLEANUP_FREE char *first = strndup(key, strcspn(key, "."));
    if (wrapped != NULL && first != NULL)
        return put(l, map, first, wrapped);
    config_node_free(wrapped);
    return false;
}

bool
loader_merge_defaults(struct loader *l, struct mh_config *map, struct mh_config *from)
{
    CLEANUP(node_freep) struct mh_config *owned = from;
    bool good = true;
    if (owned->kind == MH_NODE_LIST) {
        while (good && owned->n_members > 0)
            good = loader_merge_defaults(l, map, node_remove(owned, 0));
        return good;
    }
    if (owned->kind != MH_NODE_MAP) {
        config_report(l->d, true, owned, NULL, "<< wants a mapping or a list of mappings");
        return false;
    }
    for (size_t i = owned->n_members; good && i > 0; i--) {
        const char *key = owned->members[i - 1].key;
        if (node_member(map, key, strlen(key)) != NULL)
            continue;
        CLEANUP_FREE char *copy = strdup(key);
        good = copy != NULL && node_add(map, copy, node_remove(owned, i - 1)) == 0;
    }
    return good;
}
