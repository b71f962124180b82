/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backlog.h - entries that are in memory and wait to be given out: the part that both queues share.
 *
 * A chunk is one allocation that holds several entries and their bytes; it is freed when its last
 * entry is. A backlog is a list of entries in order of their sequence. A lease takes entries off
 * its front; those that come back are put where their sequence belongs.
 *
 * Nothing here locks: the queue that owns a backlog does. Invariant: every entry of a chunk is in a
 * backlog, in a lease, or released.
 */
#ifndef MH_QUEUE_BACKLOG_H
#define MH_QUEUE_BACKLOG_H

#include "queue/queue.h"
#include "queue/wait.h"

struct chunk;

struct node {
    struct node *next;
    struct chunk *chunk;
    struct queue_entry entry;
};

struct chunk {
    uint32_t n_nodes;
    uint32_t n_live; /* nodes that were not released yet */
    uint8_t *bytes;  /* behind the nodes, in the same allocation */
    struct node nodes[];
};

struct backlog {
    struct node *head;
    struct node *tail;
    uint64_t n_entries;
    uint64_t n_size; /* sum of size_hint */
};

/* A chunk of n_nodes (at least 1) empty entries and n_bytes bytes, or NULL. */
struct chunk *chunk_new(uint32_t n_nodes, size_t n_bytes);
/* Copies entries, takes a reference to each shape, numbers them from first_sequence. NULL: no
 * memory. */
struct chunk *chunk_copy(const struct queue_entry *entries, uint32_t n, uint64_t first_sequence);
/* Frees a chunk of which nothing was given to a backlog. */
void chunk_discard(struct chunk *chunk);
/* Gives up one entry: drops its shape, and the chunk after its last. */
void node_release(struct node *node);

/* Appends those entries of a chunk that have a shape; their sequences are above all that were
 * appended before. */
void backlog_append(struct backlog *b, struct chunk *chunk);
/* Puts one entry back where its sequence belongs. */
void backlog_return(struct backlog *b, struct node *node);
/* Takes the first entry off; NULL when there is none. */
struct node *backlog_pop(struct backlog *b);
/* Whether a lease with these limits would be as full as it can be. max_bytes 0: no limit. */
bool backlog_fills(const struct backlog *b, uint32_t max_entries, uint64_t max_bytes);
/* Moves entries into a lease: up to the limits, at least one if there is one. 0 or -ENOMEM (nothing
 * was moved). */
int backlog_lease(struct backlog *b, uint32_t max_entries, uint64_t max_bytes,
                  struct queue_lease *ret);
void backlog_clear(struct backlog *b);

/* How long somebody who wants a lease waits: for a first entry until the deadline, then a while for
 * a full lease. */
struct patience {
    uint32_t max_entries;
    uint64_t max_bytes;
    uint64_t linger_ns;
    uint64_t deadline_ns;
    uint64_t linger_end; /* 0 until there is a first entry */
    uint64_t wakes;      /* for the owner: its number of wakes when the wait began */
    bool over;
};
/* Waits once, with the lock held. False: take what there is. True: look again. */
bool patience_wait(struct patience *p, const struct backlog *b, pthread_cond_t *readable,
                   pthread_mutex_t *lock);

/* The node behind lease->entries[i]. */
struct node *lease_node(const struct queue_lease *lease, uint32_t i);
/* Frees the lease's own memory, not its nodes. */
void lease_free(struct queue_lease *lease);

#endif
