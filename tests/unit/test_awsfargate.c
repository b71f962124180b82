/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_awsfargate.c - golden tests of awsfargate: recorded answers of real endpoints in, over a
 * real server, and the values of Metricbeat's formulas out, computed independently of this code.
 * Where Metricbeat's value is wrong the right one is expected here, by hand.
 */
#include "awsfargate.h"
#include "fargate_place.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define STATS "awsfargate.task_stats."

/* What Metricbeat has wrong, always zero, or once for each container though it is the task's. */
static const char *const mended[] = {
    STATS "memory.usage.total",
    STATS "memory.usage.max",
    STATS "memory.limit",
    STATS "memory.rss.",
    STATS "diskio.",
    STATS "network.eth1.",
    NULL,
};

static bool
is_mended(const char *path)
{
    for (const char *const *m = mended; *m != NULL; m++) {
        if (strncmp(path, *m, strlen(*m)) == 0)
            return true;
    }
    return false;
}

static int leaves;

static void
compare_leaf(const struct json_node *expected, const struct json_node *document, const char *path)
{
    double number;
    leaves++;
    if (json_get_double(expected, "", &number))
        assert_number(document, path, number);
    else
        assert_text(document, path, json_get_text(expected, ""));
}

static void
compare(const struct json_node *expected, const struct json_node *document, const char *prefix)
{
    for (const struct json_node *m = expected->members.first; m != NULL; m = m->next) {
        char *path;
        assert_true(asprintf(&path, "%s%s%s", prefix, prefix[0] ? "." : "", m->key) > 0);
        if (m->type == JSON_OBJECT)
            compare(m, document, path);
        else if (strcmp(path, "@timestamp") != 0 && strcmp(path, "service.type") != 0 &&
                 !is_mended(path))
            compare_leaf(m, document, path);
        free(path);
    }
}

/* The document's time is that of the sample, in milliseconds. */
static void
compare_time(const struct json_node *expected, const struct json_node *document)
{
    const char *want = json_get_text(expected, "@timestamp");
    assert_int_equal(strncmp(want, json_get_text(document, "@timestamp"), 23), 0);
}

/* Returns how many leaves were compared. */
static int
compare_with_file(struct fargate_place *place, const char *fixture)
{
    char *text = read_fixture(fixture);
    struct json *reader = json_new(NULL);
    const struct json_node *want;
    assert_int_equal(json_parse(reader, text, strlen(text)), 0);
    leaves = 0;
    for (want = json_root(reader)->members.first; want != NULL; want = want->next) {
        const struct json_node *document;
        if (json_get_text(want, "_note") != NULL)
            continue;
        document = fargate_place_container(place, json_get_text(want, "container.name"));
        assert_non_null(document);
        compare_time(want, document);
        compare(want, document, "");
    }
    json_free(reader);
    free(text);
    return leaves;
}

static void
put_fixtures(struct fargate_place *place, const char *metadata, const char *stats)
{
    stub_server_put_fixture(&place->server, "task.json", metadata);
    stub_server_put_fixture(&place->server, "stats.json", stats);
}

static void
put_fargate(struct fargate_place *place)
{
    put_fixtures(place, "ecs-tmds-v4/ecs_exporter_fargate_task_metadata.json",
                 "ecs-tmds-v4/ecs_exporter_fargate_task_stats.json");
}

static void
put_ec2(struct fargate_place *place)
{
    put_fixtures(place, "ecs-tmds-v4/ecs_exporter_ec2_task_metadata.json",
                 "ecs-tmds-v4/ecs_exporter_ec2_task_stats.json");
}

static int
setup(void **state)
{
    struct fargate_place *place = calloc(1, sizeof *place);
    if (place == NULL)
        return -1;
    fargate_place_open(place);
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
fargate_has_metricbeats_values(void **state)
{
    struct fargate_place *place = *state;
    put_fargate(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    assert_int_equal(fargate_place_documents(place, "awsfargate.task_stats")->members.count, 3);
    assert_true(compare_with_file(place, "expected/awsfargate_ecs_exporter_fargate.expected.json") >
                80);
}

static void
ec2_has_metricbeats_values(void **state)
{
    struct fargate_place *place = *state;
    put_ec2(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    assert_true(compare_with_file(place, "expected/awsfargate_ecs_exporter_ec2.expected.json") >
                80);
}

static void
memory_is_without_page_cache_and_against_the_tasks_limit(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    put_fargate(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "prometheus");
    assert_number(doc, STATS "memory.usage.total", 127934464 - 52383744);
    assert_number(doc, STATS "memory.usage.with_cache", 127934464);
    assert_number(doc, STATS "memory.usage.max", 128557056);
    assert_number(doc, STATS "memory.limit", 536870912);
    assert_text(doc, STATS "memory.limit_source", "task");
    assert_number(doc, STATS "memory.usage.pct", 0.140724182);
    assert_number(doc, STATS "memory.pct_of_task_limit", 0.140724182);
    assert_number(doc, "container.memory.usage", 0.140724182);
    assert_number(doc, STATS "memory.rss.total", 40820736);
    assert_number(doc, STATS "memory.rss.pct", 0.076034546);
    assert_number(doc, STATS "memory.fail.count", 0);
    assert_absent(doc, STATS "memory_hard_limit");
}

static void
cgroup_v2_omits_what_it_does_not_count(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    put_ec2(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "ecs-exporter");
    assert_absent(doc, STATS "memory.usage.max");
    assert_absent(doc, STATS "diskio.read.ops");
    assert_absent(doc, STATS "diskio.summary.rate");
    assert_absent(doc, STATS "cpu.core");
    assert_number(doc, STATS "diskio.read.bytes", 60960768);
    assert_number(doc, STATS "diskio.write.bytes", 57344);
    assert_number(doc, STATS "diskio.summary.bytes", 60960768 + 57344);
    assert_number(doc, STATS "memory.rss.total", 37691392);
    assert_text(doc, STATS "memory.limit_source", "container");
    assert_number(doc, STATS "memory.limit", 268435456);
    assert_number(doc, STATS "memory_hard_limit", 256);
    assert_number(doc, STATS "pids.current", 33);
    assert_number(doc, STATS "network.eth0.inbound.bytes", 101869);
    assert_number(doc, "container.network.ingress.bytes", 101869);
    assert_text(doc, "container.runtime", "docker");
}

static void
disk_is_read_in_either_case_and_stacked_devices_count_once(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    put_fargate(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "ecs-exporter");
    assert_number(doc, STATS "diskio.read.ops", 484);
    assert_number(doc, STATS "diskio.write.bytes", 4096);
    assert_number(doc, STATS "diskio.summary.ops", 485);
    assert_number(doc, "container.disk.read.bytes", 43294720);
    assert_absent(doc, STATS "diskio.read.service_time");
    put_fixtures(place, "ecs-tmds-v4/telegraf_ecs_cgroupv1_metadata.json",
                 "ecs-tmds-v4/telegraf_ecs_cgroupv1_stats.json");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "nginx");
    assert_number(doc, STATS "diskio.read.bytes", 5730304);
}

static void
a_container_that_does_not_run_has_state_and_no_usage(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    put_fargate(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "nonessential");
    assert_non_null(doc);
    assert_text(doc, STATS "container.known_status", "STOPPED");
    assert_number(doc, STATS "container.exit_code", 0);
    assert_text(doc, STATS "container.finished", "2025-02-27T05:06:19.219Z");
    assert_absent(doc, STATS "cpu");
    assert_absent(doc, STATS "memory");
    assert_absent(doc, STATS "diskio");
    assert_absent(doc, "container.cpu");
}

static void
the_pause_container_is_not_shown_and_its_traffic_is_the_tasks(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    put_fixtures(place, "ecs-tmds-v4/telegraf_ecs_cgroupv1_metadata.json",
                 "ecs-tmds-v4/telegraf_ecs_cgroupv1_stats.json");
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    assert_int_equal(fargate_place_documents(place, "awsfargate.task_stats")->members.count, 1);
    doc = fargate_place_task(place);
    assert_number(doc, "awsfargate.task.network.eth0.inbound.bytes", 5338);
    assert_number(doc, "awsfargate.task.network.eth5.outbound.packets", 9);
    assert_number(doc, "awsfargate.task.containers.total", 1);
    assert_number(doc, "awsfargate.task.cpu.limit", 0.5);
}

/* Sum of a number over all documents that have it. */
static double
sum_of(const struct json_node *documents, const char *path, int *ret_n)
{
    double sum = 0, value;
    *ret_n = 0;
    for (const struct json_node *doc = documents->members.first; doc != NULL; doc = doc->next) {
        if (!json_get_double(doc, path, &value))
            continue;
        sum += value;
        (*ret_n)++;
    }
    return sum;
}

static void
traffic_of_a_shared_interface_is_counted_once(void **state)
{
    static const char *const only_containers[] = {"task_stats", NULL};
    struct fargate_place *place = *state;
    int n;
    put_fargate(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    sum_of(fargate_place_documents(place, NULL), STATS "network.eth1.inbound.bytes", &n);
    assert_int_equal(n, 0);
    sum_of(fargate_place_documents(place, NULL), "container.network.ingress.bytes", &n);
    assert_int_equal(n, 0);
    /* The newer of the two samples. */
    assert_number(fargate_place_task(place), "awsfargate.task.network.eth1.inbound.bytes",
                  129046293);
    testhost_free(place->host);
    fargate_place_start_with(place, "", only_containers);
    fargate_place_collect(place, MH_OK);
    assert_true(sum_of(fargate_place_documents(place, NULL), STATS "network.eth1.inbound.bytes",
                       &n) == 129046293);
    assert_int_equal(n, 1);
}

static void
the_task_is_measured_against_its_limits(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    double cores = 0.000723672 + 0.008046594;
    put_fargate(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_task(place);
    assert_number(doc, "awsfargate.task.cpu.limit", 0.25);
    assert_number(doc, "awsfargate.task.cpu.total.pct", cores);
    assert_number(doc, "awsfargate.task.cpu.pct_of_task_limit", cores / 0.25);
    assert_number(doc, "awsfargate.task.memory.limit", 536870912);
    assert_number(doc, "awsfargate.task.memory.usage.total",
                  127934464 - 52383744 + 84111360 - 39100416);
    assert_number(doc, "awsfargate.task.memory.usage.with_cache", 127934464 + 84111360);
    assert_number(doc, "awsfargate.task.ephemeral_storage.used", 427.0 * 1048576);
    assert_number(doc, "awsfargate.task.ephemeral_storage.reserved", 20496.0 * 1048576);
    assert_number(doc, "awsfargate.task.ephemeral_storage.pct_of_reserved", 0.020833333);
    assert_number(doc, "awsfargate.task.clock.error_bound", 0.3329285);
    assert_text(doc, "awsfargate.task.clock.synchronization_status", "SYNCHRONIZED");
    assert_number(doc, "awsfargate.task.containers.running", 2);
    assert_number(doc, "awsfargate.task.containers.stopped", 1);
    assert_number(doc, "awsfargate.task.containers.failed", 0);
    assert_number(doc, "awsfargate.task.containers.unsampled", 0);
    assert_number(doc, "awsfargate.task.pull.duration", 14884688953.0);
}

static void
cpu_is_also_a_part_of_the_tasks_limit_and_each_core_is_told(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    put_fargate(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "ecs-exporter");
    assert_number(doc, STATS "cpu.pct_of_task_limit", 0.032186375);
    /* CPU 2 in Limits is what ECS puts where nothing is reserved. */
    assert_absent(doc, STATS "cpu.pct_of_container_reservation");
    assert_absent(doc, STATS "cpu.throttling");
    assert_number(doc, "container.cpu.usage", 0.004023297);
    assert_number(doc, STATS "cpu.core.0.ticks", 138347736);
    assert_number(doc, STATS "cpu.core.0.norm.pct", 0.001698776);
    assert_text(doc, "container.runtime", "containerd");
    assert_text(doc, "container.image.name", "quay.io/prometheuscommunity/ecs-exporter:main");
}

static void
ec2_has_a_reservation_and_throttling(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    put_ec2(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "ecs-exporter");
    assert_number(doc, STATS "cpu.pct_of_container_reservation", 0.005214141 * 8);
    assert_number(doc, STATS "cpu.throttling.throttled_periods", 0);
    assert_absent(doc, STATS "cpu.pct_of_task_limit");
}

static void
identity_is_constant(void **state)
{
    struct fargate_place *place = *state;
    char *constants;
    put_fargate(place);
    fargate_place_start(place, "");
    fargate_place_collect(place, MH_OK);
    constants = testhost_constants(place->host);
    assert_int_equal(json_parse(place->reader, constants, strlen(constants)), 0);
    assert_text(json_root(place->reader), "cloud.region", "us-east-1");
    assert_text(json_root(place->reader), "cloud.account.id", "829490980523");
    assert_text(json_root(place->reader), "cloud.availability_zone", "us-east-1a");
    assert_text(json_root(place->reader), "aws.ecs.launchtype", "FARGATE");
    assert_text(json_root(place->reader), "aws.ecs.task.id", "bae32def0ab64f06818e8862e58f8d6d");
    assert_text(json_root(place->reader), "aws.ecs.task.family",
                "prom-ecs-exporter-sandbox-main-fargate");
    assert_text(json_root(place->reader), "aws.ecs.task.revision", "9");
    assert_text(json_root(place->reader), "orchestrator.cluster.name", "prom-ecs-exporter-sandbox");
    free(constants);
}

/* Two samples of one container, 10 s apart: a small answer of our own. */
static const char two_samples_task[] =
    "{\"TaskARN\":\"arn:aws:ecs:eu-west-1:123456789012:task/shop/abc\",\"LaunchType\":\"EC2\","
    "\"Containers\":[{\"DockerId\":\"a\",\"Name\":\"web\",\"KnownStatus\":\"RUNNING\","
    "\"Networks\":[{\"NetworkMode\":\"bridge\"}]}]}";

static void
put_sample(struct fargate_place *place, int second, int cpu, int system, int bytes, int ops)
{
    char *text;
    assert_true(
        asprintf(
            &text,
            "{\"a\":{\"read\":\"2026-01-01T00:00:%02dZ\",\"cpu_stats\":{\"cpu_usage\":"
            "{\"total_usage\":%d000000000},\"system_cpu_usage\":%d000000000,\"online_cpus\":2},"
            "\"memory_stats\":{\"usage\":100,\"limit\":9223372036854771712},"
            "\"blkio_stats\":{\"io_service_bytes_recursive\":[{\"major\":8,\"op\":\"Read\","
            "\"value\":7}],\"io_serviced_recursive\":[{\"major\":8,\"op\":\"Read\",\"value\":%d}]},"
            "\"networks\":{\"eth0\":{\"rx_bytes\":%d,\"tx_bytes\":5}}}}",
            second, cpu, system, ops, bytes) > 0);
    stub_server_put(&place->server, "stats.json", text);
    free(text);
}

static void
rates_come_from_our_own_two_samples(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    stub_server_put(&place->server, "task.json", two_samples_task);
    fargate_place_start(place, "");
    put_sample(place, 10, 1, 100, 1000, 50);
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "web");
    assert_absent(doc, STATS "cpu.total");
    assert_absent(doc, STATS "network.eth0.in");
    assert_absent(doc, STATS "diskio.read.rate");
    assert_absent(doc, STATS "memory.limit");
    put_sample(place, 20, 6, 120, 3000, 80);
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "web");
    assert_number(doc, STATS "cpu.total.pct", 0.5);
    assert_number(doc, STATS "cpu.total.norm.pct", 0.25);
    assert_number(doc, STATS "network.eth0.in.bytes", 200);
    assert_number(doc, STATS "network.eth0.out.bytes", 0);
    assert_number(doc, STATS "diskio.read.rate", 3);
    assert_number(doc, STATS "diskio.reads", 3);
    assert_number(doc, STATS "diskio.total", 3);
}

static void
a_sample_is_sent_once(void **state)
{
    struct fargate_place *place = *state;
    stub_server_put(&place->server, "task.json", two_samples_task);
    fargate_place_start(place, "");
    put_sample(place, 10, 1, 100, 1000, 50);
    fargate_place_collect(place, MH_OK);
    assert_non_null(fargate_place_container(place, "web"));
    fargate_place_collect(place, MH_OK);
    assert_null(fargate_place_container(place, "web"));
    put_sample(place, 20, 6, 120, 3000, 80);
    fargate_place_collect(place, MH_OK);
    assert_number(fargate_place_container(place, "web"), STATS "cpu.total.pct", 0.5);
    /* The task's figures stay what they were while no newer sample comes. */
    fargate_place_collect(place, MH_OK);
    assert_number(fargate_place_task(place), "awsfargate.task.cpu.total.pct", 0.5);
}

static void
a_restarted_container_has_no_absurd_rates(void **state)
{
    struct fargate_place *place = *state;
    const struct json_node *doc;
    stub_server_put(&place->server, "task.json", two_samples_task);
    fargate_place_start(place, "");
    put_sample(place, 10, 6, 100, 3000, 80);
    fargate_place_collect(place, MH_OK);
    put_sample(place, 20, 1, 120, 1000, 5);
    fargate_place_collect(place, MH_OK);
    doc = fargate_place_container(place, "web");
    assert_non_null(doc);
    assert_absent(doc, STATS "cpu.total");
    assert_absent(doc, STATS "network.eth0.in");
    assert_absent(doc, STATS "diskio.read.rate");
    assert_number(doc, STATS "network.eth0.inbound.bytes", 1000);
}

/* The manual with its hyphens as in the source: roff has them escaped. */
static char *
read_manual(void)
{
    const char *folder = getenv("top_srcdir");
    char *path, *text = NULL;
    size_t size = 0, to = 0;
    FILE *file;
    assert_true(asprintf(&path, "%s/plugins/awsfargate/metrichost-awsfargate.7",
                         folder != NULL ? folder : ".") > 0);
    file = fopen(path, "re");
    free(path);
    assert_non_null(file);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    fclose(file);
    for (size_t from = 0; text[from] != '\0'; from++) {
        if (text[from] != '\\')
            text[to++] = text[from];
    }
    text[to] = '\0';
    return text;
}

static void
assert_in_manual(const char *manual, const char *before, const char *name)
{
    char *words;
    assert_true(asprintf(&words, "%s%s", before, name) > 0);
    if (strstr(manual, words) == NULL)
        fail_msg("the manual lacks '%s'", words);
    free(words);
}

static void
the_manual_has_every_option_and_field(void **state)
{
    char *manual = read_manual();
    (void)state;
    for (uint32_t i = 0; i < awsfargate_plugin.n_keys; i++) {
        const char *name = awsfargate_plugin.keys[i].name;
        char *heading;
        assert_true(asprintf(&heading, "\n.B %s\n", name) > 0);
        if (strstr(manual, heading) == NULL)
            assert_in_manual(manual, "\n.BR ", name);
        free(heading);
    }
    for (uint32_t d = 0; d < awsfargate_plugin.n_datasets; d++) {
        const struct mh_dataset *dataset = &awsfargate_plugin.datasets[d];
        for (uint32_t i = 0; i < dataset->n_fields; i++) {
            assert_in_manual(manual, "\n.BR ", dataset->fields[i].name);
            assert_in_manual(manual, "", dataset->fields[i].doc + 1);
        }
    }
    free(manual);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fargate_has_metricbeats_values, setup, teardown),
        cmocka_unit_test_setup_teardown(ec2_has_metricbeats_values, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_without_page_cache_and_against_the_tasks_limit,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(cgroup_v2_omits_what_it_does_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(disk_is_read_in_either_case_and_stacked_devices_count_once,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_container_that_does_not_run_has_state_and_no_usage, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            the_pause_container_is_not_shown_and_its_traffic_is_the_tasks, setup, teardown),
        cmocka_unit_test_setup_teardown(traffic_of_a_shared_interface_is_counted_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_task_is_measured_against_its_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(cpu_is_also_a_part_of_the_tasks_limit_and_each_core_is_told,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(ec2_has_a_reservation_and_throttling, setup, teardown),
        cmocka_unit_test_setup_teardown(identity_is_constant, setup, teardown),
        cmocka_unit_test_setup_teardown(rates_come_from_our_own_two_samples, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sample_is_sent_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restarted_container_has_no_absurd_rates, setup, teardown),
        cmocka_unit_test(the_manual_has_every_option_and_field),
    };
    if (!stub_server_is_possible())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
