/* SPDX-License-Identifier: Apache-2.0 */
/* by_path.c - reaching values of a record by their dotted path, as processors and outputs do. */
#include "record/batch.h"
#include "record/layout.h"

#include <errno.h>

static const char TIMESTAMP[] = "@timestamp";

static bool
equals(const char *text, const char *path, uint32_t path_len)
{
    return strncmp(text, path, path_len) == 0 && text[path_len] == '\0';
}

/*
 * The key that a path names in a family ("a.*.b") or a flattened field ("labels"). With `above`, a
 * path that ends above the family's last element names the key too ("a.KEY"). False: the path does
 * not lie in this slot.
 */
static bool
key_in_slot(const struct slot *slot, const char *path, uint32_t path_len, bool above,
            const char **ret_key, uint32_t *ret_len)
{
    bool family = (slot->flags & SLOT_FAMILY) != 0;
    size_t prefix = family ? slot->star : strlen(slot->path) + 1;
    if ((!family && slot->type != MH_TYPE_FLATTENED) || path_len <= prefix ||
        strncmp(slot->path, path, prefix - 1) != 0 || path[prefix - 1] != '.')
        return false;
    const char *end = family ? memchr(path + prefix, '.', path_len - prefix) : NULL;
    *ret_key = path + prefix;
    *ret_len = (uint32_t)((end != NULL ? end : path + path_len) - *ret_key);
    if (!family)
        return true;
    const char *suffix = slot->path + slot->star + 1;
    const char *rest = *ret_key + *ret_len;
    size_t rest_len = (size_t)(path + path_len - rest);
    return strncmp(suffix, rest, rest_len) == 0 &&
           (suffix[rest_len] == '\0' || (above && suffix[rest_len] == '.'));
}

/* A value that a slot holds at this path; NULL: none. */
static const struct mh_value *
find_in_slot(const struct mh_record *record, uint32_t i, const char *path, uint32_t path_len)
{
    const struct slot *slot = shape_slot(record->shape, i);
    const struct mh_value *value = &record->values[i];
    const char *key;
    uint32_t key_len;
    if (value->type == MH_VALUE_NONE)
        return NULL;
    if (!(slot->flags & SLOT_FAMILY) && equals(slot->path, path, path_len))
        return value;
    if (value->type != MH_VALUE_MAP || !key_in_slot(slot, path, path_len, false, &key, &key_len))
        return NULL;
    const struct member *member = members_find(value_members(value), key, key_len);
    return member != NULL ? &member->value : NULL;
}

/* Number of values below an object's path, context included. */
static uint32_t
count_below(const struct mh_record *record, const char *path, uint32_t path_len)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < shape_n_slots(record->shape); i++)
        if (record->values[i].type != MH_VALUE_NONE &&
            path_is_at_or_below(shape_slot(record->shape, i)->path, path, path_len))
            n++;
    const struct constants *constants = shape_constants(record->shape);
    for (size_t i = 0; i < constants_count(constants); i++)
        if (path_is_at_or_below(constants_at(constants, i)->path, path, path_len))
            n++;
    return n;
}

static void
yield(const struct mh_value *value, struct mh_value *ret)
{
    *ret = *value;
    if (value->type == MH_VALUE_ARRAY || value->type == MH_VALUE_MAP)
        ret->u.a = NULL;
}

int32_t
record_get_path(const struct mh_record *record, const char *path, uint32_t path_len,
                struct mh_value *ret)
{
    if (equals(TIMESTAMP, path, path_len)) {
        *ret = mh_date(record->timestamp_ns);
        return MH_OK;
    }
    for (uint32_t i = 0; i < shape_n_slots(record->shape); i++) {
        const struct mh_value *value = find_in_slot(record, i, path, path_len);
        if (value == NULL)
            continue;
        yield(value, ret);
        return MH_OK;
    }
    const struct constant *constant =
        constants_find(shape_constants(record->shape), path, path_len);
    if (constant != NULL) {
        yield(&constant->value, ret);
        return MH_OK;
    }
    *ret = (struct mh_value){.type = MH_VALUE_MAP, .len = count_below(record, path, path_len)};
    return ret->len != 0 ? MH_OK : MH_ERR_UNSUPPORTED;
}

/* Moves the record to another shape, whose first slots are those of its own. Consumes the
 * reference. */
static int32_t
move_to(struct mh_record *record, struct shape *shape)
{
    uint32_t had = shape_n_slots(record->shape), n = shape_n_slots(shape);
    if (n > record->n_cap) {
        struct mh_value *values = arena_get(&record->batch->arena, (n + 4u) * sizeof *values);
        if (values == NULL) {
            shape_unref(shape);
            return MH_ERR_NOMEM;
        }
        memcpy(values, record->values, had * sizeof *values);
        record->values = values;
        record->n_cap = n + 4u;
    }
    if (n > had)
        memset(record->values + had, 0, (n - had) * sizeof *record->values);
    shape_unref(record->shape);
    record->shape = shape;
    return MH_OK;
}

static int32_t
set_new_path(struct mh_record *record, const char *path, uint32_t path_len,
             const struct mh_value *value)
{
    struct shape *shape;
    int r = shape_derive_slot(record->shape, path, path_len, &shape);
    if (r != 0)
        return r == -ENOMEM ? MH_ERR_NOMEM : MH_ERR_UNSUPPORTED;
    int32_t moved = move_to(record, shape);
    return moved == MH_OK ? record_set(record, shape_n_slots(shape) - 1, value) : moved;
}

int32_t
record_set_path(struct mh_record *record, const char *path, uint32_t path_len,
                const struct mh_value *value)
{
    const char *key;
    uint32_t key_len;
    if (equals(TIMESTAMP, path, path_len)) {
        if (value->type != MH_VALUE_DATE)
            return MH_ERR_UNSUPPORTED;
        record->timestamp_ns = value->u.i;
        return MH_OK;
    }
    for (uint32_t i = 0; i < shape_n_slots(record->shape); i++) {
        const struct slot *slot = shape_slot(record->shape, i);
        if (equals(slot->path, path, path_len))
            return record_set(record, i, value);
        if (key_in_slot(slot, path, path_len, false, &key, &key_len))
            return record_put(record, i, key, key_len, value);
    }
    return set_new_path(record, path, path_len, value);
}

static void
remove_member(struct mh_value *map, const char *key, uint32_t key_len)
{
    if (map->type != MH_VALUE_MAP)
        return;
    struct members *m = (struct members *)(uintptr_t)map->u.s;
    struct member *member = members_find(m, key, key_len);
    if (member == NULL)
        return;
    memmove(member, member + 1, (size_t)(m->items + m->n - (member + 1)) * sizeof *member);
    map->len = --m->n;
    if (m->n == 0)
        *map = (struct mh_value){0};
}

static void
remove_from_slot(struct mh_record *record, uint32_t i, const char *path, uint32_t path_len)
{
    const struct slot *slot = shape_slot(record->shape, i);
    const char *key;
    uint32_t key_len;
    if (path_is_at_or_below(slot->path, path, path_len))
        record->values[i] = (struct mh_value){0};
    else if (key_in_slot(slot, path, path_len, true, &key, &key_len))
        remove_member(&record->values[i], key, key_len);
}

static bool
has_constant_below(const struct constants *constants, const char *path, uint32_t path_len)
{
    for (size_t i = 0; i < constants_count(constants); i++)
        if (path_is_at_or_below(constants_at(constants, i)->path, path, path_len))
            return true;
    return false;
}

int32_t
record_remove_path(struct mh_record *record, const char *path, uint32_t path_len)
{
    struct shape *shape;
    for (uint32_t i = 0; i < shape_n_slots(record->shape); i++)
        remove_from_slot(record, i, path, path_len);
    if (!has_constant_below(shape_constants(record->shape), path, path_len))
        return MH_OK;
    if (shape_derive_without(record->shape, path, path_len, &shape) != 0)
        return MH_ERR_NOMEM;
    return move_to(record, shape);
}
