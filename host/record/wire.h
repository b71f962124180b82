/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - the byte forms that shapes and records are stored in: varints, zigzag, counted strings,
 * tagged values.
 *
 * Little endian, independent of the machine. Readers trust nothing: every read checks the bytes
 * left, and after the first failure a reader stays failed and yields zeros.
 */
#ifndef MH_WIRE_H
#define MH_WIRE_H

#include <metrichost/record.h>

#include "util/util.h"

struct wire_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

void wire_put_u64(struct buf *to, uint64_t v); /* varint */
void wire_put_i64(struct buf *to, int64_t v);  /* zigzag varint */
void wire_put_text(struct buf *to, const char *s, size_t len);
/* A scalar, or an array of scalars: type byte and content. */
void wire_put_value(struct buf *to, const struct mh_value *v);

uint64_t wire_get_u64(struct wire_reader *r);
int64_t wire_get_i64(struct wire_reader *r);
/* Points into the input; *ret_len bytes, not terminated. "" after a failure. */
const char *wire_get_text(struct wire_reader *r, uint32_t *ret_len);
uint8_t wire_get_byte(struct wire_reader *r);
/* A scalar (strings point into the input); anything else fails the reader. */
struct mh_value wire_get_scalar(struct wire_reader *r, uint8_t type);

#endif
