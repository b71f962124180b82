/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk_response.h - reads the answer to a bulk request while it comes in, keeping only what decides
 * about each document.
 *
 * The answer comes from a stranger: depth, lengths and counts are limited, and a text that is not
 * whole and well-formed JSON with one item per document counts as no answer at all.
 */
#ifndef OUTPUT_ES_BULK_RESPONSE_H
#define OUTPUT_ES_BULK_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the server says about one document. Texts are NULL when it says nothing. */
struct bulk_item {
    int status; /* HTTP status; 0: none was given */
    char *index;
    char *type;   /* error.type */
    char *reason; /* error.reason, as the server wrote it: may quote the document */
};

struct bulk_response; /* opaque */

/* max_items: number of documents sent; an answer with more is wrong. NULL: no memory. */
struct bulk_response *bulk_response_new(size_t max_items);
void bulk_response_free(struct bulk_response *r); /* NULL is fine */

/* The next piece of the body. 0, -EBADMSG (it cannot become a valid answer any more), -ENOMEM. */
int bulk_response_feed(struct bulk_response *r, const char *bytes, size_t len);
/* Ends it. 0: a whole answer with exactly max_items items, each with a status. Else -EBADMSG or
 * -ENOMEM. */
int bulk_response_end(struct bulk_response *r);
/* Item number i; valid until bulk_response_free(). */
const struct bulk_item *bulk_response_item(const struct bulk_response *r, size_t i);
/* Of an answer that is an error as a whole ({"error":{"type":...,"reason":...}}); NULL: none. */
const char *bulk_response_error_type(const struct bulk_response *r);
const char *bulk_response_error_reason(const struct bulk_response *r);
/* Why it is wrong: a constant text. */
const char *bulk_response_problem(const struct bulk_response *r);

#endif
