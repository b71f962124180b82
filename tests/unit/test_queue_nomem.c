/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_queue_nomem.c - memory runs out at every single allocation of a queue's life, once or from
 * then on. Whatever fails says so; what was accepted comes out, nothing twice, and nothing leaks.
 *
 * The linker puts the functions below in the place of malloc and its kin (--wrap).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "queue/disk.h"
#include "queue_help.h"

#define BATCH 40u
#define N_BATCHES 20u

/* 0: memory never runs out. Else the allocation of this number fails. */
static unsigned fail_at;
static bool fail_on; /* and all after it */
static unsigned n_allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

static bool
fails(void)
{
    if (fail_at == 0)
        return false;
    n_allocations++;
    return n_allocations == fail_at || (fail_on && n_allocations > fail_at);
}

void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
    return fails() ? NULL : __real_reallocarray(p, n, size);
}

/* Takes what it gets; the fates are on the stack, because memory is short. */
static void
take_some(struct queue *q, struct seen *seen)
{
    static const enum queue_fate fates[BATCH]; /* all QUEUE_DONE */
    struct queue_lease lease;

    if (queue_take(q, BATCH / 2, 0, 0, 0, &lease) != 0)
        return;
    seen_note(seen, &lease);
    if (lease.n_entries > 0)
        queue_settle(q, &lease, fates);
}

/* A life in which memory is short. Notes which batches were accepted. */
static void
live(const struct queue_disk_options *o, bool *accepted, struct seen *seen)
{
    struct queue *q;
    char *reason;

    if (queue_disk_open(o, &q, &reason) < 0) {
        free(reason);
        return;
    }
    for (unsigned i = 0; i < N_BATCHES; i++) {
        int rc = help_push(q, i * BATCH, BATCH, 0);

        assert_true(rc == 0 || rc == -ENOMEM);
        accepted[i] = rc == 0;
        if (i % 2 == 1)
            take_some(q, seen);
    }
    queue_free(q);
}

/* One life with this failure, and one with all the memory, which must find everything. */
static void
run_with_failure(const char *path, unsigned at, bool on)
{
    struct queue_disk_options o = {
        .path = path, .max_size = 1 << 20, .segment_size = 4096, .sync = QUEUE_SYNC_NONE};
    bool accepted[N_BATCHES] = {0};
    struct queue *q;
    struct seen seen;
    char *reason;

    seen_init(&seen, N_BATCHES * BATCH);
    n_allocations = 0;
    fail_at = at;
    fail_on = on;
    live(&o, accepted, &seen);
    fail_at = 0;
    assert_int_equal(queue_disk_open(&o, &q, &reason), 0);
    assert_int_equal(help_drain(q, 50, &seen), 0);
    assert_int_equal(seen.n_wrong + seen.n_repeated, 0);
    for (unsigned i = 0; i < N_BATCHES; i++)
        assert_int_equal(seen_missing(&seen, i * BATCH, (i + 1) * BATCH), accepted[i] ? 0 : BATCH);
    queue_free(q);
    seen_free(&seen);
}

static void
sweep(bool on)
{
    char *path;
    unsigned at = 1;

    if (access("/dev/shm", W_OK) == 0) /* where a sync costs nothing: each life needs several */
        setenv("TMPDIR", "/dev/shm", 0);
    path = help_temporary_folder();

    help_shapes_new();
    do
        run_with_failure(path, at, on);
    while (n_allocations >= at++);
    print_message("%u allocations\n", at - 2);
    assert_true(at > 50); /* it did go through many */
    help_shapes_free();
    assert_int_equal(stub_shapes_alive(), 0);
    help_remove_folder(path);
    free(path);
}

static void
test_one_failure(void **state)
{
    (void)state;
    sweep(false);
}

static void
test_no_memory_from_then_on(void **state)
{
    (void)state;
    sweep(true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_failure),
        cmocka_unit_test(test_no_memory_from_then_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
