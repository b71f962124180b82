/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_string.c - compiles a format string into parts once; each part points into the string's
 * own copy of the text.
 */
#include "format_string.h"

#include <errno.h>
#include <time.h>

#include "support.h"

enum part_kind { PART_LITERAL, PART_VALUE, PART_TIME };

struct part {
    enum part_kind kind;
    const char *text; /* literal, path (terminated) or time pattern (terminated) */
    size_t len;
    const char *fallback; /* PART_VALUE: terminated, or NULL: none */
};

struct format_string {
    char *text;
    bool allow_missing;
    size_t n;
    struct part parts[];
};

static size_t
count_parts(const char *text)
{
    size_t n = 1;
    for (const char *at = text; (at = strstr(at, "%{")) != NULL; at += 2)
        n += 2;
    return n;
}

static bool
is_time_pattern(const char *pattern)
{
    static const char *const known[] = {"yyyy", "yy", "MM",  "dd",   "HH",
                                        "mm",   "ss", "DDD", "xxxx", "ww"};
    while (*pattern != '\0') {
        size_t len = 1, i;
        if ((*pattern | 0x20) < 'a' || (*pattern | 0x20) > 'z') {
            pattern++;
            continue;
        }
        while (pattern[len] == pattern[0])
            len++;
        for (i = 0; i < COUNT_OF(known); i++)
            if (strlen(known[i]) == len && strncmp(pattern, known[i], len) == 0)
                break;
        if (i == COUNT_OF(known))
            return false;
        pattern += len;
    }
    return true;
}

/* Reads "[path]" or "[path]:default", which it terminates in place. */
static const char *
compile_value(char *inside, struct part *part)
{
    char *bracket = strchr(inside, ']');
    if (*inside != '[' || bracket == NULL || bracket == inside + 1)
        return "must name values as %{[dotted.path]}";
    if (bracket[1] != '\0' && bracket[1] != ':')
        return "must give defaults as %{[dotted.path]:default}";
    part->fallback = bracket[1] == ':' ? bracket + 2 : NULL;
    *bracket = '\0';
    *part = (struct part){PART_VALUE, inside + 1, strlen(inside + 1), part->fallback};
    return NULL;
}

/* Reads what stands between the braces. */
static const char *
compile_reference(char *inside, struct part *part)
{
    if (*inside != '+')
        return compile_value(inside, part);
    if (inside[1] == '\0' || !is_time_pattern(inside + 1))
        return "has a time pattern with other letters than yyyy yy MM dd HH mm ss DDD xxxx ww";
    *part = (struct part){PART_TIME, inside + 1, strlen(inside + 1), NULL};
    return NULL;
}

static const char *
compile_parts(struct format_string *format)
{
    char *text = format->text;
    while (*text != '\0') {
        char *reference = strstr(text, "%{");
        size_t len = reference == NULL ? strlen(text) : (size_t)(reference - text);
        if (len > 0)
            format->parts[format->n++] = (struct part){PART_LITERAL, text, len, NULL};
        if (reference == NULL)
            break;
        char *end = strchr(reference, '}');
        if (end == NULL)
            return "has a %{ without its }";
        *end = '\0';
        const char *problem = compile_reference(reference + 2, &format->parts[format->n++]);
        if (problem != NULL)
            return problem;
        text = end + 1;
    }
    return NULL;
}

void
format_string_free(struct format_string *format)
{
    if (format == NULL)
        return;
    free(format->text);
    free(format);
}

int
format_string_compile(const char *text, struct format_string **ret, const char **ret_problem)
{
    struct format_string *format =
        calloc(1, sizeof *format + count_parts(text) * sizeof format->parts[0]);
    *ret = NULL;
    *ret_problem = NULL;
    if (format == NULL)
        return -ENOMEM;
    format->text = strdup(text);
    if (format->text == NULL) {
        format_string_free(format);
        return -ENOMEM;
    }
    *ret_problem = compile_parts(format);
    if (*ret_problem != NULL) {
        format_string_free(format);
        return -EINVAL;
    }
    *ret = format;
    return 0;
}

void
format_string_allow_missing(struct format_string *format)
{
    format->allow_missing = true;
}

bool
format_string_is_static(const struct format_string *format)
{
    for (size_t i = 0; i < format->n; i++)
        if (format->parts[i].kind != PART_LITERAL)
            return false;
    return true;
}

/* One run of a letter, such as "yyyy". */
static void
add_time_field(struct json_text *to, const char *letters, size_t len, const struct tm *tm)
{
    static const struct {
        const char *letters, *format;
    } known[] = {{"yyyy", "%Y"}, {"yy", "%y"}, {"MM", "%m"},  {"dd", "%d"},   {"HH", "%H"},
                 {"mm", "%M"},   {"ss", "%S"}, {"DDD", "%j"}, {"xxxx", "%G"}, {"ww", "%V"}};
    char text[16];
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (strlen(known[i].letters) != len || strncmp(letters, known[i].letters, len) != 0)
            continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        json_add(to, text, strftime(text, sizeof text, known[i].format, tm));
#pragma GCC diagnostic pop
    }
}

static void
add_time(struct json_text *to, const char *pattern, int64_t unix_ns)
{
    time_t seconds = unix_ns / 1000000000 - (unix_ns % 1000000000 < 0);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    while (*pattern != '\0') {
        size_t len = 1;
        while (pattern[len] == pattern[0])
            len++;
        if ((*pattern | 0x20) >= 'a' && (*pattern | 0x20) <= 'z')
            add_time_field(to, pattern, len, &tm);
        else
            json_add(to, pattern, len);
        pattern += len;
    }
}

/* A scalar as it stands in a name: without quotes. */
static void
add_bare(struct json_text *to, const struct mh_value *value)
{
    if (value->type == MH_VALUE_STRING) {
        json_add(to, value->u.s, value->len);
    } else if (value->type == MH_VALUE_DATE) {
        size_t at = to->len;
        json_add_date(to, value->u.i);
        if (to->failed)
            return;
        memmove(to->data + at, to->data + at + 1, to->len - at - 2);
        to->len -= 2;
    } else {
        json_add_value(to, value);
    }
}

/* Where the values come from: a record, or a function. */
struct source {
    const struct mh_record_ops *ops;
    const struct mh_record *record;
    format_lookup_fn lookup;
    void *ctx;
    int64_t unix_ns;
};

static bool
add_found(struct json_text *to, const struct part *part, const struct source *source)
{
    struct mh_value value;
    const char *text;
    if (source->record == NULL) {
        text = source->lookup == NULL ? NULL : source->lookup(source->ctx, part->text);
        if (text != NULL)
            json_add_literal(to, text);
        return text != NULL;
    }
    if (source->ops->get_path(source->record, part->text, (uint32_t)part->len, &value) != MH_OK ||
        value.type == MH_VALUE_NONE || value.type >= MH_VALUE_ARRAY)
        return false;
    add_bare(to, &value);
    return true;
}

static int
add_parts(const struct format_string *format, struct json_text *to, const struct source *source,
          const char **ret_path)
{
    size_t begin = to->len;
    for (size_t i = 0; i < format->n; i++) {
        const struct part *part = &format->parts[i];
        if (part->kind == PART_LITERAL) {
            json_add(to, part->text, part->len);
        } else if (part->kind == PART_TIME) {
            add_time(to, part->text, source->unix_ns);
        } else if (!add_found(to, part, source)) {
            if (part->fallback == NULL && !format->allow_missing) {
                if (ret_path != NULL)
                    *ret_path = part->text;
                to->len = begin;
                return -ENOENT;
            }
            json_add_literal(to, part->fallback != NULL ? part->fallback : "");
        }
    }
    return 0;
}

int
format_string_add(const struct format_string *format, struct json_text *to,
                  const struct mh_record_ops *ops, const struct mh_record *record,
                  const char **ret_path)
{
    struct source source = {.ops = ops, .record = record, .unix_ns = ops->timestamp_ns(record)};
    return add_parts(format, to, &source, ret_path);
}

int
format_string_add_with(const struct format_string *format, struct json_text *to,
                       format_lookup_fn lookup, void *ctx, int64_t unix_ns, const char **ret_path)
{
    struct source source = {.lookup = lookup, .ctx = ctx, .unix_ns = unix_ns};
    return add_parts(format, to, &source, ret_path);
}
