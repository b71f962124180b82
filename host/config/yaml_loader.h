/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_loader.h - what the files of the YAML reader share.
 */
#ifndef MH_CONFIG_YAML_LOADER_H
#define MH_CONFIG_YAML_LOADER_H

#include "config/yaml.h"

#include <yaml.h>

struct anchor {
    char *name;
    const struct mh_config *node; /* NULL while the node it names is still being read */
};

struct loader {
    yaml_parser_t parser;
    struct diagnostics *d;
    struct config_origin *origin;
    const char *text;
    size_t len;
    struct anchor *anchors;
    size_t n_anchors;
    size_t n_nodes;
    struct buf path; /* of the value being read, for messages */
};

/* Reports at a mark of libyaml, which counts from 0. */
void loader_error(struct loader *l, yaml_mark_t mark, const char *format, ...) PRINTF_LIKE(3, 4);
/* Reports why libyaml gave up, with a hint where its words do not help. */
void loader_syntax_error(struct loader *l);

/* Puts a value under a key, which may be dotted; takes the value over. False: it is reported, or no
 * memory. A duplicate is only reported: the first value stays. */
bool loader_put(struct loader *l, struct mh_config *map, const char *key, struct mh_config *value);
/* `<<`: the members of other maps, where the map does not set them itself. Takes `from` over. */
bool loader_merge_defaults(struct loader *l, struct mh_config *map, struct mh_config *from);

#endif
