/* SPDX-License-Identifier: Apache-2.0 */
/*
 * constants.h - the values that do not change from record to record (agent.*, host.*,
 * event.module): an immutable, shared set of dotted paths with scalars or arrays of scalars. A
 * change makes a new set; whoever holds the old one keeps it.
 */
#ifndef MH_CONSTANTS_H
#define MH_CONSTANTS_H

#include <metrichost/record.h>

#include "util/util.h"

struct constants;

struct constant {
    const char *path;      /* dotted, terminated */
    struct mh_value value; /* strings (terminated) and arrays are owned by the set */
};

/* The empty set. NULL: no memory. */
struct constants *constants_new(void);
struct constants *constants_ref(struct constants *set);
void constants_unref(struct constants *set); /* NULL is fine */

/* A new set: `base` with this path set, or removed where value is NULL. NULL: no memory. base is
 * not consumed. */
struct constants *constants_with(const struct constants *base, const char *path, size_t path_len,
                                 const struct mh_value *value);
/* A new set without this path and everything below it. NULL: no memory. */
struct constants *constants_without(const struct constants *base, const char *path,
                                    size_t path_len);
/* A new set: `over` wins where both have a path. NULL: no memory. */
struct constants *constants_merge(const struct constants *base, const struct constants *over);

/* The same for chains of changes: the set that is given is used up, also on failure, and NULL goes
 * through. path: terminated. */
struct constants *constants_add(struct constants *set, const char *path, struct mh_value value);
struct constants *constants_add_all(struct constants *set, const struct constants *over);

size_t constants_count(const struct constants *set);
const struct constant *constants_at(const struct constants *set, size_t i);
const struct constant *constants_find(const struct constants *set, const char *path,
                                      size_t path_len);

/* True when `path` is `prefix` or lies below it. */
bool path_is_at_or_below(const char *path, const char *prefix, size_t prefix_len);

#endif
