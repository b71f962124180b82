/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_write.h - writes a record as one JSON document, and small JSON texts by hand.
 *
 * The text is valid JSON on one line whatever the values hold: bytes that are not UTF-8 become
 * U+FFFD, a double that is not finite becomes null, dates are RFC 3339 in UTC with milliseconds,
 * doubles have the shortest form that reads back the same.
 */
#ifndef MH_SUPPORT_JSON_WRITE_H
#define MH_SUPPORT_JSON_WRITE_H

#include <metrichost/record.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text that grows. All zero is an empty one. After a failed allocation it ignores further writes
 * and `failed` is set, so that a chain of calls needs one check at its end. Fields are for reading.
 */
struct json_text {
    char *data; /* terminated only after json_terminate() */
    size_t len;
    size_t cap;
    bool failed;
    bool escape_html; /* set by the owner: < > & are written as \u003c ... */
};

void json_text_free(struct json_text *text);  /* also for cleanup attributes; all zero afterwards */
void json_text_reset(struct json_text *text); /* empties, keeps the memory and clears `failed`    */
/* The text with an end, or NULL after a failed allocation. It stays the property of `text`. */
const char *json_terminate(struct json_text *text);

/*
 * [worker] Appends the document of a record, without a line end:
 * {"@timestamp":"2026-01-02T03:04:05.678Z",...}. Returns 0 or -ENOMEM; then nothing was appended.
 */
int json_write_record(struct json_text *text, const struct mh_record_ops *ops,
                      const struct mh_record *record);

/* Pieces. A comma is the caller's business. */
void json_add(struct json_text *text, const void *bytes, size_t len);    /* as it is           */
void json_add_literal(struct json_text *text, const char *literal);      /* terminated, as it is */
void json_add_string(struct json_text *text, const char *s, size_t len); /* quoted, escaped */
void json_add_int(struct json_text *text, int64_t i);
void json_add_double(struct json_text *text, double d);
void json_add_date(struct json_text *text, int64_t unix_ns);               /* quoted             */
void json_add_value(struct json_text *text, const struct mh_value *value); /* a scalar      */
void json_add_format(struct json_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* printf, as it is */

#endif
