/* SPDX-License-Identifier: Apache-2.0 */
/* test_record.c - records: values, documents, paths, shapes, and their byte forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "record/codec.h"
#include "record/constants.h"
#include "record/json.h"

#include <errno.h>
#include <math.h>

enum { F_PCT, F_NAME, F_IPS, F_LABELS, F_CORE_PCT, F_CORE_TICKS, F_STATS, F_SEEN, N_FIELDS };

static const struct mh_field fields[N_FIELDS] = {
    [F_PCT] = {.name = "t.cpu.pct", .type = MH_TYPE_DOUBLE},
    [F_NAME] = {.name = "container.name", .type = MH_TYPE_KEYWORD},
    [F_IPS] = {.name = "t.ip", .type = MH_TYPE_IP},
    [F_LABELS] = {.name = "t.labels", .type = MH_TYPE_FLATTENED},
    [F_CORE_PCT] = {.name = "t.cpu.core.*.norm.pct", .type = MH_TYPE_DOUBLE},
    [F_CORE_TICKS] = {.name = "t.cpu.core.*.ticks", .type = MH_TYPE_LONG},
    [F_STATS] = {.name = "t.stats.*", .type = MH_TYPE_LONG},
    [F_SEEN] = {.name = "t.seen", .type = MH_TYPE_DATE},
};

static const struct mh_dataset dataset = {
    .name = "t.cpu",
    .module = "t",
    .metricset = "cpu",
    .fields = fields,
    .n_fields = N_FIELDS,
    .field_stride = sizeof(struct mh_field),
};

struct fixture {
    struct shape_set *shapes;
    struct mh_batch *batch;
    struct mh_record *record;
};

static struct constants *
constants_of(const char *const *pairs, size_t n)
{
    struct constants *set = constants_new();
    for (size_t i = 0; i < n; i += 2) {
        struct mh_value value = mh_text(pairs[i + 1], strlen(pairs[i + 1]));
        struct constants *more = constants_with(set, pairs[i], strlen(pairs[i]), &value);
        constants_unref(set);
        set = more;
    }
    return set;
}

static int
setup(void **state)
{
    static const char *const pairs[] = {"agent.name", "h1", "event.module", "t", "host.name", "h1"};
    struct fixture *f = calloc(1, sizeof *f);
    struct constants *constants = constants_of(pairs, COUNT_OF(pairs));
    f->shapes = shape_set_new(2);
    f->shapes->shapes[0] = shape_new(&dataset, "t[one]", "event.duration", MH_TYPE_LONG, constants);
    constants_unref(constants);
    f->batch = batch_new(f->shapes);
    f->record = record_ops.add(f->batch, 0, INT64_C(1700000000123000000));
    f->record->values[N_FIELDS] = mh_int(5); /* a known duration */
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    batch_free(f->batch);
    shape_set_unref(f->shapes);
    free(f);
    return 0;
}

static void
assert_json(const struct mh_record *record, const char *expected)
{
    struct buf json = {0};
    record_to_json(record, &json);
    char *text = buf_detach(&json);
    assert_string_equal(text, expected);
    free(text);
}

static int32_t
set(struct mh_record *r, uint32_t field, struct mh_value v)
{
    return record_ops.set(r, field, &v);
}

static int32_t
put(struct mh_record *r, uint32_t field, const char *key, struct mh_value v)
{
    return record_ops.put(r, field, key, (uint32_t)strlen(key), &v);
}

static int32_t
set_path(struct mh_record *r, const char *path, struct mh_value v)
{
    return record_ops.set_path(r, path, (uint32_t)strlen(path), &v);
}

static int32_t
get_path(struct mh_record *r, const char *path, struct mh_value *v)
{
    return record_ops.get_path(r, path, (uint32_t)strlen(path), v);
}

#define HEAD "{\"@timestamp\":\"2023-11-14T22:13:20.123Z\""
#define EVENT "\"event\":{\"duration\":5,\"module\":\"t\"}"
#define TAIL "\"agent\":{\"name\":\"h1\"},\"host\":{\"name\":\"h1\"}}"

static void
fill(struct mh_record *r)
{
    struct mh_value ip = mh_text("10.0.0.1", 8);
    assert_int_equal(set(r, F_PCT, mh_double(0.25)), MH_OK);
    assert_int_equal(set(r, F_NAME, mh_text("a\"b", 3)), MH_OK);
    assert_int_equal(record_ops.append(r, F_IPS, &ip), MH_OK);
    assert_int_equal(put(r, F_LABELS, "com.x", mh_text("1", 1)), MH_OK);
    assert_int_equal(put(r, F_CORE_PCT, "0", mh_double(0.5)), MH_OK);
    assert_int_equal(put(r, F_CORE_TICKS, "0", mh_int(7)), MH_OK);
    assert_int_equal(put(r, F_CORE_TICKS, "1", mh_int(8)), MH_OK);
    assert_int_equal(put(r, F_STATS, "cache", mh_int(9)), MH_OK);
    assert_int_equal(set(r, F_SEEN, mh_date(INT64_C(1700000000000000000))), MH_OK);
}

#define FULL                                                                                       \
    HEAD ",\"t\":{\"cpu\":{\"pct\":0.25,\"core\":{\"0\":{\"norm\":{\"pct\":0.5},\"ticks\":7},"     \
         "\"1\":{\"ticks\":8}}},\"ip\":[\"10.0.0.1\"],\"labels\":{\"com.x\":\"1\"},"               \
         "\"stats\":{\"cache\":9},\"seen\":\"2023-11-14T22:13:20.000Z\"},"                         \
         "\"container\":{\"name\":\"a\\\"b\"}," EVENT "," TAIL

static void
test_document_is_nested_and_in_order(void **state)
{
    struct fixture *f = *state;
    fill(f->record);
    assert_json(f->record, FULL);
}

static void
test_absent_objects_do_not_appear(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(put(f->record, F_CORE_TICKS, "3", mh_int(1)), MH_OK);
    assert_json(f->record,
                HEAD ",\"t\":{\"cpu\":{\"core\":{\"3\":{\"ticks\":1}}}}," EVENT "," TAIL);
}

/* The same items come whether they are asked for one by one or many at once, ready or taken apart.
 */
static void
test_reading_can_stop_anywhere(void **state)
{
    struct fixture *f = *state;
    struct mh_item all[128], one;
    fill(f->record);
    for (uint32_t flags = 0; flags <= MH_READ_JSON; flags++) {
        struct mh_cursor a = {{0}}, b = {{0}};
        uint32_t n = record_ops.read(f->record, &a, all, COUNT_OF(all), flags);
        assert_in_range(n, 20, 60);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(record_ops.read(f->record, &b, &one, 1, flags), 1);
            assert_int_equal(one.kind, all[i].kind);
            assert_ptr_equal(one.key, all[i].key);
        }
        assert_int_equal(record_ops.read(f->record, &b, &one, 1, flags), 0);
    }
}

static void
test_wrong_types_are_refused(void **state)
{
    struct fixture *f = *state;
    struct mh_record *r = f->record;
    assert_int_equal(set(r, F_NAME, mh_int(1)), MH_ERR_UNSUPPORTED);
    assert_int_equal(set(r, F_PCT, mh_double(NAN)), MH_ERR_UNSUPPORTED);
    assert_int_equal(set(r, F_PCT, mh_double(INFINITY)), MH_ERR_UNSUPPORTED);
    assert_int_equal(set(r, F_STATS, mh_int(1)), MH_ERR_UNSUPPORTED);
    assert_int_equal(put(r, F_PCT, "k", mh_double(1)), MH_ERR_UNSUPPORTED);
    assert_int_equal(put(r, F_STATS, "", mh_int(1)), MH_ERR_UNSUPPORTED);
    assert_int_equal(set(r, 99, mh_int(1)), MH_ERR_UNSUPPORTED);
    assert_int_equal(set(r, F_PCT, mh_int(3)), MH_OK); /* a whole number is a number */
    assert_null(record_ops.add(f->batch, 1, 0));       /* a dataset that is off */
    assert_null(record_ops.add(f->batch, 2, 0));
}

static void
test_values_by_path(void **state)
{
    struct fixture *f = *state;
    struct mh_record *r = f->record;
    struct mh_value v;
    fill(r);
    assert_int_equal(get_path(r, "t.cpu.core.0.norm.pct", &v), MH_OK);
    assert_true(v.type == MH_VALUE_DOUBLE && v.u.d == 0.5);
    assert_int_equal(get_path(r, "t.labels.com.x", &v), MH_OK);
    assert_memory_equal(v.u.s, "1", 1);
    assert_int_equal(get_path(r, "host.name", &v), MH_OK);
    assert_memory_equal(v.u.s, "h1", 2);
    assert_int_equal(get_path(r, "t.cpu", &v), MH_OK);
    assert_int_equal(v.type, MH_VALUE_MAP);
    assert_int_equal(get_path(r, "t.nothing", &v), MH_ERR_UNSUPPORTED);
    assert_int_equal(get_path(r, "@timestamp", &v), MH_OK);
    assert_true(v.u.i == INT64_C(1700000000123000000));
}

static void
test_new_paths_and_removal(void **state)
{
    struct fixture *f = *state;
    struct mh_record *r = f->record;
    assert_int_equal(set(r, F_PCT, mh_double(1)), MH_OK);
    assert_int_equal(set_path(r, "fields.site", mh_text("x", 1)), MH_OK);
    assert_int_equal(set_path(r, "host.name", mh_text("h2", 2)), MH_OK);
    assert_int_equal(set_path(r, "t.cpu", mh_int(1)), MH_ERR_UNSUPPORTED);       /* an object */
    assert_int_equal(set_path(r, "t.cpu.pct.x", mh_int(1)), MH_ERR_UNSUPPORTED); /* below a value */
    assert_int_equal(record_ops.remove_path(r, "agent", 5), MH_OK);
    assert_int_equal(record_ops.remove_path(r, "event.duration", 14), MH_OK);
    assert_json(r, HEAD ",\"t\":{\"cpu\":{\"pct\":1}},\"event\":{\"module\":\"t\"},"
                        "\"fields\":{\"site\":\"x\"},\"host\":{\"name\":\"h2\"}}");
    struct mh_record *other = record_ops.add(f->batch, 0, 1);
    assert_int_equal(set(other, F_PCT, mh_double(1)), MH_OK);
    assert_int_equal(set_path(other, "fields.site", mh_text("y", 1)), MH_OK);
    assert_int_equal(set_path(other, "host.name", mh_text("h2", 2)), MH_OK);
    assert_int_equal(record_ops.remove_path(other, "agent", 5), MH_OK);
    assert_ptr_equal(other->shape, r->shape); /* the same way leads to the same shape */
}

static void
test_removal_inside_families(void **state)
{
    struct fixture *f = *state;
    struct mh_record *r = f->record;
    struct mh_value v;
    fill(r);
    assert_int_equal(record_ops.remove_path(r, "t.cpu.core.0", 12), MH_OK);
    assert_int_equal(get_path(r, "t.cpu.core.0.norm.pct", &v), MH_ERR_UNSUPPORTED);
    assert_int_equal(get_path(r, "t.cpu.core.0.ticks", &v), MH_ERR_UNSUPPORTED);
    assert_int_equal(get_path(r, "t.cpu.core.1.ticks", &v), MH_OK);
    assert_int_equal(record_ops.remove_path(r, "t.stats.cache", 13), MH_OK);
    assert_int_equal(get_path(r, "t.stats", &v), MH_ERR_UNSUPPORTED);
}

static void
test_identities_are_unique_and_grow(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 100; i++)
        record_ops.add(f->batch, 0, 1);
    assert_null(record_ops.id(f->record));
    batch_identify(f->batch);
    for (uint32_t i = 1; i < f->batch->n; i++)
        assert_true(memcmp(f->batch->records[i - 1]->id, f->batch->records[i]->id, 15) < 0);
    assert_int_equal(strlen(record_ops.id(f->record)), 20);
}

static void
test_sweep_takes_out_empty_and_dropped(void **state)
{
    struct fixture *f = *state;
    struct mh_record *keep = record_ops.add(f->batch, 0, 1);
    struct mh_record *drop = record_ops.add(f->batch, 0, 1);
    set(keep, F_PCT, mh_double(1));
    set(drop, F_PCT, mh_double(1));
    record_ops.drop(drop, NULL);
    batch_sweep(f->batch);
    assert_int_equal(f->batch->n, 1);
    assert_ptr_equal(f->batch->records[0], keep);
}

/* Through bytes and back, with a shape that went through bytes itself: the same document and
 * identity. */
static void
test_bytes_and_back(void **state)
{
    struct fixture *f = *state;
    struct buf shape_bytes = {0}, record_bytes = {0};
    struct shape *shape;
    struct mh_record *copy;
    fill(f->record);
    batch_identify(f->batch);
    assert_int_equal(shape_encode(f->record->shape, &shape_bytes), 0);
    assert_int_equal(record_encode(f->record, &record_bytes), 0);
    assert_int_equal(shape_decode((uint8_t *)shape_bytes.data, shape_bytes.len, &shape), 0);
    assert_true(shape_hash(shape) == shape_hash(f->record->shape));
    struct mh_batch *batch = batch_new(NULL);
    assert_int_equal(
        record_decode(batch, shape, (uint8_t *)record_bytes.data, record_bytes.len, &copy), 0);
    assert_json(copy, FULL);
    assert_string_equal(record_ops.id(copy), record_ops.id(f->record));
    assert_true(record_bytes.len < 120); /* its own values, not its envelope */
    batch_free(batch);
    shape_unref(shape);
    buf_free(&shape_bytes);
    buf_free(&record_bytes);
}

/* Every truncation and every flipped bit gives an error or a readable record, never a crash. */
static void
test_damaged_bytes_are_refused(void **state)
{
    struct fixture *f = *state;
    struct buf shape_bytes = {0}, record_bytes = {0};
    fill(f->record);
    batch_identify(f->batch);
    shape_encode(f->record->shape, &shape_bytes);
    record_encode(f->record, &record_bytes);
    for (size_t len = 0; len < shape_bytes.len; len++) {
        struct shape *shape;
        assert_int_equal(shape_decode((uint8_t *)shape_bytes.data, len, &shape), -EBADMSG);
    }
    for (size_t bit = 0; bit < 8 * record_bytes.len; bit++) {
        struct mh_batch *batch = batch_new(NULL);
        struct mh_record *copy;
        struct buf json = {0};
        record_bytes.data[bit / 8] ^= (char)(1 << bit % 8);
        if (record_decode(batch, f->record->shape, (uint8_t *)record_bytes.data, record_bytes.len,
                          &copy) == 0)
            record_to_json(copy, &json);
        record_bytes.data[bit / 8] ^= (char)(1 << bit % 8);
        buf_free(&json);
        batch_free(batch);
    }
    buf_free(&shape_bytes);
    buf_free(&record_bytes);
}

int
main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_document_is_nested_and_in_order),
        CASE(test_absent_objects_do_not_appear),
        CASE(test_reading_can_stop_anywhere),
        CASE(test_wrong_types_are_refused),
        CASE(test_values_by_path),
        CASE(test_new_paths_and_removal),
        CASE(test_removal_inside_families),
        CASE(test_identities_are_unique_and_grow),
        CASE(test_sweep_takes_out_empty_and_dropped),
        CASE(test_bytes_and_back),
        CASE(test_damaged_bytes_are_refused),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
