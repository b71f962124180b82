/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_record.c - records that keep no values but look at each: is the field declared, has the
 * value its type?
 */
#include "fake_host_private.h"

#include <math.h>

static const struct mh_field *
field_of(const struct mh_record *record, uint32_t field, const char *verb)
{
    struct fake_host *f = record->batch->owner;
    const struct mh_dataset *d = &f->plugin->datasets[record->dataset];
    if (field < d->n_fields)
        return &d->fields[field];
    fake_fault(f, "%s: %s of field number %u, but it has %u", d->name, verb, field, d->n_fields);
    return NULL;
}

static bool
fits(uint16_t type, const struct mh_value *v)
{
    switch (type) {
    case MH_TYPE_LONG:
        return v->type == MH_VALUE_INT;
    case MH_TYPE_DOUBLE:
        return v->type == MH_VALUE_INT || (v->type == MH_VALUE_DOUBLE && isfinite(v->u.d));
    case MH_TYPE_BOOLEAN:
        return v->type == MH_VALUE_BOOL;
    case MH_TYPE_DATE:
        return v->type == MH_VALUE_DATE;
    case MH_TYPE_FLATTENED:
        return v->type >= MH_VALUE_BOOL && v->type <= MH_VALUE_DATE;
    default:
        return v->type == MH_VALUE_STRING && (v->len == 0 || v->u.s != NULL);
    }
}

static int32_t
take_value(struct mh_record *record, uint32_t field, const char *verb, const struct mh_value *value)
{
    const struct mh_field *declared = field_of(record, field, verb);
    if (declared == NULL)
        return MH_ERR_UNSUPPORTED;
    if (value != NULL && !fits(declared->type, value)) {
        fake_fault(record->batch->owner,
                   "%s of %s: the value's type %u does not fit the field's %u, or is not "
                   "finite",
                   verb, declared->name, value->type, declared->type);
        return MH_ERR_UNSUPPORTED;
    }
    record->batch->n_values++;
    return MH_OK;
}

static struct mh_record *
add(struct mh_batch *batch, uint32_t dataset, int64_t timestamp_ns)
{
    struct fake_host *f = batch->owner;
    (void)timestamp_ns;
    if (dataset >= f->plugin->n_datasets) {
        fake_fault(f, "adds a record to dataset number %u, but it has %u", dataset,
                   f->plugin->n_datasets);
        return NULL;
    }
    if (batch->n_records == FAKE_MAX_RECORDS)
        return NULL;
    struct mh_record *r = &batch->records[batch->n_records++];
    *r = (struct mh_record){batch, dataset, false};
    return r;
}

static int32_t
set(struct mh_record *record, uint32_t field, const struct mh_value *value)
{
    return take_value(record, field, "set", value);
}

static int32_t
append(struct mh_record *record, uint32_t field, const struct mh_value *value)
{
    return take_value(record, field, "append", value);
}

static int32_t
put_member(struct mh_record *record, uint32_t field, const char *key, uint32_t key_len,
           const struct mh_value *value)
{
    const struct mh_field *declared = field_of(record, field, "put");
    if (declared != NULL && (key == NULL || key_len == 0))
        fake_fault(record->batch->owner, "put into %s without a key", declared->name);
    if (declared != NULL && declared->type != MH_TYPE_FLATTENED &&
        strchr(declared->name, '*') == NULL)
        fake_fault(record->batch->owner, "put into %s, which is no open family", declared->name);
    return take_value(record, field, "put", value);
}

static void
drop(struct mh_record *record, const char *reason)
{
    (void)reason;
    record->dropped = true;
}

static int32_t
get_path(const struct mh_record *record, const char *path, uint32_t len, struct mh_value *ret_value)
{
    (void)record;
    (void)path;
    (void)len;
    ret_value->type = MH_VALUE_NONE;
    return MH_ERR_UNSUPPORTED;
}

static int32_t
set_path(struct mh_record *record, const char *path, uint32_t len, const struct mh_value *value)
{
    (void)path;
    (void)len;
    (void)value;
    record->batch->n_values++;
    return MH_OK;
}

static int32_t
remove_path(struct mh_record *record, const char *path, uint32_t len)
{
    (void)record;
    (void)path;
    (void)len;
    return MH_OK;
}

static uint32_t
count(const struct mh_batch *batch)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->n_records; i++)
        n += !batch->records[i].dropped;
    return n;
}

static struct mh_record *
at(struct mh_batch *batch, uint32_t index)
{
    for (uint32_t i = 0; i < batch->n_records; i++)
        if (!batch->records[i].dropped && index-- == 0)
            return &batch->records[i];
    return NULL;
}

static const char *
dataset_name(const struct mh_record *record)
{
    return record->batch->owner->plugin->datasets[record->dataset].name;
}

static int64_t
timestamp_ns(const struct mh_record *record)
{
    (void)record;
    return util_realtime_ns();
}

static const char *
id(const struct mh_record *record)
{
    (void)record;
    return "AAAAAAAAAAAAAAAAAAAA";
}

static uint32_t
read_items(const struct mh_record *record, struct mh_cursor *cursor, struct mh_item *items,
           uint32_t n_items, uint32_t flags)
{
    (void)record;
    (void)cursor;
    (void)items;
    (void)n_items;
    (void)flags;
    return 0;
}

static void
set_status(struct mh_record *record, int32_t status, const char *reason, uint32_t reason_len)
{
    (void)reason;
    (void)reason_len;
    if (status < MH_STATUS_DELIVERED || status > MH_STATUS_REJECTED)
        fake_fault(record->batch->owner, "gives a record the unknown status %d", status);
}

static uint32_t
size_hint(const struct mh_record *record)
{
    (void)record;
    return 1;
}

void
fake_record_ops(struct mh_record_ops *ops)
{
    *ops = (struct mh_record_ops){
        .struct_size = sizeof *ops,
        .add = add,
        .set = set,
        .append = append,
        .put = put_member,
        .drop = drop,
        .get_path = get_path,
        .set_path = set_path,
        .remove_path = remove_path,
        .count = count,
        .at = at,
        .dataset_name = dataset_name,
        .timestamp_ns = timestamp_ns,
        .id = id,
        .read = read_items,
        .set_status = set_status,
        .size_hint = size_hint,
    };
}

unsigned
fake_batch_records(const struct mh_batch *batch)
{
    return count(batch);
}

unsigned
fake_batch_values(const struct mh_batch *batch)
{
    return batch->n_values;
}
