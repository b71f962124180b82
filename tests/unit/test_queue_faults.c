/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_queue_faults.c - disks that fail while the queue works: full, unwritable, not syncing, cut
 * off in the middle of a write, without power. What a push promised must hold; what it refused must
 * never appear.
 *
 * MH_LONG=1 makes more trials.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>

#include "memory_disk.h"
#include "queue/disk.h"
#include "queue_help.h"

#define SEGMENT 8192u
#define BATCH 15u

static struct queue *
open_with(struct memory_disk *m, struct queue_disk_options o)
{
    struct queue *q = NULL;
    char *reason = NULL;

    o.io = memory_disk_io(m);
    o.segment_size = SEGMENT;
    o.max_size = 256 * SEGMENT;
    if (queue_disk_open(&o, &q, &reason) != 0)
        fail_msg("%s", reason);
    return q;
}

static struct queue *
open_queue(struct memory_disk *m)
{
    return open_with(m, (struct queue_disk_options){0});
}

static unsigned
n_trials(unsigned usual)
{
    return getenv("MH_LONG") == NULL ? usual : 20 * usual;
}

static int
set_up(void **state)
{
    help_shapes_new();
    *state = memory_disk_new(1);
    return 0;
}

static int
tear_down(void **state)
{
    memory_disk_free(*state);
    help_shapes_free();
    return stub_shapes_alive() == 0 ? 0 : -1;
}

static void
expect_whole(const struct seen *seen)
{
    assert_int_equal(seen->n_wrong, 0);
    assert_int_equal(seen->n_repeated, 0);
    assert_int_equal(seen->n_disorder, 0);
}

/* Full, drained, full again: nothing that was accepted is lost, nothing that was refused appears.
 */
static void
test_full_disk(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q = open_queue(m);
    struct queue_stats stats;
    struct seen seen;
    uint64_t n = 0;

    seen_init(&seen, 20000);
    for (unsigned round = 0; round < 5; round++) {
        unsigned n_refused = 0;

        memory_disk_set_space(m, 5 * SEGMENT + 777 * round);
        while (n_refused < 3) {
            int rc = help_push(q, n, BATCH, 0);

            if (rc == 0)
                n += BATCH;
            else
                n_refused++;
            if (rc != 0)
                assert_int_equal(rc, -ENOSPC);
        }
        assert_true(n > 100 * (round + 1));
        assert_int_equal(help_drain(q, 50, &seen), 0);
        expect_whole(&seen);
        assert_int_equal(seen.n_taken, n);
        memory_disk_set_space(m, 1 << 24);
        assert_int_equal(help_push(q, n, BATCH, 0), 0);
        n += BATCH;
        assert_int_equal(help_drain(q, 50, &seen), 0);
    }
    queue_stats_of(q, &stats);
    assert_int_equal(stats.n_lost, 0);
    assert_int_equal(seen.n_taken, n);
    queue_free(q);
    seen_free(&seen);
}

static void *
free_space_soon(void *arg)
{
    usleep(50000);
    memory_disk_set_space(arg, 1 << 24);
    return NULL;
}

/* A push waits for room on the file system as it does for room in the queue. */
static void
test_full_disk_is_waited_for(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q = open_queue(m);
    uint64_t n = 0, before;
    pthread_t thread;

    memory_disk_set_space(m, 3 * SEGMENT);
    while (help_push(q, n, BATCH, 0) == 0)
        n += BATCH;
    before = util_monotonic_ns();
    assert_int_equal(help_push(q, n, BATCH, in_ms(30)), -ENOSPC);
    assert_true(util_monotonic_ns() - before >= 30 * MS);
    assert_int_equal(pthread_create(&thread, NULL, free_space_soon, m), 0);
    assert_int_equal(help_push(q, n, BATCH, in_ms(20000)), 0);
    pthread_join(thread, NULL);
    queue_free(q);
}

/* The segment being written gives its room back, too, once all of it is settled. */
static void
test_full_disk_of_settled_records(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q = open_queue(m);
    struct seen seen;
    uint64_t n = 0;

    seen_init(&seen, 1000);
    memory_disk_set_space(m, SEGMENT / 2);
    while (help_push(q, n, BATCH, 0) == 0)
        n += BATCH;
    assert_int_equal(help_drain(q, 50, &seen), 0);
    assert_int_equal(seen.n_taken, n);
    assert_int_equal(help_push(q, n, BATCH, 0), 0);
    queue_free(q);
    seen_free(&seen);
}

/* Where the oldest are to go when the queue is full, they go when the disk is full, too. */
static void
test_full_disk_drops_oldest(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q =
        open_with(m, (struct queue_disk_options){.when_full = QUEUE_FULL_DROP_OLDEST});
    struct queue_stats stats;
    struct seen seen;

    seen_init(&seen, 4000);
    memory_disk_set_space(m, 5 * SEGMENT);
    for (uint64_t n = 0; n < 4000 - BATCH; n += BATCH)
        assert_int_equal(help_push(q, n, BATCH, 0), 0);
    queue_stats_of(q, &stats);
    assert_true(stats.n_dropped > 1000);
    assert_int_equal(help_drain(q, 50, &seen), 0);
    expect_whole(&seen);
    assert_int_equal(seen.n_taken + stats.n_dropped, (4000 - 1) / BATCH * BATCH);
    queue_free(q);
    seen_free(&seen);
}

/* A restart on a full disk still drains. */
static void
test_start_on_full_disk(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q = open_queue(m);
    struct seen seen;

    seen_init(&seen, 1000);
    for (uint64_t i = 0; i < 900; i += BATCH)
        assert_int_equal(help_push(q, i, BATCH, 0), 0);
    queue_free(q);
    memory_disk_set_space(m, 0);
    q = open_queue(m);
    assert_int_equal(help_push(q, 900, BATCH, 0), -ENOSPC);
    assert_int_equal(help_drain(q, 50, &seen), 0);
    assert_int_equal(seen.n_taken, 900);
    memory_disk_set_space(m, 1 << 20);
    assert_int_equal(help_push(q, 900, BATCH, 0), 0);
    queue_free(q);
    seen_free(&seen);
}

/* A failed write or sync: the push says so, its records never come out, also not after a restart;
 * the next ones do. */
static void
fail_pushes(struct memory_disk *m, void (*break_it)(struct memory_disk *, int, unsigned), int error)
{
    struct queue *q = open_queue(m);
    struct seen seen;
    uint64_t n = 0;

    seen_init(&seen, 10000);
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 3; i++, n += BATCH)
            assert_int_equal(help_push(q, n, BATCH, 0), 0);
        break_it(m, error, 1 + round % 2);
        while (help_push(q, 9000, BATCH, 0) ==
               0) { /* a later one, which must not be seen when it failed */
            break_it(m, 0, 0);
            break_it(m, error, 1);
            help_drain(q, 50, &seen);
            memset(seen.times + 9000, 0, BATCH);
        }
        break_it(m, 0, 0);
        if (round % 4 == 3) {
            if (round % 8 == 7)
                memory_disk_stop(m); /* killed, not closed */
            queue_free(q);
            memory_disk_resume(m);
            q = open_queue(m);
        }
        assert_int_equal(help_drain(q, 50, &seen), 0);
        assert_int_equal(seen_missing(&seen, 9000, 9000 + BATCH), BATCH);
        assert_int_equal(seen_missing(&seen, 0, n), 0);
        assert_int_equal(seen.n_wrong + seen.n_repeated, 0);
    }
    queue_free(q);
    seen_free(&seen);
}

static void
test_failing_writes(void **state)
{
    fail_pushes(*state, memory_disk_fail_writes, EIO);
    fail_pushes(*state, memory_disk_fail_writes, EDQUOT);
}

static void
test_failing_syncs(void **state)
{
    fail_pushes(*state, memory_disk_fail_syncs, EIO);
}

/* A batch of two frames of which the first was written whole: it was refused, so none of it may
 * come out after a kill. */
static void
test_refused_in_part(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q = open_queue(m);
    struct shape *shape = stub_shape_new("large");
    uint8_t *bytes = calloc(1, 200000);
    struct queue_entry entries[2] = {{.shape = shape, .bytes = bytes, .len = 150000},
                                     {.shape = shape, .bytes = bytes, .len = 200000}};
    struct queue_stats stats;

    memory_disk_fail_writes(m, EIO, 2); /* the first one is the segment's header */
    assert_int_equal(queue_push(q, entries, 2, 0), -EIO);
    memory_disk_fail_writes(m, 0, 0);
    memory_disk_stop(m);
    queue_free(q);
    memory_disk_resume(m);
    q = open_queue(m);
    queue_stats_of(q, &stats);
    assert_int_equal(stats.n_entries, 0);
    assert_int_equal(stats.n_lost, 0);
    queue_free(q);
    free(bytes);
    shape_unref(shape);
}

/* A read that fails a few times costs nothing; one that never works costs what it covers, and is
 * counted. */
static void
test_failing_reads(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q = open_queue(m);
    struct queue_stats stats;
    struct queue_lease lease;
    struct seen seen;

    seen_init(&seen, 100);
    assert_int_equal(help_push(q, 0, BATCH, 0), 0);
    assert_int_equal(help_push(q, BATCH, BATCH, 0), 0);
    memory_disk_fail_reads(m, EIO, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(queue_take(q, 5, 0, 0, 0, &lease), -EIO);
        assert_int_equal(lease.n_entries, 0);
    }
    assert_int_equal(help_drain(q, 5, &seen), 0);
    assert_int_equal(seen.n_taken, 2 * BATCH);
    assert_int_equal(help_push(q, 2 * BATCH, BATCH, 0), 0);
    memory_disk_fail_reads(m, EIO, 1000);
    while (queue_take(q, 5, 0, 0, 0, &lease) == -EIO) {
    }
    memory_disk_fail_reads(m, 0, 0);
    queue_stats_of(q, &stats);
    assert_int_equal(stats.n_lost, BATCH);
    assert_int_equal(stats.n_entries, 0);
    assert_int_equal(help_push(q, 3 * BATCH, BATCH, 0), 0);
    assert_int_equal(help_drain(q, 5, &seen), 0);
    assert_int_equal(seen.n_taken, 3 * BATCH);
    expect_whole(&seen);
    queue_free(q);
    seen_free(&seen);
}

/* What a process knows when it dies. */
struct life {
    uint64_t n_pushed; /* also what was refused */
    uint8_t *accepted; /* by number */
    uint8_t *settled;
};

#define MOST 4000u
#define LARGEST_PUSH 30u

static void
take_some(struct queue *q, struct life *life, unsigned *seed)
{
    struct queue_lease lease;
    enum queue_fate fates[64];

    if (queue_take(q, 1 + (unsigned)rand_r(seed) % 60, 0, 0, 0, &lease) != 0)
        return;
    for (uint32_t i = 0; i < lease.n_entries; i++) {
        uint64_t number = help_number(&lease.entries[i]);

        fates[i] = rand_r(seed) % 8 == 0 ? QUEUE_RETURN : QUEUE_DONE;
        if (number < MOST && fates[i] == QUEUE_DONE)
            life->settled[number] = 1;
    }
    if (lease.n_entries > 0)
        queue_settle(q, &lease, fates);
}

/* Pushes and takes until the disk stops. */
static void
live(struct memory_disk *m, struct queue *q, struct life *life, unsigned *seed)
{
    while (!memory_disk_stopped(m) && life->n_pushed + LARGEST_PUSH < MOST) {
        uint32_t n = 1 + (uint32_t)rand_r(seed) % LARGEST_PUSH;

        if (rand_r(seed) % 5 == 0) {
            take_some(q, life, seed);
            continue;
        }
        if (help_push(q, life->n_pushed, n, 0) == 0)
            memset(life->accepted + life->n_pushed, 1, n);
        life->n_pushed += n;
    }
}

/* One process that dies in the middle of some write, and the next one, which must find all that was
 * promised. Returns how many accepted records are missing. */
static uint64_t
die_and_recover(struct memory_disk *m, struct queue_disk_options o, unsigned *seed, bool power)
{
    struct life life = {.accepted = calloc(MOST, 1), .settled = calloc(MOST, 1)};
    struct queue *q = open_with(m, o);
    struct queue_stats stats;
    struct seen seen;
    uint64_t missing = 0;

    memory_disk_stop_after(m, 1 + (unsigned)rand_r(seed) % 150);
    live(m, q, &life, seed);
    queue_free(q); /* nothing of it reaches the disk any more */
    memory_disk_resume(m);
    if (power)
        memory_disk_lose_power(m);
    seen_init(&seen, MOST);
    q = open_with(m, o);
    assert_int_equal(help_drain(q, 50, &seen), 0);
    assert_int_equal(seen.n_wrong, 0);
    assert_int_equal(seen.n_repeated, 0);
    assert_int_equal(seen.n_disorder, 0);
    for (uint64_t i = 0; i < MOST; i++)
        missing += life.accepted[i] && !life.settled[i] && !seen.times[i];
    queue_stats_of(q, &stats);
    assert_int_equal(stats.n_entries, 0);
    /* Without power the last batch, which nobody was promised, may look as if it had been damaged.
     */
    if (!power || o.sync == QUEUE_SYNC_BATCH)
        assert_true(stats.n_lost <= (power ? LARGEST_PUSH : 0));
    queue_free(q);
    seen_free(&seen);
    free(life.accepted);
    free(life.settled);
    return missing;
}

/* A killed process loses nothing, whatever the sync policy. */
static void
test_kill_at_any_byte(void **state)
{
    unsigned seed = 11;

    for (unsigned i = 0; i < n_trials(600); i++) {
        struct queue_disk_options o = {.sync = i % 2 == 0 ? QUEUE_SYNC_BATCH : QUEUE_SYNC_NONE};

        assert_int_equal(die_and_recover(*state, o, &seed, false), 0);
    }
}

/* A loss of power loses nothing that a push with sync `batch` accepted. */
static void
test_power_loss_batch(void **state)
{
    struct queue_disk_options o = {.sync = QUEUE_SYNC_BATCH};
    unsigned seed = 12;

    for (unsigned i = 0; i < n_trials(600); i++)
        assert_int_equal(die_and_recover(*state, o, &seed, true), 0);
}

/* With `none` it may lose what the kernel had not written; the rest is still whole, in order and
 * without doubles. */
static void
test_power_loss_none(void **state)
{
    struct queue_disk_options o = {.sync = QUEUE_SYNC_NONE};
    uint64_t missing = 0;
    unsigned seed = 13;

    for (unsigned i = 0; i < n_trials(600); i++)
        missing += die_and_recover(*state, o, &seed, true);
    assert_true(missing > 0); /* or the trial shows nothing */
}

/* With `interval` it loses only what was pushed after the last sync. */
static void
test_power_loss_interval(void **state)
{
    struct memory_disk *m = *state;
    struct queue_disk_options o = {.sync = QUEUE_SYNC_INTERVAL, .sync_interval_ns = 2 * MS};

    for (unsigned i = 0; i < n_trials(40); i++) {
        struct queue *q = open_with(m, o);
        uint64_t deadline = in_ms(10000);
        struct seen seen;
        unsigned before;

        seen_init(&seen, 2000);
        for (uint64_t n = 0; n < 600; n += BATCH)
            assert_int_equal(help_push(q, n, BATCH, 0), 0);
        /* Two syncs that began after the last push: all of the above is durable. */
        for (before = memory_disk_n_syncs(m); memory_disk_n_syncs(m) < before + 2;) {
            assert_true(util_monotonic_ns() < deadline);
            assert_int_equal(help_push(q, 1000, 1, 0), 0);
            usleep(500);
        }
        memory_disk_stop_after(m, 1);
        (void)help_push(q, 1001, 1, 0);
        queue_free(q);
        memory_disk_lose_power(m);
        q = open_with(m, o);
        assert_int_equal(help_drain(q, 100, &seen), 0);
        assert_int_equal(seen_missing(&seen, 0, 600), 0);
        assert_int_equal(seen.n_wrong, 0);
        queue_free(q);
        seen_free(&seen);
    }
}

/* The cursor file is durable before a segment goes: no order of events makes the next start miss
 * something. */
static void
test_cursor_cannot_be_written(void **state)
{
    struct memory_disk *m = *state;
    struct queue *q = open_queue(m);
    struct seen seen;
    size_t before;

    seen_init(&seen, 2000);
    for (uint64_t i = 0; i < 900; i += BATCH)
        assert_int_equal(help_push(q, i, BATCH, 0), 0);
    before = memory_disk_n_files(m);
    memory_disk_fail_writes(m, EIO, 1);
    assert_int_equal(help_drain(q, 50, &seen), 0);
    for (size_t i = 0; i < before; i++)
        assert_non_null(memory_disk_name(m, i)); /* nothing was removed */
    memory_disk_fail_writes(m, 0, 0);
    assert_int_equal(help_push(q, 900, BATCH, 0), 0);
    assert_int_equal(help_drain(q, 50, &seen), 0);
    assert_null(memory_disk_name(m, 2)); /* the first segment, behind the cursors */
    expect_whole(&seen);
    queue_free(q);
    seen_free(&seen);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_disk_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_disk_of_settled_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_disk_drops_oldest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_start_on_full_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing_writes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing_syncs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_in_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kill_at_any_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_power_loss_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_power_loss_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_power_loss_interval, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cursor_cannot_be_written, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
