/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.h - the body of a bulk request: text goes in document by document, gzip comes out.
 *
 * Only the compressed form is held; the plain text passes through a small buffer that is used again
 * for each document.
 */
#ifndef OUTPUT_ES_BODY_H
#define OUTPUT_ES_BODY_H

#include "json_write.h"

struct body; /* opaque */

/* level: gzip level 1 to 9; 0: plain. NULL: no memory. */
struct body *body_new(int level);
void body_free(struct body *body); /* NULL is fine */

/* Empties it for the next request. */
void body_begin(struct body *body);
/* Where to append the next document. Call body_added() after each. */
struct json_text *body_text(struct body *body);
/* Takes in what was appended. Returns 0 or -ENOMEM. */
int body_added(struct body *body);
/* Ends it. The bytes belong to the body and live until the next body_begin(). Returns 0 or -ENOMEM.
 */
int body_end(struct body *body, const void **ret, size_t *ret_len);
/* Bytes of plain text so far. */
size_t body_plain_size(const struct body *body);
/* Gives memory back that an unusually large request took. */
void body_trim(struct body *body);

#endif
