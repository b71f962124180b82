/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind.h - what the checks of bind.c and bind_value.c and the typed reads of ops.c share.
 */
#ifndef MH_CONFIG_BIND_H
#define MH_CONFIG_BIND_H

#include "config/node.h"

/* One run of config_bind. */
struct binder {
    const struct key_set *sets;
    size_t n_sets;
    const char *prefix;
    const struct mh_config *root; /* the node that is bound */
    struct diagnostics *d;
    struct buf path; /* of the node being checked, below root */
    uint32_t n_errors;
};

/* A finding about the setting at b->path, at the position of `at`. */
void bind_report(struct binder *b, bool is_error, const struct mh_config *at, const char *format,
                 ...) PRINTF_LIKE(4, 5);
void bind_no_memory(struct binder *b);
/* Checks a value against its key and brings it into its final form. */
void bind_check_value(struct binder *b, const struct mh_key *key, struct mh_config *at);

/* The key of exactly this dotted name, or NULL. */
const struct mh_key *bind_find_key(const struct key_set *sets, size_t n_sets, const char *path);
/* How a path below a bound node is called in messages; the caller frees it. NULL: no memory. */
char *bind_full_name(const struct mh_config *root, const char *prefix, const char *path);
/* What a key of this type wants: "true or false". */
const char *bind_wanted(uint32_t type);
/* What stands there instead, never a secret; the caller frees it. key and at may be NULL. NULL: no
 * memory. */
char *bind_found(const struct mh_key *key, const struct mh_config *at);
/* Removes what config_bind attached. */
void config_unbind(struct mh_config *node);

#endif
