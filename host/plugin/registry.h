/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - which plugins are installed, found from the ELF strings of the files without running
 * them, and the loading of those that the configuration uses.
 *
 * All functions: control thread only (libltdl is not thread-safe).
 */
#ifndef MH_REGISTRY_H
#define MH_REGISTRY_H

#include <metrichost/plugin.h>

#include "util/util.h"

/* One plugin that some installed file provides, as its ELF string says. */
struct plugin_entry {
    char *name;    /* the plugin's; the file's without .so when the file does not say        */
    char *version; /* "" when the file does not say                                          */
    uint32_t kind; /* MH_KIND_...; 0: a file that is no plugin or of an unknown kind         */
    uint16_t abi_major, abi_minor, needs_minor;
    char *file;    /* absolute */
    char *refusal; /* why it cannot be used, for the operator; NULL: fine as far as known     */
    const struct mh_plugin
        *plugin; /* the host's own zero-filled copy once opened; lives until exit   */
};

struct registry;

/* Scans the folders for *.so files, in this order: of two that provide the same the first wins. A
 * folder need not exist. Never fails because of a single file: such an entry carries a refusal.
 * Returns 0 or -ENOMEM. */
int registry_open(const char *const *folders, size_t n_folders, struct registry **ret);
void registry_close(struct registry *r); /* what was opened stays open; NULL is fine */

/* Scans the same folders again, after an upgrade. Entries of files that are as they were stay the
 * same (same pointer); a file that was replaced has new entries, and registry_load() opens it
 * beside the old one. An instance is to be made anew when registry_load() gives another pointer
 * than the one it runs with. Entries that are no longer listed stay valid until registry_close().
 * Returns 0 or -ENOMEM; then nothing changed. */
int registry_rescan(struct registry *r);

size_t registry_count(const struct registry *r);
struct plugin_entry *registry_at(struct registry *r, size_t i);

/* Opens (once) the plugin of this kind and name. NULL: *ret_reason says why and what to do (near
 * names, folders searched, the real dlerror text, both ABI versions); the caller frees it; NULL
 * when memory was short. What the plugin's arrays hold is in this host's layout: index keys,
 * datasets and fields plainly. */
const struct plugin_entry *registry_load(struct registry *r, uint32_t kind, const char *name,
                                         char **ret_reason);

#endif
