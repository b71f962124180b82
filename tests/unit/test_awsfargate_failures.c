/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_awsfargate_failures.c - what awsfargate makes of an endpoint that misbehaves: nothing is
 * invented, what is known stays, and the operator is told in words.
 */
#include "fargate_place.h"

#include "awsfargate.h"

#include <metrichost/ext/report.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define STATS "awsfargate.task_stats."
#define TASK                                                                                       \
    "{\"TaskARN\":\"arn:aws:ecs:eu-west-1:123456789012:task/shop/"                                 \
    "abc\",\"LaunchType\":\"FARGATE\","                                                            \
    "\"Limits\":{\"CPU\":1,\"Memory\":1},\"Containers\":[{\"DockerId\":\"a\",\"Name\":\"web\","    \
    "\"KnownStatus\":\"RUNNING\"}]}"
#define SAMPLE(second)                                                                             \
    "{\"read\":\"2026-01-01T00:00:" second "Z\",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":"    \
    "100},\"system_cpu_usage\":1000,\"online_cpus\":1},\"memory_stats\":{\"usage\":1024}}"

static int
setup(void **state)
{
    struct fargate_place *place = calloc(1, sizeof *place);
    if (place == NULL)
        return -1;
    fargate_place_open(place);
    stub_server_put(&place->server, "task.json", TASK);
    stub_server_put(&place->server, "stats.json", "{\"a\":" SAMPLE("10") "}");
    *state = place;
    return 0;
}

static int
teardown(void **state)
{
    fargate_place_close(*state);
    free(*state);
    return 0;
}

static void
assert_says(struct fargate_place *place, const char *words)
{
    const char *got = testhost_words(place->host);
    if (got == NULL || strstr(got, words) == NULL)
        fail_msg("'%s' does not say '%s'", got != NULL ? got : "", words);
}

static void
assert_logged(struct fargate_place *place, const char *words)
{
    if (strstr(testhost_log(place->host), words) == NULL)
        fail_msg("the log does not say '%s': %s", words, testhost_log(place->host));
}

static size_t
count_documents(struct fargate_place *place)
{
    return fargate_place_documents(place, NULL)->members.count;
}

static void
wrong_answers_are_errors_with_words(void **state)
{
    static const struct {
        const char *reply;
        const char *words;
    } cases[] = {
        {"{\"status\":404,\"body\":\"\\\"V4 container metadata handler: unable to get task\\\"\"}",
         "status 404: V4 container metadata handler: unable to get task"},
        {"{\"status\":500,\"body\":\"\\\"unable to generate metadata\\\"\"}", "status 500"},
        {"{\"status\":503,\"body\":\"<html>\"}", "status 503"},
        {"{\"body\":\"\\\"an error with status 200\\\"\"}", "an error with status 200"},
        {"{\"body\":\"null\"}", "no JSON object"},
        {"{\"body\":\"[]\"}", "no JSON object"},
        {"{\"body\":\"\"}", "empty answer"},
        {"{\"body\":\"<html>welcome</html>\"}", "not JSON"},
        {"{\"body\":\"{}\"}", "without a task"},
        {"{\"truncate\":20}", "127.0.0.1"},
    };
    struct fargate_place *place = *state;
    fargate_place_start(place, "");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stub_server_put(&place->server, "task.reply", cases[i].reply);
        fargate_place_collect(place, MH_ERR_RETRY);
        assert_says(place, cases[i].words);
        assert_int_equal(count_documents(place), 0);
    }
    stub_server_remove(&place->server, "task.reply");
    fargate_place_collect(place, MH_OK);
    assert_int_equal(count_documents(place), 2);
}

static void
the_last_good_metadata_serves_on(void **state)
{
    struct fargate_place *place = *state;
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    stub_server_put(&place->server, "task.reply", "{\"status\":500,\"body\":\"\\\"broken\\\"\"}");
    stub_server_put(&place->server, "stats.json", "{\"a\":" SAMPLE("20") "}");
    fargate_place_collect(place, MH_OK);
    assert_number(fargate_place_container(place, "web"), STATS "memory.usage.total", 1024);
    assert_logged(place, "broken; going on with the last good answer");
    stub_server_remove(&place->server, "task.reply");
    fargate_place_collect(place, MH_OK);
    assert_logged(place, "up to date again");
}

static void
without_stats_there_is_state_and_no_usage(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    fargate_place_start(place, "");
    stub_server_put(&place->server, "stats.reply",
                    "{\"status\":500,\"body\":\"\\\"no stats\\\"\"}");
    fargate_place_collect(place, MH_ERR_RETRY);
    assert_says(place, "status 500: no stats");
    doc = fargate_place_container(place, "web");
    assert_text(doc, STATS "container.known_status", "RUNNING");
    assert_absent(doc, STATS "memory");
    doc = fargate_place_task(place);
    assert_number(doc, "awsfargate.task.cpu.limit", 1);
    assert_absent(doc, "awsfargate.task.memory.usage");
    assert_absent(doc, "awsfargate.task.containers.unsampled");
}

static void
both_answers_failing_give_no_documents(void **state)
{
    struct fargate_place *place = *state;
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    stub_server_put(&place->server, "task.reply", "{\"status\":500,\"body\":\"\"}");
    stub_server_put(&place->server, "stats.reply", "{\"status\":500,\"body\":\"\"}");
    fargate_place_collect(place, MH_ERR_RETRY);
    assert_int_equal(count_documents(place), 0);
}

static void
empty_samples_are_no_samples(void **state)
{
    static const char *const answers[] = {
        "{\"a\":null}",
        "{\"a\":{}}",
        "{}",
        "{\"a\":[]}",
        "{\"a\":\"text\"}",
        "{\"a\":{\"read\":\"0001-01-01T00:00:00Z\",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":0}"
        "}}}",
        "{\"b\":" SAMPLE("10") "}",
    };
    struct fargate_place *place = *state;
    fargate_place_start(place, "");
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        stub_server_put(&place->server, "stats.json", answers[i]);
        fargate_place_collect(place, MH_OK);
        assert_absent(fargate_place_container(place, "web"), STATS "memory");
        assert_absent(fargate_place_container(place, "web"), STATS "cpu");
        assert_number(fargate_place_task(place), "awsfargate.task.containers.unsampled", 1);
        assert_absent(fargate_place_task(place), "awsfargate.task.memory.usage");
    }
}

static void
sums_of_a_task_need_all_running_containers(void **state)
{
    static const char two[] =
        "{\"TaskARN\":\"arn:a\",\"Containers\":[{\"DockerId\":\"a\",\"Name\":\"web\","
        "\"KnownStatus\":\"RUNNING\"},{\"DockerId\":\"b\",\"Name\":\"db\",\"KnownStatus\":"
        "\"RUNNING\"}]}";
    struct fargate_place *place = *state;
    stub_server_put(&place->server, "task.json", two);
    stub_server_put(&place->server, "stats.json", "{\"a\":" SAMPLE("10") ",\"b\":null}");
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    assert_absent(fargate_place_task(place), "awsfargate.task.memory.usage");
    assert_number(fargate_place_task(place), "awsfargate.task.containers.unsampled", 1);
    stub_server_put(&place->server, "stats.json",
                    "{\"a\":" SAMPLE("10") ",\"b\":" SAMPLE("10") "}");
    fargate_place_collect(place, MH_OK);
    assert_number(fargate_place_task(place), "awsfargate.task.memory.usage.total", 2048);
}

static void
odd_members_are_left_out_alone(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    stub_server_put(&place->server, "stats.json",
                    "{\"a\":{\"read\":\"2026-01-01T00:00:10Z\",\"cpu_stats\":{\"cpu_usage\":"
                    "{\"total_usage\":\"many\",\"percpu_usage\":{}},\"system_cpu_usage\":-5},"
                    "\"precpu_stats\":null,\"memory_stats\":{\"usage\":2048,\"stats\":{\"cache\":"
                    "\"x\",\"total_rss\":7,\"huge\":18446744073709551615}},\"blkio_stats\":null,"
                    "\"networks\":{\"eth1\":null},\"pids_stats\":[],\"new_in_2030\":{\"x\":[1]}}}");
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "web");
    assert_number(doc, STATS "memory.usage.total", 2048);
    assert_number(doc, STATS "memory.stats.total_rss", 7);
    assert_absent(doc, STATS "memory.stats.huge");
    assert_absent(doc, STATS "memory.stats.cache");
    assert_absent(doc, STATS "cpu.total");
    assert_absent(doc, STATS "diskio");
    assert_absent(doc, STATS "pids");
}

static void
metadata_without_arrays_still_has_a_task(void **state)
{
    struct fargate_place *place = *state;
    stub_server_put(&place->server, "task.json",
                    "{\"TaskARN\":\"arn:aws:ecs:eu-west-1:123456789012:task/shop/abc\",\"Limits\":"
                    "null,\"Containers\":null}");
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    assert_number(fargate_place_task(place), "awsfargate.task.containers.total", 0);
    stub_server_put(&place->server, "task.json",
                    "{\"TaskARN\":\"arn:a\",\"Containers\":[null,{},{\"Name\":\"no id\"},7,"
                    "{\"DockerId\":\"a\",\"Name\":\"/web/\",\"Labels\":{\"a.b\":\"c\",\"n\":1}}]}");
    fargate_place_collect(place, MH_OK);
    assert_text(fargate_place_container(place, "web"), "container.labels.a_b", "c");
    assert_absent(fargate_place_container(place, "web"), "container.labels.n");
    assert_number(fargate_place_task(place), "awsfargate.task.containers.total", 1);
}

static void
a_refusal_is_honoured(void **state)
{
    struct fargate_place *place = *state;
    int before;
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    stub_server_put(&place->server, "task.reply",
                    "{\"status\":429,\"body\":\"slow down\",\"headers\":{\"Retry-After\":\"1\"}}");
    before = stub_server_requests(&place->server);
    fargate_place_collect(place, MH_ERR_RETRY);
    assert_says(place, "429");
    assert_int_equal(stub_server_requests(&place->server), before + 1);
    stub_server_remove(&place->server, "task.reply");
    fargate_place_collect(place, MH_OK);
    assert_int_equal(count_documents(place), 0);
    assert_int_equal(stub_server_requests(&place->server), before + 1);
}

static void
the_budget_is_kept(void **state)
{
    struct fargate_place *place = *state;
    fargate_place_start(place, "max_requests_per_second: 0.01");
    for (int i = 0; i < 5; i++)
        fargate_place_collect(place, MH_OK);
    assert_int_equal(stub_server_requests(&place->server), 2);
    assert_int_equal(testhost_statistic(place->host, "endpoint_requests"), 2);
}

static void
two_requests_a_period_serve_both_metricsets(void **state)
{
    struct fargate_place *place = *state;
    fargate_place_start(place, "");
    for (int i = 1; i <= 5; i++) {
        fargate_place_collect(place, MH_OK);
        assert_int_equal(stub_server_requests(&place->server), 2 * i);
    }
}

static void
a_slow_answer_ends_with_the_deadline(void **state)
{
    struct fargate_place *place = *state;
    uint64_t now;
    fargate_place_start(place, "");
    stub_server_put(&place->server, "task.reply", "{\"drip\":0.5}");
    now = testhost_host(place->host)->monotonic_ns(testhost_host(place->host));
    assert_int_equal(testhost_collect_until(place->host, now + 600000000), MH_ERR_RETRY);
    stub_server_put(&place->server, "task.reply", "{\"hang\":true}");
    now = testhost_host(place->host)->monotonic_ns(testhost_host(place->host));
    assert_int_equal(testhost_collect_until(place->host, now + 600000000), MH_ERR_RETRY);
    stub_server_remove(&place->server, "task.reply");
    fargate_place_collect(place, MH_OK);
}

static void
tags_come_once_and_by_name(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    char *with_tags;
    assert_true(asprintf(&with_tags,
                         "%.*s,\"TaskTags\":{\"team\":\"web.eu\",\"secret\":\"x\",\"n\":1}}",
                         (int)strlen(TASK) - 1, TASK) > 0);
    stub_server_put(&place->server, "taskWithTags.json", with_tags);
    free(with_tags);
    fargate_place_start(place, "task_tags: [team, absent]");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "web");
    assert_text(doc, "aws.ecs.task.tags.team", "web.eu");
    assert_absent(doc, "aws.ecs.task.tags.secret");
    stub_server_remove(&place->server, "taskWithTags.json");
    stub_server_put(&place->server, "stats.json", "{\"a\":" SAMPLE("20") "}");
    fargate_place_collect(place, MH_OK);
    assert_text(fargate_place_container(place, "web"), "aws.ecs.task.tags.team", "web.eu");
    assert_text(fargate_place_task(place), "aws.ecs.task.tags.team", "web.eu");
    /* The second period asked for /task: the other answer was gone. */
    if (strstr(testhost_log(place->host), "tags") != NULL)
        fail_msg("tags were asked for again: %s", testhost_log(place->host));
}

static void
tags_that_fail_do_not_stop_the_rest(void **state)
{
    struct fargate_place *place = *state;
    char *failing;
    assert_true(asprintf(&failing,
                         "%.*s,\"Errors\":[{\"ErrorField\":\"TaskTags\",\"ErrorCode\":"
                         "\"AccessDenied\",\"StatusCode\":400}]}",
                         (int)strlen(TASK) - 1, TASK) > 0);
    stub_server_put(&place->server, "taskWithTags.json", failing);
    free(failing);
    fargate_place_start(place, "task_tags: '*'");
    fargate_place_collect(place, MH_OK);
    assert_non_null(fargate_place_container(place, "web"));
    assert_logged(place, "AccessDenied");
}

static void
without_the_variable_the_words_say_what_to_check(void **state)
{
    struct testhost *host = testhost_new(&awsfargate_plugin, "");
    (void)state;
    unsetenv("ECS_CONTAINER_METADATA_URI_V4");
    unsetenv("ECS_CONTAINER_METADATA_URI");
    assert_int_equal(testhost_create(host), MH_OK);
    assert_int_equal(testhost_start(host), MH_ERR_FATAL);
    assert_non_null(strstr(testhost_words(host), "ECS_CONTAINER_METADATA_URI_V4 is not set"));
    assert_non_null(strstr(testhost_words(host), "platform version 1.4.0"));
    setenv("ECS_CONTAINER_METADATA_URI", "http://169.254.170.2/v3/x", 1);
    assert_int_equal(testhost_start(host), MH_ERR_FATAL);
    assert_non_null(strstr(testhost_words(host), "version 3 only"));
    unsetenv("ECS_CONTAINER_METADATA_URI");
    testhost_free(host);
}

static void
the_variable_is_used(void **state)
{
    struct fargate_place *place = *state;
    char uri[64];
    snprintf(uri, sizeof uri, "http://127.0.0.1:%d/v4/from-variable", place->server.port);
    setenv("ECS_CONTAINER_METADATA_URI_V4", uri, 1);
    place->host = testhost_new(&awsfargate_plugin, "");
    assert_int_equal(testhost_create(place->host), MH_OK);
    assert_int_equal(testhost_start(place->host), MH_OK);
    unsetenv("ECS_CONTAINER_METADATA_URI_V4");
    fargate_place_collect(place, MH_OK);
    assert_int_equal(count_documents(place), 2);
}

static void
wrong_options_are_refused(void **state)
{
    static const char *const options[] = {
        "metadata_uri: 'ftp://x'",
        "max_requests_per_second: 0",
        "max_requests_per_second: 1e9",
        "skip_major: [-1]",
        "skip_major: [x]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct testhost *host = testhost_new(&awsfargate_plugin, options[i]);
        assert_int_equal(testhost_create(host), MH_ERR_CONFIG);
        assert_true(testhost_findings(host)[0] != '\0');
        testhost_free(host);
    }
}

static void
an_endpoint_that_is_down_is_no_reason_to_give_up(void **state)
{
    struct testhost *host =
        testhost_new(&awsfargate_plugin, "metadata_uri: http://127.0.0.1:9/v4/x");
    (void)state;
    assert_int_equal(testhost_create(host), MH_OK);
    assert_int_equal(testhost_start(host), MH_OK);
    assert_int_equal(testhost_collect(host), MH_ERR_RETRY);
    assert_non_null(strstr(testhost_words(host), "127.0.0.1:9"));
    testhost_free(host);
}

static void
a_wake_ends_the_pause_and_the_next_collect_works(void **state)
{
    struct fargate_place *place = *state;
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    testhost_wake(place->host);
    fargate_place_collect(place, MH_OK);
    assert_int_equal(fargate_place_documents(place, "awsfargate.task")->members.count, 1);
}

/* What check() reported: a line for each step. */
static char steps[4096];

static void
keep_step(void *ctx, uint32_t depth, uint32_t result, const char *name, const char *text)
{
    size_t len = strlen(steps);
    (void)ctx, (void)depth;
    snprintf(steps + len, sizeof steps - len, "%u %s: %s\n", result, name,
             text != NULL ? text : "");
}

static int32_t
run_check(struct testhost *host)
{
    static const struct mh_report_v1 report = {NULL, keep_step, NULL};
    const struct mh_check_v1 *check =
        awsfargate_plugin.get_interface(testhost_self(host), MH_EXT_CHECK);
    steps[0] = '\0';
    assert_non_null(check);
    return check->check(testhost_self(host), &report,
                        testhost_host(host)->monotonic_ns(testhost_host(host)) + 10 * MH_NS_PER_S);
}

static void
the_check_names_every_step(void **state)
{
    struct fargate_place *place = *state;
    struct testhost *alone = testhost_new(&awsfargate_plugin, "");
    fargate_place_start(place, "");
    assert_int_equal(run_check(place->host), MH_OK);
    assert_non_null(strstr(steps, "FARGATE, 1 containers"));
    assert_non_null(strstr(steps, "1 of 1 containers have a sample"));
    stub_server_put(&place->server, "task.reply", "{\"status\":500,\"body\":\"\\\"broken\\\"\"}");
    assert_int_equal(run_check(place->host), MH_ERR_RETRY);
    assert_non_null(strstr(steps, "status 500: broken"));
    unsetenv("ECS_CONTAINER_METADATA_URI_V4");
    assert_int_equal(testhost_create(alone), MH_OK);
    assert_int_equal(run_check(alone), MH_ERR_RETRY);
    assert_non_null(strstr(steps, "is not set"));
    testhost_free(alone);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wrong_answers_are_errors_with_words),
        CASE(the_last_good_metadata_serves_on),
        CASE(without_stats_there_is_state_and_no_usage),
        CASE(both_answers_failing_give_no_documents),
        CASE(empty_samples_are_no_samples),
        CASE(sums_of_a_task_need_all_running_containers),
        CASE(odd_members_are_left_out_alone),
        CASE(metadata_without_arrays_still_has_a_task),
        CASE(a_refusal_is_honoured),
        CASE(the_budget_is_kept),
        CASE(two_requests_a_period_serve_both_metricsets),
        CASE(a_slow_answer_ends_with_the_deadline),
        CASE(tags_come_once_and_by_name),
        CASE(tags_that_fail_do_not_stop_the_rest),
        cmocka_unit_test(without_the_variable_the_words_say_what_to_check),
        CASE(the_variable_is_used),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(an_endpoint_that_is_down_is_no_reason_to_give_up),
        CASE(a_wake_ends_the_pause_and_the_next_collect_works),
        CASE(the_check_names_every_step),
    };
    if (!stub_server_is_possible())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
