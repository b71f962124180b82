/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.c - compiles a format once into parts that point into its text. See format.h.
 */
#include "format.h"

#include "support.h"

#include <errno.h>

/* A literal, or a value with the text that stands in for a missing one. */
struct part {
    const char *path; /* NULL: a literal */
    size_t path_len;
    const char *text;
    size_t text_len;
};

struct format {
    size_t n;
    struct part parts[];
};

static size_t
count_references(const char *text)
{
    size_t n = 0;
    for (const char *at = strstr(text, "%{"); at != NULL; at = strstr(at + 2, "%{"))
        n++;
    return n;
}

/* Reads what follows "%{". Returns the text after the closing brace, or NULL with *ret_problem. */
static const char *
compile_reference(const char *text, struct part *part, const char **ret_problem)
{
    const char *end = strchr(text, '}');
    const char *bracket = strchr(text, ']');

    *ret_problem = NULL;
    if (end == NULL)
        *ret_problem = "has a %{ without its }";
    else if (*text == '+')
        *ret_problem = "has a date format %{+...}; write %{[@timestamp]}";
    else if (*text != '[' || bracket == NULL || bracket > end || bracket == text + 1)
        *ret_problem = "must name values as %{[dotted.path]}";
    else if (bracket + 1 != end && bracket[1] != ':')
        *ret_problem = "must give defaults as %{[dotted.path]:default}";
    if (*ret_problem != NULL)
        return NULL;
    *part = (struct part){text + 1, (size_t)(bracket - text - 1), end, 0};
    if (bracket + 1 != end) {
        part->text = bracket + 2;
        part->text_len = (size_t)(end - part->text);
    }
    return end + 1;
}

static const char *
compile_parts(const char *text, struct format *format)
{
    const char *problem = NULL;
    while (*text != '\0') {
        const char *next = strstr(text, "%{");
        size_t len = next == NULL ? strlen(text) : (size_t)(next - text);
        if (len > 0)
            format->parts[format->n++] = (struct part){.text = text, .text_len = len};
        text += len;
        if (next != NULL)
            text = compile_reference(next + 2, &format->parts[format->n++], &problem);
        if (problem != NULL)
            return problem;
    }
    return NULL;
}

int
format_compile(const char *text, struct format **ret, const char **ret_problem)
{
    /* Each reference has at most one literal before it, and one may follow the last. */
    size_t most = 2 * count_references(text) + 1;
    CLEANUP_FREE struct format *format = NULL;

    *ret = NULL;
    *ret_problem = NULL;
    format = calloc(1, sizeof *format + most * sizeof format->parts[0]);
    if (format == NULL)
        return -ENOMEM;
    *ret_problem = compile_parts(text, format);
    if (*ret_problem != NULL)
        return -EINVAL;
    *ret = take(format);
    return 0;
}

void
format_free(struct format *format)
{
    free(format);
}

static bool
is_timestamp(const struct part *part)
{
    static const char name[] = "@timestamp";
    return part->path_len == sizeof name - 1 && memcmp(part->path, name, part->path_len) == 0;
}

static bool
get_value(const struct part *part, const struct mh_record_ops *ops, const struct mh_record *record,
          struct mh_value *ret)
{
    if (is_timestamp(part)) {
        *ret = mh_date(ops->timestamp_ns(record));
        return true;
    }
    return ops->get_path(record, part->path, (uint32_t)part->path_len, ret) == MH_OK &&
           ret->type != MH_VALUE_ARRAY && ret->type != MH_VALUE_MAP;
}

/* A value as JSON without the quotes that JSON puts around dates. */
static void
add_bare(struct json_text *to, const struct mh_value *value)
{
    CLEANUP(json_text_free) struct json_text scratch = {0};
    if (value->type == MH_VALUE_STRING) {
        json_add(to, value->u.s, value->len);
    } else if (value->type == MH_VALUE_DATE) {
        json_add_date(&scratch, value->u.i);
        if (scratch.failed)
            to->failed = true;
        else
            json_add(to, scratch.data + 1, scratch.len - 2);
    } else {
        json_add_value(to, value);
    }
}

void
format_add(const struct format *format, struct json_text *to, const struct mh_record_ops *ops,
           const struct mh_record *record)
{
    for (size_t i = 0; i < format->n; i++) {
        const struct part *part = &format->parts[i];
        struct mh_value value;
        if (part->path != NULL && get_value(part, ops, record, &value))
            add_bare(to, &value);
        else
            json_add(to, part->text, part->text_len);
    }
}
