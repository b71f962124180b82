/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.h - what records of one kind have in common: the fields of their dataset, the fields that processors added, and
 * the constants of their context (agent.*, host.*, event.module ...), compiled into the order of the document.
 *
 * Immutable and reference counted, safe to share between threads. A record is a shape, a timestamp, an identity and
 * one value per slot. Shapes are like hidden classes: setting a new path moves a record to a derived shape, which is
 * cached, so that records which go the same way share one shape.
 *
 * A shape can be written down (shape_encode) and read back (shape_decode) so that a queue on disk needs nothing else to
 * understand its records, also after the plugin that made them was replaced or removed.
 */
#ifndef MH_SHAPE_H
#define MH_SHAPE_H

#include <metrichost/record.h>
#include <metrichost/schema.h>

#include "util/util.h"

struct shape;

/* One slot: a field that a record may hold a value for. */
struct slot {
    const char *path; /* as in the schema, with at most one `*` element */
    uint16_t type;    /* MH_TYPE_... */
    uint16_t flags;   /* MH_FIELD_... */
};

struct shape *shape_ref(struct shape *s);
void shape_unref(struct shape *s); /* NULL is fine */

const char *shape_dataset(const struct shape *s);    /* "docker.cpu" */
const char *shape_instance(const struct shape *s);   /* whose ledger its records count in */
uint32_t shape_n_slots(const struct shape *s);
const struct slot *shape_slot(const struct shape *s, uint32_t i);

/* A stable form without pointers. Returns 0 or -ENOMEM. */
int shape_encode(const struct shape *s, struct buf *to);
/* The reverse. -EBADMSG: the bytes are damaged (nothing is trusted: every length is checked). */
int shape_decode(const uint8_t *bytes, size_t len, struct shape **ret);
/* Equal content gives an equal hash, in every process. */
uint64_t shape_hash(const struct shape *s);

#endif
