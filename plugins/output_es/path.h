/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.h - paths of requests with names in them.
 */
#ifndef OUTPUT_ES_PATH_H
#define OUTPUT_ES_PATH_H

#include "json_write.h"

/* Replaces `to` by prefix, the escaped name and suffix (or NULL), terminated. Returns 0 or -ENOMEM.
 */
int path_of(struct json_text *to, const char *prefix, const char *name, const char *suffix);
/* Appends a text with everything escaped that may not stand in one element of a path or in a query.
 */
void path_add_escaped(struct json_text *to, const char *text);

#endif
