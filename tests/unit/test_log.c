/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_log.c - lines in a file: levels, selectors, both forms, rotation.
 */
#include "log/log.h"

#include <setjmp.h>
#include <sys/stat.h>

#include <cmocka.h>

struct place {
    char *folder;
    struct log_options options;
};

static int
set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    p->folder = strdup("/tmp/mh-test-log-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    p->options = (struct log_options){
        .level = LOG_LEVEL_INFO,
        .to_files = true,
        .file_dir = p->folder,
        .file_name = "t",
        .keep_files = 2,
    };
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    static const char *const names[] = {"t.ndjson", "t.ndjson.1", "t.ndjson.2", "t.log", "moved"};
    struct place *p = *state;
    log_close();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP_FREE char *path = util_printf("%s/%s", p->folder, names[i]);
        unlink(path);
    }
    int r = rmdir(p->folder);
    free(p->folder);
    free(p);
    return r;
}

static char *
content_of(const struct place *p, const char *name)
{
    CLEANUP_FREE char *path = util_printf("%s/%s", p->folder, name);
    char *content = NULL;
    size_t len;
    assert_int_equal(util_read_file(path, 1 << 20, &content, &len), 0);
    return content;
}

static void
json_lines(void **state)
{
    struct place *p = *state;
    assert_int_equal(log_open(&p->options), 0);
    log_warning("docker[x]", "a \"%s\"\n", "quote");
    log_json(LOG_LEVEL_INFO, "stats", "m", "\"a\":1");
    log_debug("docker[x]", "hidden");
    CLEANUP_FREE char *text = content_of(p, "t.ndjson");
    assert_non_null(strstr(text, "{\"log.level\":\"warn\",\"@timestamp\":\""));
    assert_non_null(strstr(text, "\"log.logger\":\"docker[x]\",\"message\":\"a \\\"quote\\\"\\n\","
                                 "\"service.name\":\"metrichost\",\"ecs.version\":\"1.6.0\"}\n"));
    assert_non_null(strstr(text, "\"message\":\"m\",\"service.name\":\"metrichost\","
                                 "\"ecs.version\":\"1.6.0\",\"a\":1}\n"));
    assert_null(strstr(text, "hidden"));
}

static void
text_lines_hold_no_control_characters(void **state)
{
    struct place *p = *state;
    p->options.format = LOG_FORMAT_TEXT;
    assert_int_equal(log_open(&p->options), 0);
    log_info("a", "one\ntwo\x1b[31m");
    log_json(LOG_LEVEL_ERROR, "b", "m", "\"a\":1");
    CLEANUP_FREE char *text = content_of(p, "t.log");
    assert_non_null(strstr(text, "Z INFO  [a] one\\x0atwo\\x1b[31m\n"));
    assert_non_null(strstr(text, "Z ERROR [b] m {\"a\":1}\n"));
}

static void
selectors_choose_debug_lines(void **state)
{
    struct place *p = *state;
    static const char *const selectors[] = {"docker", "queue"};
    p->options.level = LOG_LEVEL_DEBUG;
    p->options.selectors = selectors;
    p->options.n_selectors = 2;
    assert_int_equal(log_open(&p->options), 0);
    log_debug("docker[unix]", "yes-bracket");
    log_debug("queue", "yes-exact");
    log_debug("dockerd", "no-longer");
    log_info("other", "yes-info");
    CLEANUP_FREE char *text = content_of(p, "t.ndjson");
    assert_non_null(strstr(text, "yes-bracket"));
    assert_non_null(strstr(text, "yes-exact"));
    assert_non_null(strstr(text, "yes-info"));
    assert_null(strstr(text, "no-longer"));
}

static void
files_rotate_by_size(void **state)
{
    struct place *p = *state;
    p->options.rotate_bytes = 200; /* one line is about 140 bytes */
    assert_int_equal(log_open(&p->options), 0);
    for (int i = 0; i < 5; i++)
        log_info("a", "line%d", i);
    CLEANUP_FREE char *now = content_of(p, "t.ndjson");
    CLEANUP_FREE char *first = content_of(p, "t.ndjson.1");
    CLEANUP_FREE char *second = content_of(p, "t.ndjson.2");
    assert_non_null(strstr(now, "line4"));
    assert_non_null(strstr(first, "line3"));
    assert_non_null(strstr(second, "line2"));
    CLEANUP_FREE char *third = util_printf("%s/t.ndjson.3", p->folder);
    assert_int_equal(access(third, F_OK), -1);
    CLEANUP_FREE char *path = util_printf("%s/t.ndjson", p->folder);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void
reopen_follows_a_move(void **state)
{
    struct place *p = *state;
    assert_int_equal(log_open(&p->options), 0);
    log_info("a", "before");
    CLEANUP_FREE char *from = util_printf("%s/t.ndjson", p->folder);
    CLEANUP_FREE char *to = util_printf("%s/moved", p->folder);
    assert_int_equal(rename(from, to), 0);
    log_reopen();
    log_info("a", "after");
    CLEANUP_FREE char *old = content_of(p, "moved");
    CLEANUP_FREE char *new = content_of(p, "t.ndjson");
    assert_non_null(strstr(old, "before"));
    assert_null(strstr(old, "after"));
    assert_non_null(strstr(new, "after"));
}

static void
an_impossible_folder_is_an_error(void **state)
{
    struct place *p = *state;
    p->options.file_dir = "/dev/null/x";
    assert_true(log_open(&p->options) < 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_lines_hold_no_control_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(selectors_choose_debug_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_rotate_by_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reopen_follows_a_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_impossible_folder_is_an_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
