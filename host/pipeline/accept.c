/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept.c - the way of a batch from an input into the queue, and the shapes that its records have.
 * This is the only place where records are counted as collected; each ends here as queued or as
 * dropped for a reason.
 */
#include "log/log.h"
#include "pipeline/input.h"
#include "record/codec.h"

#include <errno.h>

static struct mh_value
text(const char *s)
{
    return mh_text(s, strlen(s));
}

/* Everything constant about one dataset of this input, from the general to the particular. */
static struct constants *
dataset_constants(struct input *in, const struct mh_dataset *dataset)
{
    pthread_mutex_lock(&in->env->lock);
    struct constants *set = constants_ref(in->env->base);
    pthread_mutex_unlock(&in->env->lock);
    set = constants_add(set, "event.module", text(dataset->module));
    if (dataset->metricset != NULL) {
        set = constants_add(set, "event.dataset", text(dataset->name));
        set = constants_add(set, "metricset.name", text(dataset->metricset));
    }
    set = constants_add(set, "metricset.period", mh_int((int64_t)(in->period_ns / 1000000)));
    set = constants_add(set, "service.type", text(dataset->module));
    if (set != NULL)
        set = processors_constants(in->env->processors, set);
    if (set != NULL)
        set = processors_constants(&in->processors, set);
    set = constants_add_all(set, in->fixed);
    struct constants *own = instance_constants(&in->instance);
    set = constants_add_all(set, own);
    constants_unref(own);
    return set;
}

static struct shape *
dataset_shape(struct input *in, const struct mh_dataset *dataset)
{
    bool timed = (dataset->flags & MH_DATASET_PUSH) == 0;
    struct constants *constants = dataset_constants(in, dataset);
    if (constants == NULL)
        return NULL;
    struct shape *shape = shape_new(dataset, in->instance.name, timed ? "event.duration" : NULL,
                                    MH_TYPE_LONG, constants);
    constants_unref(constants);
    return shape;
}

static struct shape_set *
make_shapes(struct input *in)
{
    const struct mh_plugin *plugin = in->instance.plugin;
    struct shape_set *set = shape_set_new(plugin->n_datasets);
    for (uint32_t i = 0; set != NULL && i < set->n; i++) {
        if (!in->enabled[i])
            continue;
        set->shapes[i] = dataset_shape(in, &plugin->datasets[i]);
        if (set->shapes[i] != NULL)
            continue;
        shape_set_unref(set);
        return NULL;
    }
    return set;
}

struct shape_set *
input_shapes(struct input *in)
{
    unsigned generation = atomic_load(&in->env->generation);
    pthread_mutex_lock(&in->lock);
    if (in->shapes == NULL || in->shapes_generation != generation) {
        struct shape_set *made = make_shapes(in);
        if (made != NULL) {
            shape_set_unref(in->shapes);
            in->shapes = made;
            in->shapes_generation = generation;
        }
    }
    struct shape_set *set = in->shapes != NULL ? shape_set_ref(in->shapes) : NULL;
    pthread_mutex_unlock(&in->lock);
    return set;
}

void
input_add_error_record(struct input *in, struct mh_batch *batch, const char *words)
{
    static const struct mh_field fields[] = {{.name = "error.message", .type = MH_TYPE_TEXT}};
    const struct mh_plugin *plugin = in->instance.plugin;
    struct mh_dataset dataset = {.name = "error",
                                 .module = plugin->n_datasets != 0 ? plugin->datasets[0].module
                                                                   : plugin->name,
                                 .fields = fields,
                                 .n_fields = COUNT_OF(fields),
                                 .field_stride = sizeof fields[0]};
    struct mh_value message = text(words);
    struct shape *shape = dataset_shape(in, &dataset);
    if (shape == NULL)
        return;
    struct mh_record *record = batch_add_record(batch, shape, 0);
    shape_unref(shape);
    if (record != NULL)
        record_set(record, 0, &message);
}

struct drops {
    struct ledger_row *row;
    uint32_t n;
};

static void
count_drop(void *ctx, const struct shape *shape, const char *reason)
{
    struct drops *drops = ctx;
    (void)shape;
    drops->n++;
    ledger_dropped(drops->row, reason, 1);
}

/* Runs the processors and counts what they took away, also records that they left without a value.
 */
static void
process(struct input *in, struct mh_batch *batch)
{
    struct drops drops = {.row = in->row};
    uint32_t before = batch->n;
    batch->on_drop = count_drop;
    batch->on_drop_ctx = &drops;
    processors_run(&in->processors, batch);
    processors_run(in->env->processors, batch);
    batch->on_drop = NULL;
    batch_sweep(batch);
    if (before - batch->n > drops.n)
        ledger_dropped(in->row, "emptied_by_processor", before - batch->n - drops.n);
}

/* The records' bytes one after another, and an entry for each. Returns 0 or -ENOMEM. */
static int
encode(struct mh_batch *batch, struct buf *bytes, struct queue_entry *entries)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        size_t began = bytes->len;
        if (record_encode(batch->records[i], bytes) != 0)
            return -ENOMEM;
        entries[i] = (struct queue_entry){
            .shape = batch->records[i]->shape,
            .len = (uint32_t)(bytes->len - began),
            .size_hint = record_size_hint(batch->records[i]),
        };
    }
    const uint8_t *at = (const uint8_t *)bytes->data;
    for (uint32_t i = 0; i < batch->n; at += entries[i++].len)
        entries[i].bytes = at;
    return 0;
}

static const char *
drop_reason(int r)
{
    switch (r) {
    case -EAGAIN:
        return "queue_full";
    case -ENOSPC:
    case -EDQUOT:
        return "disk_full";
    case -ESHUTDOWN:
        return "shutdown";
    case -ENOMEM:
        return "no_memory";
    default:
        return "queue_error";
    }
}

/* Counts what the queue did not take; one log line when that begins and one when it ends. */
static void
note_push(struct input *in, uint32_t n, int r)
{
    if (r != 0)
        ledger_dropped(in->row, drop_reason(r), n);
    pthread_mutex_lock(&in->lock);
    bool was_full = in->queue_was_full;
    in->queue_was_full = r != 0 && r != -ESHUTDOWN;
    pthread_mutex_unlock(&in->lock);
    if (r != 0 && !was_full)
        log_error(in->instance.name,
                  "records are being dropped, because the queue does not take them: %s",
                  r == -EAGAIN ? "it is full; the output is too slow or cannot deliver"
                               : strerror(-r));
    else if (r == 0 && was_full)
        log_info(in->instance.name, "the queue takes records again");
}

int
input_accept(struct input *in, struct mh_batch *batch, uint64_t deadline_ns)
{
    batch_sweep(batch);
    ledger_collected(in->row, batch->n);
    process(in, batch);
    if (batch->n == 0)
        return 0;
    if (in->env->queue == NULL) {
        ledger_dropped(in->row, "dry_run", batch->n);
        return 0;
    }
    batch_identify(batch);
    CLEANUP(buf_free) struct buf bytes = {0};
    CLEANUP_FREE struct queue_entry *entries = calloc(batch->n, sizeof *entries);
    int r = entries != NULL ? encode(batch, &bytes, entries) : -ENOMEM;
    if (r == 0)
        r = queue_push(in->env->queue, entries, batch->n, deadline_ns);
    note_push(in, batch->n, r);
    return r;
}
