/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_json_write.c - texts of values against known forms, against the C library's reading of them,
 * and documents against a record that is a plain list of items.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <cmocka.h>

#include "json_write.h"
#include "support.h"

static const char *
string_form(struct json_text *t, const char *s, size_t len)
{
    json_text_reset(t);
    json_add_string(t, s, len);
    return json_terminate(t);
}

#define assert_string_form(s, form) assert_string_equal(string_form(&t, s, sizeof(s) - 1), form)

static void
test_strings(void **state)
{
    struct json_text t = {0};
    (void)state;
    assert_string_form("", "\"\"");
    assert_string_form("plain <b>&", "\"plain <b>&\"");
    assert_string_form("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    assert_string_form("\b\f\n\r\t\x01\x1f\0x", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000x\"");
    assert_string_form("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xb3",
                       "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xb3\"");
#define BAD "\xef\xbf\xbd"
    assert_string_form("a\xff"
                       "b",
                       "\"a" BAD "b\"");
    assert_string_form("\xc0\xaf", "\"" BAD BAD "\"");         /* overlong */
    assert_string_form("\xe0\x80\xaf", "\"" BAD BAD BAD "\""); /* overlong */
    assert_string_form("\xed\xa0\x80", "\"" BAD BAD BAD "\""); /* surrogate */
    assert_string_form("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\"");
    assert_string_form("cut \xe2\x82", "\"cut " BAD BAD "\"");
    t.escape_html = true;
    assert_string_form("<&>", "\"\\u003c\\u0026\\u003e\"");
    json_text_free(&t);
}

static const char *
double_form(struct json_text *t, double d)
{
    json_text_reset(t);
    json_add_double(t, d);
    return json_terminate(t);
}

static void
test_doubles(void **state)
{
    static const struct {
        double d;
        const char *form;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"},
        {8, "8"},
        {-8, "-8"},
        {0.1, "0.1"},
        {-0.25, "-0.25"},
        {0.1236, "0.1236"},
        {1.5, "1.5"},
        {100.000000001, "100.000000001"},
        {1e-9, "0.000000001"},
        {0.0084, "0.0084"},
        {1e15, "1000000000000000"},
        {1e300, "1e+300"},
        {1.0 / 3, "0.3333333333333333"},
        {5e-324, "4.94065645841247e-324"},
        {2.5e-10, "2.5e-10"},
        {4194303.000000001, "4194303.000000001"},
        {9007198.1, "9007198.1"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    struct json_text t = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(double_form(&t, cases[i].d), cases[i].form);
    json_text_free(&t);
}

/* xorshift: the same numbers in every run. */
static uint64_t
next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void
test_doubles_read_back(void **state)
{
    struct json_text t = {0};
    uint64_t seed = 88172645463325252;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t r = next_random(&seed);
        double d;
        if (i % 3 == 0)
            memcpy(&d, &r, sizeof d); /* any bit pattern */
        else if (i % 3 == 1)
            d = (double)(int64_t)(r >> 20) / 1e4; /* four decimals, as percentages have */
        else
            d = (double)(r % 1000000007) /
                (double)(1 + next_random(&seed) % 1000003); /* a quotient */
        if (!isfinite(d))
            continue;
        assert_true(strtod(double_form(&t, d), NULL) == d);
    }
    json_text_free(&t);
}

static void
test_integers(void **state)
{
    static const int64_t cases[] = {0, 7, -7, 10, 99, 100, 12345, -1000000, INT64_MAX, INT64_MIN};
    struct json_text t = {0};
    char form[32];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_text_reset(&t);
        json_add_int(&t, cases[i]);
        snprintf(form, sizeof form, "%" PRId64, cases[i]);
        assert_string_equal(json_terminate(&t), form);
    }
    json_text_free(&t);
}

static void
test_dates(void **state)
{
    struct json_text t = {0};
    uint64_t seed = 1234567;
    (void)state;
    json_add_date(&t, INT64_C(1697536623123999999));
    assert_string_equal(json_terminate(&t), "\"2023-10-17T09:57:03.123Z\"");
    json_text_reset(&t);
    json_add_date(&t, -1);
    assert_string_equal(json_terminate(&t), "\"1969-12-31T23:59:59.999Z\"");
    for (int i = 0; i < 20000; i++) {
        int64_t ns = (int64_t)next_random(&seed);
        int64_t ms = ns / 1000000 - (ns % 1000000 < 0);
        time_t seconds = ms / 1000 - (ms % 1000 < 0);
        struct tm tm;
        char form[96];
        gmtime_r(&seconds, &tm);
        snprintf(form, sizeof form, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                 (int)(ms - seconds * 1000));
        json_text_reset(&t);
        json_add_date(&t, ns);
        assert_string_equal(json_terminate(&t), form);
    }
    json_text_free(&t);
}

/* A record that is a list of items; `one_by_one` hands them over singly. */
struct mh_record {
    const struct mh_item *items;
    uint32_t n_items;
    bool one_by_one;
};

static int64_t
fake_timestamp(const struct mh_record *record)
{
    (void)record;
    return INT64_C(1697536623123000000);
}

static uint32_t
fake_read(const struct mh_record *record, struct mh_cursor *cursor, struct mh_item *items,
          uint32_t n_items, uint32_t flags)
{
    uint32_t n = 0;
    assert_int_equal(flags, MH_READ_JSON);
    if (record->one_by_one && n_items > 1)
        n_items = 1;
    while (n < n_items && cursor->state[0] < record->n_items)
        items[n++] = record->items[cursor->state[0]++];
    return n;
}

static const struct mh_record_ops fake_ops = {
    .struct_size = sizeof fake_ops, .timestamp_ns = fake_timestamp, .read = fake_read};

#define KEY(k) .key = k, .key_len = sizeof k - 1

static void
test_documents(void **state)
{
    const struct mh_item items[] = {
        {.kind = MH_ITEM_JSON, .value = {MH_VALUE_STRING, 16, {.s = "\"agent\":{\"a\":1,}"}}},
        {.kind = MH_ITEM_OPEN_OBJECT, KEY("docker"), .json_key = "\"docker\":", .json_key_len = 9},
        {.kind = MH_ITEM_OPEN_OBJECT, KEY("cpu")},
        {.kind = MH_ITEM_VALUE, KEY("pct"), .value = mh_double(0.5)},
        {.kind = MH_ITEM_VALUE, KEY("n"), .value = mh_int(3)},
        {.kind = MH_ITEM_CLOSE_OBJECT},
        {.kind = MH_ITEM_OPEN_ARRAY, KEY("ip")},
        {.kind = MH_ITEM_VALUE, .value = mh_text("10.0.0.1", 8)},
        {.kind = MH_ITEM_VALUE, .value = mh_text("::1", 3)},
        {.kind = MH_ITEM_CLOSE_ARRAY},
        {.kind = MH_ITEM_VALUE, KEY("a\"b"), .value = mh_bool(1)},
        {.kind = MH_ITEM_CLOSE_OBJECT},
        {.kind = MH_ITEM_VALUE, KEY("at"), .value = mh_date(0)},
        {.kind = MH_ITEM_OPEN_ARRAY, KEY("none")},
        {.kind = MH_ITEM_CLOSE_ARRAY},
    };
    struct mh_record record = {items, COUNT_OF(items), false};
    struct json_text t = {0};
    const char *form = "x{\"@timestamp\":\"2023-10-17T09:57:03.123Z\",\"agent\":{\"a\":1,},"
                       "\"docker\":{\"cpu\":{\"pct\":0.5,"
                       "\"n\":3},\"ip\":[\"10.0.0.1\",\"::1\"],\"a\\\"b\":true},\"at\":\"1970-01-"
                       "01T00:00:00.000Z\","
                       "\"none\":[]}";
    (void)state;
    for (int i = 0; i < 2; i++) {
        json_text_reset(&t);
        json_add(&t, "x", 1);
        record.one_by_one = i == 1;
        assert_int_equal(json_write_record(&t, &fake_ops, &record), 0);
        assert_string_equal(json_terminate(&t), form);
    }
    record.n_items = 0;
    json_text_reset(&t);
    assert_int_equal(json_write_record(&t, &fake_ops, &record), 0);
    assert_string_equal(json_terminate(&t), "{\"@timestamp\":\"2023-10-17T09:57:03.123Z\"}");
    json_text_free(&t);
}

static void
test_format(void **state)
{
    struct json_text t = {0};
    (void)state;
    json_add_format(&t, "{\"%s\":%d}", "a", 5);
    assert_string_equal(json_terminate(&t), "{\"a\":5}");
    json_add_value(&t, &(struct mh_value){.type = MH_VALUE_NONE});
    assert_string_equal(json_terminate(&t), "{\"a\":5}null");
    json_text_free(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_doubles_read_back),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
