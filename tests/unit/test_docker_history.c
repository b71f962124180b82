/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_docker_history.c - rates from one sample to the next: ordinary ones, and every glitch that
 * must give no value instead of an absurd one.
 */
#include "history.h"
#include "support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

struct state {
    struct usage usage;
    struct history history;
    struct rates rates;
};

/* Two CPUs; 10 s into the machine's life of an hour. */
static void
fill(struct usage *usage)
{
    struct usage_interface *interface;
    usage_reset(usage);
    usage->taken_ns = 1000 * SECOND;
    usage->cpu.total = 5 * SECOND;
    usage->cpu.kernel = 2 * SECOND;
    usage->cpu.user = 3 * SECOND;
    usage->cpu.system = 7200 * SECOND;
    usage->cpu.online = 2;
    usage->cpu.periods = 100;
    usage->cpu.throttled_periods = 10;
    usage_add_core(&usage->cpu, 4 * SECOND, &usage->failed);
    usage_add_core(&usage->cpu, 1 * SECOND, &usage->failed);
    usage_add_io(usage, IO_COUNT, IO_READ, 8, 0, 1000);
    usage->pressure[PSI_IO].some_us = 500;
    interface = usage_add_interface(usage, "eth0");
    interface->value[NET_RECEIVED][NET_BYTES] = 1000;
    interface = usage_add_interface(usage, "eth1");
    interface->value[NET_SENT][NET_PACKETS] = 50;
}

static int
setup(void **ret)
{
    struct state *state = calloc(1, sizeof *state);
    fill(&state->usage);
    assert_int_equal(history_keep(&state->history, &state->usage), 0);
    state->usage.taken_ns += 10 * SECOND;
    state->usage.cpu.system += 20 * SECOND;
    *ret = state;
    return 0;
}

static int
teardown(void **ret)
{
    struct state *state = *ret;
    usage_free(&state->usage);
    history_free(&state->history);
    rates_free(&state->rates);
    free(state);
    return 0;
}

static const struct rates *
compute(struct state *state)
{
    rates_compute(&state->rates, &state->history, &state->usage);
    return &state->rates;
}

static void
ordinary(void **ret)
{
    struct state *state = *ret;
    struct usage *usage = &state->usage;
    const struct rates *rates;
    usage->cpu.total += 4 * SECOND;
    usage->cpu.per_core[0] += 4 * SECOND;
    usage->cpu.periods += 100;
    usage->cpu.throttled_periods += 25;
    usage->io.sum[IO_COUNT][IO_READ] += 20;
    usage->pressure[PSI_IO].some_us += 1000000;
    usage->network.interfaces[0].value[NET_RECEIVED][NET_BYTES] += 5000;
    usage->network.interfaces[1].value[NET_SENT][NET_PACKETS] += 10;
    rates = compute(state);
    assert_true(rates->cpu.total.known);
    assert_true(rates->cpu.total.pct == 0.4);
    assert_true(rates->cpu.total.norm == 0.2);
    assert_true(rates->cpu.kernel.known && rates->cpu.kernel.pct == 0);
    assert_int_equal(rates->cpu.n_cores, 2);
    assert_true(rates->cpu.cores[0].pct == 0.4);
    assert_true(rates->cpu.cores[1].pct == 0);
    assert_true(rates->cpu.throttled_pct == 0.25);
    assert_true(rates->io[IO_READ] == 2);
    assert_true(isnan(rates->io[IO_WRITE]));
    assert_true(rates->pressure[PSI_IO][0] == 0.1);
    assert_true(isnan(rates->pressure[PSI_IO][1]));
    assert_true(rates->network[0][NET_RECEIVED][NET_BYTES] == 500);
    assert_true(rates->network[1][NET_SENT][NET_PACKETS] == 1);
    assert_int_equal(rates->rejected, 0);
}

static void
first_sample_has_no_rates(void **ret)
{
    struct state *state = *ret;
    const struct rates *rates;
    history_free(&state->history);
    rates = compute(state);
    assert_false(rates->cpu.total.known);
    assert_int_equal(rates->cpu.n_cores, 0);
    assert_true(isnan(rates->io[IO_READ]));
    assert_true(isnan(rates->network[0][NET_RECEIVED][NET_BYTES]));
    assert_int_equal(rates->rejected, 0);
}

static void
first_sample_with_the_source_s_own_past(void **ret)
{
    struct state *state = *ret;
    history_free(&state->history);
    state->usage.before.total = 4 * SECOND;
    state->usage.before.system = state->usage.cpu.system - 2 * SECOND;
    assert_true(compute(state)->cpu.total.pct == 1);
    state->usage.before.system = 0;
    assert_false(compute(state)->cpu.total.known);
}

static void
counters_going_backwards(void **ret)
{
    struct state *state = *ret;
    const struct rates *rates;
    state->usage.cpu.total -= 1;
    state->usage.network.interfaces[0].value[NET_RECEIVED][NET_BYTES] = 3;
    state->usage.io.sum[IO_COUNT][IO_READ] = 1;
    rates = compute(state);
    assert_false(rates->cpu.total.known);
    assert_true(rates->cpu.user.known);
    assert_true(isnan(rates->network[0][NET_RECEIVED][NET_BYTES]));
    assert_true(isnan(rates->io[IO_READ]));
    assert_int_equal(rates->rejected, 3);
}

/* A counter that jumps by more than all CPUs could have done, as after a glitch at the 64-bit edge.
 */
static void
more_than_the_machine_has(void **ret)
{
    struct state *state = *ret;
    state->usage.cpu.total += 26 * SECOND;
    assert_false(compute(state)->cpu.total.known);
    assert_int_equal(state->rates.rejected, 1);
    state->usage.cpu.total = UINT64_MAX - 1;
    assert_false(compute(state)->cpu.total.known);
    /* A little more than all CPUs is the error of the clock tick. */
    state->usage.cpu.total = 5 * SECOND + 21 * SECOND;
    assert_true(compute(state)->cpu.total.known);
}

static void
clocks_that_jump(void **ret)
{
    struct state *state = *ret;
    state->usage.taken_ns = 999 * SECOND;
    assert_false(compute(state)->cpu.total.known);
    assert_int_equal(state->rates.rejected, 1);
    state->usage.taken_ns = 1000 * SECOND;
    assert_false(compute(state)->cpu.total.known);
    assert_true(isnan(state->rates.network[0][NET_RECEIVED][NET_BYTES]));
    state->usage.taken_ns = 1000 * SECOND + 1000;
    assert_false(compute(state)->cpu.total.known);
    assert_int_equal(state->rates.rejected, 0);
    state->usage.taken_ns = 1010 * SECOND;
    state->usage.cpu.system -= 30 * SECOND;
    assert_false(compute(state)->cpu.total.known);
}

static void
interfaces_come_and_go(void **ret)
{
    struct state *state = *ret;
    struct usage_interface *interface = usage_add_interface(&state->usage, "eth2");
    interface->value[NET_SENT][NET_BYTES] = 77;
    state->usage.network.interfaces[0].name = "net0";
    state->usage.network.interfaces[1].value[NET_SENT][NET_PACKETS] = 150;
    compute(state);
    assert_true(isnan(state->rates.network[0][NET_RECEIVED][NET_BYTES]));
    assert_true(state->rates.network[1][NET_SENT][NET_PACKETS] == 10);
    assert_true(isnan(state->rates.network[2][NET_SENT][NET_BYTES]));
    assert_int_equal(history_keep(&state->history, &state->usage), 0);
    assert_int_equal(state->history.n_interfaces, 3);
    assert_string_equal(state->history.interfaces[0].name, "net0");
}

static void
cpus_come_and_go(void **ret)
{
    struct state *state = *ret;
    usage_add_core(&state->usage.cpu, 0, &state->usage.failed);
    assert_int_equal(compute(state)->cpu.n_cores, 0);
    assert_int_equal(history_keep(&state->history, &state->usage), 0);
    state->usage.taken_ns += SECOND;
    state->usage.cpu.system += 2 * SECOND;
    assert_int_equal(compute(state)->cpu.n_cores, 3);
    state->usage.cpu.online = ABSENT;
    assert_false(compute(state)->cpu.total.known);
}

/* Started 5 s before its first sample: everything it used it used since then. */
static void
history_from_the_start(void **ret)
{
    struct state *state = *ret;
    struct history history;
    history_from_start(&history, &state->usage, 5 * (int64_t)SECOND);
    assert_true(history.known);
    rates_compute(&state->rates, &history, &state->usage);
    assert_true(state->rates.cpu.total.pct == 1);
    assert_true(state->rates.io[IO_READ] == 200);
    history_from_start(&history, &state->usage, -1);
    assert_false(history.known);
    history_from_start(&history, &state->usage, INT64_MAX);
    assert_false(history.known);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ordinary),
        TEST(first_sample_has_no_rates),
        TEST(first_sample_with_the_source_s_own_past),
        TEST(counters_going_backwards),
        TEST(more_than_the_machine_has),
        TEST(clocks_that_jump),
        TEST(interfaces_come_and_go),
        TEST(cpus_come_and_go),
        TEST(history_from_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
