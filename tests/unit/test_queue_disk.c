/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_queue_disk.c - the queue on disk when nothing goes wrong: order, restarts, limits, room,
 * threads, one owner.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "memory_disk.h"
#include "queue/disk.h"
#include "queue_help.h"

#define SEGMENT 16384u

static struct queue *
open_with(struct memory_disk *m, struct queue_disk_options o)
{
    struct queue *q = NULL;
    char *reason = NULL;

    o.io = memory_disk_io(m);
    if (queue_disk_open(&o, &q, &reason) != 0)
        fail_msg("%s", reason);
    return q;
}

static struct queue *
open_small(struct memory_disk *m)
{
    return open_with(
        m, (struct queue_disk_options){.max_size = 10 * SEGMENT, .segment_size = SEGMENT});
}

static size_t
count_segments(struct memory_disk *m)
{
    size_t n = 0;

    for (size_t i = 0; i < memory_disk_n_files(m); i++) {
        const char *name = memory_disk_name(m, i);

        n += name != NULL && strstr(name, ".seg") != NULL;
    }
    return n;
}

static struct queue_stats
stats_of(struct queue *q)
{
    struct queue_stats stats;

    queue_stats_of(q, &stats);
    return stats;
}

static int
set_up(void **state)
{
    help_shapes_new();
    *state = memory_disk_new(1);
    return 0;
}

/* Also asserts that no test leaks a shape. */
static int
tear_down(void **state)
{
    memory_disk_free(*state);
    help_shapes_free();
    return stub_shapes_alive() == 0 ? 0 : -1;
}

static void
test_order(void **state)
{
    struct queue *q = open_small(*state);
    struct seen seen;

    seen_init(&seen, 300);
    for (uint64_t i = 0; i < 300; i += 10)
        assert_int_equal(help_push(q, i, 10, 0), 0);
    assert_int_equal(stats_of(q).n_entries, 300);
    assert_int_equal(help_drain(q, 7, &seen), 0);
    assert_int_equal(seen.n_taken, 300);
    assert_int_equal(seen.n_wrong + seen.n_repeated + seen.n_disorder, 0);
    assert_int_equal(stats_of(q).n_entries, 0);
    assert_int_equal(stats_of(q).n_lost, 0);
    seen_free(&seen);
    queue_free(q);
}

static void
test_restart(void **state)
{
    struct seen seen;

    seen_init(&seen, 400);
    for (uint64_t i = 0; i < 400; i += 20) {
        struct queue *q = open_small(*state);

        assert_int_equal(stats_of(q).n_entries, i);
        assert_int_equal(help_push(q, i, 20, 0), 0);
        queue_free(q);
    }
    struct queue *q = open_small(*state);
    assert_int_equal(stats_of(q).n_entries, 400);
    assert_int_equal(help_drain(q, 50, &seen), 0);
    assert_int_equal(seen.n_taken, 400);
    assert_int_equal(seen.n_wrong + seen.n_repeated + seen.n_disorder, 0);
    queue_free(q);
    q = open_small(*state);
    assert_int_equal(stats_of(q).n_entries, 0);
    assert_int_equal(count_segments(*state), 0);
    assert_int_equal(stats_of(q).n_bytes, 0);
    queue_free(q);
    seen_free(&seen);
}

/* What was not settled is there again after a restart, and only that. */
static void
test_partial_settlement(void **state)
{
    static const enum queue_fate fates[] = {QUEUE_DONE, QUEUE_DONE, QUEUE_RETURN, QUEUE_DONE,
                                            QUEUE_DONE};
    struct queue *q = open_small(*state);
    struct queue_lease lease, other;

    assert_int_equal(help_push(q, 0, 10, 0), 0);
    assert_int_equal(queue_take(q, 5, 0, 0, 0, &lease), 0);
    assert_int_equal(queue_take(q, 5, 0, 0, 0, &other), 0);
    queue_settle(q, &lease, fates);
    assert_int_equal(stats_of(q).n_entries, 6);
    help_settle(q, &other, QUEUE_DONE);
    assert_int_equal(stats_of(q).n_entries, 1);
    assert_int_equal(queue_take(q, 5, 0, 0, 0, &lease), 0);
    assert_int_equal(lease.n_entries, 1);
    assert_int_equal(help_number(&lease.entries[0]), 2);
    help_settle(q, &lease, QUEUE_RETURN);
    queue_free(q);
    /* The cursor is the lowest one that is not settled: 2, and all above it come again (with the
     * same identity). */
    q = open_small(*state);
    assert_int_equal(stats_of(q).n_entries, 8);
    assert_int_equal(queue_take(q, 20, 0, 0, 0, &lease), 0);
    assert_int_equal(lease.n_entries, 8);
    assert_int_equal(help_number(&lease.entries[0]), 2);
    help_settle(q, &lease, QUEUE_DONE);
    queue_free(q);
}

static void
test_segments_go_when_settled(void **state)
{
    struct queue *q = open_small(*state);
    struct queue_lease lease;
    struct seen seen;
    size_t before;

    seen_init(&seen, 1000);
    for (uint64_t i = 0; i < 1000; i += 50)
        assert_int_equal(help_push(q, i, 50, 0), 0);
    before = count_segments(*state);
    assert_true(before >= 4);
    assert_int_equal(queue_take(q, 1, 0, 0, 0, &lease), 0); /* holds the first segment */
    assert_int_equal(help_drain(q, 100, &seen), 0);
    assert_int_equal(count_segments(*state), before);
    help_settle(q, &lease, QUEUE_DONE);
    assert_int_equal(count_segments(*state), 1); /* the one being written */
    queue_free(q);
    seen_free(&seen);
}

static void
test_full_blocks(void **state)
{
    struct queue *q = open_small(*state);
    struct queue_lease lease;
    struct seen seen;
    uint64_t n = 0, before;
    int rc;

    seen_init(&seen, 100000);
    while ((rc = help_push(q, n, 50, 0)) == 0)
        n += 50;
    assert_int_equal(rc, -EAGAIN);
    assert_true(stats_of(q).n_bytes <= 10 * SEGMENT);
    assert_true(stats_of(q).n_bytes > 8 * SEGMENT);
    before = util_monotonic_ns();
    assert_int_equal(help_push(q, n, 50, in_ms(20)), -EAGAIN);
    assert_true(util_monotonic_ns() - before >= 20 * MS);
    assert_int_equal(queue_take(q, 1, 0, 0, 0, &lease), 0);
    seen_note(&seen, &lease);
    help_settle(q, &lease, QUEUE_DONE);
    assert_int_equal(help_push(q, n, 50, 0), -EAGAIN); /* room comes by whole segments */
    assert_int_equal(help_drain(q, 100, &seen), 0);
    assert_int_equal(seen.n_taken, n);
    assert_int_equal(help_push(q, n, 50, 0), 0);
    assert_int_equal(help_drain(q, 100, &seen), 0);
    assert_int_equal(seen.n_taken, n + 50);
    assert_int_equal(seen.n_wrong + seen.n_repeated + seen.n_disorder, 0);
    queue_free(q);
    seen_free(&seen);
}

/* One segment that is full and settled must not block the queue: it is ended to make room. */
static void
test_settled_segment_makes_room(void **state)
{
    struct queue *q = open_with(
        *state, (struct queue_disk_options){.max_size = 2 * SEGMENT, .segment_size = SEGMENT});
    struct seen seen;
    uint64_t n = 0;

    seen_init(&seen, 20000);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(help_push(q, n, 100, 0), 0);
        n += 100;
        assert_int_equal(help_drain(q, 100, &seen), 0);
        assert_true(stats_of(q).n_bytes <= 2 * SEGMENT);
    }
    assert_int_equal(seen.n_taken, n);
    queue_free(q);
    seen_free(&seen);
}

static void
count_dropped(void *arg, const struct shape *shape, uint64_t n)
{
    uint64_t *dropped = arg;

    assert_int_equal(strncmp(stub_shape_name(shape), "shape-", 6), 0);
    *dropped += n;
}

static void
test_full_drops_oldest(void **state)
{
    uint64_t reported = 0, n;
    struct queue *q = open_with(*state, (struct queue_disk_options){
                                            .max_size = 10 * SEGMENT,
                                            .segment_size = SEGMENT,
                                            .when_full = QUEUE_FULL_DROP_OLDEST,
                                            .dropped = count_dropped,
                                            .dropped_arg = &reported,
                                        });
    struct queue_lease lease;
    struct seen seen;

    seen_init(&seen, 20000);
    assert_int_equal(help_push(q, 0, 10, 0), 0);
    assert_int_equal(queue_take(q, 5, 0, 0, 0, &lease), 0); /* 5 to 9 stay in the backlog */
    for (n = 10; n < 20000 - 50; n += 50)
        assert_int_equal(help_push(q, n, 50, 0), 0);
    assert_true(stats_of(q).n_bytes <= 10 * SEGMENT);
    assert_true(stats_of(q).n_dropped > 10000);
    assert_int_equal(stats_of(q).n_dropped, reported);
    assert_int_equal(stats_of(q).n_entries + reported, n);
    seen_note(&seen, &lease);
    help_settle(q, &lease, QUEUE_DONE); /* what is leased is not dropped */
    assert_int_equal(help_drain(q, 100, &seen), 0);
    assert_int_equal(seen.n_taken + reported, n);
    assert_int_equal(seen.n_wrong + seen.n_repeated + seen.n_disorder, 0);
    assert_int_equal(seen_missing(&seen, 0, 5), 0);
    assert_int_equal(seen_missing(&seen, 5, 10), 5);
    assert_int_equal(seen_missing(&seen, n - 1000, n), 0);
    assert_int_equal(stats_of(q).n_lost, 0);
    queue_free(q);
    seen_free(&seen);
}

static void
test_too_large(void **state)
{
    struct queue *q = open_small(*state);
    struct shape *shape = stub_shape_new("large");
    uint8_t *bytes = calloc(1, 20 << 20);
    struct queue_entry entry = {.shape = shape, .bytes = bytes, .len = 20 << 20};

    assert_int_equal(queue_push(q, &entry, 1, UINT64_MAX), -EMSGSIZE);
    entry.len = 11 * SEGMENT; /* not in this queue */
    assert_int_equal(queue_push(q, &entry, 1, UINT64_MAX), -EMSGSIZE);
    entry.len = 3 * SEGMENT; /* larger than a segment: gets one of its own */
    assert_int_equal(queue_push(q, &entry, 1, 0), 0);
    assert_int_equal(queue_push(q, &entry, 1, 0), 0);
    queue_free(q);
    free(bytes);
    shape_unref(shape);
}

static void
test_batch_of_thousands(void **state)
{
    struct queue *q = open_with(*state, (struct queue_disk_options){.max_size = 1 << 24});
    struct shape *shape = stub_shape_new("many");
    struct queue_entry *entries = calloc(3000, sizeof(*entries));
    struct queue_lease lease;

    for (uint32_t i = 0; i < 3000; i++)
        entries[i] = (struct queue_entry){.shape = shape, .bytes = (uint8_t *)"x", .len = i % 2};
    assert_int_equal(queue_push(q, entries, 3000, 0), 0);
    assert_int_equal(queue_take(q, 5000, 0, 0, 0, &lease), 0);
    assert_int_equal(lease.n_entries, 3000);
    for (uint32_t i = 0; i < 3000; i++) {
        assert_int_equal(lease.entries[i].len, i % 2);
        assert_int_equal(lease.entries[i].sequence, i);
    }
    help_settle(q, &lease, QUEUE_DONE);
    queue_free(q);
    free(entries);
    shape_unref(shape);
}

/* More shapes than one frame, and than one segment, may have. */
static void
test_many_shapes(void **state)
{
    struct queue *q = open_with(*state, (struct queue_disk_options){.max_size = 1 << 26});
    struct queue_entry entries[200];
    struct shape *shapes[200];
    struct queue_lease lease;

    for (unsigned round = 0; round < 30; round++) {
        for (unsigned i = 0; i < COUNT_OF(shapes); i++) {
            CLEANUP_FREE char *name = util_printf("s%u", round * 200 + i);

            shapes[i] = stub_shape_new(name);
            entries[i] =
                (struct queue_entry){.shape = shapes[i], .bytes = (uint8_t *)"x", .len = 1};
        }
        assert_int_equal(queue_push(q, entries, COUNT_OF(entries), 0), 0);
        for (unsigned i = 0; i < COUNT_OF(shapes); i++)
            shape_unref(shapes[i]);
    }
    assert_int_equal(count_segments(*state), 2);
    assert_int_equal(queue_take(q, 6000, 0, 0, 0, &lease), 0);
    assert_int_equal(lease.n_entries, 6000);
    for (unsigned i = 0; i < 6000; i++) {
        CLEANUP_FREE char *name = util_printf("s%u", i);

        assert_string_equal(stub_shape_name(lease.entries[i].shape), name);
    }
    help_settle(q, &lease, QUEUE_DONE);
    queue_free(q);
}

static void
test_close(void **state)
{
    struct queue *q = open_small(*state);
    struct seen seen;

    seen_init(&seen, 20);
    assert_int_equal(help_push(q, 0, 20, 0), 0);
    queue_close(q);
    assert_int_equal(help_push(q, 20, 1, UINT64_MAX), -ESHUTDOWN);
    assert_int_equal(help_drain(q, 6, &seen), 0);
    assert_int_equal(seen.n_taken, 20);
    queue_close(q);
    queue_free(q);
    seen_free(&seen);
}

static void
test_sync_policies(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q = open_small(m);
    unsigned before = memory_disk_n_syncs(m);
    uint64_t deadline = in_ms(10000);

    assert_int_equal(help_push(q, 0, 10, 0), 0);
    assert_true(memory_disk_n_syncs(m) > before);
    queue_free(q);

    q = open_with(m, (struct queue_disk_options){.max_size = 1 << 20, .sync = QUEUE_SYNC_NONE});
    before = memory_disk_n_syncs(m);
    assert_int_equal(help_push(q, 10, 10, 0), 0);
    assert_int_equal(memory_disk_n_syncs(m), before);
    queue_free(q);

    q = open_with(m, (struct queue_disk_options){.max_size = 1 << 20,
                                                 .sync = QUEUE_SYNC_INTERVAL,
                                                 .sync_interval_ns = 5 * MS});
    assert_int_equal(help_push(q, 20, 10, 0), 0); /* begins a segment, which is synced */
    before = memory_disk_n_syncs(m);
    assert_int_equal(help_push(q, 30, 10, 0), 0);
    while (memory_disk_n_syncs(m) == before && util_monotonic_ns() < deadline)
        usleep(1000);
    assert_true(memory_disk_n_syncs(m) > before);
    queue_free(q);
}

#define N_PUSHERS 4u
#define N_TAKERS 3u
#define PER_PUSH 9u
#define PUSHES 300u
#define TOTAL (N_PUSHERS * PUSHES * PER_PUSH)

struct crowd {
    struct queue *q;
    atomic_uint next_pusher;
    atomic_uint n_done;
    atomic_uchar times[TOTAL];
    atomic_uint n_wrong;
};

static void *
run_pusher(void *arg)
{
    struct crowd *crowd = arg;
    uint64_t first = (uint64_t)atomic_fetch_add(&crowd->next_pusher, 1) * PUSHES * PER_PUSH;

    for (unsigned i = 0; i < PUSHES; i++)
        if (help_push(crowd->q, first + i * PER_PUSH, PER_PUSH, in_ms(30000)) != 0)
            atomic_fetch_add(&crowd->n_wrong, 1);
    return NULL;
}

static void *
run_taker(void *arg)
{
    struct crowd *crowd = arg;
    unsigned seed = (unsigned)(uintptr_t)&seed;

    while (atomic_load(&crowd->n_done) < TOTAL && atomic_load(&crowd->n_wrong) == 0) {
        enum queue_fate fates[32];
        struct queue_lease lease;

        if (queue_take(crowd->q, COUNT_OF(fates), 0, MS, in_ms(5), &lease) != 0)
            atomic_fetch_add(&crowd->n_wrong, 1);
        for (uint32_t i = 0; i < lease.n_entries; i++) {
            uint64_t number = help_number(&lease.entries[i]);

            fates[i] = rand_r(&seed) % 4 == 0 ? QUEUE_RETURN : QUEUE_DONE;
            if (fates[i] == QUEUE_RETURN)
                continue;
            if (number >= TOTAL)
                atomic_fetch_add(&crowd->n_wrong, 1);
            else
                atomic_fetch_add(&crowd->times[number], 1);
            atomic_fetch_add(&crowd->n_done, 1);
        }
        if (lease.n_entries > 0)
            queue_settle(crowd->q, &lease, fates);
    }
    return NULL;
}

/* A small queue, so that pushers wait for room and segments come and go under everybody's feet. */
static void
crowd_test(struct memory_disk *m, enum queue_sync sync)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));
    pthread_t threads[N_PUSHERS + N_TAKERS];

    crowd->q = open_with(m, (struct queue_disk_options){.max_size = 4 * SEGMENT,
                                                        .segment_size = SEGMENT,
                                                        .sync = sync,
                                                        .sync_interval_ns = MS});
    for (unsigned i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, i < N_PUSHERS ? run_pusher : run_taker, crowd);
    for (unsigned i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd->n_wrong), 0);
    for (unsigned i = 0; i < TOTAL; i++)
        assert_int_equal(atomic_load(&crowd->times[i]), 1);
    assert_int_equal(stats_of(crowd->q).n_entries, 0);
    assert_int_equal(stats_of(crowd->q).n_lost, 0);
    queue_free(crowd->q);
    free(crowd);
}

static void
test_many_threads(void **state)
{
    crowd_test(*state, QUEUE_SYNC_BATCH);
    crowd_test(*state, QUEUE_SYNC_INTERVAL);
    crowd_test(*state, QUEUE_SYNC_NONE);
}

static void
test_sizes_that_do_not_fit(void **state)
{
    struct queue_disk_options o = {.max_size = SEGMENT, .segment_size = SEGMENT};
    struct queue *q;
    char *reason;

    o.io = memory_disk_io(*state);
    assert_int_equal(queue_disk_open(&o, &q, &reason), -EINVAL);
    assert_non_null(strstr(reason, "segment_size"));
    free(reason);
    o.io->ops->free(o.io);
}

static void
test_defaults(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q;

    memory_disk_set_space(m, 5ull << 30);
    q = open_with(m, (struct queue_disk_options){0});
    assert_int_equal(stats_of(q).max_bytes, (5ull << 30) / 10);
    queue_free(q);
    memory_disk_set_space(m, 500ull << 30);
    q = open_with(m, (struct queue_disk_options){0});
    assert_int_equal(stats_of(q).max_bytes, 10ull << 30);
    queue_free(q);
}

/* The real file system. */
static unsigned
mode_of(const char *path, const char *name)
{
    CLEANUP_FREE char *full = util_printf("%s/%s", path, name);
    struct stat st;

    assert_int_equal(stat(full, &st), 0);
    return st.st_mode & 07777;
}

static void
test_real_folder(void **state)
{
    CLEANUP_FREE char *base = help_temporary_folder();
    CLEANUP_FREE char *path = util_printf("%s/a/queue", base);
    struct queue_disk_options o = {.path = path, .max_size = 1 << 20};
    struct queue *q, *second;
    struct seen seen;
    char *reason;

    (void)state;
    seen_init(&seen, 500);
    umask(0);
    assert_int_equal(queue_disk_open(&o, &q, &reason), 0);
    assert_int_equal(queue_disk_open(&o, &second, &reason), -EBUSY);
    assert_non_null(strstr(reason, path));
    free(reason);
    for (uint64_t i = 0; i < 500; i += 50)
        assert_int_equal(help_push(q, i, 50, 0), 0);
    assert_int_equal(mode_of(path, "."), 0700);
    assert_int_equal(mode_of(path, "cursor.a"), 0600);
    assert_int_equal(mode_of(path, "lock"), 0600);
    assert_int_equal(mode_of(path, "0000000001.seg"), 0600);
    queue_free(q);
    assert_int_equal(queue_disk_open(&o, &q, &reason), 0);
    assert_int_equal(help_drain(q, 60, &seen), 0);
    assert_int_equal(seen.n_taken, 500);
    assert_int_equal(seen.n_wrong + seen.n_repeated + seen.n_disorder, 0);
    queue_free(q);
    seen_free(&seen);
    help_remove_folder(base);
}

static void
test_path_that_cannot_be(void **state)
{
    struct queue_disk_options o = {.path = "/proc/no/such"};
    struct queue *q;
    char *reason;

    (void)state;
    assert_true(queue_disk_open(&o, &q, &reason) < 0);
    assert_non_null(strstr(reason, "/proc/no/such"));
    free(reason);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_partial_settlement, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_segments_go_when_settled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_settled_segment_makes_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_drops_oldest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_batch_of_thousands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sync_policies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sizes_that_do_not_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_real_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_path_that_cannot_be, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
