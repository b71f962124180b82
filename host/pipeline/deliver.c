/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.c - see deliver.h. A lease is kept until each of its records is settled or the worker
 * ends: a record that must be tried again is tried again here, with a growing pause, and the others
 * of its batch are not sent twice.
 */
#include "pipeline/deliver.h"

#include "log/log.h"
#include "record/codec.h"

#include <metrichost/ext/output.h>

#include <errno.h>

/* One batch under way. */
struct delivery {
    struct output_worker *w;
    struct queue_lease lease;
    enum queue_fate *fates; /* per entry of the lease */
    uint32_t *entry_of;     /* per record of the batch: its entry */
    struct mh_output_limits limits;
};

static enum output_phase
phase_of(const struct output_worker *w)
{
    return (enum output_phase)atomic_load(&w->output->phase);
}

static struct ledger_row *
row_of(const struct delivery *d, uint32_t entry)
{
    return ledger_row(d->w->output->env->ledger, shape_instance(d->lease.entries[entry].shape));
}

/* Makes records of the lease's bytes. What cannot be read is counted as dropped; it cannot come
 * from a sound queue. */
static void
decode(struct delivery *d)
{
    struct mh_batch *batch = d->w->batch;
    for (uint32_t i = 0; i < d->lease.n_entries; i++) {
        const struct queue_entry *e = &d->lease.entries[i];
        struct mh_record *record;
        int r = record_decode(batch, e->shape, e->bytes, e->len, &record);
        if (r == 0) {
            d->entry_of[batch->n - 1] = i;
            d->fates[i] = QUEUE_RETURN;
            continue;
        }
        if (r == -ENOMEM) {
            d->fates[i] = QUEUE_RETURN;
        } else {
            d->fates[i] = QUEUE_DONE;
            ledger_dropped(row_of(d, i), "unreadable", 1);
        }
        if (batch->n != 0 && batch->records[batch->n - 1]->dropped)
            shape_unref(batch->records[--batch->n]->shape);
    }
}

/* A refused record goes to the dead-letter file. When that cannot be written the record is lost,
 * and counted so. */
static void
bury(struct delivery *d, const struct mh_record *record, uint32_t entry, const char *reason)
{
    struct output_worker *w = d->w;
    int r = dead_letter_write(w->output->env->dead_letter, record, w->instance.name, reason);
    if (r == 0) {
        ledger_dead_lettered(row_of(d, entry), 1);
        return;
    }
    log_error(w->instance.name, "a refused record is lost, the dead-letter file takes no more: %s",
              strerror(-r));
    ledger_dropped(row_of(d, entry), "dead_letter_unwritable", 1);
}

static int32_t
status_after(const struct mh_record *record, int32_t result)
{
    if (result == MH_OK)
        return record->status == STATUS_UNSET ? MH_STATUS_DELIVERED : record->status;
    if (result == MH_ERR_DROP)
        return MH_STATUS_REJECTED;
    if (result == MH_ERR_PARTIAL && record->status != STATUS_UNSET)
        return record->status;
    return MH_STATUS_RETRY;
}

/* Settles what is settled, and keeps the rest in the batch. Returns how many were settled. */
static uint32_t
sort_out(struct delivery *d, int32_t result, const char *words)
{
    struct mh_batch *batch = d->w->batch;
    uint32_t kept = 0, had = batch->n;
    for (uint32_t i = 0; i < had; i++) {
        struct mh_record *record = batch->records[i];
        uint32_t entry = d->entry_of[i];
        int32_t status = status_after(record, result);
        if (status == MH_STATUS_RETRY) {
            record->status = STATUS_UNSET;
            d->entry_of[kept] = entry;
            batch->records[kept++] = record;
            continue;
        }
        if (status == MH_STATUS_REJECTED)
            bury(d, record, entry, record->reason != NULL ? record->reason : words);
        else
            ledger_delivered(row_of(d, entry), 1);
        d->fates[entry] = QUEUE_DONE;
        shape_unref(record->shape);
    }
    batch->n = kept;
    return had - kept;
}

/* The state changes are told, once each; the attempts between are not. */
static void
note_result(struct output_worker *w, int32_t result, const char *words)
{
    bool failing = result != MH_OK && result != MH_ERR_DROP && result != MH_ERR_PARTIAL;
    w->attempts++;
    if (failing && w->failing_since_ns == 0) {
        w->failing_since_ns = util_monotonic_ns();
        w->attempts = 1;
        log_error(w->instance.name, "cannot deliver, records wait in the queue: %s", words);
    } else if (failing) {
        log_debug(w->instance.name, "still cannot deliver (attempt %llu): %s",
                  (unsigned long long)w->attempts, words);
    } else if (w->failing_since_ns != 0) {
        log_info(w->instance.name, "delivers again after %.1f s",
                 (double)(util_monotonic_ns() - w->failing_since_ns) / 1e9);
        w->failing_since_ns = 0;
    }
}

/* Equal jitter: half of a window that doubles, and a random part of the other half. */
static uint64_t
next_pause(struct output_worker *w, const struct mh_output_limits *limits)
{
    uint64_t random;
    util_random(&random, sizeof random);
    uint64_t window = w->pause_ns != 0 ? w->pause_ns * 2 : limits->backoff_init_ns;
    if (window > limits->backoff_max_ns)
        window = limits->backoff_max_ns;
    w->pause_ns = window;
    return window / 2 + (window >= 2 ? random % (window / 2) : 0);
}

/* Sleeps, but wakes when the phase changes. */
static void
pause_for(struct output_worker *w, uint64_t ns)
{
    uint64_t until_ns = util_monotonic_ns() + ns;
    struct timespec until = {.tv_sec = (time_t)(until_ns / MH_NS_PER_S),
                             .tv_nsec = (long)(until_ns % MH_NS_PER_S)};
    struct output *o = w->output;
    pthread_mutex_lock(&o->lock);
    int phase = atomic_load(&o->phase);
    while (atomic_load(&o->phase) == phase &&
           pthread_cond_timedwait(&o->changed, &o->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&o->lock);
}

/* False: the worker shall end, with the rest of the lease going back. While draining a durable
 * queue keeps what cannot be sent; from memory it would be lost, so there the attempts go on. */
static bool
may_try_again(const struct output_worker *w)
{
    switch (phase_of(w)) {
    case OUTPUT_RUN:
        return true;
    case OUTPUT_DRAIN:
        return strcmp(w->output->env->queue->ops->name, "mem") == 0;
    default:
        return false;
    }
}

/* Writes until every record is settled. */
static void
write_out(struct delivery *d)
{
    struct output_worker *w = d->w;
    while (w->batch->n != 0) {
        uint64_t deadline_ns = util_monotonic_ns() + w->output->write_timeout_ns;
        int32_t r = instance_write(&w->instance, w->batch, deadline_ns);
        CLEANUP_FREE char *words = r != MH_OK ? instance_take_words(&w->instance, r) : NULL;
        const char *said = words != NULL ? words : error_name(r);
        note_result(w, r, said);
        uint32_t settled = sort_out(d, r, said);
        if (settled != 0)
            w->pause_ns = 0;
        if (w->batch->n == 0)
            return;
        if (!may_try_again(w))
            return;
        pause_for(w, next_pause(w, &d->limits));
        if (phase_of(w) == OUTPUT_STOP)
            return;
    }
}

static void
deliver(struct delivery *d)
{
    struct output_worker *w = d->w;
    batch_reset(w->batch, NULL);
    decode(d);
    write_out(d);
    batch_reset(w->batch, NULL); /* its strings point into the lease */
    queue_settle(w->output->env->queue, &d->lease, d->fates);
}

/* Room for a whole lease is made before it is taken, so that one that was taken can always be
 * settled. */
static bool
reserve(struct delivery *d)
{
    struct output_worker *w = d->w;
    uint32_t n = d->limits.max_records;
    if (w->batch == NULL)
        w->batch = batch_new(NULL);
    if (w->room < n) {
        enum queue_fate *fates = realloc(w->fates, n * sizeof *fates);
        if (fates != NULL)
            w->fates = fates;
        uint32_t *entry_of = realloc(w->entry_of, n * sizeof *entry_of);
        if (entry_of != NULL)
            w->entry_of = entry_of;
        if (fates != NULL && entry_of != NULL)
            w->room = n;
    }
    d->fates = w->fates;
    d->entry_of = w->entry_of;
    return w->batch != NULL && w->room >= n;
}

/* Leases a batch. While draining it does not wait. Returns 0 or -errno. */
static int
take_lease(struct delivery *d, bool wait)
{
    uint64_t now = util_monotonic_ns();
    if (!reserve(d))
        return -ENOMEM;
    return queue_take(d->w->output->env->queue, d->limits.max_records, d->limits.max_bytes,
                      wait ? d->limits.linger_ns : 0, wait ? now + MH_NS_PER_S : now, &d->lease);
}

void
deliver_until_stopped(struct output_worker *w)
{
    for (;;) {
        struct delivery d = {.w = w};
        enum output_phase phase = phase_of(w);
        if (phase == OUTPUT_STOP)
            return;
        output_limits(w, &d.limits);
        int r = take_lease(&d, phase == OUTPUT_RUN);
        if (r != 0 && r != -ESHUTDOWN) {
            log_error(w->instance.name, "cannot take records from the queue: %s", strerror(-r));
            pause_for(w, MH_NS_PER_S);
        } else if (d.lease.n_entries != 0) {
            deliver(&d);
        } else if (phase != OUTPUT_RUN) {
            return;
        }
        if (phase == OUTPUT_DRAIN && w->failing_since_ns != 0 && !may_try_again(w))
            return;
    }
}
