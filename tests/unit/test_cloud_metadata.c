/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cloud_metadata.c - the look-up against stub services: the real shape is believed, everything
 * else is not, and nothing waits.
 */
#include "cloud.h"
#include "cloud_metadata.h"
#include "json.h"
#include "stub_server.h"
#include "support.h"
#include "testhost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#define DEADLINE_MS 20000

static const struct mh_field no_fields[] = {{"x", NULL, "x", MH_TYPE_LONG, 0, 0}};
static const struct mh_dataset dataset = {.name = "test.x",
                                          .module = "test",
                                          .metricset = "x",
                                          .fields = no_fields,
                                          .n_fields = 1,
                                          .field_stride = sizeof(struct mh_field)};

static void
fill(const struct mh_record_ops *ops, struct mh_record *record, uint32_t i, void *ctx)
{
    struct mh_value value = mh_int(i);
    (void)ctx;
    ops->set(record, 0, &value);
}

static struct stub_server
start_server(const char *name, const char *first)
{
    const char *args[] = {first, NULL};
    struct stub_server server;
    assert_true(stub_server_start(&server, name, args));
    return server;
}

static struct testhost *
start_processor(int imds_port)
{
    CLEANUP_FREE char *yaml = NULL;
    struct testhost *host;
    assert_true(asprintf(&yaml, "timeout: 1s\nendpoint: http://127.0.0.1:%d", imds_port) > 0);
    host = testhost_new(&add_cloud_metadata_plugin, yaml);
    assert_int_equal(testhost_create(host), MH_OK);
    assert_int_equal(testhost_start(host), MH_OK);
    return host;
}

/* Lets a batch pass and says whether a constant is set. */
static bool
is_set(struct testhost *host, const char *words)
{
    struct mh_batch *batch = testhost_batch(&dataset, 1, fill, NULL);
    CLEANUP_FREE char *constants = NULL;
    assert_int_equal(testhost_process(host, batch), MH_OK);
    testhost_free_batch(batch);
    constants = testhost_constants(host);
    return strstr(constants, words) != NULL;
}

static bool
wait_for(struct testhost *host, bool (*condition)(struct testhost *, const char *),
         const char *words)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int ms = 0; ms < DEADLINE_MS; ms += 10) {
        if (condition(host, words))
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

static void
ec2_is_asked_with_a_token(void **state)
{
    struct stub_server server = start_server("imds_server.py", "v2");
    struct testhost *host = start_processor(server.port);
    (void)state;
    assert_true(wait_for(host, is_set, "\"i-0abc1234def\""));
    assert_true(is_set(host, "\"provider\":\"aws\""));
    assert_true(is_set(host, "\"region\":\"eu-west-1\""));
    assert_true(is_set(host, "\"availability_zone\":\"eu-west-1a\""));
    assert_true(is_set(host, "\"123456789012\""));
    assert_true(is_set(host, "\"t3.medium\""));
    assert_true(is_set(host, "\"ami-0abc1234\""));
    assert_true(is_set(host, "\"EC2\""));
    testhost_free(host);
    stub_server_stop(&server);
}

static void
others_are_not_believed(void **state)
{
    static const struct {
        const char *mode, *words;
    } cases[] = {
        {"html", "no token"},
        {"openstack", "no token"},
        {"wrong", "not one that EC2 writes"},
        {"hang", "hop limit"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stub_server server = start_server("imds_server.py", cases[i].mode);
        struct testhost *host = start_processor(server.port);
        assert_true(wait_for(host, testhost_has_logged, cases[i].words));
        assert_false(is_set(host, "cloud"));
        testhost_free(host);
        stub_server_stop(&server);
    }
}

static void
a_service_that_comes_late_is_found(void **state)
{
    struct stub_server server = start_server("imds_server.py", "late");
    struct testhost *host = start_processor(server.port);
    (void)state;
    assert_true(wait_for(host, is_set, "\"i-0abc1234def\""));
    testhost_free(host);
    stub_server_stop(&server);
}

static void
fargate_is_known_from_the_task(void **state)
{
    struct stub_server server = start_server("tmds_server.py", "FOLDER");
    struct testhost *host;
    char uri[64];
    (void)state;
    stub_server_put_fixture(&server, "task.json",
                            "ecs-tmds-v4/ecs_exporter_fargate_task_metadata.json");
    snprintf(uri, sizeof uri, "http://127.0.0.1:%d/v4/x", server.port);
    setenv("ECS_CONTAINER_METADATA_URI_V4", uri, 1);
    host = start_processor(9);
    unsetenv("ECS_CONTAINER_METADATA_URI_V4");
    assert_true(wait_for(host, is_set, "\"Fargate\""));
    assert_true(is_set(host, "\"829490980523\""));
    assert_true(is_set(host, "\"us-east-1a\""));
    assert_false(testhost_has_logged(host, "not known yet"));
    testhost_free(host);
    stub_server_stop(&server);
}

static void
tokens_look_like_tokens(void **state)
{
    (void)state;
    assert_true(cloud_is_token("AQAEAKx0dGVzdC10b2tlbg=="));
    assert_false(cloud_is_token("<html>"));
    assert_false(cloud_is_token("short"));
    assert_false(cloud_is_token("two words here"));
    assert_false(cloud_is_token(NULL));
}

static void
documents_must_be_aws_own(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "null",
        "{\"accountId\":\"123456789012\",\"region\":\"eu-west-1\"}",
        "{\"accountId\":\"12345678901\",\"region\":\"eu-west-1\",\"instanceId\":\"i-1\"}",
        "{\"accountId\":\"123456789012\",\"region\":\"nova\",\"instanceId\":\"i-1\"}",
        "{\"accountId\":\"123456789012\",\"region\":\"eu-west-1\",\"instanceId\":\"x-1\"}",
        "{\"accountId\":123456789012,\"region\":\"eu-west-1\",\"instanceId\":\"i-1\"}",
    };
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    CLEANUP(cloud_free) struct cloud cloud = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(json_parse(reader, wrong[i], strlen(wrong[i])), 0);
        assert_true(cloud_read_identity_document(json_root(reader), &cloud) < 0);
        assert_true(cloud_read_task(json_root(reader), &cloud) < 0);
    }
}

static void
switched_off_it_asks_nobody(void **state)
{
    struct testhost *host;
    (void)state;
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    host = start_processor(9);
    unsetenv("AWS_EC2_METADATA_DISABLED");
    assert_true(testhost_has_logged(host, "stays away"));
    testhost_free(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ec2_is_asked_with_a_token),
        cmocka_unit_test(others_are_not_believed),
        cmocka_unit_test(a_service_that_comes_late_is_found),
        cmocka_unit_test(fargate_is_known_from_the_task),
        cmocka_unit_test(tokens_look_like_tokens),
        cmocka_unit_test(documents_must_be_aws_own),
        cmocka_unit_test(switched_off_it_asks_nobody),
    };
    unsetenv("ECS_CONTAINER_METADATA_URI_V4");
    if (!stub_server_is_possible())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
