/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_help.h - numbered records for tests of the queue: each can be told from its bytes alone, so
 * that a test knows which ones came back, whether they came whole, and with the right shape.
 */
#ifndef QUEUE_HELP_H
#define QUEUE_HELP_H

#include "queue/queue.h"
#include "stub_shape.h"

#define MS 1000000ull
#define HELP_MAX_BATCH 256u
#define HELP_SHAPES 5u

/* Nanoseconds of the monotonic clock. */
uint64_t in_ms(uint64_t ms);

/* A new folder under $TMPDIR; free the name. The process ends when it cannot be made. */
char *help_temporary_folder(void);
/* With everything in it. */
void help_remove_folder(const char *path);

/* Makes the shapes that records have; release them before counting what is alive. */
void help_shapes_new(void);
void help_shapes_free(void);

/* Pushes the records first .. first + n - 1 as one batch (at most HELP_MAX_BATCH). The result of
 * the push. */
int help_push(struct queue *q, uint64_t first, uint32_t n, uint64_t deadline_ns);
/* The number of a record; UINT64_MAX when its bytes or its shape are not what was pushed. */
uint64_t help_number(const struct queue_entry *entry);
void help_settle(struct queue *q, struct queue_lease *lease, enum queue_fate fate);

/* What came back. */
struct seen {
    uint8_t *times; /* by number */
    uint64_t n;     /* numbers that count */
    uint64_t n_taken;
    uint64_t n_wrong;    /* damaged or invented */
    uint64_t n_repeated; /* came more than once */
    uint64_t n_disorder; /* came after a higher one */
    uint64_t last;
};
void seen_init(struct seen *s, uint64_t n);
void seen_free(struct seen *s);
void seen_note(struct seen *s, const struct queue_lease *lease);
uint64_t seen_missing(const struct seen *s, uint64_t start, uint64_t end);
/* Takes and settles (all done) until the queue gives nothing more. Negative: what a lease failed
 * with. */
int help_drain(struct queue *q, uint32_t max_entries, struct seen *s);

#endif
