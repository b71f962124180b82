/* SPDX-License-Identifier: Apache-2.0 */
/* values.c - writing values into a record by the number of the field, checked against the type of
 * its slot. */
#include "record/batch.h"

#include "record/layout.h"

#include <math.h>

const struct members *
value_members(const struct mh_value *value)
{
    return (const struct members *)(const void *)value->u.s;
}

struct member *
members_find(const struct members *m, const char *key, uint32_t key_len)
{
    for (uint32_t i = 0; i < m->n; i++)
        if (m->items[i].key_len == key_len && memcmp(m->items[i].key, key, key_len) == 0)
            return &m->items[i];
    return NULL;
}

static bool
members_grow(struct mh_batch *batch, struct members *m)
{
    if (m->n < m->cap)
        return true;
    uint32_t cap = m->cap != 0 ? m->cap * 2 : 8;
    struct member *items = arena_get(&batch->arena, cap * sizeof *items);
    if (items == NULL)
        return false;
    if (m->n != 0)
        memcpy(items, m->items, m->n * sizeof *items);
    m->items = items;
    m->cap = cap;
    return true;
}

/* Makes the value an array or a map, empty so far, unless it is one. */
static struct members *
members_of(struct mh_batch *batch, struct mh_value *value, uint32_t type)
{
    if (value->type == type)
        return (struct members *)(uintptr_t)value->u.s;
    struct members *m = arena_get(&batch->arena, sizeof *m);
    if (m == NULL)
        return NULL;
    *m = (struct members){0};
    *value = (struct mh_value){.type = type, .u.s = (const char *)m};
    return m;
}

struct member *
members_add(struct mh_batch *batch, struct mh_value *value, uint32_t type)
{
    struct members *m = members_of(batch, value, type);
    if (m == NULL || !members_grow(batch, m))
        return NULL;
    struct member *member = &m->items[m->n++];
    *member = (struct member){0};
    value->len = m->n;
    return member;
}

/* Copies a scalar; its string goes into the arena. */
static bool
copy_scalar(struct mh_batch *batch, struct mh_value *to, const struct mh_value *from)
{
    *to = *from;
    if (from->type != MH_VALUE_STRING)
        return true;
    to->u.s = arena_copy(&batch->arena, from->u.s, from->len);
    return to->u.s != NULL;
}

/* Whether a slot of this type takes such a value; whole numbers become doubles where the slot wants
 * them. */
static bool
fit(uint16_t type, struct mh_value *value)
{
    if (value->type == MH_VALUE_DOUBLE && !isfinite(value->u.d))
        return false;
    switch (type) {
    case MH_TYPE_LONG:
        return value->type == MH_VALUE_INT;
    case MH_TYPE_DOUBLE:
        if (value->type == MH_VALUE_INT)
            *value = mh_double((double)value->u.i);
        return value->type == MH_VALUE_DOUBLE;
    case MH_TYPE_KEYWORD:
    case MH_TYPE_TEXT:
    case MH_TYPE_IP:
        return value->type == MH_VALUE_STRING;
    case MH_TYPE_BOOLEAN:
        return value->type == MH_VALUE_BOOL;
    case MH_TYPE_DATE:
        return value->type == MH_VALUE_DATE;
    default: /* flattened and untyped ones take any scalar */
        return value->type >= MH_VALUE_BOOL && value->type <= MH_VALUE_DATE;
    }
}

int32_t
record_store(struct mh_record *record, uint32_t slot, const struct mh_value *value)
{
    struct mh_value copy;
    if (!copy_scalar(record->batch, &copy, value))
        return MH_ERR_NOMEM;
    record->values[slot] = copy;
    return MH_OK;
}

static const struct slot *
slot_of(const struct mh_record *record, uint32_t field)
{
    return field < shape_n_slots(record->shape) ? shape_slot(record->shape, field) : NULL;
}

int32_t
record_set(struct mh_record *record, uint32_t field, const struct mh_value *value)
{
    const struct slot *slot = slot_of(record, field);
    struct mh_value fitted = *value;
    if (slot == NULL || (slot->flags & SLOT_FAMILY) || slot->type == MH_TYPE_FLATTENED ||
        !fit(slot->type, &fitted))
        return MH_ERR_UNSUPPORTED;
    return record_store(record, field, &fitted);
}

int32_t
record_append(struct mh_record *record, uint32_t field, const struct mh_value *value)
{
    const struct slot *slot = slot_of(record, field);
    if (slot == NULL || (slot->flags & SLOT_FAMILY) || slot->type == MH_TYPE_FLATTENED)
        return MH_ERR_UNSUPPORTED;
    struct mh_value *array = &record->values[field];
    if (value == NULL)
        return members_of(record->batch, array, MH_VALUE_ARRAY) != NULL ? MH_OK : MH_ERR_NOMEM;
    struct mh_value fitted = *value, copy;
    if (!fit(slot->type, &fitted))
        return MH_ERR_UNSUPPORTED;
    if (!copy_scalar(record->batch, &copy, &fitted))
        return MH_ERR_NOMEM;
    struct member *member = members_add(record->batch, array, MH_VALUE_ARRAY);
    if (member == NULL)
        return MH_ERR_NOMEM;
    member->value = copy;
    return MH_OK;
}

static struct member *
member_for_key(struct mh_record *record, struct mh_value *map, const char *key, uint32_t key_len)
{
    if (map->type == MH_VALUE_MAP) {
        struct member *found = members_find(value_members(map), key, key_len);
        if (found != NULL)
            return found;
    }
    const char *copy = arena_copy(&record->batch->arena, key, key_len);
    struct member *member = copy != NULL ? members_add(record->batch, map, MH_VALUE_MAP) : NULL;
    if (member == NULL)
        return NULL;
    member->key = copy;
    member->key_len = key_len;
    return member;
}

int32_t
record_put(struct mh_record *record, uint32_t field, const char *key, uint32_t key_len,
           const struct mh_value *value)
{
    const struct slot *slot = slot_of(record, field);
    struct mh_value fitted = *value, copy;
    if (slot == NULL || (!(slot->flags & SLOT_FAMILY) && slot->type != MH_TYPE_FLATTENED) ||
        key_len == 0 || !fit(slot->type, &fitted))
        return MH_ERR_UNSUPPORTED;
    if (!copy_scalar(record->batch, &copy, &fitted))
        return MH_ERR_NOMEM;
    struct member *member = member_for_key(record, &record->values[field], key, key_len);
    if (member == NULL)
        return MH_ERR_NOMEM;
    member->value = copy;
    return MH_OK;
}

/* A number with its key, quotes, colon and comma takes about this much. */
enum { HINT_SCALAR = 20, HINT_ENVELOPE = 64 };

static uint32_t
value_hint(const struct mh_value *value)
{
    uint32_t sum = 0;
    if (value->type == MH_VALUE_STRING)
        return HINT_SCALAR + value->len;
    if (value->type != MH_VALUE_ARRAY && value->type != MH_VALUE_MAP)
        return HINT_SCALAR;
    const struct members *m = value_members(value);
    for (uint32_t i = 0; i < m->n; i++)
        sum += m->items[i].key_len + value_hint(&m->items[i].value);
    return sum;
}

uint32_t
record_size_hint(const struct mh_record *record)
{
    uint32_t n = shape_n_slots(record->shape);
    uint32_t sum = HINT_ENVELOPE + shape_layout(record->shape)->json_bytes;
    for (uint32_t i = 0; i < n; i++)
        if (record->values[i].type != MH_VALUE_NONE)
            sum += value_hint(&record->values[i]);
    return sum;
}
