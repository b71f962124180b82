/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_output_rotation.c - names, order, number and content of the files of output.file, also after
 * failed writes.
 */
#include "rotation.h"
#include "series.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

/* 2026-11-22 10:00:00 UTC */
#define NOON 1795341600
#define DAY 86400

struct fixture {
    char *folder;
    struct rotation rotation;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->folder = strdup("/tmp/metrichost-rotation.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    rotation_init(&f->rotation, &(struct rotation_options){.folder = f->folder,
                                                           .name = "m",
                                                           .max_bytes = 100,
                                                           .n_files = 3,
                                                           .mode = 0640,
                                                           .rotate_on_startup = true});
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    struct series series;
    rotation_close(&f->rotation);
    if (series_list(f->folder, "m", &series) == 0) {
        series_trim(f->folder, "m", &series, 0);
        series_free(&series);
    }
    rmdir(f->folder);
    free(f->folder);
    free(f);
    return 0;
}

static void
write_text(struct fixture *f, const char *text)
{
    assert_int_equal(rotation_write(&f->rotation, text, strlen(text)), 0);
}

static void
assert_content(const struct fixture *f, struct series_member member, const char *expected)
{
    CLEANUP_FREE char *path = series_path(f->folder, "m", member);
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[512] = "";
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof text - 1) >= 0);
    assert_string_equal(text, expected);
}

static void
assert_open_file(const struct fixture *f, const char *name)
{
    assert_non_null(f->rotation.path);
    assert_string_equal(f->rotation.path + strlen(f->folder) + 1, name);
}

static void
names_are_parsed_strictly(void **state)
{
    static const char *const foreign[] = {
        "m-2026112.ndjson",
        "m-20261122.ndjso",
        "m-20261122.ndjson.gz",
        "m-20261122-.ndjson",
        "m-20261122-01.ndjson",
        "m-20261122-0.ndjson",
        "m20261122.ndjson",
        "x-20261122.ndjson",
        "m-20261122-x.ndjson",
        "m-",
        "m",
    };
    struct series_member member;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(foreign); i++)
        assert_false(series_parse(foreign[i], "m", &member));
    assert_true(series_parse("m-20261122.ndjson", "m", &member));
    assert_int_equal(member.date, 20261122);
    assert_int_equal(member.number, 0);
    assert_true(series_parse("m-20261122-12.ndjson", "m", &member));
    assert_int_equal(member.number, 12);
}

static void
numbers_are_ordered_as_numbers(void **state)
{
    struct series_member members[] = {{20261122, 2}, {20261122, 10}};
    struct series series = {members, 2};
    struct series_member next = series_next(&series, NOON);
    (void)state;
    assert_int_equal(next.number, 11);
    next = series_next(&series, NOON + DAY);
    assert_int_equal(next.date, 20261123);
    assert_int_equal(next.number, 0);
    next = series_next(&series, NOON - DAY);
    assert_int_equal(next.date, 20261122);
    assert_int_equal(next.number, 11);
}

static void
files_follow_one_another_and_the_oldest_go(void **state)
{
    struct fixture *f = *state;
    struct series series;

    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    assert_open_file(f, "m-20261122.ndjson");
    for (int i = 0; i < 4; i++) {
        write_text(f, "{\"n\":1}\n");
        assert_int_equal(rotation_advance(&f->rotation, NOON + i * DAY / 2), 0);
    }
    assert_open_file(f, "m-20261123-1.ndjson");
    assert_int_equal(series_list(f->folder, "m", &series), 0);
    assert_int_equal(series.n, 3);
    assert_int_equal(series.members[0].date, 20261122);
    assert_int_equal(series.members[0].number, 2);
    series_free(&series);
}

static void
a_missing_folder_is_made(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *inner = NULL;
    struct series series;
    assert_true(asprintf(&inner, "%s/a/b", f->folder) > 0);
    f->rotation.options.folder = inner;
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    rotation_close(&f->rotation);
    assert_int_equal(series_list(inner, "m", &series), 0);
    assert_int_equal(series.n, 1);
    series_trim(inner, "m", &series, 0);
    series_free(&series);
    assert_int_equal(rmdir(inner), 0);
    *strrchr(inner, '/') = '\0';
    assert_int_equal(rmdir(inner), 0);
}

static void
the_mode_is_exact_whatever_the_umask(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    mode_t mask = umask(077);
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    umask(mask);
    assert_int_equal(stat(f->rotation.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void
a_file_is_full_by_size_but_takes_one_large_document(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    assert_false(rotation_is_full(&f->rotation, 0, 1000));
    assert_true(rotation_is_full(&f->rotation, 1, 1000));
    assert_false(rotation_is_full(&f->rotation, 40, 60));
    assert_true(rotation_is_full(&f->rotation, 40, 61));
    write_text(f, "0123456789");
    assert_false(rotation_is_full(&f->rotation, 40, 50));
    assert_true(rotation_is_full(&f->rotation, 40, 51));
}

static void
a_start_begins_a_new_file_unless_told_not_to(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    rotation_close(&f->rotation);
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    assert_open_file(f, "m-20261122.ndjson"); /* it was empty */
    write_text(f, "a\n");
    rotation_close(&f->rotation);
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    assert_open_file(f, "m-20261122-1.ndjson");
    write_text(f, "b\n");
    rotation_close(&f->rotation);
    f->rotation.options.rotate_on_startup = false;
    assert_int_equal(rotation_open(&f->rotation, NOON + DAY), 0);
    assert_open_file(f, "m-20261122-1.ndjson");
    write_text(f, "c\n");
    assert_content(f, (struct series_member){20261122, 1}, "b\nc\n");
}

static void
a_torn_last_line_is_cut_before_going_on(void **state)
{
    struct fixture *f = *state;
    f->rotation.options.rotate_on_startup = false;
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    write_text(f, "whole\nhalf a li");
    rotation_close(&f->rotation);
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    assert_int_equal(f->rotation.size, 6);
    write_text(f, "next\n");
    assert_content(f, (struct series_member){20261122, 0}, "whole\nnext\n");
}

static void
a_removed_file_is_made_again(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    write_text(f, "a\n");
    assert_int_equal(unlink(f->rotation.path), 0);
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    write_text(f, "b\n");
    assert_content(f, (struct series_member){20261122, 0}, "b\n");
}

/* A file size limit makes the kernel write a part and then refuse, as a full disk does. */
static void
half_a_write_is_rolled_back(void **state)
{
    struct fixture *f = *state;
    struct rlimit old, small;
    int rc;

    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    write_text(f, "before\n");
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 12;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rc = rotation_write(&f->rotation, "0123456789\n", 11);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rc, -EFBIG);
    assert_content(f, (struct series_member){20261122, 0}, "before\n");
    write_text(f, "after\n");
    assert_content(f, (struct series_member){20261122, 0}, "before\nafter\n");
}

static void
a_tail_that_could_not_be_cut_goes_before_the_next_write(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
    write_text(f, "before\n");
    assert_int_equal(write(f->rotation.fd, "hal", 3), 3);
    f->rotation.broken_tail = true;
    write_text(f, "after\n");
    assert_content(f, (struct series_member){20261122, 0}, "before\nafter\n");
}

static void
a_folder_that_cannot_be_used_is_an_error(void **state)
{
    struct fixture *f = *state;
    const char *folder = f->rotation.options.folder;
    f->rotation.options.folder = "/dev/null";
    assert_int_equal(rotation_open(&f->rotation, NOON), -ENOTDIR);
    assert_int_equal(f->rotation.fd, -1);
    f->rotation.options.folder = "/dev/null/below";
    assert_int_equal(rotation_open(&f->rotation, NOON), -ENOTDIR);
    f->rotation.options.folder = folder;
    assert_int_equal(rotation_open(&f->rotation, NOON), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_parsed_strictly),
        cmocka_unit_test(numbers_are_ordered_as_numbers),
        CASE(files_follow_one_another_and_the_oldest_go),
        CASE(a_missing_folder_is_made),
        CASE(the_mode_is_exact_whatever_the_umask),
        CASE(a_file_is_full_by_size_but_takes_one_large_document),
        CASE(a_start_begins_a_new_file_unless_told_not_to),
        CASE(a_torn_last_line_is_cut_before_going_on),
        CASE(a_removed_file_is_made_again),
        CASE(half_a_write_is_rolled_back),
        CASE(a_tail_that_could_not_be_cut_goes_before_the_next_write),
        CASE(a_folder_that_cannot_be_used_is_an_error),
    };
    return cmocka_run_group_tests_name("output_rotation", tests, NULL, NULL);
}
