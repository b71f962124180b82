/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.c - see layout.h. A linked tree of branches is grown path by path, then flattened. Within
 * an object the members that can change come first and the constant ones last, so that these form
 * one run of ready JSON.
 */
#include "record/layout.h"

#include "record/json.h"

#include <errno.h>

struct branch {
    const char *key; /* into a path, not terminated */
    size_t key_len;
    struct branch *first, *last, *next;
    uint32_t slot, constant;
    bool constant_only;
};

struct builder {
    struct branch root;
    const struct constants *constants;
    struct buf text;
    struct layout_node *nodes;
    uint32_t n, cap;
    bool failed;
};

static struct branch *
child_named(struct branch *parent, const char *key, size_t key_len)
{
    for (struct branch *c = parent->first; c != NULL; c = c->next)
        if (c->key_len == key_len && memcmp(c->key, key, key_len) == 0)
            return c;
    return NULL;
}

static struct branch *
child_add(struct branch *parent, const char *key, size_t key_len)
{
    struct branch *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->key = key;
    c->key_len = key_len;
    c->slot = c->constant = LAYOUT_NONE;
    if (parent->last != NULL)
        parent->last->next = c;
    else
        parent->first = c;
    parent->last = c;
    return c;
}

static bool
is_value(const struct branch *b)
{
    return b->slot != LAYOUT_NONE || b->constant != LAYOUT_NONE;
}

/* True when the path can join the tree: it neither goes through a value nor ends at an object. */
static bool
path_fits(struct branch *at, const char *path)
{
    size_t depth = 0;
    for (;;) {
        size_t len = strcspn(path, ".");
        at = at != NULL ? child_named(at, path, len) : NULL;
        if (len == 0 || ++depth > LAYOUT_MAX_DEPTH - 2)
            return false;
        if (path[len] == '\0')
            return at == NULL || at->first == NULL;
        if (at != NULL && is_value(at))
            return false;
        path += len + 1;
    }
}

/* The branch at a path, made where needed. NULL: it does not fit, or no memory (then b->failed). */
static struct branch *
branch_at(struct builder *b, const char *path)
{
    if (!path_fits(&b->root, path))
        return NULL;
    struct branch *at = &b->root;
    while (at != NULL) {
        size_t len = strcspn(path, ".");
        struct branch *child = child_named(at, path, len);
        at = child != NULL ? child : child_add(at, path, len);
        if (path[len] == '\0')
            break;
        path += len + 1;
    }
    b->failed |= at == NULL;
    return at;
}

static void
grow_tree(struct builder *b, const struct slot *slots, uint32_t n_slots)
{
    for (uint32_t i = 0; i < n_slots; i++) {
        struct branch *at = branch_at(b, slots[i].path);
        if (at != NULL && at->slot == LAYOUT_NONE)
            at->slot = i;
    }
    for (size_t i = 0; i < constants_count(b->constants); i++) {
        struct branch *at = branch_at(b, constants_at(b->constants, i)->path);
        if (at != NULL)
            at->constant = (uint32_t)i;
    }
}

static void
mark_constant(struct branch *b)
{
    b->constant_only = b->slot == LAYOUT_NONE;
    for (struct branch *c = b->first; c != NULL; c = c->next) {
        mark_constant(c);
        b->constant_only &= c->constant_only;
    }
}

static void
free_tree(struct branch *b)
{
    while (b != NULL) {
        struct branch *next = b->next;
        free_tree(b->first);
        free(b);
        b = next;
    }
}

static void
json_constant(struct buf *to, const struct mh_value *value)
{
    if (value->type != MH_VALUE_ARRAY) {
        value_to_json(value, to);
        return;
    }
    buf_add_char(to, '[');
    for (uint32_t i = 0; i < value->len; i++) {
        if (i != 0)
            buf_add_char(to, ',');
        value_to_json(&value->u.a[i], to);
    }
    buf_add_char(to, ']');
}

/* One constant-only member, with everything below. */
static void
json_member(struct builder *b, const struct branch *branch)
{
    buf_add_json_string(&b->text, branch->key, branch->key_len);
    buf_add_char(&b->text, ':');
    if (branch->constant != LAYOUT_NONE) {
        json_constant(&b->text, &constants_at(b->constants, branch->constant)->value);
        return;
    }
    buf_add_char(&b->text, '{');
    for (const struct branch *c = branch->first; c != NULL; c = c->next) {
        if (c != branch->first)
            buf_add_char(&b->text, ',');
        json_member(b, c);
    }
    buf_add_char(&b->text, '}');
}

/* Pointers into the text are offsets until it has stopped growing. */
static const char *
offset_of(const struct builder *b)
{
    return (const char *)(uintptr_t)b->text.len;
}

static struct layout_node *
node_add(struct builder *b)
{
    if (b->n == b->cap) {
        uint32_t cap = b->cap != 0 ? b->cap * 2 : 64;
        struct layout_node *nodes = realloc(b->nodes, cap * sizeof *nodes);
        if (nodes == NULL) {
            b->failed = true;
            return NULL;
        }
        b->nodes = nodes;
        b->cap = cap;
    }
    b->nodes[b->n] = (struct layout_node){0};
    return &b->nodes[b->n++];
}

static enum node_kind
kind_of(const struct branch *branch)
{
    if (branch->key_len == 1 && branch->key[0] == '*')
        return NODE_FAMILY;
    return branch->first != NULL ? NODE_OBJECT : NODE_VALUE;
}

static void flatten_children(struct builder *b, const struct branch *parent, uint32_t parent_node,
                             uint16_t depth);

static void
flatten(struct builder *b, const struct branch *branch, uint32_t parent, uint16_t depth)
{
    uint32_t number = b->n;
    struct layout_node *node = node_add(b);
    if (node == NULL)
        return;
    node->kind = kind_of(branch);
    node->constant_only = branch->constant_only;
    node->depth = depth;
    node->parent = parent;
    node->slot = branch->slot;
    node->constant = branch->constant;
    node->json_key = offset_of(b);
    buf_add_json_string(&b->text, branch->key, branch->key_len);
    buf_add_char(&b->text, ':');
    node->json_key_len = (uint32_t)(b->text.len - (uintptr_t)node->json_key);
    node->key = offset_of(b);
    node->key_len = (uint32_t)branch->key_len;
    buf_add(&b->text, branch->key, branch->key_len);
    buf_add_char(&b->text, '\0');
    flatten_children(b, branch, number, (uint16_t)(depth + 1));
    b->nodes[number].end = b->n;
}

/* The run of constant-only children, rendered once and kept at the first of them. */
static void
flatten_constant_run(struct builder *b, const struct branch *parent, uint32_t parent_node,
                     uint16_t depth)
{
    uint32_t first = b->n;
    for (const struct branch *c = parent->first; c != NULL; c = c->next)
        if (c->constant_only)
            flatten(b, c, parent_node, depth);
    if (b->n == first || b->failed)
        return;
    const char *json = offset_of(b);
    bool comma = false;
    for (const struct branch *c = parent->first; c != NULL; c = c->next) {
        if (!c->constant_only)
            continue;
        if (comma)
            buf_add_char(&b->text, ',');
        comma = true;
        json_member(b, c);
    }
    b->nodes[first].json = json;
    b->nodes[first].json_len = (uint32_t)(b->text.len - (uintptr_t)json);
    b->nodes[first].json_end = b->n;
}

static void
flatten_children(struct builder *b, const struct branch *parent, uint32_t parent_node,
                 uint16_t depth)
{
    for (const struct branch *c = parent->first; c != NULL; c = c->next)
        if (!c->constant_only)
            flatten(b, c, parent_node, depth);
    /* Inside a constant-only object the run of its parent says it all. */
    if (parent == &b->root || !parent->constant_only)
        flatten_constant_run(b, parent, parent_node, depth);
    else
        for (const struct branch *c = parent->first; c != NULL; c = c->next)
            flatten(b, c, parent_node, depth);
}

static void
resolve(struct builder *b, struct layout *layout)
{
    const char *text = layout->text;
    for (uint32_t i = 0; i < b->n; i++) {
        struct layout_node *node = &b->nodes[i];
        node->key = text + (uintptr_t)node->key;
        node->json_key = text + (uintptr_t)node->json_key;
        if (node->json_len != 0)
            node->json = text + (uintptr_t)node->json;
        layout->json_bytes += node->json_len;
        if (node->constant == LAYOUT_NONE)
            continue;
        for (uint32_t up = i; up != LAYOUT_NONE; up = b->nodes[up].parent)
            b->nodes[up].has_constant = true;
    }
}

int
layout_build(const struct slot *slots, uint32_t n_slots, const struct constants *constants,
             struct layout *ret)
{
    struct builder b = {.root = {.slot = LAYOUT_NONE, .constant = LAYOUT_NONE},
                        .constants = constants};
    grow_tree(&b, slots, n_slots);
    mark_constant(&b.root);
    flatten_children(&b, &b.root, LAYOUT_NONE, 0);
    free_tree(b.root.first);
    *ret = (struct layout){.nodes = b.nodes, .n_nodes = b.n};
    buf_add_char(&b.text, '\0');
    ret->text = buf_detach(&b.text);
    if (b.failed || ret->text == NULL) {
        layout_free(ret);
        return -ENOMEM;
    }
    resolve(&b, ret);
    return 0;
}

void
layout_free(struct layout *layout)
{
    free(layout->nodes);
    free(layout->text);
    *layout = (struct layout){0};
}
