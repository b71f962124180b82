/* SPDX-License-Identifier: Apache-2.0 */
/*
 * negotiate.h - decides whether a plugin and this host fit together, and makes the host's own copy
 * of its descriptor.
 *
 * Every refusal is a message of its own that names the file, what both sides have, and the way out.
 * A refused plugin never keeps another from working.
 */
#ifndef MH_NEGOTIATE_H
#define MH_NEGOTIATE_H

#include <metrichost/plugin.h>

#include "plugin/schema_copy.h"

/* The descriptor of ABI 1.0, less than which no plugin has. */
#define MH_PLUGIN_SIZE_1_0 (offsetof(struct mh_plugin, get_interface) + sizeof(void (*)(void)))

/* The features of MH_FEATURE_... that this host has. */
#define MH_FEATURES_KNOWN MH_FEATURE_SERIALIZE

/* "input", "processor", "output"; "plugin" for anything else. */
const char *negotiate_kind_word(uint32_t kind);
/* The reverse; 0 for an unknown word of len bytes. */
uint32_t negotiate_kind(const char *word, size_t len);

/* Whether the ABI that a plugin was built for, and the minor that it needs, are served here.
 * Returns 0 or -errno with why->reason. */
int negotiate_abi(uint32_t major, uint32_t minor, uint32_t needs_minor, struct refusal *why);

/* Calls the entry function and finds the descriptor of this kind and name in its answer. *ret is
 * the plugin's own: read nothing past its struct_size. Returns 0 or -errno with why->reason. */
typedef const struct mh_plugin_list *(*mh_entry_function)(const struct mh_loader *);
int negotiate_find(mh_entry_function entry, uint32_t kind, const char *name,
                   const struct mh_plugin **ret, struct refusal *why);

/* Checks a descriptor and copies it: zero-filled beyond what the plugin has, with its schemas in
 * our layout. The copy is kept until the process exits. Returns 0 or -errno with why->reason. */
int negotiate_copy(const struct mh_plugin *theirs, const struct mh_plugin **ret,
                   struct refusal *why);

#endif
