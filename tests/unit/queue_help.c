/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_help.c - numbered records for tests of the queue.
 */
#include "queue_help.h"

#include <ftw.h>

#include "log/log.h"

#define MAX_FILLER 97u

static struct shape *shapes[HELP_SHAPES];

/* Stands in for the log: tests harm the queue thousands of times, and it complains each time. */
void
log_line(enum log_level level, const char *instance, const char *format, ...)
{
    va_list args;

    if (getenv("MH_VERBOSE") == NULL)
        return;
    va_start(args, format);
    fprintf(stderr, "%d [%s] ", (int)level, instance);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

uint64_t
in_ms(uint64_t ms)
{
    return util_monotonic_ns() + ms * MS;
}

char *
help_temporary_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *path = util_printf("%s/queue-test.XXXXXX", base == NULL ? "/tmp" : base);

    if (path == NULL || mkdtemp(path) == NULL) {
        perror(path);
        exit(1);
    }
    return path;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void
help_remove_folder(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
help_shapes_new(void)
{
    for (unsigned i = 0; i < HELP_SHAPES; i++) {
        char name[] = "shape-0";

        name[sizeof(name) - 2] = (char)('0' + i);
        shapes[i] = stub_shape_new(name);
    }
}

void
help_shapes_free(void)
{
    for (unsigned i = 0; i < HELP_SHAPES; i++)
        shape_unref(shapes[i]);
}

/* Changes at every number, so that a record that was put together from two does not pass. */
static uint8_t
filler(uint64_t number, size_t i)
{
    return (uint8_t)((number + 1) * 2654435761u >> (i % 24));
}

static size_t
filler_length(uint64_t number)
{
    return (size_t)(number * 31 % MAX_FILLER);
}

int
help_push(struct queue *q, uint64_t first, uint32_t n, uint64_t deadline_ns)
{
    static _Thread_local uint8_t bytes[HELP_MAX_BATCH][sizeof(uint64_t) + MAX_FILLER];
    struct queue_entry entries[HELP_MAX_BATCH];

    if (n > HELP_MAX_BATCH)
        abort();
    for (uint32_t i = 0; i < n; i++) {
        uint64_t number = first + i;
        size_t len = filler_length(number);

        memcpy(bytes[i], &number, sizeof(number));
        for (size_t j = 0; j < len; j++)
            bytes[i][sizeof(number) + j] = filler(number, j);
        entries[i] = (struct queue_entry){.shape = shapes[number % HELP_SHAPES],
                                          .bytes = bytes[i],
                                          .len = (uint32_t)(sizeof(number) + len),
                                          .size_hint = 100};
    }
    return queue_push(q, entries, n, deadline_ns);
}

uint64_t
help_number(const struct queue_entry *entry)
{
    uint64_t number;

    if (entry->len < sizeof(number))
        return UINT64_MAX;
    memcpy(&number, entry->bytes, sizeof(number));
    if (entry->len != sizeof(number) + filler_length(number) || entry->size_hint != 100)
        return UINT64_MAX;
    for (size_t j = 0; j < filler_length(number); j++)
        if (entry->bytes[sizeof(number) + j] != filler(number, j))
            return UINT64_MAX;
    if (strcmp(stub_shape_name(entry->shape), stub_shape_name(shapes[number % HELP_SHAPES])) != 0)
        return UINT64_MAX;
    return number;
}

void
help_settle(struct queue *q, struct queue_lease *lease, enum queue_fate fate)
{
    enum queue_fate *fates = calloc(lease->n_entries + 1u, sizeof(*fates));

    if (fates == NULL)
        abort();
    for (uint32_t i = 0; i < lease->n_entries; i++)
        fates[i] = fate;
    queue_settle(q, lease, fates);
    free(fates);
}

void
seen_init(struct seen *s, uint64_t n)
{
    *s = (struct seen){.times = calloc(n + 1, 1), .n = n};
    if (s->times == NULL)
        abort();
}

void
seen_free(struct seen *s)
{
    free(s->times);
}

void
seen_note(struct seen *s, const struct queue_lease *lease)
{
    for (uint32_t i = 0; i < lease->n_entries; i++) {
        uint64_t number = help_number(&lease->entries[i]);

        s->n_taken++;
        if (number >= s->n) {
            s->n_wrong++;
            continue;
        }
        if (s->times[number] > 0)
            s->n_repeated++;
        if (s->times[number] < UINT8_MAX)
            s->times[number]++;
        if (number < s->last)
            s->n_disorder++;
        s->last = number;
    }
}

uint64_t
seen_missing(const struct seen *s, uint64_t start, uint64_t end)
{
    uint64_t n = 0;

    for (uint64_t i = start; i < end; i++)
        n += s->times[i] == 0;
    return n;
}

int
help_drain(struct queue *q, uint32_t max_entries, struct seen *s)
{
    for (;;) {
        struct queue_lease lease;
        int rc = queue_take(q, max_entries, 0, 0, 0, &lease);

        if (rc < 0 || lease.n_entries == 0)
            return rc;
        seen_note(s, &lease);
        help_settle(q, &lease, QUEUE_DONE);
    }
}
