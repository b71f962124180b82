/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backlog.c - chunks of entries, and the ordered list that leases are taken from.
 */
#include "queue/backlog.h"

#include <errno.h>

#include "record/shape.h"

struct chunk *
chunk_new(uint32_t n_nodes, size_t n_bytes)
{
    struct chunk *chunk;
    size_t head, size;

    if (__builtin_mul_overflow(sizeof(struct node), n_nodes, &head) ||
        __builtin_add_overflow(head, sizeof(*chunk), &head) ||
        __builtin_add_overflow(head, n_bytes, &size))
        return NULL;
    chunk = malloc(size);
    if (chunk == NULL)
        return NULL;
    memset(chunk, 0, head);
    chunk->n_nodes = n_nodes;
    chunk->n_live = n_nodes;
    chunk->bytes = (uint8_t *)chunk + head;
    for (uint32_t i = 0; i < n_nodes; i++)
        chunk->nodes[i].chunk = chunk;
    return chunk;
}

static bool
sum_lengths(const struct queue_entry *entries, uint32_t n, size_t *ret)
{
    size_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        if (__builtin_add_overflow(sum, entries[i].len, &sum))
            return false;
    *ret = sum;
    return true;
}

struct chunk *
chunk_copy(const struct queue_entry *entries, uint32_t n, uint64_t first_sequence)
{
    struct chunk *chunk;
    size_t n_bytes;
    uint8_t *to;

    if (!sum_lengths(entries, n, &n_bytes))
        return NULL;
    chunk = chunk_new(n, n_bytes);
    if (chunk == NULL)
        return NULL;
    to = chunk->bytes;
    for (uint32_t i = 0; i < n; i++) {
        struct queue_entry *entry = &chunk->nodes[i].entry;

        *entry = entries[i];
        entry->shape = shape_ref(entries[i].shape);
        entry->bytes = to;
        entry->sequence = first_sequence + i;
        if (entry->len > 0)
            memcpy(to, entries[i].bytes, entry->len);
        to += entry->len;
    }
    return chunk;
}

void
chunk_discard(struct chunk *chunk)
{
    uint32_t n = chunk->n_nodes;

    for (uint32_t i = 0; i < n; i++)
        node_release(&chunk->nodes[i]);
}

void
node_release(struct node *node)
{
    struct chunk *chunk = node->chunk;

    shape_unref(node->entry.shape);
    node->entry.shape = NULL;
    if (--chunk->n_live == 0)
        free(chunk);
}

static void
append_node(struct backlog *b, struct node *node)
{
    node->next = NULL;
    if (b->tail == NULL)
        b->head = node;
    else
        b->tail->next = node;
    b->tail = node;
    b->n_entries++;
    b->n_size += node->entry.size_hint;
}

void
backlog_append(struct backlog *b, struct chunk *chunk)
{
    uint32_t n = chunk->n_nodes;

    for (uint32_t i = 0; i < n; i++) {
        if (chunk->nodes[i].entry.shape != NULL)
            append_node(b, &chunk->nodes[i]);
        else if (--chunk->n_live == 0)
            free(chunk); /* only at the last node: those before it are in the list */
    }
}

void
backlog_return(struct backlog *b, struct node *node)
{
    struct node **at = &b->head;

    /* What comes back was at the front when it left: the walk passes only what came back before it.
     */
    while (*at != NULL && (*at)->entry.sequence < node->entry.sequence)
        at = &(*at)->next;
    if (*at == NULL) {
        append_node(b, node);
        return;
    }
    node->next = *at;
    *at = node;
    b->n_entries++;
    b->n_size += node->entry.size_hint;
}

struct node *
backlog_pop(struct backlog *b)
{
    struct node *node = b->head;

    if (node == NULL)
        return NULL;
    b->head = node->next;
    if (b->head == NULL)
        b->tail = NULL;
    b->n_entries--;
    b->n_size -= node->entry.size_hint;
    return node;
}

bool
backlog_fills(const struct backlog *b, uint32_t max_entries, uint64_t max_bytes)
{
    return b->n_entries >= max_entries || (max_bytes != 0 && b->n_size >= max_bytes);
}

static uint32_t
count_within(const struct backlog *b, uint32_t max_entries, uint64_t max_bytes)
{
    const struct node *node = b->head;
    uint64_t size = 0;
    uint32_t n = 0;

    for (; node != NULL && n < max_entries; node = node->next, n++) {
        size += node->entry.size_hint;
        if (max_bytes != 0 && size > max_bytes && n > 0)
            break;
    }
    return n;
}

int
backlog_lease(struct backlog *b, uint32_t max_entries, uint64_t max_bytes, struct queue_lease *ret)
{
    uint32_t n = count_within(b, max_entries, max_bytes);
    struct queue_entry *entries;
    struct node **nodes;

    *ret = (struct queue_lease){0};
    if (n == 0)
        return 0;
    /* Entries first, then the pointers: one allocation, and both are aligned alike. */
    entries = calloc(n, sizeof(*entries) + sizeof(*nodes));
    if (entries == NULL)
        return -ENOMEM;
    nodes = (struct node **)(entries + n);
    for (uint32_t i = 0; i < n; i++) {
        nodes[i] = backlog_pop(b);
        entries[i] = nodes[i]->entry;
    }
    *ret = (struct queue_lease){.entries = entries, .n_entries = n, .priv = nodes};
    return 0;
}

void
backlog_clear(struct backlog *b)
{
    struct node *node;

    while ((node = backlog_pop(b)) != NULL)
        node_release(node);
}

bool
patience_wait(struct patience *p, const struct backlog *b, pthread_cond_t *readable,
              pthread_mutex_t *lock)
{
    bool some = b->n_entries > 0;

    if (p->over || backlog_fills(b, p->max_entries, p->max_bytes) || (some && p->linger_ns == 0))
        return false;
    if (some && p->linger_end == 0)
        p->linger_end = wait_add(util_monotonic_ns(), p->linger_ns);
    p->over = !wait_until(readable, lock, some ? p->linger_end : p->deadline_ns);
    return true;
}

struct node *
lease_node(const struct queue_lease *lease, uint32_t i)
{
    return ((struct node **)lease->priv)[i];
}

void
lease_free(struct queue_lease *lease)
{
    free(lease->entries);
    *lease = (struct queue_lease){0};
}
