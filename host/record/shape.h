/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.h - what records of one kind have in common: the fields of their dataset, the fields that
 * processors added, and the constants of their context (agent.*, host.*, event.module ...),
 * compiled into the order of the document.
 *
 * Immutable and reference counted, safe to share between threads. A record is a shape, a timestamp,
 * an identity and one value per slot. Shapes are like hidden classes: setting a new path moves a
 * record to a derived shape, which is cached, so that records which go the same way share one
 * shape.
 *
 * A shape can be written down (shape_encode) and read back (shape_decode) so that a queue on disk
 * needs nothing else to understand its records, also after the plugin that made them was replaced
 * or removed.
 */
#ifndef MH_SHAPE_H
#define MH_SHAPE_H

#include <metrichost/record.h>
#include <metrichost/schema.h>

#include "util/util.h"

struct constants;
struct layout;
struct shape;

/* One slot: a field that a record may hold a value for. */
struct slot {
    const char *path; /* as in the schema, with at most one `*` element */
    uint16_t type;    /* MH_TYPE_...; 0: any scalar */
    uint16_t flags;   /* SLOT_FAMILY */
    uint32_t star;    /* of a family: offset of the `*` in path */
};

#define SLOT_FAMILY 1u

/* A shape for records of this dataset. instance: whose ledger they count in. The dataset's fields
 * become slots 0 ... n_fields-1; extra_path (NULL: none) one more behind them. Copies everything;
 * takes its own reference to constants. NULL: no memory. */
struct shape *shape_new(const struct mh_dataset *dataset, const char *instance,
                        const char *extra_path, uint16_t extra_type, struct constants *constants);
struct shape *shape_ref(struct shape *s);
void shape_unref(struct shape *s); /* NULL is fine */

const char *shape_dataset(const struct shape *s);  /* "docker.cpu" */
const char *shape_instance(const struct shape *s); /* whose ledger its records count in */
uint32_t shape_n_slots(const struct shape *s);
const struct slot *shape_slot(const struct shape *s, uint32_t i);
const struct constants *shape_constants(const struct shape *s);
const struct layout *shape_layout(const struct shape *s);

/* The shape with one slot more, of any type, at this path; -EINVAL when the path does not fit into
 * the document (it goes through a value, or names an object). The new slot is the last. *ret is a
 * new reference. */
int shape_derive_slot(struct shape *s, const char *path, size_t path_len, struct shape **ret);
/* The shape without the constants at or below this path. *ret is a new reference. 0 or -ENOMEM. */
int shape_derive_without(struct shape *s, const char *path, size_t path_len, struct shape **ret);

/* A stable form without pointers. Returns 0 or -ENOMEM. */
int shape_encode(const struct shape *s, struct buf *to);
/* The reverse. -EBADMSG: the bytes are damaged (nothing is trusted: every length is checked). */
int shape_decode(const uint8_t *bytes, size_t len, struct shape **ret);
/* Equal content gives an equal hash, in every process. */
uint64_t shape_hash(const struct shape *s);

#endif
