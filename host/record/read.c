/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read.c - reading a record as one document: a walk over the layout that can stop and go on after
 * any item.
 *
 * The walk looks for the next node that is present, then brings the open objects in line with it
 * (closing those that end before it, opening those above it), then yields it. So objects without
 * members never appear.
 */
#include "record/batch.h"
#include "record/layout.h"

/* What the cursor holds between two items. All zero at the start. */
struct reading {
    uint32_t node;                   /* the next node to look at */
    uint32_t n_open;                 /* objects that are open ... */
    uint32_t open[LAYOUT_MAX_DEPTH]; /* ... by node */
    uint32_t member;                 /* in an array or map: 1 + number of the next member */
    uint32_t family;                 /* 1 + node of the family whose keys are walked; 0: none */
    uint32_t source;                 /* the node in it whose members give the keys now */
    uint32_t source_member;
};

_Static_assert(sizeof(struct reading) <= sizeof(struct mh_cursor), "the cursor holds a reading");

struct walk {
    const struct mh_record *record;
    const struct layout_node *nodes;
    const struct constants *constants;
    struct reading *at;
    uint32_t n_nodes;
    bool json;
};

static const struct members no_members;

/* The members that a node's slot holds as a map; none when it is absent. */
static const struct members *
map_at(const struct walk *w, uint32_t node)
{
    uint32_t slot = w->nodes[node].slot;
    if (slot == LAYOUT_NONE || w->record->values[slot].type != MH_VALUE_MAP)
        return &no_members;
    return value_members(&w->record->values[slot]);
}

static const struct member *
family_key(const struct walk *w)
{
    return &map_at(w, w->at->source)->items[w->at->source_member];
}

/* True when a node of the family before the current source has this key too: it was yielded
 * already. */
static bool
key_was_seen(const struct walk *w, const struct member *key)
{
    for (uint32_t n = w->at->family - 1; n < w->at->source; n++)
        if (members_find(map_at(w, n), key->key, key->key_len) != NULL)
            return true;
    return false;
}

/* Moves on to the first key, from the current position, that was not yielded yet. False: there is
 * none. */
static bool
family_settle(const struct walk *w)
{
    uint32_t end = w->nodes[w->at->family - 1].end;
    for (; w->at->source < end; w->at->source++, w->at->source_member = 0) {
        const struct members *m = map_at(w, w->at->source);
        for (; w->at->source_member < m->n; w->at->source_member++)
            if (!key_was_seen(w, &m->items[w->at->source_member]))
                return true;
    }
    return false;
}

static bool
family_begin(const struct walk *w, uint32_t node)
{
    if (w->at->family == node + 1)
        return true;
    w->at->family = node + 1;
    w->at->source = node;
    w->at->source_member = 0;
    if (family_settle(w))
        return true;
    w->at->family = 0;
    return false;
}

/* The key is done: stay at the family for the next one, or go past it. */
static void
family_next(const struct walk *w)
{
    uint32_t node = w->at->family - 1;
    w->at->source_member++;
    w->at->node = node;
    if (family_settle(w))
        return;
    w->at->family = 0;
    w->at->node = w->nodes[node].end;
}

static bool
inside_family(const struct walk *w)
{
    return w->at->family != 0 && w->at->node >= w->at->family;
}

/* The value of a NODE_VALUE, or NULL when it is absent. */
static const struct mh_value *
value_at(const struct walk *w, uint32_t node)
{
    const struct layout_node *n = &w->nodes[node];
    if (inside_family(w)) {
        const struct member *key = family_key(w);
        const struct member *found = members_find(map_at(w, node), key->key, key->key_len);
        return found != NULL ? &found->value : NULL;
    }
    if (n->slot != LAYOUT_NONE && w->record->values[n->slot].type != MH_VALUE_NONE)
        return &w->record->values[n->slot];
    return n->constant != LAYOUT_NONE ? &constants_at(w->constants, n->constant)->value : NULL;
}

/* The next node that yields an item of its own, at or after the current one; the bound when there
 * is none. */
static uint32_t
find_present(const struct walk *w)
{
    uint32_t bound = inside_family(w) ? w->nodes[w->at->family - 1].end : w->n_nodes;
    uint32_t n = w->at->node;
    while (n < bound) {
        const struct layout_node *node = &w->nodes[n];
        if (w->json && node->constant_only && node->json_len != 0)
            return n;
        if (node->kind == NODE_VALUE && value_at(w, n) != NULL)
            return n;
        if (node->kind == NODE_FAMILY && family_begin(w, n))
            return n;
        n = node->kind == NODE_OBJECT ? n + 1 : node->end;
    }
    return bound;
}

static void
item_key(struct mh_item *item, const struct layout_node *node)
{
    item->key = node->key;
    item->key_len = node->key_len;
    item->json_key = node->json_key;
    item->json_key_len = node->json_key_len;
}

static void
open_object(const struct walk *w, uint32_t node, struct mh_item *item)
{
    item->kind = MH_ITEM_OPEN_OBJECT;
    item_key(item, &w->nodes[node]);
    w->at->open[w->at->n_open++] = node;
}

static void
close_object(const struct walk *w, struct mh_item *item)
{
    uint32_t node = w->at->open[--w->at->n_open];
    item->kind = MH_ITEM_CLOSE_OBJECT;
    if (w->nodes[node].kind == NODE_FAMILY)
        family_next(w);
}

static void
yield_family_key(const struct walk *w, uint32_t node, struct mh_item *item)
{
    const struct member *key = family_key(w);
    item->key = key->key;
    item->key_len = key->key_len;
    if (w->nodes[node].end ==
        node + 1) { /* the star is the last element: the members are the values */
        item->kind = MH_ITEM_VALUE;
        item->value = key->value;
        family_next(w);
        return;
    }
    item->kind = MH_ITEM_OPEN_OBJECT;
    w->at->open[w->at->n_open++] = node;
    w->at->node = node + 1;
}

static void
yield_value(const struct walk *w, uint32_t node, struct mh_item *item)
{
    const struct mh_value *value = value_at(w, node);
    item_key(item, &w->nodes[node]);
    if (value->type == MH_VALUE_ARRAY || value->type == MH_VALUE_MAP) {
        item->kind = value->type == MH_VALUE_ARRAY ? MH_ITEM_OPEN_ARRAY : MH_ITEM_OPEN_OBJECT;
        w->at->member = 1;
        return;
    }
    item->kind = MH_ITEM_VALUE;
    item->value = *value;
    w->at->node = w->nodes[node].end;
}

static void
yield_json(const struct walk *w, uint32_t node, struct mh_item *item)
{
    const struct layout_node *n = &w->nodes[node];
    item->kind = MH_ITEM_JSON;
    item->value = mh_text(n->json, n->json_len);
    w->at->node = n->json_end;
}

/* Member number i of an array or map, as an item. False: past the end. */
static bool
member_item(const struct walk *w, const struct mh_value *value, uint32_t i, struct mh_item *item)
{
    const struct layout_node *node = &w->nodes[w->at->node];
    bool of_slot = node->slot != LAYOUT_NONE && value == &w->record->values[node->slot];
    if (i >= value->len)
        return false;
    if (!of_slot) {
        item->value = value->u.a[i];
        return true;
    }
    const struct member *member = &value_members(value)->items[i];
    item->key = member->key;
    item->key_len = member->key_len;
    item->value = member->value;
    return true;
}

static void
step_member(const struct walk *w, struct mh_item *item)
{
    const struct mh_value *value = value_at(w, w->at->node);
    item->kind = MH_ITEM_VALUE;
    if (member_item(w, value, w->at->member - 1, item)) {
        w->at->member++;
        return;
    }
    item->kind = value->type == MH_VALUE_ARRAY ? MH_ITEM_CLOSE_ARRAY : MH_ITEM_CLOSE_OBJECT;
    w->at->member = 0;
    w->at->node = w->nodes[w->at->node].end;
}

static uint32_t
innermost_open(const struct walk *w)
{
    return w->at->n_open != 0 ? w->at->open[w->at->n_open - 1] : LAYOUT_NONE;
}

/* The outermost object above a node that is not open yet, or the node itself. */
static uint32_t
first_to_open(const struct walk *w, uint32_t node)
{
    uint32_t open = innermost_open(w);
    while (w->nodes[node].parent != open)
        node = w->nodes[node].parent;
    return node;
}

/* One item. False: the document is finished. */
static bool
step(const struct walk *w, struct mh_item *item)
{
    *item = (struct mh_item){0};
    if (w->at->member != 0) {
        step_member(w, item);
        return true;
    }
    uint32_t node = w->at->node = find_present(w);
    uint32_t open = innermost_open(w);
    if (open != LAYOUT_NONE && node >= w->nodes[open].end) {
        close_object(w, item);
        return true;
    }
    if (node >= w->n_nodes)
        return false;
    uint32_t first = first_to_open(w, node);
    if (first != node)
        open_object(w, first, item);
    else if (w->nodes[node].kind == NODE_FAMILY)
        yield_family_key(w, node, item);
    else if (w->json && w->nodes[node].constant_only)
        yield_json(w, node, item);
    else
        yield_value(w, node, item);
    return true;
}

uint32_t
record_read(const struct mh_record *record, struct mh_cursor *cursor, struct mh_item *items,
            uint32_t n_items, uint32_t flags)
{
    const struct layout *layout = shape_layout(record->shape);
    struct walk w = {
        .record = record,
        .nodes = layout->nodes,
        .constants = shape_constants(record->shape),
        .at = (struct reading *)(void *)cursor->state,
        .n_nodes = layout->n_nodes,
        .json = (flags & MH_READ_JSON) != 0,
    };
    uint32_t n = 0;
    while (n < n_items && step(&w, &items[n]))
        n++;
    return n;
}
