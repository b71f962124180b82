/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_config.c - the configuration of an instance under test: given options first, then the
 * schema's defaults. Values are scalars; lists and maps are absent unless given as one scalar.
 */
#include "fake_host_private.h"

#include <errno.h>
#include <strings.h>

static const char *
option_value(const struct fake_host *f, const char *path)
{
    for (size_t i = 0; i < f->n_options; i++)
        if (strcmp(f->options[i].key, path) == 0)
            return f->options[i].value;
    return NULL;
}

static const struct mh_key *
key_of(const struct fake_host *f, const char *path)
{
    for (uint32_t i = 0; i < f->plugin->n_keys; i++)
        if (strcmp(f->plugin->keys[i].name, path) == 0)
            return &f->plugin->keys[i];
    return NULL;
}

/* Counts the read. *ret: the text, or NULL when the key is absent and has no default. */
static int32_t
read_text(const struct mh_config *node, const char *path, const char **ret)
{
    struct fake_host *f = node->owner;
    *ret = NULL;
    if (++f->reads == f->fail_at) {
        buf_add_text(&f->failed_read, path != NULL ? path : "");
        return MH_ERR_CONFIG;
    }
    if (path == NULL || *path == '\0') {
        *ret = node->value;
        return MH_OK;
    }
    if (node->key != NULL) /* below a scalar there is nothing */
        return MH_OK;
    const struct mh_key *key = key_of(f, path);
    *ret = option_value(f, path);
    if (key == NULL && *ret == NULL)
        fake_fault(f, "reads the option '%s', which is not in its schema", path);
    else if (*ret == NULL)
        *ret = key->default_value;
    return MH_OK;
}

static int32_t
get_string(const struct mh_config *node, const char *path, const char **ret)
{
    return read_text(node, path, ret);
}

static int32_t
get_bool(const struct mh_config *node, const char *path, int32_t *ret)
{
    static const char *const truths[] = {"true", "yes", "on"};
    const char *text;
    int32_t rc = read_text(node, path, &text);
    *ret = 0;
    for (size_t i = 0; text != NULL && i < COUNT_OF(truths); i++)
        *ret |= strcasecmp(text, truths[i]) == 0;
    return rc;
}

static int32_t
get_double(const struct mh_config *node, const char *path, double *ret)
{
    const char *text;
    char *end;
    int32_t rc = read_text(node, path, &text);
    *ret = 0;
    if (rc != MH_OK || text == NULL)
        return rc;
    *ret = strtod(text, &end);
    return end == text || *end != '\0' ? MH_ERR_CONFIG : MH_OK;
}

static int32_t
get_int(const struct mh_config *node, const char *path, int64_t *ret)
{
    const char *text;
    char *end;
    int32_t rc = read_text(node, path, &text);
    *ret = 0;
    if (rc != MH_OK || text == NULL)
        return rc;
    errno = 0;
    *ret = strtoll(text, &end, 10);
    return errno != 0 || end == text || *end != '\0' ? MH_ERR_CONFIG : MH_OK;
}

struct unit {
    const char *name;
    double factor;
};

/* A sum of numbers with units ("1m30s"); the first unit is that of a bare number. */
static int32_t
get_units(const struct mh_config *node, const char *path, const struct unit *units, size_t n,
          uint64_t *ret)
{
    const char *text;
    double sum = 0;
    int32_t rc = read_text(node, path, &text);
    *ret = 0;
    while (rc == MH_OK && text != NULL && *text != '\0') {
        char *end;
        double number = strtod(text, &end);
        size_t len = strcspn(end, "0123456789."), i = 0;
        while (i < n && (strlen(units[i].name) != len || strncmp(units[i].name, end, len) != 0))
            i++;
        if (end == text || number < 0 || (i == n && len > 0))
            return MH_ERR_CONFIG;
        sum += number * units[i == n ? 0 : i].factor;
        text = end + len;
    }
    *ret = sum < 1.8e19 ? (uint64_t)sum : UINT64_MAX;
    return rc;
}

static int32_t
get_duration_ns(const struct mh_config *node, const char *path, uint64_t *ret)
{
    static const struct unit units[] = {{"s", 1e9},  {"ns", 1},   {"us", 1e3},
                                        {"ms", 1e6}, {"m", 60e9}, {"h", 3600e9}};
    return get_units(node, path, units, COUNT_OF(units), ret);
}

static int32_t
get_bytes(const struct mh_config *node, const char *path, uint64_t *ret)
{
    static const struct unit units[] = {
        {"B", 1},    {"b", 1},          {"KB", 1e3},       {"MB", 1e6},
        {"GB", 1e9}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30},
    };
    return get_units(node, path, units, COUNT_OF(units), ret);
}

static const struct mh_config *
find(const struct mh_config *node, const char *path)
{
    struct fake_host *f = node->owner;
    if (path == NULL || *path == '\0')
        return node;
    for (size_t i = 0; node->key == NULL && i < f->n_options; i++)
        if (strcmp(f->options[i].key, path) == 0)
            return &f->options[i];
    return NULL;
}

static int32_t
kind(const struct mh_config *node)
{
    return node == NULL ? MH_NODE_NULL : node->key == NULL ? MH_NODE_MAP : MH_NODE_SCALAR;
}

static uint32_t
count(const struct mh_config *node)
{
    return node == NULL ? 0 : node->key == NULL ? (uint32_t)node->owner->n_options : 1;
}

static const struct mh_config *
at(const struct mh_config *node, uint32_t i)
{
    if (i >= count(node))
        return NULL;
    return node->key == NULL ? &node->owner->options[i] : node;
}

static const char *
key_at(const struct mh_config *node, uint32_t i)
{
    return node != NULL && node->key == NULL && i < count(node) ? node->owner->options[i].key
                                                                : NULL;
}

static void
report_error(const struct mh_config *node, const char *path, const char *text, size_t len)
{
    struct fake_host *f = node->owner;
    buf_reset(&f->words);
    buf_printf(&f->words, "%s: %.*s", path != NULL ? path : "", (int)len, text);
}

static void
report_warning(const struct mh_config *node, const char *path, const char *text, size_t len)
{
    (void)node;
    (void)path;
    (void)text;
    (void)len;
}

void
fake_config_ops(struct mh_config_ops *ops)
{
    *ops = (struct mh_config_ops){
        .struct_size = sizeof *ops,
        .get_string = get_string,
        .get_bool = get_bool,
        .get_int = get_int,
        .get_double = get_double,
        .get_duration_ns = get_duration_ns,
        .get_bytes = get_bytes,
        .find = find,
        .kind = kind,
        .count = count,
        .at = at,
        .key_at = key_at,
        .error = report_error,
        .warn = report_warning,
    };
}
