/* SPDX-License-Identifier: Apache-2.0 */
/* constants.c - see constants.h. The entries are kept in the order of their first setting. */
#include "record/constants.h"

#include <stdatomic.h>

struct constants {
    atomic_uint refs;
    size_t n;
    struct constant entries[];
};

static void
value_clear(const struct mh_value *value)
{
    if (value->type == MH_VALUE_STRING)
        free((char *)value->u.s);
    if (value->type != MH_VALUE_ARRAY)
        return;
    for (uint32_t i = 0; i < value->len; i++)
        value_clear(&value->u.a[i]);
    free((struct mh_value *)value->u.a);
}

static void
entry_clear(struct constant *entry)
{
    free((char *)entry->path);
    value_clear(&entry->value);
}

static char *
copy_text(const char *s, size_t len)
{
    char *copy = malloc(len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

static bool value_copy(struct mh_value *to, const struct mh_value *from);

static bool
array_copy(struct mh_value *to, const struct mh_value *from)
{
    struct mh_value *members = calloc(from->len + 1u, sizeof *members);
    if (members == NULL)
        return false;
    to->type = MH_VALUE_ARRAY;
    to->len = 0;
    to->u.a = members;
    for (uint32_t i = 0; i < from->len; i++) {
        if (!value_copy(&members[i], &from->u.a[i])) {
            value_clear(to);
            return false;
        }
        to->len++;
    }
    return true;
}

static bool
value_copy(struct mh_value *to, const struct mh_value *from)
{
    if (from->type == MH_VALUE_ARRAY)
        return array_copy(to, from);
    *to = *from;
    if (from->type == MH_VALUE_STRING)
        to->u.s = copy_text(from->u.s, from->len);
    return from->type != MH_VALUE_STRING || to->u.s != NULL;
}

static bool
entry_set(struct constant *entry, const char *path, size_t path_len, const struct mh_value *value)
{
    entry->path = copy_text(path, path_len);
    if (entry->path == NULL)
        return false;
    if (value_copy(&entry->value, value))
        return true;
    free((char *)entry->path);
    return false;
}

static struct constants *
set_with_room(size_t n)
{
    struct constants *set = calloc(1, sizeof *set + n * sizeof set->entries[0]);
    if (set != NULL)
        atomic_init(&set->refs, 1);
    return set;
}

struct constants *
constants_new(void)
{
    return set_with_room(0);
}

struct constants *
constants_ref(struct constants *set)
{
    atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
    return set;
}

void
constants_unref(struct constants *set)
{
    if (set == NULL || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < set->n; i++)
        entry_clear(&set->entries[i]);
    free(set);
}

bool
path_is_at_or_below(const char *path, const char *prefix, size_t prefix_len)
{
    return strncmp(path, prefix, prefix_len) == 0 &&
           (path[prefix_len] == '\0' || path[prefix_len] == '.');
}

static bool
path_equals(const char *path, const char *other, size_t other_len)
{
    return strncmp(path, other, other_len) == 0 && path[other_len] == '\0';
}

/* Appends a copy of an entry; on failure the whole set is gone and *set is NULL. */
static void
append(struct constants **set, const char *path, size_t path_len, const struct mh_value *value)
{
    if (*set == NULL)
        return;
    if (entry_set(&(*set)->entries[(*set)->n], path, path_len, value)) {
        (*set)->n++;
        return;
    }
    constants_unref(*set);
    *set = NULL;
}

struct constants *
constants_with(const struct constants *base, const char *path, size_t path_len,
               const struct mh_value *value)
{
    struct constants *set = set_with_room(base->n + 1);
    bool replaced = false;
    for (size_t i = 0; i < base->n; i++) {
        const struct constant *old = &base->entries[i];
        bool same = path_equals(old->path, path, path_len);
        replaced |= same;
        if (!same)
            append(&set, old->path, strlen(old->path), &old->value);
        else if (value != NULL)
            append(&set, path, path_len, value);
    }
    if (!replaced && value != NULL)
        append(&set, path, path_len, value);
    return set;
}

struct constants *
constants_without(const struct constants *base, const char *path, size_t path_len)
{
    struct constants *set = set_with_room(base->n);
    for (size_t i = 0; i < base->n; i++) {
        const struct constant *old = &base->entries[i];
        if (!path_is_at_or_below(old->path, path, path_len))
            append(&set, old->path, strlen(old->path), &old->value);
    }
    return set;
}

struct constants *
constants_merge(const struct constants *base, const struct constants *over)
{
    struct constants *set = set_with_room(base->n + over->n);
    for (size_t i = 0; i < base->n; i++) {
        const struct constant *old = &base->entries[i];
        if (constants_find(over, old->path, strlen(old->path)) == NULL)
            append(&set, old->path, strlen(old->path), &old->value);
    }
    for (size_t i = 0; i < over->n; i++)
        append(&set, over->entries[i].path, strlen(over->entries[i].path), &over->entries[i].value);
    return set;
}

struct constants *
constants_add(struct constants *set, const char *path, struct mh_value value)
{
    if (set == NULL)
        return NULL;
    struct constants *more = constants_with(set, path, strlen(path), &value);
    constants_unref(set);
    return more;
}

struct constants *
constants_add_all(struct constants *set, const struct constants *over)
{
    if (set == NULL)
        return NULL;
    struct constants *both = constants_merge(set, over);
    constants_unref(set);
    return both;
}

size_t
constants_count(const struct constants *set)
{
    return set->n;
}

const struct constant *
constants_at(const struct constants *set, size_t i)
{
    return &set->entries[i];
}

const struct constant *
constants_find(const struct constants *set, const char *path, size_t path_len)
{
    for (size_t i = 0; i < set->n; i++)
        if (path_equals(set->entries[i].path, path, path_len))
            return &set->entries[i];
    return NULL;
}
