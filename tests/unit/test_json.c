/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_json.c - the JSON reader: types and ranges of values, limits, and that nothing wrong is ever
 * read as a value.
 */
#include "json.h"
#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static int
setup(void **state)
{
    *state = json_new(NULL);
    return *state == NULL;
}

static int
teardown(void **state)
{
    json_free(*state);
    return 0;
}

static const struct json_node *
parse(struct json *json, const char *text)
{
    assert_int_equal(json_parse(json, text, strlen(text)), 0);
    return json_root(json);
}

static void
whole_numbers_are_exact(void **state)
{
    const struct json_node *root =
        parse(*state,
              "{\"a\":9223372036854771712,\"b\":18446744073709551615,\"c\":-9223372036854775808}");
    int64_t i = 0;
    uint64_t u = 0;
    assert_true(json_get_int64(root, "a", &i));
    assert_int_equal(i, INT64_C(9223372036854771712));
    assert_true(json_get_uint64(root, "b", &u));
    assert_true(u == UINT64_MAX);
    assert_false(json_get_int64(root, "b", &i));
    assert_true(json_get_int64(root, "c", &i));
    assert_true(i == INT64_MIN);
    assert_false(json_get_uint64(root, "c", &u));
}

static void
numbers_out_of_range_are_absent(void **state)
{
    const struct json_node *root = parse(
        *state, "{\"a\":1e999,\"b\":99999999999999999999999,\"c\":1.5,\"d\":1e3,\"e\":-1e999}");
    double d = 7;
    int64_t i = 7;
    assert_false(json_get_double(root, "a", &d));
    assert_false(json_get_double(root, "e", &d));
    assert_false(json_get_int64(root, "b", &i));
    assert_true(json_get_double(root, "b", &d));
    assert_false(json_get_int64(root, "c", &i));
    assert_int_equal(i, 7);
    assert_true(json_get_int64(root, "d", &i));
    assert_int_equal(i, 1000);
}

static void
wrong_types_are_absent(void **state)
{
    const struct json_node *root =
        parse(*state, "{\"n\":null,\"s\":\"12\",\"b\":true,\"o\":{\"x\":1},\"l\":[1,2,3]}");
    int64_t i;
    double d;
    bool b = false;
    assert_false(json_get_int64(root, "n", &i));
    assert_false(json_get_int64(root, "s", &i));
    assert_false(json_get_int64(root, "b", &i));
    assert_false(json_get_double(root, "o", &d));
    assert_false(json_get_bool(root, "s", &b));
    assert_true(json_get_bool(root, "b", &b));
    assert_true(b);
    assert_null(json_get_text(root, "n"));
    assert_null(json_get_text(root, "l"));
    assert_null(json_get_text(root, "o.x.y"));
    assert_null(json_at(root, "nope.x"));
    assert_null(json_at(NULL, "x"));
    assert_true(json_get_int64(root, "o.x", &i));
    assert_int_equal(json_at(root, "l")->members.count, 3);
}

static void
texts_are_whole_and_unescaped(void **state)
{
    const struct json_node *root = parse(*state, "{\"a\":\"b\\u00fc\\ud83d\\ude00\\n\",\"dotted."
                                                 "key\":\"v\",\"z\":\"x\\u0000y\",\"a\":\"last\"}");
    assert_string_equal(json_get_text(root, "a"), "last");
    assert_string_equal(root->members.first->text.bytes, "b\xc3\xbc\xf0\x9f\x98\x80\n");
    assert_string_equal(json_member(root, "dotted.key")->text.bytes, "v");
    assert_null(json_at(root, "dotted.key"));
    assert_int_equal(json_member(root, "z")->text.len, 3);
}

static void
what_is_not_json_is_refused(void **state)
{
    static const char *const wrong[] = {"",       "{",        "[1,2", "{\"a\":}", "{} {}", "nul",
                                        "{\"a\"", "\"\xff\"", "[1,]", "\x00",     "}",     "01"};
    for (size_t n = 0; n < COUNT_OF(wrong); n++) {
        assert_int_equal(json_parse(*state, wrong[n], strlen(wrong[n])), -EBADMSG);
        assert_null(json_root(*state));
        assert_non_null(strstr(json_error(*state), "not JSON"));
    }
    assert_non_null(parse(*state, "{}"));
    assert_string_equal(json_error(*state), "");
}

static void
limits_hold(void **state)
{
    static const struct json_limits limits = {.max_bytes = 64, .max_depth = 3, .max_nodes = 5};
    CLEANUP(json_freep) struct json *json = json_new(&limits);
    char long_text[80];
    (void)state;
    memset(long_text, ' ', sizeof long_text);
    assert_int_equal(json_parse(json, long_text, sizeof long_text), -E2BIG);
    assert_int_equal(json_parse(json, "[[[[]]]]", 8), -E2BIG);
    assert_non_null(strstr(json_error(json), "deeply"));
    assert_int_equal(json_parse(json, "[[[]]]", 6), 0);
    assert_int_equal(json_parse(json, "[1,2,3,4]", 9), 0);
    assert_int_equal(json_parse(json, "[1,2,3,4,5]", 11), -E2BIG);
}

/* Memory is used again: texts of changing size, each read back whole. */
static void
a_reader_serves_many_texts(void **state)
{
    for (size_t n = 1; n < 200000; n = n * 3 + 1) {
        CLEANUP_FREE char *text = malloc(2 * n + 2);
        size_t len = 0;
        assert_non_null(text);
        text[len++] = '[';
        for (size_t i = 0; i < n; i++) {
            text[len++] = '7';
            text[len++] = i + 1 < n ? ',' : ']';
        }
        assert_int_equal(json_parse(*state, text, len), 0);
        assert_int_equal(json_root(*state)->members.count, n);
        for (const struct json_node *m = json_root(*state)->members.first; m != NULL; m = m->next)
            assert_int_equal(m->i, 7);
        assert_string_equal(json_get_text(parse(*state, "{\"a\":\"small\"}"), "a"), "small");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_numbers_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_out_of_range_are_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_types_are_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_are_whole_and_unescaped, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_json_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reader_serves_many_texts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
