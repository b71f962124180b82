/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.h - YAML text to and from nodes, for the files of host/config only.
 */
#ifndef MH_CONFIG_YAML_H
#define MH_CONFIG_YAML_H

#include "config/node.h"

/* Parses one document. NULL: d->n_errors grew. With a duplicate key it grows too, but the tree is
 * there, with the first value. An empty document gives a null node. name: of the file, for
 * positions. */
struct mh_config *yaml_load(const char *text, size_t len, const char *name, struct diagnostics *d);

/* Writes a node as YAML. Returns 0, -ENOMEM or -EIO. */
int yaml_write(const struct mh_config *node, struct buf *to);

#endif
