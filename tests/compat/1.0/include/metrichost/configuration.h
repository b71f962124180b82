/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/configuration.h - how a plugin reads its part of the configuration.
 *
 * Before create() the host has merged all files, expanded variables, checked every key against the plugin's
 * key schema (schema.h) and refused wrong types with file, line and column. What is left for the plugin is to read the
 * values and to refuse what only it can judge, through error().
 */
#ifndef METRICHOST_CONFIGURATION_H
#define METRICHOST_CONFIGURATION_H

#include <metrichost/abi.h>

struct mh_config; /* opaque: one node of the configuration; lives until the instance is destroyed     */

#define MH_NODE_NULL 0
#define MH_NODE_SCALAR 1
#define MH_NODE_LIST 2
#define MH_NODE_MAP 3

struct mh_config_ops {
    uint32_t struct_size;
    uint32_t reserved;

    /*
     * [control, worker] Typed reads. `path` is a dotted path below `node` ("ssl.key"); NULL or "": the node itself.
     * At the root of the instance's configuration an absent key yields the schema's default; absent without default
     * yields NULL, 0 or false. MH_ERR_CONFIG: the text is not of that type; the host has already
     * reported it with its position, so create() only returns the code.
     * Strings are terminated and live as long as the node.
     */
    int32_t (*get_string)(const struct mh_config *node, const char *path, const char **ret);
    int32_t (*get_bool)(const struct mh_config *node, const char *path, int32_t *ret);
    int32_t (*get_int)(const struct mh_config *node, const char *path, int64_t *ret);
    int32_t (*get_double)(const struct mh_config *node, const char *path, double *ret);
    int32_t (*get_duration_ns)(const struct mh_config *node, const char *path, uint64_t *ret);
    int32_t (*get_bytes)(const struct mh_config *node, const char *path, uint64_t *ret);

    /* [control, worker] The node at a path, or NULL when the configuration does not give it (defaults do not count). */
    const struct mh_config *(*find)(const struct mh_config *node, const char *path);
    /* [control, worker] MH_NODE_SCALAR ...; of NULL: MH_NODE_NULL. */
    int32_t (*kind)(const struct mh_config *node);
    /* [control, worker] Members of a list or map; 1 for a scalar (a list of one); 0 for NULL. */
    uint32_t (*count)(const struct mh_config *node);
    /* [control, worker] Member number i; of a scalar, number 0 is the scalar itself. NULL past the end. */
    const struct mh_config *(*at)(const struct mh_config *node, uint32_t i);
    /* [control, worker] Key of member number i of a map; NULL otherwise. */
    const char *(*key_at)(const struct mh_config *node, uint32_t i);

    /* [control] Reports a wrong value with the position of `path` below `node`; then return MH_ERR_CONFIG from
     * create(). The text names the fix: "must be unix:// or tcp://, not 'foo://'". */
    void (*error)(const struct mh_config *node, const char *path, const char *text, size_t len);
    /* [control] The same as a warning; the configuration stays good. */
    void (*warn)(const struct mh_config *node, const char *path, const char *text, size_t len);
};

#endif
