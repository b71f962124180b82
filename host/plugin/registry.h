/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - which plugins are installed, found from the ELF strings of the files without running them, and the loading of
 * those that the configuration uses.
 *
 * All functions: control thread only (libltdl is not thread-safe).
 */
#ifndef MH_REGISTRY_H
#define MH_REGISTRY_H

#include <metrichost/plugin.h>

#include "util/util.h"

/* One plugin that some installed file provides, as its ELF string says. */
struct plugin_entry {
    char *name;
    char *version;
    uint32_t kind;          /* MH_KIND_... */
    uint16_t abi_major, abi_minor, needs_minor;
    char *file;             /* absolute */
    char *refusal;          /* why it cannot be used, for the operator; NULL: fine as far as known     */
    const struct mh_plugin *plugin; /* the host's own zero-filled copy once opened; lives until exit   */
};

struct registry;

/* Scans the folders for *.so files. Never fails because of a single file: such an entry carries a refusal. */
int registry_open(const char *const *folders, size_t n_folders, struct registry **ret);
void registry_close(struct registry *r);
size_t registry_count(const struct registry *r);
struct plugin_entry *registry_at(struct registry *r, size_t i);

/* Opens (once) the plugin of this kind and name. NULL: *ret_reason says why and what to do (near names, folders searched,
 * the real dlerror text, both ABI versions); the caller frees it. */
const struct plugin_entry *registry_load(struct registry *r, uint32_t kind, const char *name, char **ret_reason);

#endif
