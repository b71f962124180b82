/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_queue_mem.c - order, limits, leases and threads of the queue in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "queue/queue.h"
#include "queue/wait.h"
#include "stub_shape.h"

#define MS 1000000u
#define SIZE_HINT 100u

static uint64_t
in_ms(uint64_t ms)
{
    return util_monotonic_ns() + ms * MS;
}

/* Pushes n entries that hold the numbers from `first`. */
static int
push_numbers(struct queue *q, struct shape *shape, uint32_t first, uint32_t n, uint64_t deadline_ns)
{
    struct queue_entry entries[64] = {0};
    uint32_t numbers[64];

    assert_true(n <= COUNT_OF(entries));
    for (uint32_t i = 0; i < n; i++) {
        numbers[i] = first + i;
        entries[i] = (struct queue_entry){.shape = shape,
                                          .bytes = (const uint8_t *)&numbers[i],
                                          .len = sizeof(numbers[i]),
                                          .size_hint = SIZE_HINT};
    }
    return queue_push(q, entries, n, deadline_ns);
}

static uint32_t
number_of(const struct queue_entry *entry)
{
    uint32_t number;

    assert_int_equal(entry->len, sizeof(number));
    memcpy(&number, entry->bytes, sizeof(number));
    return number;
}

static void
expect_take(struct queue *q, uint32_t max, uint32_t first, uint32_t n, struct queue_lease *ret)
{
    assert_int_equal(queue_take(q, max, 0, 0, 0, ret), 0);
    assert_int_equal(ret->n_entries, n);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(number_of(&ret->entries[i]), first + i);
}

static void
settle_all(struct queue *q, struct queue_lease *lease, enum queue_fate fate)
{
    enum queue_fate fates[64];

    for (uint32_t i = 0; i < lease->n_entries; i++)
        fates[i] = fate;
    queue_settle(q, lease, fates);
}

static struct queue *
open_queue(uint64_t max_entries)
{
    struct queue *q;

    assert_int_equal(queue_mem_open(max_entries, &q), 0);
    return q;
}

static void
test_order_and_copies(void **state)
{
    struct shape *shape = stub_shape_new("a");
    struct queue *q = open_queue(100);
    struct queue_lease lease;
    struct queue_stats stats;

    (void)state;
    assert_int_equal(push_numbers(q, shape, 0, 10, 0), 0);
    assert_int_equal(push_numbers(q, shape, 10, 5, 0), 0);
    queue_stats_of(q, &stats);
    assert_int_equal(stats.n_entries, 15);
    assert_int_equal(stats.n_bytes, 15 * sizeof(uint32_t));
    assert_int_equal(stats.max_entries, 100);
    expect_take(q, 12, 0, 12, &lease);
    assert_string_equal(stub_shape_name(lease.entries[0].shape), "a");
    assert_int_equal(lease.entries[3].sequence, 3);
    settle_all(q, &lease, QUEUE_DONE);
    expect_take(q, 12, 12, 3, &lease);
    settle_all(q, &lease, QUEUE_DONE);
    queue_stats_of(q, &stats);
    assert_int_equal(stats.n_entries, 0);
    assert_int_equal(stats.n_bytes, 0);
    queue_free(q);
    shape_unref(shape);
    assert_int_equal(stub_shapes_alive(), 0);
}

static void
test_nothing_to_take(void **state)
{
    struct queue *q = open_queue(10);
    struct queue_lease lease;
    uint64_t before = util_monotonic_ns();

    (void)state;
    assert_int_equal(queue_take(q, 5, 0, 0, in_ms(30), &lease), 0);
    assert_int_equal(lease.n_entries, 0);
    assert_true(util_monotonic_ns() - before >= 30 * MS);
    queue_free(q);
}

static void
test_returns_keep_their_order(void **state)
{
    static const enum queue_fate some[] = {QUEUE_DONE, QUEUE_RETURN, QUEUE_DONE, QUEUE_RETURN};
    struct shape *shape = stub_shape_new("a");
    struct queue *q = open_queue(100);
    struct queue_lease early, late, again;
    static const uint32_t expected[] = {1, 3, 4, 5, 6, 7, 8, 9};

    (void)state;
    push_numbers(q, shape, 0, 10, 0);
    expect_take(q, 4, 0, 4, &early);
    expect_take(q, 4, 4, 4, &late);
    settle_all(q, &late, QUEUE_RETURN); /* the later lease comes back first */
    queue_settle(q, &early, some);
    assert_int_equal(queue_take(q, 64, 0, 0, 0, &again), 0);
    assert_int_equal(again.n_entries, COUNT_OF(expected));
    for (uint32_t i = 0; i < COUNT_OF(expected); i++)
        assert_int_equal(number_of(&again.entries[i]), expected[i]);
    settle_all(q, &again, QUEUE_DONE);
    queue_free(q);
    shape_unref(shape);
    assert_int_equal(stub_shapes_alive(), 0);
}

static void
test_full(void **state)
{
    struct shape *shape = stub_shape_new("a");
    struct queue *q = open_queue(8);
    struct queue_lease lease;

    (void)state;
    assert_int_equal(push_numbers(q, shape, 0, 6, 0), 0);
    assert_int_equal(push_numbers(q, shape, 6, 3, in_ms(20)), -EAGAIN);
    assert_int_equal(push_numbers(q, shape, 6, 2, 0), 0);
    expect_take(q, 4, 0, 4, &lease);
    /* What is leased still counts: it may come back. */
    assert_int_equal(push_numbers(q, shape, 8, 1, 0), -EAGAIN);
    settle_all(q, &lease, QUEUE_DONE);
    assert_int_equal(push_numbers(q, shape, 8, 4, 0), 0);
    queue_free(q);
    shape_unref(shape);
    assert_int_equal(stub_shapes_alive(), 0);
}

static void
test_batch_larger_than_the_queue(void **state)
{
    struct shape *shape = stub_shape_new("a");
    struct queue *q = open_queue(8);

    (void)state;
    assert_int_equal(push_numbers(q, shape, 0, 1, 0), 0);
    assert_int_equal(push_numbers(q, shape, 1, 20, 0), -EAGAIN);
    queue_free(q);
    q = open_queue(8);
    assert_int_equal(push_numbers(q, shape, 0, 20, 0), 0);
    assert_int_equal(push_numbers(q, shape, 20, 1, 0), -EAGAIN);
    queue_free(q);
    shape_unref(shape);
}

static void
test_limits_of_a_lease(void **state)
{
    struct shape *shape = stub_shape_new("a");
    struct queue *q = open_queue(100);
    struct queue_lease lease;

    (void)state;
    push_numbers(q, shape, 0, 10, 0);
    assert_int_equal(queue_take(q, 64, 3 * SIZE_HINT, 0, 0, &lease), 0);
    assert_int_equal(lease.n_entries, 3);
    settle_all(q, &lease, QUEUE_DONE);
    assert_int_equal(queue_take(q, 64, 1, 0, 0, &lease), 0);
    assert_int_equal(lease.n_entries, 1); /* one that is too large alone still goes out */
    settle_all(q, &lease, QUEUE_DONE);
    queue_free(q);
    shape_unref(shape);
}

struct pusher {
    struct queue *q;
    struct shape *shape;
    uint32_t first;
    uint32_t n_pushes;
    uint32_t per_push;
};

static void *
run_pusher(void *arg)
{
    const struct pusher *p = arg;

    for (uint32_t i = 0; i < p->n_pushes; i++)
        if (push_numbers(p->q, p->shape, p->first + i * p->per_push, p->per_push, in_ms(20000)) !=
            0)
            return (void *)1;
    return NULL;
}

static void
test_linger(void **state)
{
    struct shape *shape = stub_shape_new("a");
    struct queue *q = open_queue(100);
    struct pusher pusher = {q, shape, 2, 1, 6};
    struct queue_lease lease;
    pthread_t thread;

    (void)state;
    push_numbers(q, shape, 0, 2, 0);
    assert_int_equal(pthread_create(&thread, NULL, run_pusher, &pusher), 0);
    assert_int_equal(queue_take(q, 8, 0, 20000ull * MS, in_ms(20000), &lease), 0);
    assert_int_equal(lease.n_entries, 8); /* waited for the rest, and not for the whole linger */
    pthread_join(thread, NULL);
    settle_all(q, &lease, QUEUE_DONE);
    push_numbers(q, shape, 0, 2, 0);
    assert_int_equal(queue_take(q, 8, 0, 20 * MS, in_ms(20000), &lease), 0);
    assert_int_equal(lease.n_entries, 2); /* linger over: what there is */
    settle_all(q, &lease, QUEUE_DONE);
    queue_free(q);
    shape_unref(shape);
}

struct waiter {
    struct queue *q;
    struct shape *shape;
    atomic_int n_done;
    int push_result;
};

static void *
wait_in_take(void *arg)
{
    struct waiter *w = arg;
    struct queue_lease lease;

    assert_int_equal(queue_take(w->q, 5, 0, 0, WAIT_FOREVER, &lease), 0);
    assert_int_equal(lease.n_entries, 0);
    atomic_fetch_add(&w->n_done, 1);
    return NULL;
}

static void *
wait_in_push(void *arg)
{
    struct waiter *w = arg;

    w->push_result = push_numbers(w->q, w->shape, 0, 2, WAIT_FOREVER);
    atomic_fetch_add(&w->n_done, 1);
    return NULL;
}

static void
test_wake_and_close(void **state)
{
    struct shape *shape = stub_shape_new("a");
    struct queue *empty = open_queue(10), *full = open_queue(1);
    struct waiter taking = {.q = empty}, pushing = {.q = full, .shape = shape};
    struct queue_lease lease;
    pthread_t threads[2];

    (void)state;
    push_numbers(full, shape, 0, 1, 0);
    pthread_create(&threads[0], NULL, wait_in_take, &taking);
    pthread_create(&threads[1], NULL, wait_in_push, &pushing);
    while (atomic_load(&taking.n_done) == 0 || atomic_load(&pushing.n_done) == 0) {
        queue_wake(empty);
        queue_wake_pushers(full);
        usleep(1000);
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    assert_int_equal(pushing.push_result, -EAGAIN);

    queue_close(full);
    assert_int_equal(push_numbers(full, shape, 0, 1, WAIT_FOREVER), -ESHUTDOWN);
    expect_take(full, 5, 0, 1, &lease); /* what is there can still be drained */
    settle_all(full, &lease, QUEUE_DONE);
    assert_int_equal(queue_take(full, 5, 0, 0, WAIT_FOREVER, &lease), 0);
    assert_int_equal(lease.n_entries, 0);
    queue_free(empty);
    queue_free(full);
    shape_unref(shape);
    assert_int_equal(stub_shapes_alive(), 0);
}

#define N_PUSHERS 3
#define N_TAKERS 3
#define PUSHES 400
#define PER_PUSH 7
#define TOTAL (N_PUSHERS * PUSHES * PER_PUSH)

struct crowd {
    struct queue *q;
    atomic_uint n_done;
    atomic_uchar seen[TOTAL];
};

/* Returns every third entry once in a while, so that order and counts are put to the test. */
static void *
run_taker(void *arg)
{
    struct crowd *crowd = arg;
    unsigned seed = (unsigned)(uintptr_t)&seed;

    while (atomic_load(&crowd->n_done) < TOTAL) {
        enum queue_fate fates[16];
        struct queue_lease lease;

        assert_int_equal(queue_take(crowd->q, COUNT_OF(fates), 0, 0, in_ms(5), &lease), 0);
        for (uint32_t i = 0; i < lease.n_entries; i++) {
            fates[i] = rand_r(&seed) % 3 == 0 ? QUEUE_RETURN : QUEUE_DONE;
            if (fates[i] == QUEUE_RETURN)
                continue;
            atomic_fetch_add(&crowd->seen[number_of(&lease.entries[i])], 1);
            atomic_fetch_add(&crowd->n_done, 1);
        }
        if (lease.n_entries > 0)
            queue_settle(crowd->q, &lease, fates);
    }
    return NULL;
}

static void
test_many_threads(void **state)
{
    static struct crowd crowd;
    struct shape *shape = stub_shape_new("a");
    struct pusher pushers[N_PUSHERS];
    pthread_t threads[N_PUSHERS + N_TAKERS];
    void *failed;

    (void)state;
    crowd.q = open_queue(64);
    for (uint32_t i = 0; i < N_PUSHERS; i++) {
        pushers[i] = (struct pusher){crowd.q, shape, i * PUSHES * PER_PUSH, PUSHES, PER_PUSH};
        pthread_create(&threads[i], NULL, run_pusher, &pushers[i]);
    }
    for (uint32_t i = 0; i < N_TAKERS; i++)
        pthread_create(&threads[N_PUSHERS + i], NULL, run_taker, &crowd);
    for (uint32_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    for (uint32_t i = 0; i < TOTAL; i++)
        assert_int_equal(atomic_load(&crowd.seen[i]), 1);
    queue_free(crowd.q);
    shape_unref(shape);
    assert_int_equal(stub_shapes_alive(), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_copies),
        cmocka_unit_test(test_nothing_to_take),
        cmocka_unit_test(test_returns_keep_their_order),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_batch_larger_than_the_queue),
        cmocka_unit_test(test_limits_of_a_lease),
        cmocka_unit_test(test_linger),
        cmocka_unit_test(test_wake_and_close),
        cmocka_unit_test(test_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
