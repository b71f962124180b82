/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.h - the host's side of record.h: batches, records and the table of operations that plugins
 * get.
 *
 * A batch is used by one thread at a time. Its records, their values and strings live in its arena
 * and go with it.
 */
#ifndef MH_BATCH_H
#define MH_BATCH_H

#include <metrichost/record.h>

#include "record/arena.h"
#include "record/shape.h"

#include <stdatomic.h>

enum { IDENTITY_BYTES = 15, IDENTITY_TEXT = 20 };

/* The shapes that an input's datasets have right now, one per dataset; NULL where a dataset is
 * switched off. Shared by reference, so that a change of constants does not disturb batches under
 * way. */
struct shape_set {
    atomic_uint refs;
    uint32_t n;
    struct shape *shapes[];
};

struct shape_set *shape_set_new(uint32_t n); /* all NULL; NULL: no memory */
struct shape_set *shape_set_ref(struct shape_set *set);
void shape_set_unref(struct shape_set *set); /* NULL is fine */

struct member {
    const char *key; /* NULL in arrays */
    struct mh_value value;
    uint32_t key_len;
};

/* What an array or a map points to (mh_value.u.s), in the arena. */
struct members {
    uint32_t n, cap;
    struct member *items;
};

struct mh_record {
    struct mh_batch *batch;
    struct shape *shape;     /* its own reference */
    struct mh_value *values; /* one per slot; MH_VALUE_NONE: absent */
    uint32_t n_cap;          /* slots that values has room for */
    int32_t status;          /* MH_STATUS_..., or STATUS_UNSET */
    int64_t timestamp_ns;
    const char *reason; /* of the status, or why it was dropped; in the arena */
    uint8_t id[IDENTITY_BYTES];
    bool has_id;
    bool dropped;
    char id_text[IDENTITY_TEXT + 1];
};

#define STATUS_UNSET (-1)

struct drop_count {
    const char *reason;
    uint64_t n;
};

struct mh_batch {
    struct arena arena;
    struct shape_set *shapes; /* NULL in batches that are read from a queue */
    struct mh_record **records;
    uint32_t n, cap;
    int64_t start_realtime_ns;   /* @timestamp of records without one of their own */
    uint64_t start_monotonic_ns; /* event.duration counts from here */
    uint64_t (*clock)(void);     /* monotonic ns; tests replace it */
    void (*on_drop)(void *ctx, const struct shape *shape,
                    const char *reason); /* a processor's drop */
    void *on_drop_ctx;
};

/* An empty batch that will take records of these shapes (its own reference; NULL: none). NULL: no
 * memory. */
struct mh_batch *batch_new(struct shape_set *shapes);
/* Empties it for the next round; keeps memory. The shapes are replaced (its own reference). */
void batch_reset(struct mh_batch *batch, struct shape_set *shapes);
void batch_free(struct mh_batch *batch); /* NULL is fine */

/* A new record of a shape, with all values absent. Takes its own reference. NULL: no memory. */
struct mh_record *batch_add_record(struct mh_batch *batch, struct shape *shape,
                                   int64_t timestamp_ns);
/* True when the record holds a value of its own besides event.duration. */
bool record_has_values(const struct mh_record *record);
/* Takes out records that were dropped and those without values. */
void batch_sweep(struct mh_batch *batch);
/* Gives each record without one an identity. */
void batch_identify(struct mh_batch *batch);

extern const struct mh_record_ops record_ops;

/* read.c */
uint32_t record_read(const struct mh_record *record, struct mh_cursor *cursor,
                     struct mh_item *items, uint32_t n_items, uint32_t flags);
/* by_path.c */
int32_t record_get_path(const struct mh_record *record, const char *path, uint32_t path_len,
                        struct mh_value *ret);
int32_t record_set_path(struct mh_record *record, const char *path, uint32_t path_len,
                        const struct mh_value *value);
int32_t record_remove_path(struct mh_record *record, const char *path, uint32_t path_len);
/* values.c */
int32_t record_set(struct mh_record *record, uint32_t field, const struct mh_value *value);
int32_t record_append(struct mh_record *record, uint32_t field, const struct mh_value *value);
int32_t record_put(struct mh_record *record, uint32_t field, const char *key, uint32_t key_len,
                   const struct mh_value *value);
/* Stores a copy of a scalar in a slot, whatever the slot's type. MH_OK or MH_ERR_NOMEM. */
int32_t record_store(struct mh_record *record, uint32_t slot, const struct mh_value *value);
const struct members *value_members(const struct mh_value *value);
struct member *members_find(const struct members *m, const char *key, uint32_t key_len);
/* Room for one more member at the end; NULL: no memory. */
struct member *members_add(struct mh_batch *batch, struct mh_value *value, uint32_t type);
uint32_t record_size_hint(const struct mh_record *record);

#endif
