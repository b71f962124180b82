/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops.c - the ABI's typed reads over nodes.
 */
#include "config/bind.h"
#include "config/tree.h"
#include "config/values.h"
#include "log/log.h"

static _Thread_local struct diagnostics *thread_diagnostics;

void
config_set_diagnostics(struct diagnostics *d)
{
    thread_diagnostics = d;
}

static void
to_log(bool is_error, const struct mh_config *node, const char *path, const char *name,
       const char *text, int len)
{
    struct diagnostics d = {0};
    config_report(&d, is_error, node, path, "%s: %.*s", name, len, text);
    if (!d.text.failed)
        log_line(is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "config", "%.*s",
                 (int)d.text.len - 1, d.text.data);
    diagnostics_free(&d);
}

static void
report(bool is_error, const struct mh_config *node, const char *path, const char *text, size_t len)
{
    const char *prefix = node != NULL && node->binding != NULL ? node->binding->prefix : "";
    int n = len > 4096 ? 4096 : (int)len;
    CLEANUP_FREE char *name =
        node != NULL ? bind_full_name(node, prefix, path) : strdup(path != NULL ? path : "");
    const char *shown = name != NULL && *name != '\0' ? name : "configuration";
    if (thread_diagnostics != NULL)
        config_report(thread_diagnostics, is_error, node, path, "%s: %.*s", shown, n, text);
    else
        to_log(is_error, node, path, shown, text, n);
}

static void
op_error(const struct mh_config *node, const char *path, const char *text, size_t len)
{
    report(true, node, path, text, len);
}

static void
op_warn(const struct mh_config *node, const char *path, const char *text, size_t len)
{
    report(false, node, path, text, len);
}

static const struct mh_key *
key_of(const struct mh_config *node, const char *path)
{
    if (node == NULL || node->binding == NULL || path == NULL)
        return NULL;
    return bind_find_key(node->binding->sets, node->binding->n_sets, path);
}

static int32_t
wrong_type(const struct mh_config *node, const char *path, uint32_t type,
           const struct mh_config *found)
{
    CLEANUP_FREE char *what = bind_found(key_of(node, path), found);
    CLEANUP_FREE char *text = util_printf("expected %s, found %s", bind_wanted(type),
                                          what != NULL ? what : "something else");
    if (text != NULL)
        op_error(node, path, text, strlen(text));
    return MH_ERR_CONFIG;
}

/* The text at a path, or the default of its key, or NULL. */
static int32_t
text_at(const struct mh_config *node, const char *path, uint32_t type, const char **ret)
{
    const struct mh_config *found = node_given(node, path);
    const struct mh_key *key = key_of(node, path);
    *ret = NULL;
    if (found == NULL) {
        *ret = key != NULL ? key->default_value : NULL;
        return MH_OK;
    }
    if (found->kind != MH_NODE_SCALAR)
        return wrong_type(node, path, type, found);
    *ret = found->text;
    return MH_OK;
}

static int32_t
op_get_string(const struct mh_config *node, const char *path, const char **ret)
{
    return text_at(node, path, MH_KEY_STRING, ret);
}

static int32_t
op_get_bool(const struct mh_config *node, const char *path, int32_t *ret)
{
    const char *text;
    bool truth = false;
    int32_t r = text_at(node, path, MH_KEY_BOOL, &text);
    *ret = 0;
    if (r != MH_OK || text == NULL)
        return r;
    if (parse_bool(text, &truth) < 0)
        return wrong_type(node, path, MH_KEY_BOOL, node_given(node, path));
    *ret = truth;
    return MH_OK;
}

static int32_t
op_get_int(const struct mh_config *node, const char *path, int64_t *ret)
{
    const char *text;
    int32_t r = text_at(node, path, MH_KEY_INT, &text);
    *ret = 0;
    if (r != MH_OK || text == NULL)
        return r;
    return parse_int(text, ret) == 0 ? MH_OK
                                     : wrong_type(node, path, MH_KEY_INT, node_given(node, path));
}

static int32_t
op_get_double(const struct mh_config *node, const char *path, double *ret)
{
    const char *text;
    int32_t r = text_at(node, path, MH_KEY_DOUBLE, &text);
    *ret = 0;
    if (r != MH_OK || text == NULL)
        return r;
    return parse_double(text, ret) == 0
               ? MH_OK
               : wrong_type(node, path, MH_KEY_DOUBLE, node_given(node, path));
}

static int32_t
op_get_duration_ns(const struct mh_config *node, const char *path, uint64_t *ret)
{
    const char *text;
    int32_t r = text_at(node, path, MH_KEY_DURATION, &text);
    *ret = 0;
    if (r != MH_OK || text == NULL)
        return r;
    return parse_duration_ns(text, ret) == 0
               ? MH_OK
               : wrong_type(node, path, MH_KEY_DURATION, node_given(node, path));
}

static int32_t
op_get_bytes(const struct mh_config *node, const char *path, uint64_t *ret)
{
    const char *text;
    int32_t r = text_at(node, path, MH_KEY_BYTES, &text);
    *ret = 0;
    if (r != MH_OK || text == NULL)
        return r;
    return parse_bytes(text, ret) == 0
               ? MH_OK
               : wrong_type(node, path, MH_KEY_BYTES, node_given(node, path));
}

static const struct mh_config *
op_find(const struct mh_config *node, const char *path)
{
    return node_given(node, path);
}

static int32_t
op_kind(const struct mh_config *node)
{
    return node != NULL ? node->kind : MH_NODE_NULL;
}

static uint32_t
op_count(const struct mh_config *node)
{
    if (node == NULL || node->kind == MH_NODE_NULL)
        return 0;
    return node->kind == MH_NODE_SCALAR ? 1 : (uint32_t)node->n_members;
}

static const struct mh_config *
op_at(const struct mh_config *node, uint32_t i)
{
    if (node != NULL && node->kind == MH_NODE_SCALAR)
        return i == 0 ? node : NULL;
    return node != NULL && i < node->n_members ? node->members[i].node : NULL;
}

static const char *
op_key_at(const struct mh_config *node, uint32_t i)
{
    return node != NULL && i < node->n_members ? node->members[i].key : NULL;
}

const struct mh_config_ops config_ops = {
    .struct_size = sizeof(struct mh_config_ops),
    .get_string = op_get_string,
    .get_bool = op_get_bool,
    .get_int = op_get_int,
    .get_double = op_get_double,
    .get_duration_ns = op_get_duration_ns,
    .get_bytes = op_get_bytes,
    .find = op_find,
    .kind = op_kind,
    .count = op_count,
    .at = op_at,
    .key_at = op_key_at,
    .error = op_error,
    .warn = op_warn,
};
