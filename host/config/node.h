/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.h - the nodes behind struct mh_config, for the files of host/config only.
 *
 * Invariants: keys of a map are unique and hold no dot (dotted keys became nested maps); a map's
 * keys are set, a list's are NULL; a node has exactly one parent. Trees are built by one thread and
 * only read afterwards.
 */
#ifndef MH_CONFIG_NODE_H
#define MH_CONFIG_NODE_H

#include "config/config.h"

/* Limits that keep hostile input from eating memory or time. */
#define CONFIG_MAX_BYTES                                                                           \
    ((size_t)8 << 20) /* of one file                                           */
#define CONFIG_MAX_DEPTH 64u
#define CONFIG_MAX_NODES 100000u  /* of one file, aliases counted as often as they are used */
#define CONFIG_MAX_MEMBERS 10000u /* of one map or list                                    */

/* Where nodes came from: a file, or "-E key". Shared by its nodes. */
struct config_origin {
    unsigned refs;
    char *name;
    char *base; /* path.config, against which file names are resolved; NULL until known */
};

/* Flags of a node. */
enum {
    NODE_QUOTED = 1,   /* a scalar written with quotes or as a block: never null */
    NODE_IMPLICIT = 2, /* a map that only a dotted key made */
    /* Text of a variable or of -E: becomes a list at commas where the schema wants a list. */
    NODE_SPLIT = 4,
    NODE_EXPANDING = 8, /* its variables are being replaced right now */
    NODE_EXPANDED = 16,
    NODE_TOP_LEVEL = 32, /* lent to an output: messages name it without the output's prefix */
    NODE_SECRET = 64,    /* its text holds a secret of the keystore */
};

struct config_member {
    char *key; /* NULL in lists */
    struct mh_config *node;
};

/* What config_bind attached. */
struct config_binding {
    struct key_set *sets;
    size_t n_sets;
    char *prefix;
};

struct mh_config {
    int32_t kind; /* MH_NODE_... */
    uint32_t flags;
    struct config_origin *origin; /* or NULL */
    uint32_t line, column;        /* of the value, from 1; 0: no position */
    uint32_t key_line, key_column;
    char *text; /* scalars; of a null node the way it was written */
    struct config_member *members;
    size_t n_members, cap;
    struct config_binding *binding;
};

struct config_origin *origin_new(const char *name);
struct config_origin *origin_ref(struct config_origin *o); /* NULL is fine */
/* Sets base where there is none yet. NULL is fine. Returns 0 or -ENOMEM. */
int origin_set_base(struct config_origin *o, const char *base);
void origin_unref(struct config_origin *o); /* NULL is fine */

/* A node without position; NULL: no memory. node_scalar copies text. */
struct mh_config *node_new(int32_t kind);
struct mh_config *node_scalar(const char *text);
void node_freep(struct mh_config **node); /* for CLEANUP */
/* Takes over the content of `from` (kind, text, members), keeps own position; frees `from`. */
void node_replace(struct mh_config *node, struct mh_config *from);
void node_copy_position(struct mh_config *to, const struct mh_config *from);

/* Appends; takes over `node` in any case. key is copied; NULL in lists. Returns 0, -ENOMEM, or
 * -E2BIG past CONFIG_MAX_MEMBERS. */
int node_add(struct mh_config *parent, const char *key, struct mh_config *node);
/* Takes member i out and returns it; the caller owns it. */
struct mh_config *node_remove(struct mh_config *parent, size_t i);
/* Member by one undotted key; of a list by number. NULL: none. */
struct mh_config *node_member(const struct mh_config *parent, const char *key, size_t key_len);
/* Node at a dotted path, or NULL. */
struct mh_config *node_find(const struct mh_config *node, const char *path);
/* The same, but a null node counts as absent. */
struct mh_config *node_given(const struct mh_config *node, const char *path);
/* The map at a dotted path, made where needed. NULL: no memory, or another value is in the way. */
struct mh_config *node_make_maps(struct mh_config *node, const char *path, size_t len);
/* A finding about a file (or "-E key") as a whole. */
void report_file(struct diagnostics *d, bool is_error, const char *file, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* "a mapping", "a list", "the text \"x\"" ... for messages. */
const char *node_kind_name(const struct mh_config *node);

#endif
