/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.c - the queue in memory: fast, limited by entries, gone when the process is.
 *
 * One lock guards everything. Invariants: n_held = entries in the backlog + entries in leases; it
 * passes max_entries only by a batch that is larger than the whole queue and went in alone.
 */
#include "queue/queue.h"

#include <errno.h>
#include <pthread.h>

#include "queue/backlog.h"
#include "queue/wait.h"

struct queue_mem {
    struct queue base;
    pthread_mutex_t lock;
    pthread_cond_t readable;
    pthread_cond_t writable;
    struct backlog backlog;
    uint64_t max_entries;
    uint64_t n_held;
    uint64_t n_bytes;
    uint64_t next_sequence;
    uint64_t n_wakes[2]; /* by side */
    bool closed;
};

static bool
has_room(const struct queue_mem *m, uint32_t n)
{
    return m->n_held == 0 || (m->n_held < m->max_entries && n <= m->max_entries - m->n_held);
}

/* 0 when n entries may be added. */
static int
wait_for_room(struct queue_mem *m, uint32_t n, uint64_t deadline_ns)
{
    uint64_t wakes = m->n_wakes[QUEUE_PUSHERS];
    bool in_time = true;

    while (!m->closed && !has_room(m, n)) {
        if (!in_time || wakes != m->n_wakes[QUEUE_PUSHERS])
            return -EAGAIN;
        in_time = wait_until(&m->writable, &m->lock, deadline_ns);
    }
    return m->closed ? -ESHUTDOWN : 0;
}

static void
add_chunk(struct queue_mem *m, struct chunk *chunk)
{
    for (uint32_t i = 0; i < chunk->n_nodes; i++) {
        chunk->nodes[i].entry.sequence = m->next_sequence++;
        m->n_bytes += chunk->nodes[i].entry.len;
    }
    m->n_held += chunk->n_nodes;
    backlog_append(&m->backlog, chunk);
    pthread_cond_broadcast(&m->readable);
}

static int
mem_push(struct queue *q, const struct queue_entry *entries, uint32_t n, uint64_t deadline_ns)
{
    struct queue_mem *m = (struct queue_mem *)q;
    struct chunk *chunk;
    int rc;

    if (n == 0)
        return 0;
    chunk = chunk_copy(entries, n, 0); /* outside the lock; numbered when it goes in */
    if (chunk == NULL)
        return -ENOMEM;
    pthread_mutex_lock(&m->lock);
    rc = wait_for_room(m, n, deadline_ns);
    if (rc == 0)
        add_chunk(m, chunk);
    pthread_mutex_unlock(&m->lock);
    if (rc != 0)
        chunk_discard(chunk);
    return rc;
}

static int
mem_lease(struct queue *q, uint32_t max_entries, uint64_t max_bytes, uint64_t linger_ns,
          uint64_t deadline_ns, struct queue_lease *ret)
{
    struct queue_mem *m = (struct queue_mem *)q;
    struct patience patience = {
        .max_entries = max_entries,
        .max_bytes = max_bytes,
        .linger_ns = linger_ns,
        .deadline_ns = deadline_ns,
    };
    int rc;

    pthread_mutex_lock(&m->lock);
    patience.wakes = m->n_wakes[QUEUE_TAKERS];
    while (!m->closed && m->n_wakes[QUEUE_TAKERS] == patience.wakes &&
           patience_wait(&patience, &m->backlog, &m->readable, &m->lock)) {
    }
    rc = backlog_lease(&m->backlog, max_entries, max_bytes, ret);
    pthread_mutex_unlock(&m->lock);
    return rc;
}

static void
settle_one(struct queue_mem *m, struct node *node, enum queue_fate fate)
{
    if (fate == QUEUE_RETURN) {
        backlog_return(&m->backlog, node);
        return;
    }
    m->n_held--;
    m->n_bytes -= node->entry.len;
    node_release(node);
}

static void
mem_settle(struct queue *q, struct queue_lease *lease, const enum queue_fate *fates)
{
    struct queue_mem *m = (struct queue_mem *)q;

    pthread_mutex_lock(&m->lock);
    for (uint32_t i = 0; i < lease->n_entries; i++)
        settle_one(m, lease_node(lease, i), fates[i]);
    pthread_cond_broadcast(&m->readable);
    pthread_cond_broadcast(&m->writable);
    pthread_mutex_unlock(&m->lock);
    lease_free(lease);
}

static void
mem_stats(struct queue *q, struct queue_stats *ret)
{
    struct queue_mem *m = (struct queue_mem *)q;

    pthread_mutex_lock(&m->lock);
    *ret = (struct queue_stats){
        .n_entries = m->n_held,
        .n_bytes = m->n_bytes,
        .max_entries = m->max_entries,
    };
    pthread_mutex_unlock(&m->lock);
}

static void
wake_side(struct queue_mem *m, enum queue_side side)
{
    m->n_wakes[side]++;
    pthread_cond_broadcast(side == QUEUE_TAKERS ? &m->readable : &m->writable);
}

static void
mem_wake(struct queue *q, enum queue_side side)
{
    struct queue_mem *m = (struct queue_mem *)q;

    pthread_mutex_lock(&m->lock);
    wake_side(m, side);
    pthread_mutex_unlock(&m->lock);
}

static void
mem_close(struct queue *q)
{
    struct queue_mem *m = (struct queue_mem *)q;

    pthread_mutex_lock(&m->lock);
    m->closed = true;
    wake_side(m, QUEUE_TAKERS);
    wake_side(m, QUEUE_PUSHERS);
    pthread_mutex_unlock(&m->lock);
}

static void
mem_free(struct queue *q)
{
    struct queue_mem *m = (struct queue_mem *)q;

    backlog_clear(&m->backlog);
    pthread_cond_destroy(&m->readable);
    pthread_cond_destroy(&m->writable);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static const struct queue_ops mem_ops = {
    .name = "mem",
    .push = mem_push,
    .lease = mem_lease,
    .settle = mem_settle,
    .stats = mem_stats,
    .wake = mem_wake,
    .close = mem_close,
    .free = mem_free,
};

int
queue_mem_open(uint64_t max_entries, struct queue **ret)
{
    struct queue_mem *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return -ENOMEM;
    m->base.ops = &mem_ops;
    m->max_entries = max_entries;
    pthread_mutex_init(&m->lock, NULL);
    wait_init(&m->readable);
    wait_init(&m->writable);
    *ret = &m->base;
    return 0;
}
