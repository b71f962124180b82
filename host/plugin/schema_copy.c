/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_copy.c - see schema_copy.h. Refused is what would make the host misread data or an option;
 * what is merely poor (a missing line of documentation) is left to metrichost-check-plugin.
 */
#include "plugin/schema_copy.h"

#include <errno.h>

#define MAX_ELEMENTS 65535u

/* Sizes of the structs in ABI 1.0: what every plugin has at least. */
#define KEY_SIZE_1_0 (offsetof(struct mh_key, flags) + sizeof(uint32_t))
#define FIELD_SIZE_1_0 (offsetof(struct mh_field, flags) + sizeof(uint32_t))
#define DATASET_SIZE_1_0 (offsetof(struct mh_dataset, reserved1) + sizeof(uint32_t))

int
refuse(struct refusal *why, const char *format, ...)
{
    CLEANUP(buf_free) struct buf text = {0};
    va_list args;
    buf_printf(&text, "%s: ", why->file);
    if (why->plugin != NULL)
        buf_printf(&text, "plugin %s: ", why->plugin);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    free(why->reason);
    why->reason = buf_detach(&text);
    return why->reason != NULL ? -EINVAL : -ENOMEM;
}

/* A zero-filled copy of n elements in our stride, each with what both sides know of it. */
static int
relay(const void *theirs, uint32_t n, uint32_t stride, size_t min_size, size_t our_size,
      const char *what, void **ret, struct refusal *why)
{
    *ret = NULL;
    if (n == 0)
        return 0;
    if (theirs == NULL)
        return refuse(why, "says that it has %u %s but gives none", n, what);
    if (n > MAX_ELEMENTS)
        return refuse(why, "has %u %s; at most %u are possible", n, what, MAX_ELEMENTS);
    if (stride < min_size)
        return refuse(why, "the stride of its %s is too small (%u < %zu)", what, stride, min_size);
    char *ours = calloc(n, our_size);
    if (ours == NULL)
        return -ENOMEM;
    size_t common = stride < our_size ? stride : our_size;
    for (uint32_t i = 0; i < n; i++)
        memcpy(ours + i * our_size, (const char *)theirs + (size_t)i * stride, common);
    *ret = ours;
    return 0;
}

static bool
is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '@';
}

/* A dotted path without empty elements. A star may stand for up to max_stars whole elements. */
static bool
is_path(const char *path, unsigned max_stars)
{
    if (path == NULL)
        return false;
    for (unsigned stars = 0;; path++) {
        const char *end = path;
        while (is_name_char(*end))
            end++;
        if (end == path && *end == '*' && ++stars <= max_stars)
            end++;
        if (end == path || (*end != '.' && *end != '\0'))
            return false;
        if (*end == '\0')
            return true;
        path = end;
    }
}

bool
schema_plugin_name_valid(const char *name)
{
    if (name == NULL || *name == '\0' || *name == '_' || *name == '-')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every element begins with its name. A repeated name, or NULL in *ret. */
static int
find_repeated(const void *elements, uint32_t n, size_t size, const char **ret)
{
    *ret = NULL;
    CLEANUP_FREE const char **names = calloc(n + 1u, sizeof *names);
    if (names == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        memcpy(&names[i], (const char *)elements + i * size, sizeof names[i]);
    qsort(names, n, sizeof *names, compare_names);
    for (uint32_t i = 1; i < n && *ret == NULL; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            *ret = names[i];
    return 0;
}

static int
check_key(struct mh_key *key, uint32_t index, struct refusal *why)
{
    if (!is_path(key->name, 0))
        return refuse(why, "option number %u has no valid name ('%s')", index,
                      key->name != NULL ? key->name : "NULL");
    if (key->type < MH_KEY_BOOL || key->type > MH_KEY_ANY)
        return refuse(why, "option '%s' has the unknown type %u", key->name, key->type);
    if (key->doc == NULL)
        key->doc = "";
    return 0;
}

int
schema_copy_keys(const struct mh_key *theirs, uint32_t n, uint32_t stride, struct mh_key **ret,
                 struct refusal *why)
{
    void *copy;
    const char *repeated;
    int rc = relay(theirs, n, stride, KEY_SIZE_1_0, sizeof **ret, "options", &copy, why);
    *ret = copy;
    for (uint32_t i = 0; rc == 0 && i < n; i++)
        rc = check_key(&(*ret)[i], i, why);
    if (rc == 0)
        rc = find_repeated(*ret, n, sizeof **ret, &repeated);
    if (rc == 0 && repeated != NULL)
        rc = refuse(why, "has two options '%s'", repeated);
    return rc;
}

static int
check_field(struct mh_field *field, uint32_t index, const struct mh_dataset *in,
            struct refusal *why)
{
    if (!is_path(field->name, 1))
        return refuse(why,
                      "dataset '%s': field number %u has no valid name ('%s'): a dotted path, with "
                      "at most one * as a whole element",
                      in->name, index, field->name != NULL ? field->name : "NULL");
    if (field->type < MH_TYPE_LONG || field->type > MH_TYPE_FLATTENED)
        return refuse(why, "dataset '%s': field '%s' has the unknown type %u", in->name,
                      field->name, field->type);
    if (field->metric > MH_METRIC_COUNTER)
        return refuse(why, "dataset '%s': field '%s' is an unknown kind of metric (%u)", in->name,
                      field->name, field->metric);
    if (field->metric != MH_METRIC_NONE && field->type != MH_TYPE_LONG &&
        field->type != MH_TYPE_DOUBLE)
        return refuse(why, "dataset '%s': field '%s' is a metric but no number", in->name,
                      field->name);
    if (field->doc == NULL)
        field->doc = "";
    return 0;
}

static int
copy_fields(struct mh_dataset *dataset, struct refusal *why)
{
    void *copy;
    const char *repeated;
    uint32_t n = dataset->n_fields;
    int rc = relay(dataset->fields, n, dataset->field_stride, FIELD_SIZE_1_0,
                   sizeof(struct mh_field), "fields", &copy, why);
    struct mh_field *fields = copy;
    dataset->fields = fields;
    dataset->field_stride = (uint32_t)sizeof *fields;
    for (uint32_t i = 0; rc == 0 && i < n; i++)
        rc = check_field(&fields[i], i, dataset, why);
    if (rc == 0)
        rc = find_repeated(fields, n, sizeof *fields, &repeated);
    if (rc == 0 && repeated != NULL)
        rc = refuse(why, "dataset '%s' has two fields '%s'", dataset->name, repeated);
    return rc;
}

static int
check_dataset(struct mh_dataset *dataset, uint32_t index, struct refusal *why)
{
    if (!is_path(dataset->name, 0))
        return refuse(why, "dataset number %u has no valid name ('%s')", index,
                      dataset->name != NULL ? dataset->name : "NULL");
    if (dataset->module == NULL || dataset->metricset == NULL)
        return refuse(why, "dataset '%s' names no module or no metricset", dataset->name);
    if (dataset->doc == NULL)
        dataset->doc = "";
    return 0;
}

int
schema_copy_datasets(const struct mh_dataset *theirs, uint32_t n, uint32_t stride,
                     struct mh_dataset **ret, struct refusal *why)
{
    void *copy;
    const char *repeated;
    int rc = relay(theirs, n, stride, DATASET_SIZE_1_0, sizeof **ret, "datasets", &copy, why);
    struct mh_dataset *datasets = copy;
    *ret = datasets;
    for (uint32_t i = 0; rc == 0 && i < n; i++)
        rc = check_dataset(&datasets[i], i, why);
    if (rc == 0)
        rc = find_repeated(datasets, n, sizeof *datasets, &repeated);
    if (rc == 0 && repeated != NULL)
        rc = refuse(why, "has two datasets '%s'", repeated);
    uint32_t copied = 0;
    for (; rc == 0 && copied < n; copied++)
        rc = copy_fields(&datasets[copied], why);
    for (; datasets != NULL && copied < n; copied++) /* these still point at the plugin's own */
        datasets[copied].fields = NULL;
    return rc;
}

void
schema_free_datasets(struct mh_dataset *datasets, uint32_t n)
{
    if (datasets == NULL)
        return;
    for (uint32_t i = 0; i < n; i++)
        free((void *)(uintptr_t)datasets[i].fields);
    free(datasets);
}
