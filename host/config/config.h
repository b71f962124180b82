/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - the configuration as a tree of nodes with positions, and what is made of it.
 *
 * libyaml events become a tree; files merge left to right, then -E; variables are expanded after
 * that, in the scalars, so that a value with a comma, colon or quote stays what it is. Typed reads
 * are driven by key schemas. Every error names file, line, column, the reason and the near name.
 */
#ifndef MH_CONFIG_H
#define MH_CONFIG_H

#include <metrichost/configuration.h>
#include <metrichost/schema.h>

#include "util/util.h"

/* What went wrong, collected so that one run reports every mistake. */
struct diagnostics {
    /* One finding a line: "FILE:LINE:COLUMN: error: TEXT" or "...: warning: TEXT". */
    struct buf text;
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
    char **plugins; /* folders to search for plugins, in order; the built-in one is the last */
    size_t n_plugins;
};

/* Command line choices that shape the configuration. */
struct config_options {
    /* -c, in order, below path.config or the current folder; none: metrichost.yml, else
     * metricbeat.yml, in path.config. */
    const char *const *files;
    size_t n_files;
    const char *const *overrides; /* -E key=value, in order */
    size_t n_overrides;
    const char *path_home, *path_config, *path_data, *path_logs; /* NULL: default */
    const char *const *plugin_folders; /* --path.plugins, before path.plugins of the files */
    size_t n_plugin_folders;
    bool strict_perms;    /* refuse files that others may write; otherwise: a warning */
    bool without_modules; /* do not read modules.d */
    bool keep_references; /* ${...} stay as they are and nothing is checked: for `export config` */
};

struct settings {
    /* Merged, expanded, bound to host_keys: reads find their defaults. The section `metricbeat` is
     * called `metrichost` here, however the files call it. */
    struct mh_config *root;
    struct paths paths;

    /* Every enabled module block: inline ones, then those of modules.d, in order. Each is a map
     * with a `module` that is a plugin's name. */
    struct mh_config **modules;
    size_t n_modules;

    /* The one enabled child of `output` and its key ("elasticsearch"), or NULL; owned by root. */
    struct mh_config *output;
    char *output_name;
    /* `queue.mem` is configured; else the queue is on disk. */
    bool queue_in_memory;

    /* Global processors, in order: maps with one member, owned by root. */
    struct mh_config **processors;
    size_t n_processors;

    /* A list: what was read from modules.d; it owns those blocks. */
    struct mh_config *module_files;
    /* Absolute pattern of the module files. */
    char *modules_glob;
};

/* The host's own settings: everything but modules, output and processors, which plugins check. */
extern const struct key_set host_keys;

/* Reads, merges, expands. Returns 0, or -EINVAL when d holds errors, or -ENOMEM. */
int settings_load(const struct config_options *options, struct diagnostics *d,
                  struct settings **ret);
void settings_free(struct settings *s); /* NULL is fine */

/* The pattern of the module files as far as the configuration can be read; for commands that must
 * work while it cannot. NULL: no memory, or d says why there is none. The caller frees it. */
char *settings_modules_glob(const struct config_options *options, struct diagnostics *d);

/* Paths from the command line and, where root is given, from the configuration. Returns 0, -EINVAL
 * or -ENOMEM. */
int paths_resolve(const struct config_options *options, const struct mh_config *root,
                  struct paths *ret, struct diagnostics *d);
void paths_free(struct paths *p);

/* The same for the folders and for the file of the keystore. */
int settings_paths(const struct config_options *options, struct paths *ret, struct diagnostics *d);
char *settings_keystore_path(const struct config_options *options, struct diagnostics *d);

/* Puts xxxxx in the place of passwords, keys, tokens and of credentials in addresses. Returns 0 or
 * -ENOMEM. */
int config_hide_secrets(struct mh_config *node);
/* Appends the node as YAML. Returns 0, -ENOMEM or -EIO. */
int config_to_yaml(const struct mh_config *node, struct buf *to);

/* Lends the top-level sections `cloud` and `setup` to the output, under the same names, where its
 * plugin declares keys there; what the output's own section sets wins. Call it before config_bind
 * of the output. Returns 0 or -ENOMEM. */
int settings_lend_to_output(struct settings *s, const struct key_set *plugin_keys);

/* The list of processors at `processors` below a node (a module block has its own): an array of
 * maps with one member, in order; the caller frees the array, not the nodes. name: "processors" or
 * how the messages call it. Returns 0, -EINVAL or -ENOMEM. */
int config_processors(const struct mh_config *node, const char *name, struct mh_config ***ret,
                      size_t *ret_n, struct diagnostics *d);

/* Key sets that apply to one node: the host's general ones and the plugin's. */
struct key_set {
    const struct mh_key *keys;
    uint32_t n_keys;
    uint32_t stride;
};

/* Checks a node against key sets (unknown key: warning with the near name; wrong type, missing
 * required: error) and attaches them, so that typed reads find their defaults. prefix: how the node
 * is called in messages
 * ("output.elasticsearch"). The key sets must outlive the node. Returns 0 or -EINVAL. */
int config_bind(struct mh_config *node, const struct key_set *sets, size_t n_sets,
                const char *prefix, struct diagnostics *d);

/* The ABI's table over nodes. Errors that a plugin reports go to the diagnostics set here, per
 * thread; NULL: the log. */
extern const struct mh_config_ops config_ops;
void config_set_diagnostics(struct diagnostics *d);

/* A deep copy, with what config_bind attached to it. NULL: no memory. */
struct mh_config *config_clone(const struct mh_config *node);
void config_node_free(struct mh_config *node);
/* Replaces (or adds) the scalar at a dotted path of a cloned node. Returns 0 or -ENOMEM. */
int config_set_scalar(struct mh_config *node, const char *path, const char *value);
/* True when two nodes hold the same (positions do not count): what a reload compares. */
bool config_equal(const struct mh_config *a, const struct mh_config *b);

/* A finding at a node's position (path below it, or NULL). */
void config_report(struct diagnostics *d, bool is_error, const struct mh_config *node,
                   const char *path, const char *format, ...) PRINTF_LIKE(5, 6);

/* Values as text: the type readers of the schema. Return 0 or -EINVAL. */
int parse_duration_ns(const char *text, uint64_t *ret);
int parse_bytes(const char *text, uint64_t *ret);
int parse_bool(const char *text, bool *ret);

#endif
