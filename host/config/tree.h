/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - what happens to trees between parsing and use: merging, -E, variables.
 */
#ifndef MH_CONFIG_TREE_H
#define MH_CONFIG_TREE_H

#include "config/node.h"

/* Lays `overlay` over `base`: maps merge, everything else replaces. A map whose keys are numbers
 * changes single members of a list ("hosts.0"). Takes over overlay. Returns 0 or -ENOMEM. */
int tree_merge(struct mh_config *base, struct mh_config *overlay);

/* Lays one -E argument ("key=value") over root. Mistakes go to d, never with the value, which may
 * be a secret. Returns 0, -EINVAL or -ENOMEM. */
int tree_override(struct mh_config *root, const char *argument, struct diagnostics *d);

/* Finds the secret of this name. 0: *ret is set, the caller frees it; -ENOENT: there is none;
 * others: the store cannot be read, *ret_reason says why. */
typedef int (*secret_lookup)(void *priv, const char *name, char **ret, char **ret_reason);

struct expansion {
    struct mh_config *root; /* where ${a.b} looks first */
    secret_lookup lookup;   /* after settings and environment; NULL: none */
    void *lookup_priv;
    struct diagnostics *d;
};

/* Replaces the variables in every scalar below node, except in maps with `enabled: false`. path:
 * name of node for messages. Mistakes go to e->d. Returns 0, -EINVAL or -ENOMEM. */
int tree_expand(struct expansion *e, struct mh_config *node, const char *path);

/* Splits the text of a scalar at commas into a list, in place. "[a, b]" and quotes around members
 * are understood. Returns 0 or -ENOMEM. */
int tree_split(struct mh_config *node);

/* The value of a truth-valued member; when it is absent or no truth value. */
bool tree_flag(const struct mh_config *node, const char *path, bool otherwise);

/* `metricbeat` becomes `metrichost`, so that the rest of the program knows one name. Returns 0 or
 * -ENOMEM. */
int tree_rename_legacy(struct mh_config *root, struct diagnostics *d);

#endif
