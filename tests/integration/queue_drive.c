/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_drive.c - the queue on disk in a process of its own, for tests that kill it, fill its disk
 * and watch its memory.
 *
 *   queue_drive run FOLDER STATE SYNC     pushes and takes at full speed until it is killed
 *   queue_drive check FOLDER STATE        takes the rest, and holds what came out against what was
 * pushed queue_drive fill FOLDER N BYTES       pushes N records queue_drive drain FOLDER takes them
 * all; tells how much memory it needed queue_drive full FOLDER               pushes until that
 * fails, drains, pushes again
 *
 * STATE is a file in shared memory, which a killed process leaves as it was: for every number
 * whether its push was accepted, and how often it was delivered. Results are one line of JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "../unit/queue_help.h"
#include "queue/disk.h"
#include "queue/wait.h"

#define MOST (1u << 26)
#define N_PUSHERS 2
#define N_TAKERS 2
#define LEASE 400u

struct state {
    atomic_uint_fast64_t next; /* numbers below were given to a push */
    atomic_uchar accepted[MOST];
    atomic_uchar delivered[MOST];
};

static struct state *state;
static struct queue *queue;

static void
die(const char *what, int rc)
{
    fprintf(stderr, "queue_drive: %s: %s\n", what, strerror(-rc));
    exit(1);
}

static struct queue *
open_queue(const char *path, struct queue_disk_options o)
{
    struct queue *q;
    char *reason;

    o.path = path;
    if (queue_disk_open(&o, &q, &reason) < 0) {
        fprintf(stderr, "%s\n", reason);
        exit(3);
    }
    return q;
}

static void
map_state(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, sizeof(*state)) < 0)
        die(path, -errno);
    state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (state == MAP_FAILED)
        die(path, -errno);
    close(fd);
}

static void *
run_pusher(void *arg)
{
    unsigned seed = (unsigned)getpid() * 31 + (unsigned)(uintptr_t)arg;

    for (;;) {
        uint32_t n = 1 + (uint32_t)rand_r(&seed) % 100;
        uint64_t first = atomic_fetch_add(&state->next, n);
        int rc;

        if (first + n > MOST)
            pause();
        rc = help_push(queue, first, n, WAIT_FOREVER);
        if (rc < 0)
            die("push", rc);
        for (uint32_t i = 0; i < n; i++)
            atomic_store(&state->accepted[first + i], 1);
    }
    return NULL;
}

/* A number that was never pushed, or bytes that are not its own, end the test. */
static void
deliver(const struct queue_entry *entry)
{
    uint64_t number = help_number(entry);

    if (number >= atomic_load(&state->next)) {
        fprintf(stderr, "queue_drive: a record was damaged or invented\n");
        exit(4);
    }
    if (atomic_load(&state->delivered[number]) < 255)
        atomic_fetch_add(&state->delivered[number], 1);
}

static void *
run_taker(void *arg)
{
    unsigned seed = (unsigned)getpid() * 37 + (unsigned)(uintptr_t)arg;

    for (;;) {
        enum queue_fate fates[LEASE];
        struct queue_lease lease;
        int rc = queue_take(queue, 1 + (uint32_t)rand_r(&seed) % LEASE, 0, 0, WAIT_FOREVER, &lease);

        if (rc < 0)
            die("take", rc);
        for (uint32_t i = 0; i < lease.n_entries; i++) {
            fates[i] = rand_r(&seed) % 10 == 0 ? QUEUE_RETURN : QUEUE_DONE;
            if (fates[i] == QUEUE_DONE)
                deliver(&lease.entries[i]);
        }
        if (lease.n_entries > 0)
            queue_settle(queue, &lease, fates);
    }
    return NULL;
}

/* Small segments, so that many begin and go in a short life. */
static const struct queue_disk_options campaign = {.max_size = 4 << 20, .segment_size = 128 << 10};

static void
command_run(const char *path, const char *state_path, const char *sync)
{
    struct queue_disk_options o = campaign;
    pthread_t thread;

    o.sync = strcmp(sync, "none") == 0 ? QUEUE_SYNC_NONE : QUEUE_SYNC_BATCH;
    map_state(state_path);
    queue = open_queue(path, o);
    for (uintptr_t i = 0; i < N_PUSHERS + N_TAKERS; i++)
        if (pthread_create(&thread, NULL, i < N_PUSHERS ? run_pusher : run_taker, (void *)i) != 0)
            die("pthread_create", -EAGAIN);
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}

static int
command_check(const char *path, const char *state_path)
{
    uint64_t accepted = 0, missing = 0, unsure = 0, again = 0, waited;
    struct queue_lease lease;
    struct queue_stats stats;

    map_state(state_path);
    queue = open_queue(path, campaign);
    queue_stats_of(queue, &stats);
    waited = stats.n_entries;
    while (queue_take(queue, LEASE, 0, 0, 0, &lease) == 0 && lease.n_entries > 0) {
        for (uint32_t i = 0; i < lease.n_entries; i++)
            deliver(&lease.entries[i]);
        help_settle(queue, &lease, QUEUE_DONE);
    }
    queue_stats_of(queue, &stats);
    for (uint64_t i = 0; i < atomic_load(&state->next); i++) {
        accepted += state->accepted[i];
        missing += state->accepted[i] && state->delivered[i] == 0;
        unsure += !state->accepted[i] && state->delivered[i] > 0;
        again += state->delivered[i] > 1;
    }
    printf("{\"accepted\": %" PRIu64 ", \"waited\": %" PRIu64 ", \"missing\": %" PRIu64
           ", \"delivered_unanswered\": %" PRIu64 ", \"delivered_again\": %" PRIu64
           ", \"lost\": %" PRIu64 ", \"entries\": %" PRIu64 "}\n",
           accepted, waited, missing, unsure, again, stats.n_lost, stats.n_entries);
    queue_free(queue);
    return missing == 0 && stats.n_lost == 0 && stats.n_entries == 0 ? 0 : 4;
}

static int
command_fill(const char *path, uint64_t n, uint32_t len)
{
    struct shape *shape = stub_shape_new("outage");
    uint8_t *bytes = calloc(50, len);
    struct queue_entry entries[50];
    uint64_t done = 0;

    queue = open_queue(
        path, (struct queue_disk_options){.max_size = 4ull << 30, .sync = QUEUE_SYNC_NONE});
    while (done < n) {
        uint32_t now = n - done < 50 ? (uint32_t)(n - done) : 50;
        int rc;

        for (uint32_t i = 0; i < now; i++) {
            uint64_t number = done + i;

            memcpy(bytes + (size_t)i * len, &number, sizeof(number));
            entries[i] = (struct queue_entry){
                .shape = shape, .bytes = bytes + (size_t)i * len, .len = len, .size_hint = 2 * len};
        }
        rc = queue_push(queue, entries, now, 0);
        if (rc < 0)
            die("push", rc);
        done += now;
    }
    queue_free(queue);
    shape_unref(shape);
    free(bytes);
    return 0;
}

static long
most_memory_kib(void)
{
    CLEANUP_FILE FILE *f = fopen("/proc/self/status", "re");
    char line[128];
    long kib = -1;

    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    return kib;
}

static int
command_drain(const char *path)
{
    uint64_t n = 0, disorder = 0;
    struct queue_lease lease;

    queue = open_queue(path, (struct queue_disk_options){.max_size = 4ull << 30});
    while (queue_take(queue, 1600, 0, 0, 0, &lease) == 0 && lease.n_entries > 0) {
        for (uint32_t i = 0; i < lease.n_entries; i++, n++) {
            uint64_t number;

            memcpy(&number, lease.entries[i].bytes, sizeof(number));
            disorder += number != n;
        }
        help_settle(queue, &lease, QUEUE_DONE);
    }
    printf("{\"taken\": %" PRIu64 ", \"disorder\": %" PRIu64 ", \"memory_kib\": %ld}\n", n,
           disorder, most_memory_kib());
    queue_free(queue);
    return 0;
}

static int
command_full(const char *path)
{
    uint64_t n = 0, first;
    struct seen seen;
    int rc, rc_again, rc_after;

    seen_init(&seen, 1 << 20);
    queue = open_queue(
        path, (struct queue_disk_options){.max_size = 1ull << 30, .segment_size = 256 << 10});
    while ((rc = help_push(queue, n, 100, 0)) == 0)
        n += 100;
    rc_again = help_push(queue, n, 100, 0);
    first = n;
    help_drain(queue, LEASE, &seen);
    rc_after = help_push(queue, n, 100, 0);
    n += rc_after == 0 ? 100 : 0;
    help_drain(queue, LEASE, &seen);
    printf("{\"accepted\": %" PRIu64 ", \"error\": %d, \"again\": %d, \"after\": %d, "
           "\"taken\": %" PRIu64 ", \"wrong\": %" PRIu64 "}\n",
           first, -rc, -rc_again, rc_after, seen.n_taken,
           seen.n_wrong + seen.n_repeated + seen.n_disorder + seen_missing(&seen, 0, n));
    queue_free(queue);
    seen_free(&seen);
    return 0;
}

int
main(int argc, char **argv)
{
    const char *command = argc > 2 ? argv[1] : "";

    signal(SIGXFSZ, SIG_IGN); /* a write past the limit is an error like any other */
    help_shapes_new();
    if (strcmp(command, "run") == 0 && argc == 5)
        command_run(argv[2], argv[3], argv[4]);
    if (strcmp(command, "check") == 0 && argc == 4)
        return command_check(argv[2], argv[3]);
    if (strcmp(command, "fill") == 0 && argc == 5)
        return command_fill(argv[2], strtoull(argv[3], NULL, 10),
                            (uint32_t)strtoul(argv[4], NULL, 10));
    if (strcmp(command, "drain") == 0 && argc == 3)
        return command_drain(argv[2]);
    if (strcmp(command, "full") == 0 && argc == 3)
        return command_full(argv[2]);
    fprintf(stderr, "usage: queue_drive run|check|fill|drain|full FOLDER ...\n");
    return 2;
}
