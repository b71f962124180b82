/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.h - a record as bytes, for the queue: its identity, its time and its own values. What it
 * shares with others is in its shape, which travels beside it.
 *
 * Format, version 1: byte 1; 15 bytes identity; zigzag varint @timestamp in ns; then for each
 * value: varint slot number, type byte, content (wire.h). Arrays: varint count, then type and
 * content each. Maps: varint count, then key text, type and content each.
 */
#ifndef MH_CODEC_H
#define MH_CODEC_H

#include "record/batch.h"

/* Appends the record's bytes. It must have its identity. Returns 0 or -ENOMEM. */
int record_encode(const struct mh_record *record, struct buf *to);
/* Adds the record to a batch. Strings point into bytes, which must live as long as the batch.
 * Nothing is trusted: -EBADMSG when the bytes are not a record of this shape; -ENOMEM. */
int record_decode(struct mh_batch *batch, struct shape *shape, const uint8_t *bytes, size_t len,
                  struct mh_record **ret);

#endif
