/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_usage.c - samples from recorded and from odd stats objects, times, and rates at the edges of
 * their numbers.
 */
#include "json.h"
#include "rate.h"
#include "support.h"
#include "usage.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct state {
    struct json *json;
    struct usage usage;
    char *text;
};

static int
setup(void **ret)
{
    struct state *state = calloc(1, sizeof *state);
    state->json = json_new(NULL);
    usage_reset(&state->usage);
    *ret = state;
    return 0;
}

static int
teardown(void **ret)
{
    struct state *state = *ret;
    json_free(state->json);
    usage_free(&state->usage);
    free(state->text);
    free(state);
    return 0;
}

static bool
read_text(struct state *state, const char *text)
{
    usage_reset(&state->usage);
    assert_int_equal(json_parse(state->json, text, strlen(text)), 0);
    return usage_read_stats(json_root(state->json), &state->usage);
}

static const struct usage *
read_fixture(struct state *state, const char *name)
{
    CLEANUP_FREE char *path = NULL;
    CLEANUP_FILE FILE *file = NULL;
    const char *top = getenv("top_srcdir");
    assert_true(asprintf(&path, "%s/tests/fixtures/docker-api/%s", top == NULL ? "." : top, name) >
                0);
    file = fopen(path, "re");
    assert_non_null(file);
    state->text = calloc(1, 65536);
    assert_true(fread(state->text, 1, 65535, file) > 0);
    assert_true(read_text(state, state->text));
    return &state->usage;
}

static void
cgroup_v1_capture(void **ret)
{
    const struct usage *usage =
        read_fixture(*ret, "stats_cgroupv1_extracted_from_ecs_exporter_fargate.json");
    assert_int_equal(usage->cpu.total, 932439492);
    assert_int_equal(usage->cpu.system, 2121200000000);
    assert_int_equal(usage->cpu.online, 2);
    assert_int_equal(usage->cpu.n_cores, 2);
    assert_int_equal(usage->cpu.per_core[1], 448274035);
    assert_int_equal(usage->before.user, 870000000);
    assert_int_equal(usage_memory_used(usage), 75550720);
    assert_int_equal(usage_memory_anon(usage), 40820736);
    assert_int_equal(usage_memory_file(usage), 85426176);
    assert_int_equal(usage->memory.peak, 128557056);
    assert_true(usage->memory.limit == ABSENT);
    assert_int_equal(usage->memory.n_stats, 32);
    assert_int_equal(usage->io.sum[IO_BYTES][IO_READ], 89202688);
    assert_int_equal(usage->io.sum[IO_COUNT][IO_TOTAL], 977);
    assert_true(usage->io.sum[IO_QUEUED][IO_READ] == ABSENT);
    assert_int_equal(usage->io.n_devices, 2);
    assert_int_equal(usage->io.devices[1].value[IO_COUNT][IO_READ], 682);
    assert_int_equal(usage->network.n_interfaces, 1);
    assert_string_equal(usage->network.interfaces[0].name, "eth1");
    assert_int_equal(usage->network.interfaces[0].value[NET_SENT][NET_BYTES], 347839);
    assert_true(usage->pids == ABSENT);
}

static void
cgroup_v2_capture(void **ret)
{
    const struct usage *usage =
        read_fixture(*ret, "stats_cgroupv2_extracted_from_ecs_exporter_ec2.json");
    assert_int_equal(usage->cpu.n_cores, 0);
    assert_int_equal(usage->memory.limit, 268435456);
    assert_int_equal(usage_memory_used(usage), 47607808);
    assert_int_equal(usage_memory_anon(usage), 37691392);
    assert_int_equal(usage_memory_file(usage), 25296896);
    assert_true(usage->memory.peak == ABSENT);
    assert_int_equal(usage->io.sum[IO_BYTES][IO_READ], 60960768);
    assert_int_equal(usage->io.sum[IO_BYTES][IO_TOTAL], 60960768 + 57344);
    assert_true(usage->io.sum[IO_COUNT][IO_READ] == ABSENT);
    assert_int_equal(usage->pids, 33);
    assert_int_equal(usage->pids_limit, 404);
}

static void
skipped_devices_do_not_count(void **ret)
{
    static const uint32_t skip[] = {259};
    struct state *state = *ret;
    state->usage.skip_majors = skip;
    state->usage.n_skip_majors = 1;
    read_fixture(state, "stats_cgroupv2_extracted_from_ecs_exporter_ec2.json");
    assert_int_equal(state->usage.io.sum[IO_BYTES][IO_READ], 0);
    assert_int_equal(state->usage.io.n_devices, 0);
}

/* What the engine says of a container that does not run, and what is no answer at all. */
static void
no_sample(void **ret)
{
    assert_false(read_text(*ret, "null"));
    assert_false(read_text(*ret, "{}"));
    assert_false(read_text(*ret, "[]"));
    assert_false(
        read_text(*ret, "{\"read\":\"0001-01-01T00:00:00Z\",\"name\":\"/x\",\"id\":\"y\"}"));
    assert_false(read_text(*ret, "{\"read\":17}"));
}

#define READ "\"read\":\"2026-01-02T03:04:05.5Z\""

static void
odd_parts_are_absent(void **ret)
{
    struct state *state = *ret;
    const struct usage *usage = &state->usage;
    assert_true(read_text(
        state, "{" READ ",\"cpu_stats\":null,\"memory_stats\":{},\"blkio_stats\":[],"
               "\"networks\":{\"eth0\":null,\"eth1\":{\"rx_bytes\":-5,\"tx_bytes\":7}}}"));
    assert_true(usage->cpu.total == ABSENT);
    assert_true(usage->memory.usage == ABSENT);
    assert_true(usage->io.sum[IO_BYTES][IO_READ] == ABSENT);
    assert_int_equal(usage->network.n_interfaces, 1);
    assert_int_equal(usage->network.interfaces[0].value[NET_RECEIVED][NET_BYTES], 0);
    assert_int_equal(usage->network.interfaces[0].value[NET_SENT][NET_BYTES], 7);
    assert_int_equal(usage->read_unix_ns, INT64_C(1767323045500000000));
}

/* Numbers that the engine leaves out because they are zero. */
static void
left_out_zeros_are_zeros(void **ret)
{
    struct state *state = *ret;
    assert_true(read_text(
        state, "{" READ ",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":5},\"online_cpus\":0,"
               "\"system_cpu_usage\":9,\"throttling_data\":{\"periods\":3}},"
               "\"memory_stats\":{\"limit\":1000,\"stats\":{\"inactive_file\":5}}}"));
    assert_int_equal(state->usage.cpu.kernel, 0);
    assert_int_equal(state->usage.cpu.throttled_ns, 0);
    assert_true(state->usage.cpu.online == ABSENT);
    assert_int_equal(state->usage.memory.usage, 0);
    /* More cache than use: never below zero. */
    assert_int_equal(usage_memory_used(&state->usage), 0);
    assert_int_equal(state->usage.memory.fail_count, 0);
}

static void
sums_do_not_wrap(void **ret)
{
    struct state *state = *ret;
    assert_true(read_text(
        state,
        "{" READ ",\"blkio_stats\":{\"io_service_bytes_recursive\":["
        "{\"major\":8,\"op\":\"Read\",\"value\":18446744073709551614},{\"major\":9,\"op\":\"read\","
        "\"value\":"
        "18446744073709551614},{\"major\":8,\"op\":\"async\",\"value\":3},{\"op\":null},7]}}"));
    assert_true(state->usage.io.sum[IO_BYTES][IO_READ] == ABSENT - 1);
}

static void
times(void **ret)
{
    int64_t ns = 7;
    (void)ret;
    assert_true(usage_read_time("1970-01-01T00:00:00Z", &ns));
    assert_int_equal(ns, 0);
    assert_true(usage_read_time("2024-02-29T23:59:59.123456789Z", &ns));
    assert_int_equal(ns, INT64_C(1709251199123456789));
    assert_true(usage_read_time("2025-02-27T05:22:49.1+05:30", &ns));
    assert_int_equal(ns, INT64_C(1740613969100000000));
    assert_false(usage_read_time("0001-01-01T00:00:00Z", &ns));
    assert_false(usage_read_time("2025-02-27", &ns));
    assert_false(usage_read_time("2025-13-27T05:22:49Z", &ns));
    assert_false(usage_read_time("2025-02-27T05:22:49", &ns));
    assert_false(usage_read_time("2025-02-27T05:22:49Zx", &ns));
    assert_false(usage_read_time("9999-02-27T05:22:49Z", &ns));
    assert_false(usage_read_time("", &ns));
    assert_false(usage_read_time(NULL, &ns));
    assert_int_equal(ns, INT64_C(1740613969100000000));
}

static void
rates(void **ret)
{
    double r = -1;
    (void)ret;
    assert_int_equal(rate_per_second(150, 100, UINT64_C(10000000000), &r), RATE_OK);
    assert_true(r == 5);
    assert_int_equal(rate_per_second(50, 100, 1000000000, &r), RATE_REJECTED);
    assert_int_equal(rate_per_second(50, UINT64_MAX, 1000000000, &r), RATE_UNKNOWN);
    assert_int_equal(rate_per_second(UINT64_MAX, 1, 1000000000, &r), RATE_UNKNOWN);
    assert_int_equal(rate_per_second(2, 1, 0, &r), RATE_UNKNOWN);
    assert_true(r == 5);
    assert_int_equal(rate_per_second(UINT64_MAX - 1, 0, 1, &r), RATE_OK);
    assert_true(isfinite(r));
    /* The worked example of the formula: 0.4e9 of 2e9 on two CPUs. */
    assert_int_equal(rate_share(2300000000, 1900000000, 1420180000000, 1418180000000, 2, 2.5, &r),
                     RATE_OK);
    assert_true(r == 0.4);
    assert_int_equal(rate_share(1000, 0, 10, 0, 2, 2.5, &r), RATE_REJECTED);
    assert_int_equal(rate_share(1, 2, 10, 0, 2, 2.5, &r), RATE_REJECTED);
    assert_int_equal(rate_share(2, 1, 0, 10, 2, 2.5, &r), RATE_REJECTED);
    assert_int_equal(rate_share(2, 1, 10, 10, 2, 2.5, &r), RATE_UNKNOWN);
    assert_true(r == 0.4);
}

static void
rounding_prints_short(void **ret)
{
    (void)ret;
    assert_true(rate_round(0.0018361670020121) == 0.001836167);
    assert_true(rate_round(0.1 + 0.2) == 0.3);
    assert_true(rate_round(1e15 + 0.5) == 1e15 + 0.5);
    assert_true(fabs(rate_round(8999999.123456789) - 8999999.123456789) < 1e-9);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cgroup_v1_capture),
        TEST(cgroup_v2_capture),
        TEST(skipped_devices_do_not_count),
        TEST(no_sample),
        TEST(odd_parts_are_absent),
        TEST(left_out_zeros_are_zeros),
        TEST(sums_do_not_wrap),
        TEST(times),
        TEST(rates),
        TEST(rounding_prints_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
