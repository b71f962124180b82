/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_bench.c - what a document costs in the queue: CPU time of this process and of the kernel on
 * its behalf, and the rate at which a backlog drains into a consumer that does nothing. Prints;
 * asserts nothing.
 *
 * Usage: queue_bench [documents]. Files go to $TMPDIR.
 */
#include <errno.h>
#include <sys/resource.h>

#include "../unit/queue_help.h"
#include "queue/disk.h"
#include "queue/wait.h"

#define DOCUMENT_BYTES 500u
#define BATCH 100u
#define LEASE 1600u
#define BUDGET_US 3.0

static double
cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static long
resident_kib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void
check(int rc, const char *what)
{
    if (rc == 0)
        return;
    fprintf(stderr, "queue_bench: %s: %s\n", what, strerror(-rc));
    exit(1);
}

static void
fill(struct queue *q, struct shape *shape, unsigned long n)
{
    static uint8_t bytes[BATCH][DOCUMENT_BYTES];
    struct queue_entry entries[BATCH];

    for (unsigned i = 0; i < BATCH; i++) {
        util_random(bytes[i], sizeof(bytes[i]));
        entries[i] = (struct queue_entry){.shape = shape,
                                          .bytes = bytes[i],
                                          .len = DOCUMENT_BYTES,
                                          .size_hint = 2 * DOCUMENT_BYTES};
    }
    for (unsigned long done = 0; done < n; done += BATCH)
        check(queue_push(q, entries, BATCH, WAIT_FOREVER), "push");
}

/* Takes and settles all; returns how many there were. */
static unsigned long
drain(struct queue *q)
{
    static enum queue_fate fates[LEASE]; /* all QUEUE_DONE */
    struct queue_lease lease;
    unsigned long n = 0;

    for (;;) {
        check(queue_take(q, LEASE, 0, 0, 0, &lease), "take");
        if (lease.n_entries == 0)
            return n;
        n += lease.n_entries;
        queue_settle(q, &lease, fates);
    }
}

static struct queue *
open_disk(const char *path, enum queue_sync sync)
{
    struct queue_disk_options o = {.path = path, .max_size = 4ull << 30, .sync = sync};
    struct queue *q;
    char *reason;
    int rc = queue_disk_open(&o, &q, &reason);

    if (rc < 0)
        fprintf(stderr, "%s\n", reason);
    check(rc, "open");
    return q;
}

static void
measure(const char *name, struct queue *q, struct shape *shape, unsigned long n)
{
    double start = cpu_us(), filled, drained;
    uint64_t t0 = util_monotonic_ns(), t1, t2;

    fill(q, shape, n);
    filled = cpu_us();
    t1 = util_monotonic_ns();
    n = drain(q);
    drained = cpu_us();
    t2 = util_monotonic_ns();
    printf(
        "%-14s push %.2f us, read back %.2f us, together %.2f us of CPU a document (budget %.1f); "
        "pushed %.0f/s, drained %.0f/s; resident at most %ld KiB\n",
        name, (filled - start) / (double)n, (drained - filled) / (double)n,
        (drained - start) / (double)n, BUDGET_US, (double)n * 1e9 / (double)(t1 - t0),
        (double)n * 1e9 / (double)(t2 - t1), resident_kib());
    queue_free(q);
}

int
main(int argc, char **argv)
{
    static const char *const names[] = {"disk, batch", "disk, interval", "disk, none"};
    unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 320000;
    CLEANUP_FREE char *path = help_temporary_folder();
    struct shape *shape = stub_shape_new("shape");
    struct queue *q;

    for (int sync = QUEUE_SYNC_BATCH; sync <= QUEUE_SYNC_NONE; sync++)
        measure(names[sync], open_disk(path, (enum queue_sync)sync), shape, n);
    help_remove_folder(path);
    check(queue_mem_open(n + BATCH, &q), "open");
    measure("mem", q, shape, n);
    shape_unref(shape);
    return 0;
}
