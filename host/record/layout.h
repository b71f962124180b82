/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - the tree of a document, compiled from slots and constants into an array in pre-order,
 * so that reading a record is one pass over the array without a look-up. Immutable after
 * layout_build.
 */
#ifndef MH_LAYOUT_H
#define MH_LAYOUT_H

#include "record/constants.h"
#include "record/shape.h"

enum { LAYOUT_NONE = UINT32_MAX, LAYOUT_MAX_DEPTH = 24 };

enum node_kind {
    NODE_OBJECT, /* has children */
    NODE_VALUE,  /* a slot, a constant, or both (then the slot wins where it has a value)  */
    NODE_FAMILY, /* a `*`: its children repeat for every key; without children the slot itself
                    repeats */
};

struct layout_node {
    enum node_kind kind;
    bool constant_only; /* neither it nor anything below has a slot */
    bool has_constant;  /* it or something below is a constant: always present  */
    uint16_t depth;  /* of the root's children: 0                                                 */
    uint32_t parent; /* LAYOUT_NONE at the top                                                    */
    uint32_t end;    /* number of the first node past this one and all below                      */
    uint32_t slot;   /* LAYOUT_NONE: none                                                         */
    uint32_t constant; /* LAYOUT_NONE: none */
    uint32_t key_len, json_key_len;
    const char *key; /* one path element                                                         */
    const char *json_key; /* "key": */
    /* Of the first of a run of constant-only siblings: the whole run as JSON members, and the first
     * node past it. */
    const char *json;
    uint32_t json_len;
    uint32_t json_end;
};

struct layout {
    struct layout_node *nodes;
    uint32_t n_nodes;
    uint32_t json_bytes; /* length of all constant JSON */
    char *text; /* all keys and JSON                                                         */
};

/* Paths that do not fit into one tree ("a" a value and "a.b" another) are left out, the later one.
 * 0 or -ENOMEM. */
int layout_build(const struct slot *slots, uint32_t n_slots, const struct constants *constants,
                 struct layout *ret);
void layout_free(struct layout *layout);

#endif
