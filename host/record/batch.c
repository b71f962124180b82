/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - see batch.h: the life of batches and records. */
#include "record/batch.h"

#include "record/identity.h"

struct shape_set *
shape_set_new(uint32_t n)
{
    struct shape_set *set = calloc(1, sizeof *set + n * sizeof set->shapes[0]);
    if (set == NULL)
        return NULL;
    atomic_init(&set->refs, 1);
    set->n = n;
    return set;
}

struct shape_set *
shape_set_ref(struct shape_set *set)
{
    atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
    return set;
}

void
shape_set_unref(struct shape_set *set)
{
    if (set == NULL || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < set->n; i++)
        shape_unref(set->shapes[i]);
    free(set);
}

static void
batch_begin(struct mh_batch *batch, struct shape_set *shapes)
{
    batch->shapes = shapes != NULL ? shape_set_ref(shapes) : NULL;
    batch->start_realtime_ns = util_realtime_ns();
    batch->start_monotonic_ns = batch->clock();
}

struct mh_batch *
batch_new(struct shape_set *shapes)
{
    struct mh_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return NULL;
    batch->clock = util_monotonic_ns;
    batch_begin(batch, shapes);
    return batch;
}

static void
batch_clear(struct mh_batch *batch)
{
    for (uint32_t i = 0; i < batch->n; i++)
        shape_unref(batch->records[i]->shape);
    batch->n = 0;
    shape_set_unref(take(batch->shapes));
}

void
batch_reset(struct mh_batch *batch, struct shape_set *shapes)
{
    batch_clear(batch);
    arena_reset(&batch->arena);
    batch_begin(batch, shapes);
}

void
batch_free(struct mh_batch *batch)
{
    if (batch == NULL)
        return;
    batch_clear(batch);
    arena_free(&batch->arena);
    free(batch->records);
    free(batch);
}

static bool
batch_reserve(struct mh_batch *batch)
{
    if (batch->n < batch->cap)
        return true;
    uint32_t cap = batch->cap != 0 ? batch->cap * 2 : 64;
    struct mh_record **records = realloc(batch->records, cap * sizeof *records);
    if (records == NULL)
        return false;
    batch->records = records;
    batch->cap = cap;
    return true;
}

struct mh_record *
batch_add_record(struct mh_batch *batch, struct shape *shape, int64_t timestamp_ns)
{
    uint32_t n = shape_n_slots(shape);
    struct mh_record *record = arena_get(&batch->arena, sizeof *record);
    struct mh_value *values = arena_get(&batch->arena, (n + 1u) * sizeof *values);
    if (record == NULL || values == NULL || !batch_reserve(batch))
        return NULL;
    memset(values, 0, (n + 1u) * sizeof *values);
    *record = (struct mh_record){
        .batch = batch,
        .shape = shape_ref(shape),
        .values = values,
        .n_cap = n + 1u,
        .status = STATUS_UNSET,
        .timestamp_ns = timestamp_ns != 0 ? timestamp_ns : batch->start_realtime_ns,
    };
    batch->records[batch->n++] = record;
    return record;
}

/* [worker] record.h, add. The dataset's event.duration is the slot behind its fields, where the
 * shape has one. */
static struct mh_record *
op_add(struct mh_batch *batch, uint32_t dataset, int64_t timestamp_ns)
{
    if (batch->shapes == NULL || dataset >= batch->shapes->n ||
        batch->shapes->shapes[dataset] == NULL)
        return NULL;
    struct shape *shape = batch->shapes->shapes[dataset];
    struct mh_record *record = batch_add_record(batch, shape, timestamp_ns);
    uint32_t last = shape_n_slots(shape) - 1;
    if (record != NULL && strcmp(shape_slot(shape, last)->path, "event.duration") == 0)
        record->values[last] = mh_int((int64_t)(batch->clock() - batch->start_monotonic_ns));
    return record;
}

static void
op_drop(struct mh_record *record, const char *reason)
{
    struct mh_batch *batch = record->batch;
    if (record->dropped)
        return;
    record->dropped = true;
    if (reason != NULL && batch->on_drop != NULL)
        batch->on_drop(batch->on_drop_ctx, record->shape, reason);
}

bool
record_has_values(const struct mh_record *record)
{
    uint32_t n = shape_n_slots(record->shape);
    for (uint32_t i = 0; i < n; i++)
        if (record->values[i].type != MH_VALUE_NONE &&
            strcmp(shape_slot(record->shape, i)->path, "event.duration") != 0)
            return true;
    return false;
}

void
batch_sweep(struct mh_batch *batch)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        struct mh_record *record = batch->records[i];
        if (!record->dropped && record_has_values(record))
            batch->records[kept++] = record;
        else
            shape_unref(record->shape);
    }
    batch->n = kept;
}

void
batch_identify(struct mh_batch *batch)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        struct mh_record *record = batch->records[i];
        if (record->has_id)
            continue;
        identity_make(record->id);
        identity_text(record->id, record->id_text);
        record->has_id = true;
    }
}

static uint32_t
op_count(const struct mh_batch *batch)
{
    return batch->n;
}

static struct mh_record *
op_at(struct mh_batch *batch, uint32_t index)
{
    return index < batch->n ? batch->records[index] : NULL;
}

static const char *
op_dataset_name(const struct mh_record *record)
{
    return shape_dataset(record->shape);
}

static int64_t
op_timestamp(const struct mh_record *record)
{
    return record->timestamp_ns;
}

static const char *
op_id(const struct mh_record *record)
{
    return record->has_id ? record->id_text : NULL;
}

static void
op_set_status(struct mh_record *record, int32_t status, const char *reason, uint32_t reason_len)
{
    record->status = status;
    record->reason = reason != NULL ? arena_copy(&record->batch->arena, reason, reason_len) : NULL;
}

const struct mh_record_ops record_ops = {
    .struct_size = sizeof(struct mh_record_ops),
    .add = op_add,
    .set = record_set,
    .append = record_append,
    .put = record_put,
    .drop = op_drop,
    .get_path = record_get_path,
    .set_path = record_set_path,
    .remove_path = record_remove_path,
    .count = op_count,
    .at = op_at,
    .dataset_name = op_dataset_name,
    .timestamp_ns = op_timestamp,
    .id = op_id,
    .read = record_read,
    .set_status = op_set_status,
    .size_hint = record_size_hint,
};
