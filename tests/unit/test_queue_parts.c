/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_queue_parts.c - sums, ranges, tables and the byte format by themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "queue/crc32c.h"
#include "queue/format.h"
#include "queue/ranges.h"
#include "queue/segment.h"
#include "queue/shape_map.h"
#include "stub_shape.h"

/* RFC 3720, appendix B.4, and the usual check value of "123456789". */
static void
test_crc_vectors(void **state)
{
    uint8_t zeros[32] = {0}, ones[32], up[32], down[32];

    (void)state;
    memset(ones, 0xff, sizeof(ones));
    for (unsigned i = 0; i < 32; i++) {
        up[i] = (uint8_t)i;
        down[i] = (uint8_t)(31 - i);
    }
    assert_int_equal(crc32c(0, zeros, 32), 0x8a9136aa);
    assert_int_equal(crc32c(0, ones, 32), 0x62a8ab43);
    assert_int_equal(crc32c(0, up, 32), 0x46dd794e);
    assert_int_equal(crc32c(0, down, 32), 0x113fdb5c);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(0, "", 0), 0);
    assert_int_equal(crc32c_portable(0, down, 32), 0x113fdb5c);
}

/* All ways agree, for every length, alignment and start. */
static void
test_crc_ways_agree(void **state)
{
    uint8_t bytes[200];
    unsigned seed = 3;

    (void)state;
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)rand_r(&seed);
    for (size_t from = 0; from < 16; from++)
        for (size_t len = 0; from + len <= sizeof(bytes); len++) {
            uint32_t start = (uint32_t)rand_r(&seed);
            uint32_t whole = crc32c(start, bytes + from, len);

            assert_int_equal(whole, crc32c_portable(start, bytes + from, len));
            assert_int_equal(whole, crc32c(crc32c(start, bytes + from, len / 2),
                                           bytes + from + len / 2, len - len / 2));
        }
}

#define N_SEQUENCES 300u

/* Against an array of flags. */
static void
test_ranges(void **state)
{
    unsigned seed = 5;

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        uint8_t settled[N_SEQUENCES] = {0};
        struct ranges r = {0};

        for (unsigned i = 0; i < 120; i++) {
            uint64_t start = (uint64_t)rand_r(&seed) % N_SEQUENCES;
            uint64_t end = start + (uint64_t)rand_r(&seed) % 9;
            uint64_t expected = 0, floor = 0, a, b;
            bool covered = true;

            end = end < N_SEQUENCES ? end : N_SEQUENCES;
            for (uint64_t s = start; s < end; s++) {
                expected += settled[s] == 0;
                settled[s] = 1;
            }
            assert_int_equal(ranges_reserve(&r, r.n + 1), 0);
            assert_int_equal(ranges_add(&r, start, end), expected);
            while (floor < N_SEQUENCES && settled[floor])
                floor++;
            assert_int_equal(r.floor, floor);
            a = (uint64_t)rand_r(&seed) % N_SEQUENCES;
            b = a + (uint64_t)rand_r(&seed) % (N_SEQUENCES - a);
            for (uint64_t s = a; s < b; s++)
                covered = covered && settled[s];
            assert_int_equal(ranges_cover(&r, a, b), covered);
        }
        for (size_t i = 0; i < r.n; i++) {
            assert_true(r.list[i].start < r.list[i].end);
            assert_true(r.list[i].start > (i == 0 ? r.floor : r.list[i - 1].end));
        }
        ranges_free(&r);
    }
}

static void
test_shape_map(void **state)
{
    struct shape *shape = stub_shape_new("x");
    struct shape_map map = {0};

    (void)state;
    assert_null(shape_map_find(&map, 1));
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(shape_map_put(&map, i * 4096, i, shape), 0);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(shape_map_find(&map, i * 4096)->value, i);
    assert_null(shape_map_find(&map, 1));
    shape_map_drop_below(&map, 900);
    assert_int_equal(map.n, 100);
    assert_null(shape_map_find(&map, 899 * 4096));
    assert_non_null(shape_map_find(&map, 900 * 4096));
    shape_map_clear(&map);
    shape_unref(shape);
    assert_int_equal(stub_shapes_alive(), 0);
}

/* The bytes of version 1 never change: a file of yesterday must be read tomorrow. */
static void
test_frozen_bytes(void **state)
{
    static const uint8_t header[] =
        "MHQSEGM\n\1\0\0\0\x44\x33\x22\x11\7\0\0\0\0\0\0\0\x08\7\6\5\4\3\2\1";
    struct segment_header h = {
        .number = 7, .first_sequence = 0x0102030405060708, .salt = 0x11223344};
    struct frame_header f = {.type = FRAME_RECORDS, .count = 1, .sequence = 9}, back;
    struct queue_entry entry = {.bytes = (const uint8_t *)"abc", .len = 3, .size_hint = 77};
    static const uint8_t payload[] =
        "\1\0\0\0\0\0\0\0\x2a\0\0\0\0\0\0\0\0\0\0\0\3\0\0\0\x4d\0\0\0abc";
    CLEANUP(buf_free) struct buf b = {0};
    uint8_t bytes[SEGMENT_HEADER_SIZE];
    const uint16_t index = 0;
    const uint64_t key = 42;
    size_t at;

    (void)state;
    segment_header_encode(&h, bytes);
    assert_memory_equal(bytes, header, sizeof(header) - 1);
    assert_memory_equal(bytes + SEGMENT_COPY_SIZE, bytes, SEGMENT_COPY_SIZE);
    at = frame_begin(&b);
    batch_payload_encode(&b, &entry, 1, &key, 1, &index);
    frame_end(&b, at, &f, h.salt);
    assert_int_equal(b.len, FRAME_HEADER_SIZE + 32);
    assert_memory_equal(b.data, "\x1f\0\0\0\2\0\1\0\x09\0\0\0\0\0\0\0", 16);
    assert_memory_equal(b.data + FRAME_HEADER_SIZE, payload, sizeof(payload) - 1);
    assert_true(frame_header_decode((uint8_t *)b.data, h.salt, &back));
    assert_false(frame_header_decode((uint8_t *)b.data, h.salt + 1, &back));
    assert_true(frame_payload_is_whole(&back, (uint8_t *)b.data + FRAME_HEADER_SIZE, h.salt));
}

/* A batch's table that says more than the payload has. */
static void
test_batches_that_lie(void **state)
{
    struct queue_entry entries[2] = {{.bytes = (const uint8_t *)"abc", .len = 3},
                                     {.bytes = (const uint8_t *)"de", .len = 2}};
    const uint16_t index[2] = {0, 1};
    const uint64_t keys[2] = {42, 43};
    CLEANUP(buf_free) struct buf b = {0};
    struct batch_reader r;
    struct frame_record record;

    (void)state;
    batch_payload_encode(&b, entries, 2, keys, 2, index);
    for (size_t len = 0; len < b.len; len++) {
        CLEANUP_FREE uint8_t *copy =
            malloc(len + 1); /* exact, so that a sanitizer sees every overrun */
        unsigned n = 0;

        memcpy(copy, b.data, len);
        if (batch_reader_init(&r, copy, len, 2))
            while (batch_reader_next(&r, &record))
                n++;
        assert_true(n < 2);
    }
    b.data[8 + 16] = 2; /* the first record's key: there are only two */
    assert_true(batch_reader_init(&r, (uint8_t *)b.data, b.len, 2));
    assert_false(batch_reader_next(&r, &record));
    memset(b.data, 0xff, 4);
    assert_false(batch_reader_init(&r, (uint8_t *)b.data, b.len, 2));
}

static void
test_names(void **state)
{
    uint64_t number;
    bool bad;

    (void)state;
    assert_true(segment_name_parse("0000000012.seg", &number, &bad));
    assert_int_equal(number, 12);
    assert_false(bad);
    assert_true(segment_name_parse("12345678901.seg.bad", &number, &bad));
    assert_true(bad);
    assert_int_equal(number, 12345678901);
    assert_false(segment_name_parse("12.seg~", &number, &bad));
    assert_false(segment_name_parse(".seg", &number, &bad));
    assert_false(segment_name_parse("-1.seg", &number, &bad));
    assert_false(segment_name_parse("99999999999999999999.seg", &number, &bad));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc_vectors),  cmocka_unit_test(test_crc_ways_agree),
        cmocka_unit_test(test_ranges),       cmocka_unit_test(test_shape_map),
        cmocka_unit_test(test_frozen_bytes), cmocka_unit_test(test_batches_that_lie),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
