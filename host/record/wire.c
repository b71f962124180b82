/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c - see wire.h. */
#include "record/wire.h"

#include <math.h>

void
wire_put_u64(struct buf *to, uint64_t v)
{
    uint8_t bytes[10];
    size_t n = 0;
    while (v >= 0x80) {
        bytes[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    bytes[n++] = (uint8_t)v;
    buf_add(to, bytes, n);
}

void
wire_put_i64(struct buf *to, int64_t v)
{
    wire_put_u64(to, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

void
wire_put_text(struct buf *to, const char *s, size_t len)
{
    wire_put_u64(to, len);
    buf_add(to, s, len);
}

static void
put_double(struct buf *to, double d)
{
    uint64_t bits;
    uint8_t bytes[8];
    memcpy(&bits, &d, sizeof bits);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(bits >> (8 * i));
    buf_add(to, bytes, sizeof bytes);
}

static void
put_content(struct buf *to, const struct mh_value *v)
{
    switch (v->type) {
    case MH_VALUE_BOOL:
        buf_add_char(to, v->u.i ? 1 : 0);
        break;
    case MH_VALUE_INT:
    case MH_VALUE_DATE:
        wire_put_i64(to, v->u.i);
        break;
    case MH_VALUE_DOUBLE:
        put_double(to, v->u.d);
        break;
    case MH_VALUE_STRING:
        wire_put_text(to, v->u.s, v->len);
        break;
    default:
        break;
    }
}

void
wire_put_value(struct buf *to, const struct mh_value *v)
{
    buf_add_char(to, (char)v->type);
    if (v->type != MH_VALUE_ARRAY) {
        put_content(to, v);
        return;
    }
    wire_put_u64(to, v->len);
    for (uint32_t i = 0; i < v->len; i++)
        wire_put_value(to, &v->u.a[i]);
}

uint8_t
wire_get_byte(struct wire_reader *r)
{
    if (r->failed || r->at == r->end) {
        r->failed = true;
        return 0;
    }
    return *r->at++;
}

uint64_t
wire_get_u64(struct wire_reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = wire_get_byte(r);
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return r->failed ? 0 : v;
    }
    r->failed = true;
    return 0;
}

int64_t
wire_get_i64(struct wire_reader *r)
{
    uint64_t v = wire_get_u64(r);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

const char *
wire_get_text(struct wire_reader *r, uint32_t *ret_len)
{
    uint64_t len = wire_get_u64(r);
    *ret_len = 0;
    if (r->failed || len > (uint64_t)(r->end - r->at) || len > UINT32_MAX) {
        r->failed = true;
        return "";
    }
    const char *text = (const char *)r->at;
    r->at += len;
    *ret_len = (uint32_t)len;
    return text;
}

static double
get_double(struct wire_reader *r)
{
    uint64_t bits = 0;
    double d;
    for (int i = 0; i < 8; i++)
        bits |= (uint64_t)wire_get_byte(r) << (8 * i);
    memcpy(&d, &bits, sizeof d);
    if (!isfinite(d)) {
        r->failed = true;
        return 0;
    }
    return d;
}

struct mh_value
wire_get_scalar(struct wire_reader *r, uint8_t type)
{
    struct mh_value v = {.type = type};
    switch (type) {
    case MH_VALUE_BOOL:
        v.u.i = wire_get_byte(r) != 0;
        break;
    case MH_VALUE_INT:
    case MH_VALUE_DATE:
        v.u.i = wire_get_i64(r);
        break;
    case MH_VALUE_DOUBLE:
        v.u.d = get_double(r);
        break;
    case MH_VALUE_STRING:
        v.u.s = wire_get_text(r, &v.len);
        break;
    default:
        r->failed = true;
    }
    return v;
}
