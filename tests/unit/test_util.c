/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_util.c - buffers, JSON text, near names, files, times.
 */
#include "util/util.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <setjmp.h>
#include <sys/stat.h>

#include <cmocka.h>

static void
check_json(const char *in, size_t len, const char *want)
{
    CLEANUP(buf_free) struct buf b = {0};
    buf_add_json_string(&b, in, len);
    assert_string_equal(b.data, want);
}

static void
buf_grows_and_terminates(void **state)
{
    (void)state;
    CLEANUP(buf_free) struct buf b = {0};
    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%d,", i);
    assert_int_equal(b.len, 3890);
    assert_int_equal(b.data[b.len], 0);
    assert_memory_equal(b.data + b.len - 4, "999,", 4);
    buf_reset(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    buf_add(&b, NULL, 0);
    assert_int_equal(b.len, 0);
}

static void
buf_refuses_sizes_that_overflow(void **state)
{
    (void)state;
    CLEANUP(buf_free) struct buf b = {0};
    buf_add_text(&b, "x");
    assert_false(buf_reserve(&b, SIZE_MAX));
    assert_true(b.failed);
    buf_add_text(&b, "y");
    assert_int_equal(b.len, 1);
    assert_null(buf_detach(&b));
    assert_false(b.failed);
}

static void
buf_detach_hands_text_over(void **state)
{
    (void)state;
    struct buf b = {0};
    CLEANUP_FREE char *empty = buf_detach(&b);
    assert_string_equal(empty, "");
    buf_add_text(&b, "abc");
    CLEANUP_FREE char *text = buf_detach(&b);
    assert_string_equal(text, "abc");
    assert_null(b.data);
}

static void
json_strings_are_escaped(void **state)
{
    (void)state;
    check_json("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    check_json("\b\t\n\v\f\r\x01\x7f", 8, "\"\\b\\t\\n\\u000b\\f\\r\\u0001\\u007f\"");
    check_json("a\0b", 3, "\"a\\u0000b\"");
    check_json("z\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10,
               "\"z\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

static void
json_strings_replace_bad_utf8(void **state)
{
    (void)state;
    check_json("\xff", 1, "\"\xef\xbf\xbd\"");
    check_json("\xc3", 1, "\"\xef\xbf\xbd\"");                                 /* cut off */
    check_json("\xc0\x80", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 /* overlong */
    check_json("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* surrogate */
    check_json("\xf4\x90\x80\x80", 4,
               "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");        /* > U+10FFFF */
    check_json("\xe0\x80\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* overlong */
    check_json("\xe2\x82x", 3, "\"\xef\xbf\xbd\xef\xbf\xbdx\"");
}

static void
check_double(double d, const char *want)
{
    CLEANUP(buf_free) struct buf b = {0};
    buf_add_json_double(&b, d);
    assert_string_equal(b.data, want);
}

static void
json_doubles_are_shortest(void **state)
{
    (void)state;
    check_double(8, "8");
    check_double(0.1, "0.1");
    check_double(0.1 + 0.2, "0.30000000000000004");
    check_double(-1.5, "-1.5");
    check_double(DBL_MAX, "1.7976931348623157e+308");
    check_double(1.0 / 0.0, "null");
}

static void
near_names(void **state)
{
    (void)state;
    static const char *const names[] = {"hosts", "period", "metricsets", "labels.dedot"};
    assert_string_equal(util_near_name("host", names, 4), "hosts");
    assert_string_equal(util_near_name("hsots", names, 4), "hosts");
    assert_string_equal(util_near_name("HOSTS", names, 4), "hosts");
    assert_string_equal(util_near_name("metricset", names, 4), "metricsets");
    assert_string_equal(util_near_name("labels.deDots", names, 4), "labels.dedot");
    static const char *const swapped[] = {"no"};
    assert_string_equal(util_near_name("on", swapped, 1), "no"); /* one edit, not two */
    assert_null(util_near_name("password", names, 4));
    assert_null(util_near_name("x", names, 4));
    assert_null(util_near_name("hosts", NULL, 0));
}

static char *
temporary_folder(void)
{
    char *folder = strdup("/tmp/mh-test-util-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void
files_are_replaced_whole(void **state)
{
    (void)state;
    CLEANUP_FREE char *folder = temporary_folder();
    CLEANUP_FREE char *path = util_printf("%s/f", folder);
    struct stat st;
    assert_int_equal(util_write_file_atomic(path, "old content", 11, 0644), 0);
    assert_int_equal(util_write_file_atomic(path, "new", 3, 0600), 0);
    CLEANUP_FREE char *content = NULL;
    size_t len = 0;
    assert_int_equal(util_read_file(path, 3, &content, &len), 0);
    assert_int_equal(len, 3);
    assert_string_equal(content, "new");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* fails when a temporary file was left */
}

static void
file_errors(void **state)
{
    (void)state;
    CLEANUP_FREE char *folder = temporary_folder();
    CLEANUP_FREE char *path = util_printf("%s/f", folder);
    CLEANUP_FREE char *below = util_printf("%s/missing/f", folder);
    char *content = NULL;
    size_t len = 0;
    assert_int_equal(util_read_file(path, 100, &content, &len), -ENOENT);
    assert_int_equal(util_read_file(folder, 100, &content, &len), -EISDIR);
    assert_int_equal(util_write_file_atomic(below, "x", 1, 0600), -ENOENT);
    assert_int_equal(util_write_file_atomic(path, "four", 4, 0600), 0);
    assert_int_equal(util_read_file(path, 3, &content, &len), -EFBIG);
    assert_null(content);
    assert_int_equal(util_make_dirs(path, 0700), -ENOTDIR);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(util_write_file_atomic(path, "x", 1, 0600), -EISDIR);
    assert_int_equal(rmdir(path), 0);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void
folders_are_made_with_parents(void **state)
{
    (void)state;
    CLEANUP_FREE char *folder = temporary_folder();
    CLEANUP_FREE char *deep = util_printf("%s/a//b/c/", folder);
    struct stat st;
    assert_int_equal(util_make_dirs(deep, 0700), 0);
    assert_int_equal(util_make_dirs(deep, 0700), 0);
    assert_int_equal(stat(deep, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    const char *const parts[] = {"a/b/c", "a/b", "a"};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        CLEANUP_FREE char *part = util_printf("%s/%s", folder, parts[i]);
        assert_int_equal(rmdir(part), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void
times_as_text(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(util_format_time(0, text, sizeof text), "1970-01-01T00:00:00.000Z");
    assert_string_equal(util_format_time(INT64_C(1767323045678999999), text, sizeof text),
                        "2026-01-02T03:04:05.678Z");
    assert_string_equal(util_format_time(-1, text, sizeof text), "1969-12-31T23:59:59.999Z");
}

static void
hashes_and_random_bytes(void **state)
{
    (void)state;
    unsigned char a[300] = {0}, b[300] = {0};
    assert_true(util_hash("a", 1) == UINT64_C(0xaf63dc4c8601ec8c)); /* published test vector */
    util_random(a, sizeof a);
    util_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(util_monotonic_ns() <= util_monotonic_ns());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_grows_and_terminates),
        cmocka_unit_test(buf_refuses_sizes_that_overflow),
        cmocka_unit_test(buf_detach_hands_text_over),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(json_strings_replace_bad_utf8),
        cmocka_unit_test(json_doubles_are_shortest),
        cmocka_unit_test(near_names),
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(file_errors),
        cmocka_unit_test(folders_are_made_with_parents),
        cmocka_unit_test(times_as_text),
        cmocka_unit_test(hashes_and_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
