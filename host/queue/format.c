/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.c - the queue's bytes on disk. Pure functions; what they decode is not trusted.
 */
#include "queue/format.h"

#include <endian.h>
#include <errno.h>

#include "queue/crc32c.h"

#define SEGMENT_MAGIC "MHQSEGM\n"
#define CURSOR_MAGIC "MHQCURS\n"
#define MAGIC_SIZE 8u
#define TABLE_ROW 12u
#define BATCH_HEAD 8u

static void
put32(uint8_t *to, uint32_t v)
{
    v = htole32(v);
    memcpy(to, &v, sizeof(v));
}

static void
put64(uint8_t *to, uint64_t v)
{
    v = htole64(v);
    memcpy(to, &v, sizeof(v));
}

static uint16_t
get16(const uint8_t *from)
{
    uint16_t v;

    memcpy(&v, from, sizeof(v));
    return le16toh(v);
}

static uint32_t
get32(const uint8_t *from)
{
    uint32_t v;

    memcpy(&v, from, sizeof(v));
    return le32toh(v);
}

static uint64_t
get64(const uint8_t *from)
{
    uint64_t v;

    memcpy(&v, from, sizeof(v));
    return le64toh(v);
}

static void
add32(struct buf *b, uint32_t v)
{
    v = htole32(v);
    buf_add(b, &v, sizeof(v));
}

static void
add64(struct buf *b, uint64_t v)
{
    v = htole64(v);
    buf_add(b, &v, sizeof(v));
}

/* Both kinds of file begin alike: magic, version, 32 bits of their own, two numbers; the sum of all
 * that is last. This part stays in every version, so that any program can tell a newer file from a
 * damaged one. */
struct file_head {
    uint32_t own;
    uint64_t a;
    uint64_t b;
};
#define HEAD_CRC_AT 32u

static void
head_encode(const char *magic, const struct file_head *h, uint8_t *to)
{
    memcpy(to, magic, MAGIC_SIZE);
    put32(to + 8, FORMAT_VERSION);
    put32(to + 12, h->own);
    put64(to + 16, h->a);
    put64(to + 24, h->b);
    put32(to + HEAD_CRC_AT, crc32c(0, to, HEAD_CRC_AT));
}

static int
head_decode(const char *magic, const uint8_t *from, struct file_head *ret, uint32_t *ret_version)
{
    if (memcmp(from, magic, MAGIC_SIZE) != 0 ||
        get32(from + HEAD_CRC_AT) != crc32c(0, from, HEAD_CRC_AT))
        return -EBADMSG;
    *ret_version = get32(from + 8);
    ret->own = get32(from + 12);
    ret->a = get64(from + 16);
    ret->b = get64(from + 24);
    return *ret_version == FORMAT_VERSION ? 0 : -EPROTONOSUPPORT;
}

void
segment_header_encode(const struct segment_header *h, uint8_t to[SEGMENT_HEADER_SIZE])
{
    struct file_head head = {.own = h->salt, .a = h->number, .b = h->first_sequence};

    memset(to, 0, SEGMENT_HEADER_SIZE);
    head_encode(SEGMENT_MAGIC, &head, to);
    memcpy(to + SEGMENT_COPY_SIZE, to, SEGMENT_COPY_SIZE);
}

int
segment_header_decode(const uint8_t from[SEGMENT_HEADER_SIZE], struct segment_header *ret,
                      uint32_t *ret_version)
{
    struct file_head head = {0};
    int rc = head_decode(SEGMENT_MAGIC, from, &head, ret_version);

    if (rc == -EBADMSG)
        rc = head_decode(SEGMENT_MAGIC, from + SEGMENT_COPY_SIZE, &head, ret_version);
    *ret = (struct segment_header){.salt = head.own, .number = head.a, .first_sequence = head.b};
    return rc;
}

uint64_t
frame_size(uint32_t length)
{
    return FRAME_HEADER_SIZE +
           (((uint64_t)length + FRAME_ALIGN - 1) & ~(uint64_t)(FRAME_ALIGN - 1));
}

size_t
frame_begin(struct buf *b)
{
    static const uint8_t zeros[FRAME_HEADER_SIZE];
    size_t at = b->len;

    buf_add(b, zeros, sizeof(zeros));
    return at;
}

void
frame_end(struct buf *b, size_t begin, const struct frame_header *h, uint32_t salt)
{
    static const uint8_t zeros[FRAME_ALIGN];
    size_t length = b->len - begin - FRAME_HEADER_SIZE;
    uint8_t *to;

    buf_add(b, zeros, (FRAME_ALIGN - length % FRAME_ALIGN) % FRAME_ALIGN);
    if (b->failed)
        return;
    to = (uint8_t *)b->data + begin;
    put32(to, (uint32_t)length);
    put32(to + 4, h->type | (uint32_t)h->count << 16);
    put64(to + 8, h->sequence);
    put32(to + 16, crc32c(salt, to + FRAME_HEADER_SIZE, length));
    put32(to + 20, crc32c(salt, to, 20));
}

bool
frame_header_decode(const uint8_t from[FRAME_HEADER_SIZE], uint32_t salt, struct frame_header *ret)
{
    *ret = (struct frame_header){
        .length = get32(from),
        .type = get16(from + 4),
        .count = get16(from + 6),
        .sequence = get64(from + 8),
        .payload_crc = get32(from + 16),
    };
    return ret->length <= FRAME_MAX && ret->type >= FRAME_SHAPE && ret->type <= FRAME_END &&
           (ret->type == FRAME_RECORDS) == (ret->count > 0) &&
           get32(from + 20) == crc32c(salt, from, 20);
}

bool
frame_payload_is_whole(const struct frame_header *h, const uint8_t *payload, uint32_t salt)
{
    return crc32c(salt, payload, h->length) == h->payload_crc;
}

void
shape_payload_encode(struct buf *b, uint64_t key)
{
    add64(b, key);
}

bool
shape_payload_decode(const uint8_t *payload, size_t len, uint64_t *ret_key,
                     const uint8_t **ret_shape, size_t *ret_len)
{
    if (len < sizeof(*ret_key))
        return false;
    *ret_key = get64(payload);
    *ret_shape = payload + sizeof(*ret_key);
    *ret_len = len - sizeof(*ret_key);
    return true;
}

void
batch_payload_encode(struct buf *b, const struct queue_entry *entries, uint32_t n,
                     const uint64_t *keys, uint32_t n_keys, const uint16_t *key_index)
{
    add32(b, n_keys);
    add32(b, 0);
    for (uint32_t i = 0; i < n_keys; i++)
        add64(b, keys[i]);
    for (uint32_t i = 0; i < n; i++) {
        add32(b, key_index[i]);
        add32(b, entries[i].len);
        add32(b, entries[i].size_hint);
    }
    for (uint32_t i = 0; i < n; i++)
        buf_add(b, entries[i].bytes, entries[i].len);
}

uint64_t
batch_size_bound(const struct queue_entry *entries, uint32_t n)
{
    /* In the worst case every record opens a frame with one shape. */
    const uint64_t each =
        FRAME_HEADER_SIZE + FRAME_ALIGN + BATCH_HEAD + sizeof(uint64_t) + TABLE_ROW;
    uint64_t sum = n * each;

    for (uint32_t i = 0; i < n; i++)
        sum += entries[i].len;
    return sum;
}

bool
batch_reader_init(struct batch_reader *r, const uint8_t *payload, size_t len, uint32_t count)
{
    uint64_t head;

    *r = (struct batch_reader){0};
    if (len < BATCH_HEAD)
        return false;
    r->n_keys = get32(payload);
    head = BATCH_HEAD + (uint64_t)r->n_keys * sizeof(uint64_t);
    if (head + (uint64_t)count * TABLE_ROW > len)
        return false;
    r->keys = payload + BATCH_HEAD;
    r->table = payload + head;
    r->bytes = r->table + (size_t)count * TABLE_ROW;
    r->end = payload + len;
    r->n_left = count;
    return true;
}

bool
batch_reader_next(struct batch_reader *r, struct frame_record *ret)
{
    uint32_t key;

    if (r->n_left == 0)
        return false;
    key = get32(r->table);
    ret->len = get32(r->table + 4);
    ret->size_hint = get32(r->table + 8);
    if (key >= r->n_keys || ret->len > (size_t)(r->end - r->bytes))
        return false;
    ret->shape_key = get64(r->keys + (size_t)key * sizeof(uint64_t));
    ret->bytes = r->bytes;
    r->bytes += ret->len;
    r->table += TABLE_ROW;
    r->n_left--;
    return true;
}

void
cursor_encode(const struct cursor_record *c, uint8_t to[CURSOR_SIZE])
{
    struct file_head head = {.own = c->generation, .a = c->sequence, .b = c->segment};

    memset(to, 0, CURSOR_SIZE);
    head_encode(CURSOR_MAGIC, &head, to);
}

int
cursor_decode(const uint8_t from[CURSOR_SIZE], struct cursor_record *ret, uint32_t *ret_version)
{
    struct file_head head = {0};
    int rc = head_decode(CURSOR_MAGIC, from, &head, ret_version);

    *ret = (struct cursor_record){.generation = head.own, .sequence = head.a, .segment = head.b};
    return rc;
}
