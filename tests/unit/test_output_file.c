/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_output_file.c - the outputs `file` and `console` under a test host: the form of documents,
 * options and their refusals, and what is said about each record when a write fails in the middle.
 */
#include "indent.h"
#include "output_file.h"
#include "series.h"
#include "support.h"
#include "testhost.h"

#include <metrichost/ext/output.h>
#include <metrichost/ext/report.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

/* 2026-11-22 10:00:00 UTC */
#define NOON (INT64_C(1795341600) * 1000000000)

static const struct mh_field fields[] = {
    {"container.name", NULL, "name", MH_TYPE_KEYWORD, MH_METRIC_NONE, 0},
    {"t.number", NULL, "number", MH_TYPE_LONG, MH_METRIC_GAUGE, 0},
    {"t.filler", NULL, "filler", MH_TYPE_KEYWORD, MH_METRIC_NONE, 0},
};

static const struct mh_dataset dataset = {
    .name = "t.t",
    .module = "t",
    .metricset = "t",
    .doc = "test",
    .fields = fields,
    .n_fields = COUNT_OF(fields),
    .field_stride = sizeof fields[0],
};

struct fixture {
    char *folder;
    char *yaml;
    struct testhost *host;
    struct mh_batch *batch;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->folder = strdup("/tmp/metrichost-output.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    CLEANUP(series_free) struct series series = {0};
    if (f->host != NULL)
        testhost_free(f->host);
    if (f->batch != NULL)
        testhost_free_batch(f->batch);
    if (series_list(f->folder, "metrichost", &series) == 0)
        series_trim(f->folder, "metrichost", &series, 0);
    assert_int_equal(rmdir(f->folder), 0);
    free(f->folder);
    free(f->yaml);
    free(f);
    return 0;
}

/* What makes a record: a number that counts on from `first`, and bytes that make it long (NULL:
 * none). */
struct content {
    uint32_t first;
    char *filler;
};

static void
fill(const struct mh_record_ops *ops, struct mh_record *record, uint32_t i, void *ctx)
{
    const struct content *content = ctx;
    struct mh_value value = mh_text("a<b", 3);
    assert_int_equal(ops->set(record, 0, &value), MH_OK);
    value = mh_int(content->first + i);
    assert_int_equal(ops->set(record, 1, &value), MH_OK);
    if (content->filler != NULL) {
        value = mh_text(content->filler, strlen(content->filler));
        assert_int_equal(ops->set(record, 2, &value), MH_OK);
    }
}

/* n records, the first with this number; each with `bytes` more than it needs. The caller frees. */
static struct mh_batch *
make_batch(uint32_t first, uint32_t n, size_t bytes)
{
    CLEANUP_FREE char *filler = calloc(1, bytes + 1);
    struct content content = {first, bytes > 0 ? filler : NULL};
    assert_non_null(filler);
    memset(filler, 'x', bytes);
    return testhost_batch(&dataset, n, fill, &content);
}

/* Creates an instance with the fixture's folder and more options (YAML text). */
static int32_t
create_file(struct fixture *f, const char *options)
{
    assert_true(asprintf(&f->yaml, "path: %s\n%s", f->folder, options) > 0);
    f->host = testhost_new(&file_plugin, f->yaml);
    assert_non_null(f->host);
    testhost_set_clocks(f->host, MH_NS_PER_S, NOON);
    return testhost_create(f->host);
}

static void
start_file(struct fixture *f, const char *options)
{
    assert_int_equal(create_file(f, options), MH_OK);
    assert_int_equal(testhost_start(f->host), MH_OK);
}

static char *
read_path(const char *path)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = calloc(1, 1 << 20);
    assert_true(fd >= 0);
    assert_non_null(text);
    assert_true(read(fd, text, (1 << 20) - 1) >= 0);
    return text;
}

static char *
read_member(const struct fixture *f, uint32_t number)
{
    CLEANUP_FREE char *path =
        series_path(f->folder, "metrichost", (struct series_member){20261122, number});
    return read_path(path);
}

static size_t
count_texts(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        n++;
    return n;
}

static size_t
count_lines(const char *text)
{
    return count_texts(text, "\n");
}

static void
documents_are_lines_that_begin_with_their_time(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE char *expected = NULL;
    start_file(f, "");
    f->batch = make_batch(0, 3, 0);
    assert_int_equal(testhost_write(f->host, f->batch), MH_OK);
    text = read_member(f, 0);
    expected = testhost_batch_documents(f->batch);
    assert_string_equal(text, expected);
    assert_int_equal(strncmp(text, "{\"@timestamp\":\"", 15), 0);
    assert_int_equal(count_lines(text), 3);
}

static void
a_batch_goes_over_several_files(void **state)
{
    struct fixture *f = *state;
    CLEANUP(series_free) struct series series = {0};
    start_file(f, "rotate_every_kb: 1\nnumber_of_files: 3\n");
    f->batch = make_batch(0, 5, 900);
    assert_int_equal(testhost_write(f->host, f->batch), MH_OK);
    assert_int_equal(series_list(f->folder, "metrichost", &series), 0);
    assert_int_equal(series.n, 3);
    for (uint32_t i = 2; i < 5; i++) {
        CLEANUP_FREE char *text = read_member(f, i);
        char number[32];
        snprintf(number, sizeof number, "\"number\":%u,", i);
        assert_int_equal(count_lines(text), 1);
        assert_non_null(strstr(text, number));
    }
}

/* A limit on file sizes stands in for a full disk: the kernel writes a part and refuses the rest.
 */
static void
what_is_written_when_the_disk_fills_is_not_written_again(void **state)
{
    struct fixture *f = *state;
    struct rlimit old, small;
    int32_t rc;

    start_file(f, "rotate_every_kb: 1\nnumber_of_files: 9\n");
    f->batch = make_batch(0, 1, 0);
    assert_int_equal(testhost_write(f->host, f->batch), MH_OK);
    testhost_free_batch(f->batch);
    f->batch = make_batch(0, 4, 900);

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 600;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rc = testhost_write(f->host, f->batch);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rc, MH_ERR_RETRY);
    assert_non_null(strstr(testhost_words(f->host), "cannot write to"));
    assert_non_null(strstr(testhost_words(f->host), f->folder));

    assert_int_equal(testhost_write(f->host, f->batch), MH_OK);
    for (uint32_t i = 0; i < 5; i++) {
        CLEANUP_FREE char *text = read_member(f, i);
        assert_int_equal(count_lines(text), 1);
        assert_string_equal(strrchr(text, '\n'), "\n");
    }
}

/* The folder goes away, and something that is no folder comes, when the first file is open. */
static void
records_before_a_failure_count_as_delivered(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *aside = NULL;
    int32_t rc;

    start_file(f, "rotate_every_kb: 1\n");
    assert_true(asprintf(&aside, "%s.aside", f->folder) > 0);
    assert_int_equal(rename(f->folder, aside), 0);
    assert_int_equal(close(open(f->folder, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
    f->batch = make_batch(0, 3, 900);
    rc = testhost_write(f->host, f->batch);
    assert_int_equal(unlink(f->folder), 0);
    assert_int_equal(rename(aside, f->folder), 0);
    assert_int_equal(rc, MH_ERR_PARTIAL);
    assert_non_null(strstr(testhost_words(f->host), "no folder is in the way"));
    assert_int_equal(testhost_status(f->batch, 0, NULL), MH_STATUS_DELIVERED);
    assert_int_equal(testhost_status(f->batch, 1, NULL), -1);
    assert_int_equal(testhost_status(f->batch, 2, NULL), -1);
}

static void
wrong_options_are_refused_with_the_fix(void **state)
{
    static const struct {
        const char *yaml, *words;
    } wrong[] = {
        {"filename: a/b", "must be a name without '/'"},
        {"filename: ''", "must be a name without '/'"},
        {"rotate_every_kb: 0", "must be from 1 to"},
        {"number_of_files: 1", "must be from 2 to 1024, not 1"},
        {"number_of_files: 1025", "must be from 2 to 1024, not 1025"},
        {"permissions: '0888'", "must be an octal mode such as 0600"},
        {"permissions: '01777'", "must be an octal mode such as 0600"},
        {"codec.format.string: '%{[a'", "without its }"},
        {"codec.format.string: '%{a}'", "%{[dotted.path]}"},
        {"codec.format.string: '%{[a]b}'", "%{[dotted.path]:default}"},
        {"codec.format.string: '%{+yyyx}'", "time pattern"},
        {"codec:\n  json.pretty: true\n  format.string: 'a'", "remove one of them"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(create_file(f, wrong[i].yaml), MH_ERR_CONFIG);
        if (strstr(testhost_findings(f->host), wrong[i].words) == NULL)
            fail_msg("%s: %s", wrong[i].yaml, testhost_findings(f->host));
        testhost_free(f->host);
        f->host = NULL;
        free(f->yaml);
        f->yaml = NULL;
    }
}

static void
a_format_puts_values_into_text(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *text = NULL;
    char expected[256];
    start_file(f, "codec.format.string: '%{+yyyy}<%{[container.name]}> %{[t.number]:9}/"
                  "%{[none]:x y}%{[none]}%{[t]:map}!'");
    f->batch = make_batch(0, 2, 0);
    assert_int_equal(testhost_write(f->host, f->batch), MH_OK);
    text = read_member(f, 0);
    snprintf(expected, sizeof expected, "2026<a<b> 0/x ymap!\n2026<a<b> 1/x ymap!\n");
    assert_string_equal(text, expected);
}

static void
a_format_has_the_time_without_quotes(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE char *json = NULL;
    start_file(f, "codec.format.string: '{\"@timestamp\":\"%{[@timestamp]}\"'");
    f->batch = make_batch(0, 1, 0);
    assert_int_equal(testhost_write(f->host, f->batch), MH_OK);
    text = read_member(f, 0);
    json = testhost_batch_documents(f->batch);
    assert_int_equal(strlen(text), strlen("{\"@timestamp\":\"2026-11-22T10:00:00.000Z\"\n"));
    assert_memory_equal(text, json, strlen(text) - 1);
}

static void
html_is_escaped_on_request(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *text = NULL;
    start_file(f, "codec.json.escape_html: true");
    f->batch = make_batch(0, 1, 0);
    assert_int_equal(testhost_write(f->host, f->batch), MH_OK);
    text = read_member(f, 0);
    assert_non_null(strstr(text, "a\\u003cb"));
}

static void
pretty_only_adds_white_space(void **state)
{
    CLEANUP(json_text_free) struct json_text to = {0};
    static const char json[] = "{\"a\":{\"b\":[1,2],\"c\":{},\"d\":[]},\"e\":\"x{\\\",:\\\\\"}";
    static const char expected[] = "{\n"
                                   "  \"a\": {\n"
                                   "    \"b\": [\n"
                                   "      1,\n"
                                   "      2\n"
                                   "    ],\n"
                                   "    \"c\": {},\n"
                                   "    \"d\": []\n"
                                   "  },\n"
                                   "  \"e\": \"x{\\\",:\\\\\"\n"
                                   "}";
    (void)state;
    indent_json(&to, json, sizeof json - 1);
    assert_string_equal(json_terminate(&to), expected);
}

static void
ignore_step(void *ctx, uint32_t depth, uint32_t result, const char *name, const char *text)
{
    (void)depth;
    (void)name;
    (void)text;
    *(uint32_t *)ctx = result;
}

static void
the_check_looks_at_the_folder(void **state)
{
    struct fixture *f = *state;
    uint32_t result = 0;
    const struct mh_report_v1 report = {&result, ignore_step, NULL};
    const struct mh_check_v1 *check;

    assert_int_equal(create_file(f, ""), MH_OK);
    check = file_plugin.get_interface(testhost_self(f->host), MH_EXT_CHECK);
    assert_non_null(check);
    assert_int_equal(check->check(testhost_self(f->host), &report, UINT64_MAX), MH_OK);
    assert_int_equal(result, MH_STEP_OK);
    assert_int_equal(rmdir(f->folder), 0);
    assert_int_equal(check->check(testhost_self(f->host), &report, UINT64_MAX), MH_OK);
    assert_int_equal(result, MH_STEP_WARN);
    assert_int_equal(mkdir(f->folder, 0700), 0);
}

/* Standard output replaced by one end of a pipe. */
struct piped {
    int saved, reader;
};

static struct piped
pipe_stdout(void)
{
    int ends[2];
    struct piped piped;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fflush(stdout);
    piped.saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    piped.reader = ends[0];
    assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    close(ends[1]);
    return piped;
}

static void
restore_stdout(struct piped *piped)
{
    fflush(stdout);
    dup2(piped->saved, STDOUT_FILENO);
    close(piped->saved);
}

static void
create_console(struct fixture *f, const char *yaml)
{
    f->host = testhost_new(&console_plugin, yaml);
    assert_non_null(f->host);
    assert_int_equal(testhost_create(f->host), MH_OK);
    assert_int_equal(testhost_start(f->host), MH_OK);
}

static void
the_console_writes_lines(void **state)
{
    struct fixture *f = *state;
    CLEANUP_FREE char *expected = NULL;
    char text[4096] = "";
    struct piped piped;
    int32_t rc;

    create_console(f, NULL);
    f->batch = make_batch(0, 3, 0);
    expected = testhost_batch_documents(f->batch);
    piped = pipe_stdout();
    rc = testhost_write(f->host, f->batch);
    restore_stdout(&piped);
    assert_int_equal(rc, MH_OK);
    assert_true(read(piped.reader, text, sizeof text - 1) > 0);
    assert_string_equal(text, expected);
    close(piped.reader);
}

static void
a_console_without_a_reader_is_over(void **state)
{
    struct fixture *f = *state;
    struct piped piped;
    int32_t rc;

    signal(SIGPIPE, SIG_IGN);
    create_console(f, "pretty: true");
    f->batch = make_batch(0, 1, 0);
    piped = pipe_stdout();
    close(piped.reader);
    rc = testhost_write(f->host, f->batch);
    restore_stdout(&piped);
    assert_int_equal(rc, MH_ERR_FATAL);
    assert_non_null(strstr(testhost_words(f->host), "nobody reads standard output"));
}

/* Reads all that is there, then lets the next write go on. */
static size_t
drain(int fd, char *text, size_t size)
{
    ssize_t n;
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    for (size_t len = 0;; len += (size_t)n) {
        n = read(fd, text + len, size - len);
        if (n <= 0)
            return len;
    }
}

/* Delivered records, which must be the first ones. */
static uint32_t
count_delivered(struct mh_batch *batch, uint32_t most)
{
    uint32_t n = 0;
    while (n < most && testhost_status(batch, n, NULL) == MH_STATUS_DELIVERED)
        n++;
    return n;
}

static void
a_slow_reader_gets_every_line_once(void **state)
{
    enum { N = 40, LONG = 10000, ROOM = 1 << 20 }; /* lines longer than PIPE_BUF can be cut */
    struct fixture *f = *state;
    CLEANUP_FREE char *text = calloc(1, ROOM);
    struct piped piped;
    size_t len;
    uint32_t n_delivered;
    int32_t rc;

    create_console(f, NULL);
    f->batch = make_batch(0, N, LONG);
    piped = pipe_stdout();
    rc = console_plugin.write(testhost_self(f->host), f->batch, 0);
    len = drain(piped.reader, text, ROOM);
    assert_int_equal(rc, MH_ERR_PARTIAL);
    n_delivered = count_delivered(f->batch, N);
    assert_in_range(n_delivered, 1, N - 1);

    /* The rest of the line that was cut comes first when the host gives the others again. */
    while (n_delivered < N) {
        struct mh_batch *rest = make_batch(n_delivered, N - n_delivered, LONG);
        rc = console_plugin.write(testhost_self(f->host), rest, 0);
        len += drain(piped.reader, text + len, ROOM - len);
        n_delivered += rc == MH_OK ? N - n_delivered : count_delivered(rest, N - n_delivered);
        testhost_free_batch(rest);
    }
    testhost_stop(f->host); /* writes the end of the last line */
    len += drain(piped.reader, text + len, ROOM - len);
    restore_stdout(&piped);
    close(piped.reader);
    assert_int_equal(n_delivered, N);
    assert_int_equal(count_lines(text), N);
    assert_int_equal(count_texts(text, "{\"@timestamp\""), N);
    for (uint32_t i = 0; i < N; i++) {
        char number[32];
        snprintf(number, sizeof number, "\"number\":%u,", i);
        assert_int_equal(count_texts(text, number), 1);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(documents_are_lines_that_begin_with_their_time),
        CASE(a_batch_goes_over_several_files),
        CASE(what_is_written_when_the_disk_fills_is_not_written_again),
        CASE(records_before_a_failure_count_as_delivered),
        CASE(wrong_options_are_refused_with_the_fix),
        CASE(a_format_puts_values_into_text),
        CASE(a_format_has_the_time_without_quotes),
        CASE(html_is_escaped_on_request),
        cmocka_unit_test(pretty_only_adds_white_space),
        CASE(the_check_looks_at_the_folder),
        CASE(the_console_writes_lines),
        CASE(a_console_without_a_reader_is_over),
        CASE(a_slow_reader_gets_every_line_once),
    };
    return cmocka_run_group_tests_name("output_file", tests, NULL, NULL);
}
