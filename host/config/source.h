/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - configuration files: which ones, may they be trusted, what they hold.
 */
#ifndef MH_CONFIG_SOURCE_H
#define MH_CONFIG_SOURCE_H

#include "config/node.h"

/* Reads one file and checks who may change it. NULL: reported in d. */
struct mh_config *source_load(const char *path, bool strict_perms, struct diagnostics *d);

/* All -c files (or the default one) and -E overrides as one map. Files that fail are reported and
 * left out. NULL: no memory. */
struct mh_config *source_load_main(const struct config_options *options, struct diagnostics *d);

/* The folder of the configuration as the command line says; the caller frees it. */
char *source_folder(const struct config_options *options);

#endif
