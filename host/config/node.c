/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.c - building, finding, copying and comparing nodes.
 */
#include "config/bind.h"

#include <errno.h>

struct config_origin *
origin_new(const char *name)
{
    struct config_origin *o = calloc(1, sizeof *o);
    if (o == NULL)
        return NULL;
    o->refs = 1;
    o->name = strdup(name);
    if (o->name == NULL) {
        free(o);
        return NULL;
    }
    return o;
}

struct config_origin *
origin_ref(struct config_origin *o)
{
    if (o != NULL)
        o->refs++;
    return o;
}

int
origin_set_base(struct config_origin *o, const char *base)
{
    if (o == NULL || o->base != NULL)
        return 0;
    o->base = strdup(base);
    return o->base != NULL ? 0 : -ENOMEM;
}

void
origin_unref(struct config_origin *o)
{
    if (o == NULL || --o->refs > 0)
        return;
    free(o->name);
    free(o->base);
    free(o);
}

struct mh_config *
node_new(int32_t kind)
{
    struct mh_config *node = calloc(1, sizeof *node);
    if (node != NULL)
        node->kind = kind;
    return node;
}

struct mh_config *
node_scalar(const char *text)
{
    struct mh_config *node = node_new(MH_NODE_SCALAR);
    if (node == NULL)
        return NULL;
    node->text = strdup(text);
    if (node->text == NULL) {
        free(node);
        return NULL;
    }
    return node;
}

void
config_unbind(struct mh_config *node)
{
    if (node->binding == NULL)
        return;
    free(node->binding->sets);
    free(node->binding->prefix);
    free(node->binding);
    node->binding = NULL;
}

static void
clear_content(struct mh_config *node)
{
    free(node->text);
    for (size_t i = 0; i < node->n_members; i++) {
        free(node->members[i].key);
        config_node_free(node->members[i].node);
    }
    free(node->members);
    node->text = NULL;
    node->members = NULL;
    node->n_members = node->cap = 0;
}

void
config_node_free(struct mh_config *node)
{
    if (node == NULL)
        return;
    clear_content(node);
    config_unbind(node);
    origin_unref(node->origin);
    free(node);
}

void
node_freep(struct mh_config **node)
{
    config_node_free(*node);
}

void
node_replace(struct mh_config *node, struct mh_config *from)
{
    clear_content(node);
    node->kind = from->kind;
    node->flags = from->flags;
    node->text = take(from->text);
    node->members = take(from->members);
    node->n_members = from->n_members;
    node->cap = from->cap;
    from->n_members = from->cap = 0;
    config_node_free(from);
}

void
node_copy_position(struct mh_config *to, const struct mh_config *from)
{
    struct config_origin *origin = origin_ref(from->origin);
    origin_unref(to->origin);
    to->origin = origin;
    to->line = from->line;
    to->column = from->column;
    to->key_line = from->key_line;
    to->key_column = from->key_column;
}

static int
grow_members(struct mh_config *parent)
{
    size_t cap = parent->cap == 0 ? 4 : parent->cap * 2;
    if (parent->n_members < parent->cap)
        return 0;
    struct config_member *members = reallocarray(parent->members, cap, sizeof *members);
    if (members == NULL)
        return -ENOMEM;
    parent->members = members;
    parent->cap = cap;
    return 0;
}

int
node_add(struct mh_config *parent, const char *key, struct mh_config *node)
{
    CLEANUP(node_freep) struct mh_config *owned = node;
    CLEANUP_FREE char *copy = key != NULL ? strdup(key) : NULL;
    if (owned == NULL || (key != NULL && copy == NULL))
        return -ENOMEM;
    if (parent->n_members >= CONFIG_MAX_MEMBERS)
        return -E2BIG;
    int r = grow_members(parent);
    if (r < 0)
        return r;
    parent->members[parent->n_members].key = take(copy);
    parent->members[parent->n_members].node = take(owned);
    parent->n_members++;
    return 0;
}

struct mh_config *
node_remove(struct mh_config *parent, size_t i)
{
    struct mh_config *node = parent->members[i].node;
    free(parent->members[i].key);
    parent->n_members--;
    memmove(&parent->members[i], &parent->members[i + 1],
            (parent->n_members - i) * sizeof parent->members[0]);
    return node;
}

static struct mh_config *
member_by_number(const struct mh_config *list, const char *key, size_t key_len)
{
    size_t i = 0;
    if (key_len == 0 || key_len > 6)
        return NULL;
    for (size_t c = 0; c < key_len; c++) {
        if (key[c] < '0' || key[c] > '9')
            return NULL;
        i = i * 10 + (size_t)(key[c] - '0');
    }
    return i < list->n_members ? list->members[i].node : NULL;
}

struct mh_config *
node_member(const struct mh_config *parent, const char *key, size_t key_len)
{
    if (parent->kind == MH_NODE_LIST)
        return member_by_number(parent, key, key_len);
    if (parent->kind != MH_NODE_MAP)
        return NULL;
    for (size_t i = 0; i < parent->n_members; i++) {
        const char *k = parent->members[i].key;
        if (strncmp(k, key, key_len) == 0 && k[key_len] == '\0')
            return parent->members[i].node;
    }
    return NULL;
}

struct mh_config *
node_find(const struct mh_config *node, const char *path)
{
    const struct mh_config *at = node;
    while (at != NULL && path != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");
        at = node_member(at, path, len);
        path += len + (path[len] == '.');
    }
    return (struct mh_config *)at;
}

struct mh_config *
node_given(const struct mh_config *node, const char *path)
{
    struct mh_config *found = node_find(node, path);
    return found != NULL && found->kind != MH_NODE_NULL ? found : NULL;
}

/* The map under one key: found, made, or made of an empty value. */
static struct mh_config *
make_map(struct mh_config *parent, const char *key, size_t len)
{
    struct mh_config *child = node_member(parent, key, len);
    if (child == NULL) {
        CLEANUP_FREE char *copy = strndup(key, len);
        child = node_new(MH_NODE_MAP);
        if (child == NULL || copy == NULL) {
            config_node_free(child);
            return NULL;
        }
        node_copy_position(child, parent);
        child->flags = NODE_IMPLICIT;
        return node_add(parent, copy, child) < 0 ? NULL : child;
    }
    if (child->kind == MH_NODE_NULL) {
        child->kind = MH_NODE_MAP;
        child->flags |= NODE_IMPLICIT;
    }
    return child->kind == MH_NODE_MAP || child->kind == MH_NODE_LIST ? child : NULL;
}

struct mh_config *
node_make_maps(struct mh_config *node, const char *path, size_t len)
{
    const char *end = path + len;
    while (node != NULL && path < end) {
        size_t n = strcspn(path, ".");
        if (path + n > end)
            n = (size_t)(end - path);
        node = make_map(node, path, n);
        path += n + 1;
    }
    return node;
}

const char *
node_kind_name(const struct mh_config *node)
{
    switch (node == NULL ? MH_NODE_NULL : node->kind) {
    case MH_NODE_SCALAR:
        return "a single value";
    case MH_NODE_LIST:
        return "a list";
    case MH_NODE_MAP:
        return "a mapping";
    default:
        return "nothing";
    }
}

/* The key sets belong to plugins and outlive both nodes. */
static int
clone_binding(struct mh_config *copy, const struct config_binding *from)
{
    struct config_binding *b = calloc(1, sizeof *b);
    if (b == NULL)
        return -ENOMEM;
    copy->binding = b;
    b->prefix = strdup(from->prefix);
    b->sets = calloc(from->n_sets + 1, sizeof *b->sets);
    if (b->prefix == NULL || b->sets == NULL)
        return -ENOMEM;
    memcpy(b->sets, from->sets, from->n_sets * sizeof *b->sets);
    b->n_sets = from->n_sets;
    return 0;
}

struct mh_config *
config_clone(const struct mh_config *node)
{
    CLEANUP(node_freep) struct mh_config *copy = node_new(node->kind);
    if (copy == NULL)
        return NULL;
    node_copy_position(copy, node);
    copy->flags = node->flags;
    if (node->binding != NULL && clone_binding(copy, node->binding) < 0)
        return NULL;
    if (node->text != NULL && (copy->text = strdup(node->text)) == NULL)
        return NULL;
    for (size_t i = 0; i < node->n_members; i++)
        if (node_add(copy, node->members[i].key, config_clone(node->members[i].node)) < 0)
            return NULL;
    return take(copy);
}

int
config_set_scalar(struct mh_config *node, const char *path, const char *value)
{
    const char *dot = strrchr(path, '.');
    const char *key = dot != NULL ? dot + 1 : path;
    struct mh_config *parent =
        dot != NULL ? node_make_maps(node, path, (size_t)(dot - path)) : node;
    struct mh_config *fresh = node_scalar(value);
    if (parent == NULL || fresh == NULL) {
        config_node_free(fresh);
        return -ENOMEM;
    }
    fresh->flags = NODE_QUOTED | NODE_EXPANDED;
    struct mh_config *old = node_member(parent, key, strlen(key));
    if (old != NULL) {
        node_replace(old, fresh);
        return 0;
    }
    node_copy_position(fresh, parent);
    return node_add(parent, key, fresh);
}

static bool
text_equal(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

bool
config_equal(const struct mh_config *a, const struct mh_config *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->kind != b->kind || a->n_members != b->n_members)
        return false;
    if (a->kind == MH_NODE_SCALAR)
        return text_equal(a->text, b->text);
    for (size_t i = 0; i < a->n_members; i++) {
        const char *key = a->members[i].key;
        const struct mh_config *other =
            key != NULL ? node_member(b, key, strlen(key)) : b->members[i].node;
        if (other == NULL || !config_equal(a->members[i].node, other))
            return false;
    }
    return true;
}
