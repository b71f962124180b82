/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules.h - module blocks, for settings.c.
 */
#ifndef MH_CONFIG_MODULES_H
#define MH_CONFIG_MODULES_H

#include "config/tree.h"

/* The absolute pattern of the module files; root must be expanded there. NULL: no memory. */
char *modules_pattern(const struct mh_config *root, const char *config_folder);
/* Fills s->modules from the inline list and, unless without_files, from s->modules_glob. Mistakes
 * go to e->d. Returns 0, -EINVAL or -ENOMEM. */
int modules_collect(struct settings *s, struct expansion *e, bool strict_perms, bool without_files);

#endif
