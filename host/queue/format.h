/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - bytes on disk, and nothing but bytes: segment headers, frames, record batches.
 * docs/queue-format.md is the same in words. All numbers are little endian; every frame starts at a
 * multiple of 8.
 *
 * Every sum is seeded with the segment's salt, so that a frame left over from another file, or put
 * into a record by somebody who knows this format, does not pass for one of this segment.
 */
#ifndef MH_QUEUE_FORMAT_H
#define MH_QUEUE_FORMAT_H

#include "queue/queue.h"

#define FORMAT_VERSION 1u
#define SEGMENT_COPY_SIZE 40u /* the header is there twice */
#define SEGMENT_HEADER_SIZE (2u * SEGMENT_COPY_SIZE)
#define FRAME_HEADER_SIZE 24u
#define FRAME_ALIGN 8u
#define RECORD_MAX (16u << 20) /* bytes of one record, and of one shape */
#define FRAME_MAX (RECORD_MAX + (1u << 20))
/* A batch is cut into frames of at most this, so that a reader needs little memory and a damaged
 * frame costs little. */
#define FRAME_MAX_RECORDS 1024u
#define FRAME_MAX_SHAPES 64u
#define FRAME_FULL_BYTES (256u << 10)

enum frame_type {
    FRAME_SHAPE = 1,   /* key, encoded shape */
    FRAME_RECORDS = 2, /* a batch */
    FRAME_END = 3,     /* the segment was closed in order; nothing follows */
};

struct segment_header {
    uint64_t number;
    uint64_t first_sequence;
    uint32_t salt;
};

struct frame_header {
    uint32_t length; /* of the payload, without padding */
    uint16_t type;
    uint16_t count;    /* records */
    uint64_t sequence; /* of the first record; in other frames: of the next record */
    uint32_t payload_crc;
};

/* What a batch's payload says about one record; bytes point into the payload. */
struct frame_record {
    uint64_t shape_key;
    const uint8_t *bytes;
    uint32_t len;
    uint32_t size_hint;
};

void segment_header_encode(const struct segment_header *h, uint8_t to[SEGMENT_HEADER_SIZE]);
/* 0; -EBADMSG: neither copy is whole; -EPROTONOSUPPORT: another version (*ret_version). */
int segment_header_decode(const uint8_t from[SEGMENT_HEADER_SIZE], struct segment_header *ret,
                          uint32_t *ret_version);

/* Bytes of a frame on disk, padding included. */
uint64_t frame_size(uint32_t length);
/* Appends room for a header; returns where it begins, for frame_end. */
size_t frame_begin(struct buf *b);
/* Pads, and writes the header now that the payload is known. type, count and sequence of `h` are
 * used. */
void frame_end(struct buf *b, size_t begin, const struct frame_header *h, uint32_t salt);
/* Whether these bytes are a frame header that this program wrote into a segment with this salt. */
bool frame_header_decode(const uint8_t from[FRAME_HEADER_SIZE], uint32_t salt,
                         struct frame_header *ret);
bool frame_payload_is_whole(const struct frame_header *h, const uint8_t *payload, uint32_t salt);

void shape_payload_encode(struct buf *b, uint64_t key); /* the encoded shape follows */
bool shape_payload_decode(const uint8_t *payload, size_t len, uint64_t *ret_key,
                          const uint8_t **ret_shape, size_t *ret_len);

/* Appends a batch's payload: entry i has the shape keys[key_index[i]]. */
void batch_payload_encode(struct buf *b, const struct queue_entry *entries, uint32_t n,
                          const uint64_t *keys, uint32_t n_keys, const uint16_t *key_index);
/* Upper bound of the bytes that n entries take on disk, without their shapes. */
uint64_t batch_size_bound(const struct queue_entry *entries, uint32_t n);

/* Walks over a batch's payload. */
struct batch_reader {
    const uint8_t *keys;
    const uint8_t *table;
    const uint8_t *bytes;
    const uint8_t *end;
    uint32_t n_keys;
    uint32_t n_left;
};
bool batch_reader_init(struct batch_reader *r, const uint8_t *payload, size_t len, uint32_t count);
/* False when the payload does not hold what it says. */
bool batch_reader_next(struct batch_reader *r, struct frame_record *ret);

/* The cursor's two slots: the file cursor.a or cursor.b. */
#define CURSOR_SIZE 40u
struct cursor_record {
    uint32_t generation; /* the higher one counts; grows once a sync, so 32 bits last */
    uint64_t sequence;   /* lowest sequence that is not settled */
    uint64_t segment; /* number of the newest segment at that time: numbers are never used again */
};
void cursor_encode(const struct cursor_record *c, uint8_t to[CURSOR_SIZE]);
int cursor_decode(const uint8_t from[CURSOR_SIZE], struct cursor_record *ret,
                  uint32_t *ret_version); /* as segment_header_decode */

#endif
