/* SPDX-License-Identifier: Apache-2.0 */
/* codec.c - see codec.h. */
#include "record/codec.h"

#include "record/identity.h"
#include "record/wire.h"

#include <errno.h>

enum { RECORD_FORMAT = 1 };

static void
encode_members(const struct mh_value *value, struct buf *to)
{
    const struct members *m = value_members(value);
    wire_put_u64(to, m->n);
    for (uint32_t i = 0; i < m->n; i++) {
        if (value->type == MH_VALUE_MAP)
            wire_put_text(to, m->items[i].key, m->items[i].key_len);
        wire_put_value(to, &m->items[i].value);
    }
}

int
record_encode(const struct mh_record *record, struct buf *to)
{
    uint32_t n = shape_n_slots(record->shape);
    buf_add_char(to, RECORD_FORMAT);
    buf_add(to, record->id, sizeof record->id);
    wire_put_i64(to, record->timestamp_ns);
    for (uint32_t i = 0; i < n; i++) {
        const struct mh_value *value = &record->values[i];
        if (value->type == MH_VALUE_NONE)
            continue;
        wire_put_u64(to, i);
        if (value->type != MH_VALUE_ARRAY && value->type != MH_VALUE_MAP) {
            wire_put_value(to, value);
            continue;
        }
        buf_add_char(to, (char)value->type);
        encode_members(value, to);
    }
    return to->failed ? -ENOMEM : 0;
}

static int
decode_members(struct wire_reader *r, struct mh_batch *batch, uint32_t type, struct mh_value *ret)
{
    uint64_t n = wire_get_u64(r);
    if (n > (uint64_t)(r->end - r->at))
        return -EBADMSG; /* each takes a byte at least */
    struct members *m = arena_get(&batch->arena, sizeof *m);
    struct member *items = arena_get(&batch->arena, (n + 1) * sizeof *items);
    if (m == NULL || items == NULL)
        return -ENOMEM;
    *m = (struct members){.n = (uint32_t)n, .cap = (uint32_t)n + 1, .items = items};
    for (uint64_t i = 0; i < n; i++) {
        items[i] = (struct member){0};
        if (type == MH_VALUE_MAP)
            items[i].key = wire_get_text(r, &items[i].key_len);
        items[i].value = wire_get_scalar(r, wire_get_byte(r));
    }
    *ret = (struct mh_value){.type = type, .len = (uint32_t)n, .u.s = (const char *)m};
    return r->failed ? -EBADMSG : 0;
}

/* A map belongs into a family or a flattened field, and nothing else does; readers rely on it. */
static bool
type_suits(const struct slot *slot, uint8_t type)
{
    bool wants_map = (slot->flags & SLOT_FAMILY) || slot->type == MH_TYPE_FLATTENED;
    return wants_map == (type == MH_VALUE_MAP);
}

static int
decode_values(struct wire_reader *r, struct mh_record *record)
{
    while (r->at < r->end) {
        uint64_t slot = wire_get_u64(r);
        uint8_t type = wire_get_byte(r);
        if (r->failed || slot >= shape_n_slots(record->shape) ||
            !type_suits(shape_slot(record->shape, (uint32_t)slot), type))
            return -EBADMSG;
        struct mh_value *value = &record->values[slot];
        int err = 0;
        if (type == MH_VALUE_ARRAY || type == MH_VALUE_MAP)
            err = decode_members(r, record->batch, type, value);
        else
            *value = wire_get_scalar(r, type);
        if (err != 0 || r->failed)
            return err != 0 ? err : -EBADMSG;
    }
    return 0;
}

int
record_decode(struct mh_batch *batch, struct shape *shape, const uint8_t *bytes, size_t len,
              struct mh_record **ret)
{
    struct wire_reader r = {.at = bytes, .end = bytes + len};
    if (len < 1 + IDENTITY_BYTES || wire_get_byte(&r) != RECORD_FORMAT)
        return -EBADMSG;
    const uint8_t *id = r.at;
    r.at += IDENTITY_BYTES;
    int64_t timestamp_ns = wire_get_i64(&r);
    if (r.failed)
        return -EBADMSG;
    struct mh_record *record = batch_add_record(batch, shape, timestamp_ns);
    if (record == NULL)
        return -ENOMEM;
    record->timestamp_ns = timestamp_ns;
    memcpy(record->id, id, sizeof record->id);
    identity_text(record->id, record->id_text);
    record->has_id = true;
    *ret = record;
    int err = decode_values(&r, record);
    if (err != 0)
        record->dropped = true; /* batch_sweep takes it out */
    return err;
}
