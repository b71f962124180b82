/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector.h - which index or pipeline a record goes to: rules with conditions, then one format
 * string for the rest.
 */
#ifndef OUTPUT_ES_SELECTOR_H
#define OUTPUT_ES_SELECTOR_H

#include "json_write.h"
#include "options.h"

struct selector; /* opaque, constant once compiled */

/* list: option with the rules ("indices"); item: the member of a rule that holds its format string
 * ("index"); rest: format string for records that no rule takes, or NULL. Index names are made
 * lower case. Returns as es_options_read does. */
int32_t selector_compile(const struct es_options *o, const char *list, const char *item,
                         const char *rest, bool lower_case, struct selector **ret);
void selector_free(struct selector *s); /* NULL is fine */

/* [worker] Replaces `to` by the name for this record. 0, -ENOENT when there is none (*ret_path: the
 * value that is missing, or NULL), -ENOMEM. */
int selector_pick(const struct selector *s, struct json_text *to, const struct mh_record_ops *ops,
                  const struct mh_record *record, const char **ret_path);
/* True when it never yields a name. */
bool selector_is_empty(const struct selector *s);

#endif
