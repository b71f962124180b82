/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - the configuration as a tree of nodes with positions, and what is made of it.
 *
 * libyaml events become a tree; files merge left to right, then -E; variables are expanded after that, in the scalars,
 * so that a value with a comma, colon or quote stays what it is. Typed reads are driven by key schemas.
 * Every error names file, line, column, the reason and the near name.
 */
#ifndef MH_CONFIG_H
#define MH_CONFIG_H

#include <metrichost/configuration.h>
#include <metrichost/schema.h>

#include "util/util.h"

/* What went wrong, collected so that one run reports every mistake. */
struct diagnostics {
    struct buf text; /* one finding a line: "FILE:LINE:COLUMN: error: TEXT" or "...: warning: TEXT"   */
    uint32_t n_errors;
    uint32_t n_warnings;
};
void diagnostics_free(struct diagnostics *d);

struct mh_config; /* a node */

struct paths {
    char *home;
    char *config;
    char *data;
    char *logs;
};

/* Command line choices that shape the configuration. */
struct config_options {
    const char *const *files;     /* -c, in order; none: metrichost.yml, else metricbeat.yml, in path.config */
    size_t n_files;
    const char *const *overrides; /* -E key=value, in order */
    size_t n_overrides;
    const char *path_home, *path_config, *path_data, *path_logs; /* NULL: default */
    bool strict_perms;
    bool without_modules;         /* do not read modules.d */
};

struct settings {
    struct mh_config *root;   /* merged and expanded */
    struct paths paths;
    struct mh_config **modules; /* every module block: inline ones and those of modules.d, in order */
    size_t n_modules;
    struct mh_config *output; /* the one enabled child of `output`, or NULL */
    char *output_name;        /* its key: "elasticsearch" */
    struct mh_config **processors; /* global processors, in order: maps with one member */
    size_t n_processors;
};

/* Reads, merges, expands. Returns 0, or -EINVAL when d holds errors, or -ENOMEM. */
int settings_load(const struct config_options *options, struct diagnostics *d, struct settings **ret);
void settings_free(struct settings *s); /* NULL is fine */

/* Key sets that apply to one node: the host's general ones and the plugin's. */
struct key_set {
    const struct mh_key *keys;
    uint32_t n_keys;
    uint32_t stride;
};

/* Checks a node against key sets (unknown key: warning with the near name; wrong type, missing required: error)
 * and attaches them, so that typed reads find their defaults. prefix: how the node is called in messages
 * ("output.elasticsearch"). The key sets must outlive the node. Returns 0 or -EINVAL. */
int config_bind(struct mh_config *node, const struct key_set *sets, size_t n_sets, const char *prefix,
                struct diagnostics *d);

/* The ABI's table over nodes. Errors that a plugin reports go to the diagnostics set here, per thread; NULL: the log. */
extern const struct mh_config_ops config_ops;
void config_set_diagnostics(struct diagnostics *d);

/* A deep copy. NULL: no memory. */
struct mh_config *config_clone(const struct mh_config *node);
void config_node_free(struct mh_config *node);
/* Replaces (or adds) the scalar at a dotted path of a cloned node. Returns 0 or -ENOMEM. */
int config_set_scalar(struct mh_config *node, const char *path, const char *value);
/* True when two nodes hold the same (positions do not count): what a reload compares. */
bool config_equal(const struct mh_config *a, const struct mh_config *b);

/* A finding at a node's position (path below it, or NULL). */
void config_report(struct diagnostics *d, bool is_error, const struct mh_config *node, const char *path,
                   const char *format, ...) PRINTF_LIKE(5, 6);

/* Values as text: the type readers of the schema. Return 0 or -EINVAL. */
int parse_duration_ns(const char *text, uint64_t *ret);
int parse_bytes(const char *text, uint64_t *ret);
int parse_bool(const char *text, bool *ret);

#endif
