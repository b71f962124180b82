/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_queue_damage.c - files that were harmed: flipped bytes, holes, cut ends, missing and foreign
 * files. Whatever happens, the queue opens, gives out only what was pushed, each record once, and
 * says how many it lost.
 *
 * MH_LONG=1 makes more trials.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "memory_disk.h"
#include "queue/crc32c.h"
#include "queue/disk.h"
#include "queue_help.h"

#define SEGMENT 8192u
#define N_RECORDS 600u
#define N_SETTLED 60u
#define BATCH 20u

static const struct queue_disk_options small_queue = {.max_size = 64 * SEGMENT,
                                                      .segment_size = SEGMENT};

static int
try_open(struct memory_disk *m, struct queue **ret, char **ret_reason)
{
    struct queue_disk_options o = small_queue;
    int rc;

    o.io = memory_disk_io(m);
    rc = queue_disk_open(&o, ret, ret_reason);
    if (rc < 0)
        o.io->ops->free(o.io);
    return rc;
}

static struct queue *
open_queue(struct memory_disk *m)
{
    struct queue *q = NULL;
    char *reason = NULL;

    if (try_open(m, &q, &reason) != 0)
        fail_msg("%s", reason);
    return q;
}

/* N_RECORDS in several segments, the first N_SETTLED of them settled. */
static struct memory_disk *
make_disk(bool closed_in_order)
{
    struct memory_disk *m = memory_disk_new(1), *copy;
    struct queue *q = open_queue(m);
    struct queue_lease lease;

    for (uint64_t i = 0; i < N_RECORDS; i += BATCH)
        assert_int_equal(help_push(q, i, BATCH, 0), 0);
    assert_int_equal(queue_take(q, N_SETTLED, 0, 0, 0, &lease), 0);
    assert_int_equal(lease.n_entries, N_SETTLED);
    help_settle(q, &lease, QUEUE_DONE);
    copy = memory_disk_clone(m, 2); /* as a kill leaves it */
    queue_free(q);
    if (closed_in_order) {
        memory_disk_free(copy);
        return m;
    }
    memory_disk_free(m);
    return copy;
}

struct outcome {
    uint64_t missing;
    uint64_t n_lost;
};

/* Opens, drains and checks what must always hold; then the queue must work as if nothing had been.
 */
static struct outcome
drain_harmed(struct memory_disk *m)
{
    struct queue *q = open_queue(m);
    struct queue_stats stats;
    struct outcome outcome;
    struct seen seen;

    seen_init(&seen, N_RECORDS + BATCH);
    assert_int_equal(help_drain(q, 33, &seen), 0);
    queue_stats_of(q, &stats);
    assert_int_equal(stats.n_entries, 0);
    assert_int_equal(seen.n_wrong, 0);
    assert_int_equal(seen.n_repeated, 0);
    assert_int_equal(seen.n_disorder, 0);
    outcome = (struct outcome){seen_missing(&seen, N_SETTLED, N_RECORDS), stats.n_lost};
    assert_int_equal(help_push(q, N_RECORDS, BATCH, 0), 0);
    assert_int_equal(help_drain(q, 33, &seen), 0);
    assert_int_equal(seen_missing(&seen, N_RECORDS, N_RECORDS + BATCH), 0);
    queue_free(q);
    seen_free(&seen);
    return outcome;
}

static unsigned
n_trials(unsigned usual)
{
    return getenv("MH_LONG") == NULL ? usual : 20 * usual;
}

static int
set_up(void **state)
{
    (void)state;
    help_shapes_new();
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    help_shapes_free();
    return stub_shapes_alive() == 0 ? 0 : -1;
}

static uint8_t *
random_place(struct memory_disk *m, unsigned *seed, size_t *ret_left)
{
    for (;;) {
        size_t len, at;
        const char *name = memory_disk_name(m, (size_t)rand_r(seed) % memory_disk_n_files(m));
        uint8_t *bytes = name == NULL ? NULL : memory_disk_bytes(m, name, &len);

        if (bytes == NULL || len == 0)
            continue;
        at = (size_t)rand_r(seed) % len;
        *ret_left = len - at;
        return bytes + at;
    }
}

/* One byte in any file of a queue that was closed in order: what is missing is counted to the last
 * record. */
static void
test_flipped_byte(void **state)
{
    struct memory_disk *base = make_disk(true);
    unsigned seed = 7, n_harmed = 0;

    (void)state;
    for (unsigned i = 0; i < n_trials(1000); i++) {
        struct memory_disk *m = memory_disk_clone(base, i);
        struct outcome o;
        size_t left;

        *random_place(m, &seed, &left) ^= (uint8_t)(1u + (unsigned)rand_r(&seed) % 255);
        o = drain_harmed(m);
        assert_int_equal(o.missing, o.n_lost);
        n_harmed += o.missing > 0;
        memory_disk_free(m);
    }
    assert_true(n_harmed > n_trials(1000) / 2); /* the trials did harm */
    memory_disk_free(base);
}

/* The same after a kill: only a damaged last frame can be taken for one that was never finished. */
static void
test_flipped_byte_after_kill(void **state)
{
    struct memory_disk *base = make_disk(false);
    unsigned seed = 8;

    (void)state;
    for (unsigned i = 0; i < n_trials(1000); i++) {
        struct memory_disk *m = memory_disk_clone(base, i);
        struct outcome o;
        size_t left;

        *random_place(m, &seed, &left) ^= (uint8_t)(1u + (unsigned)rand_r(&seed) % 255);
        o = drain_harmed(m);
        if (o.missing != o.n_lost)
            assert_true(o.missing == BATCH && o.n_lost == 0);
        memory_disk_free(m);
    }
    memory_disk_free(base);
}

/* Holes of any size: zeros, or bytes of another place. */
static void
test_holes(void **state)
{
    struct memory_disk *base = make_disk(true);
    unsigned seed = 9;

    (void)state;
    for (unsigned i = 0; i < n_trials(300); i++) {
        struct memory_disk *m = memory_disk_clone(base, i);
        size_t left, other, len;
        uint8_t *at = random_place(m, &seed, &left);
        const uint8_t *from = random_place(m, &seed, &other);
        struct outcome o;

        len = 1 + (size_t)rand_r(&seed) % 6000;
        len = len < left ? len : left;
        if (i % 2 == 0)
            memset(at, 0, len);
        else
            memmove(at, from, len < other ? len : other);
        o = drain_harmed(m);
        assert_true(o.n_lost <= o.missing);
        memory_disk_free(m);
    }
    memory_disk_free(base);
}

static const char *
nth_segment(struct memory_disk *m, unsigned n)
{
    for (size_t i = 0; i < memory_disk_n_files(m); i++) {
        const char *name = memory_disk_name(m, i);

        if (name != NULL && strstr(name, ".seg") != NULL && n-- == 0)
            return name;
    }
    return NULL;
}

static const char *
last_segment(struct memory_disk *m)
{
    const char *last = NULL;

    for (unsigned i = 0; nth_segment(m, i) != NULL; i++)
        last = nth_segment(m, i);
    return last;
}

/* Cut at every byte: what is left is a prefix, and nothing that was cut in the middle comes out. */
static void
test_every_truncation(void **state)
{
    struct memory_disk *base = memory_disk_new(1), *copy;
    struct queue *q = open_queue(base);
    size_t len, last_n = 0;

    (void)state;
    for (uint64_t i = 0; i < 40; i += 4)
        assert_int_equal(help_push(q, i, 4, 0), 0);
    copy = memory_disk_clone(base, 2);
    queue_free(q);
    memory_disk_bytes(copy, last_segment(copy), &len);
    for (size_t cut = 0; cut <= len; cut++) {
        struct memory_disk *m = memory_disk_clone(copy, 3);
        struct seen seen;

        seen_init(&seen, 50);
        memory_disk_truncate(m, last_segment(m), cut);
        q = open_queue(m);
        assert_int_equal(help_drain(q, 100, &seen), 0);
        assert_int_equal(seen.n_wrong + seen.n_disorder + seen.n_repeated, 0);
        assert_int_equal(seen.n_taken % 4, 0);
        assert_int_equal(seen_missing(&seen, 0, seen.n_taken), 0);
        assert_true(seen.n_taken >= last_n);
        last_n = seen.n_taken;
        assert_int_equal(help_push(q, 40, 4, 0), 0);
        assert_int_equal(help_drain(q, 100, &seen), 0);
        assert_int_equal(seen_missing(&seen, 40, 44), 0);
        queue_free(q);
        seen_free(&seen);
        memory_disk_free(m);
    }
    assert_int_equal(last_n, 40);
    memory_disk_free(copy);
    memory_disk_free(base);
}

/* Without its cursor a queue starts from the oldest record that it has. */
static void
test_cursor_lost(void **state)
{
    static const char *const names[] = {"cursor.a", "cursor.b"};

    (void)state;
    for (unsigned which = 1; which < 4; which++) {
        for (unsigned damage = 0; damage < 2; damage++) {
            struct memory_disk *m = make_disk(true);
            struct outcome o;
            size_t len;

            for (unsigned i = 0; i < 2; i++) {
                if ((which & (1u << i)) == 0)
                    continue;
                if (damage)
                    memory_disk_bytes(m, names[i], &len)[20] ^= 1;
                else
                    memory_disk_remove(m, names[i]);
            }
            o = drain_harmed(m);
            assert_int_equal(o.missing, 0);
            assert_int_equal(o.n_lost, 0);
            memory_disk_free(m);
        }
    }
}

static void
test_segment_missing(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        struct memory_disk *m = make_disk(true);
        struct outcome o;

        memory_disk_remove(m, nth_segment(m, n));
        o = drain_harmed(m);
        assert_true(o.missing > 0);
        assert_int_equal(o.missing, o.n_lost);
        memory_disk_free(m);
    }
}

/* A header that is not whole in either copy: the file is set aside, and what it held is counted. */
static void
test_header_damaged(void **state)
{
    struct memory_disk *m = make_disk(true);
    CLEANUP_FREE char *bad = util_printf("%s.bad", nth_segment(m, 1));
    struct outcome o;
    size_t len;

    (void)state;
    memset(memory_disk_bytes(m, nth_segment(m, 1), &len), 0, 80);
    o = drain_harmed(m);
    assert_true(o.missing > 0);
    assert_int_equal(o.missing, o.n_lost);
    assert_non_null(memory_disk_bytes(m, bad, &len));
    memory_disk_free(m);
}

/* Writes another version into a head and makes its sum right again. */
static void
set_version(uint8_t *head, uint8_t version)
{
    uint32_t crc;

    head[8] = version;
    crc = crc32c(0, head, 32);
    for (unsigned i = 0; i < 4; i++)
        head[32 + i] = (uint8_t)(crc >> (8 * i));
}

static void
expect_refused(struct memory_disk *m, const char *words)
{
    struct queue *q;
    char *reason;

    assert_int_equal(try_open(m, &q, &reason), -EPROTONOSUPPORT);
    assert_non_null(strstr(reason, words));
    assert_non_null(strstr(reason, "format 9"));
    free(reason);
}

/* A newer format is not damage: it is refused in words, and nothing is touched. */
static void
test_newer_version(void **state)
{
    struct memory_disk *m = make_disk(true);
    size_t len, before = memory_disk_n_files(m);

    (void)state;
    set_version(memory_disk_bytes(m, nth_segment(m, 1), &len), 9);
    expect_refused(m, "segment 2");
    assert_int_equal(memory_disk_n_files(m), before);
    set_version(memory_disk_bytes(m, nth_segment(m, 1), &len), 1);
    set_version(memory_disk_bytes(m, "cursor.b", &len), 9);
    expect_refused(m, "cursor.b");
    memory_disk_free(m);
}

static void
test_foreign_files(void **state)
{
    struct memory_disk *m = make_disk(true);
    static const char *const names[] = {"README", "12", "x.seg", "1.segment",
                                        "99999999999999999999999.seg"};
    struct disk_io *io = memory_disk_io(m);
    struct outcome o;
    size_t len;

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        io->ops->close(io, io->ops->open(io, names[i], DISK_CREATE));
    io->ops->close(io, io->ops->open(io, "0000000700.seg", DISK_CREATE)); /* empty: damaged */
    io->ops->free(io);
    o = drain_harmed(m);
    assert_int_equal(o.missing + o.n_lost, 0);
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        assert_non_null(memory_disk_bytes(m, names[i], &len));
    assert_non_null(memory_disk_bytes(m, "0000000700.seg.bad", &len));
    memory_disk_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_flipped_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flipped_byte_after_kill, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_holes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_truncation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cursor_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_segment_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_header_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_newer_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_files, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
