/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - codec.format.string: a line of text with values of the record in it.
 *
 *   %{[container.name]}          the value at a dotted path, empty when the record has none
 *   %{[container.name]:unknown}  the same with a default
 *   %{[@timestamp]}              the time of the record, RFC 3339 in UTC
 */
#ifndef OUTPUT_FILE_FORMAT_H
#define OUTPUT_FILE_FORMAT_H

#include <metrichost/record.h>

#include "json_write.h"

struct format;

/* [control] Compiles the text, which must outlive the format. Returns 0 or -errno; with -EINVAL
 * *ret_problem is a constant text for the operator. */
int format_compile(const char *text, struct format **ret, const char **ret_problem);
void format_free(struct format *format); /* NULL is fine */

/* [worker] Appends the line of a record, without its end. A failed allocation sets to->failed. */
void format_add(const struct format *format, struct json_text *to, const struct mh_record_ops *ops,
                const struct mh_record *record);

#endif
