/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_string.h - texts with values of a record in them, as index names are written.
 *
 *   %{[container.name]}            the value at a dotted path
 *   %{[container.name]:unknown}    the same with a default
 *   %{+yyyy.MM.dd}                 the record's time in UTC: yyyy yy MM dd HH mm ss, DDD (day of
 * the year), xxxx and ww (ISO week)
 */
#ifndef MH_SUPPORT_FORMAT_STRING_H
#define MH_SUPPORT_FORMAT_STRING_H

#include <metrichost/record.h>

#include "json_write.h"

struct format_string; /* opaque, constant once compiled */

/* Compiles a copy of the text. Returns 0, -ENOMEM, or -EINVAL with *ret_problem, a constant text
 * for the operator. */
int format_string_compile(const char *text, struct format_string **ret, const char **ret_problem);
void format_string_free(struct format_string *format); /* NULL is fine */
/* From now on a value that is missing and has no default is an empty text. */
void format_string_allow_missing(struct format_string *format);
/* True when it holds no value of a record and no time: the same text for every record. */
bool format_string_is_static(const struct format_string *format);

/* [worker] Appends the text for a record. 0, or -ENOENT when a value without default is missing;
 * then *ret_path (may be NULL) names it, and nothing was appended. A failed allocation sets
 * to->failed. */
int format_string_add(const struct format_string *format, struct json_text *to,
                      const struct mh_record_ops *ops, const struct mh_record *record,
                      const char **ret_path);

/* Finds values by path without a record. NULL: there is none. */
typedef const char *(*format_lookup_fn)(void *ctx, const char *path);
/* The same with values from a function and the time `unix_ns`. */
int format_string_add_with(const struct format_string *format, struct json_text *to,
                           format_lookup_fn lookup, void *ctx, int64_t unix_ns,
                           const char **ret_path);

#endif
