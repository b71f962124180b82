/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_copy.h - brings the schemas of a plugin into the host's own layout and checks them.
 *
 * A plugin's arrays have the stride that it was compiled with, larger or smaller than ours. The
 * copies have ours, what the plugin does not know is zero, and the rest of the host indexes them
 * plainly. Strings stay where the plugin has them: its file is never unmapped. Texts that only
 * people read are never NULL in a copy.
 */
#ifndef MH_SCHEMA_COPY_H
#define MH_SCHEMA_COPY_H

#include <metrichost/schema.h>

#include "util/util.h"

/* Whom a message is about, and where it goes (the caller frees it; NULL when memory was short). */
struct refusal {
    const char *file;
    const char *plugin; /* NULL: the whole file */
    char *reason;
};

/* Writes "FILE: plugin NAME: ..." and returns -EINVAL, or -ENOMEM. */
int refuse(struct refusal *why, const char *format, ...) PRINTF_LIKE(2, 3);

/* Both return 0 or -errno with why->reason, and hand over a new array (NULL for none), also to free
 * after an error. */
int schema_copy_keys(const struct mh_key *theirs, uint32_t n, uint32_t stride, struct mh_key **ret,
                     struct refusal *why);
int schema_copy_datasets(const struct mh_dataset *theirs, uint32_t n, uint32_t stride,
                         struct mh_dataset **ret, struct refusal *why);
void schema_free_datasets(struct mh_dataset *datasets, uint32_t n);

/* [a-z0-9][a-z0-9_-]*: the name of a plugin. Accepts NULL, which is none. */
bool schema_plugin_name_valid(const char *name);

#endif
