/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind.h - what bind.c shares with the typed reads of ops.c.
 */
#ifndef MH_CONFIG_BIND_H
#define MH_CONFIG_BIND_H

#include "config/node.h"

/* The key of exactly this dotted name, or NULL. */
const struct mh_key *bind_find_key(const struct key_set *sets, size_t n_sets, const char *path);
/* How a path below a bound node is called in messages; the caller frees it. NULL: no memory. */
char *bind_full_name(const struct mh_config *root, const char *prefix, const char *path);
/* What a key of this type wants: "true or false". */
const char *bind_wanted(uint32_t type);
/* Removes what config_bind attached. */
void config_unbind(struct mh_config *node);

#endif
