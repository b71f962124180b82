/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - what became of every record, per input instance: collected = delivered + queued +
 * dropped(reason) + dead-lettered.
 *
 * Exact at every moment, because each record is counted in at the one place where inputs hand over
 * and counted out at the few places where it can end. Kept in path.data across restarts.
 * Thread-safe.
 */
#ifndef MH_LEDGER_H
#define MH_LEDGER_H

#include "util/util.h"

struct ledger;
struct ledger_row; /* of one instance; lives as long as the ledger */

struct ledger_counts {
    uint64_t collected;
    uint64_t delivered;
    uint64_t dead_lettered;
    uint64_t dropped; /* for all reasons */
    uint64_t queued;  /* collected and not yet any of the others */
};

/* An empty ledger. NULL: no memory. */
struct ledger *ledger_new(void);
void ledger_free(struct ledger *l); /* NULL is fine */
/* The row of an instance, made where needed. NULL: no memory. */
struct ledger_row *ledger_row(struct ledger *l, const char *instance);

void ledger_collected(struct ledger_row *row, uint64_t n);
void ledger_delivered(struct ledger_row *row, uint64_t n);
void ledger_dead_lettered(struct ledger_row *row, uint64_t n);
/* reason: a short stable word ("queue_full", "processor", "unreadable"). Copied. */
void ledger_dropped(struct ledger_row *row, const char *reason, uint64_t n);

struct ledger_counts ledger_counts_of(struct ledger_row *row);
struct ledger_counts ledger_total(struct ledger *l);
/* JSON object: {"total":{"collected":..},"instances":[{"name":..,"collected":..,
 * "dropped":{"total":..,"REASON":n,...}},...]}. Names stand in values, because keys with dots mean
 * nesting to who reads it back. */
void ledger_to_json(struct ledger *l, struct buf *to);

/* Files: the same JSON. Return 0 or -errno; a damaged file is -EBADMSG and changes nothing. */
int ledger_save(struct ledger *l, const char *path);
int ledger_load(struct ledger *l, const char *path);

/*
 * Brings the sum of `queued` in line with what the queue really holds, once after loading: the file
 * is as old as its last saving, the queue is not. Records that the queue holds beyond the file were
 * collected after it was written; records that it lacks were delivered after it. Whose they were
 * shows only as they are delivered: until then the former stand in a row of their own
 * ("recovered"), and rows lend each other, so that no row is ever negative, the total is exact at
 * every moment and every row is exact once nothing from before the crash is queued.
 */
void ledger_adopt(struct ledger *l, uint64_t queued);
/* Counts n queued records, of whatever instances, as dropped: lost by the queue itself. */
void ledger_lose(struct ledger *l, const char *reason, uint64_t n);

#endif
