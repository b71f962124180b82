/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_awsfargate_parts.c - the budget on a clock of the test's own, and names of resources.
 */
#include "arn.h"
#include "budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

static void
a_budget_allows_one_sample_at_once_and_then_its_rate(void **state)
{
    struct budget budget;
    int taken = 0;
    (void)state;
    budget_init(&budget, 0.5, 0);
    for (uint64_t t = 0; t < 100 * SECOND; t += SECOND / 10)
        taken += budget_take(&budget, t);
    assert_in_range(taken, 50, 52);
}

static void
a_burst_is_two_seconds_worth(void **state)
{
    struct budget budget;
    int taken = 0;
    (void)state;
    budget_init(&budget, 5, 0);
    for (int i = 0; i < 100; i++)
        taken += budget_take(&budget, 1000 * SECOND);
    assert_int_equal(taken, 10);
}

static void
refusals_hold_ever_longer_until_an_answer(void **state)
{
    struct budget budget;
    (void)state;
    budget_init(&budget, 10, 0);
    assert_int_equal(budget_refused(&budget, 0, 0), 10 * SECOND);
    assert_false(budget_take(&budget, 9 * SECOND));
    assert_true(budget_take(&budget, 10 * SECOND));
    assert_int_equal(budget_refused(&budget, 0, 10 * SECOND), 20 * SECOND);
    for (int i = 0; i < 20; i++)
        budget_refused(&budget, 0, 0);
    assert_int_equal(budget_refused(&budget, 0, 0), 300 * SECOND);
    budget_accepted(&budget);
    assert_int_equal(budget_refused(&budget, 0, 0), 10 * SECOND);
}

static void
the_servers_wish_wins_within_reason(void **state)
{
    struct budget budget;
    (void)state;
    budget_init(&budget, 10, 0);
    assert_int_equal(budget_refused(&budget, 7 * SECOND, 0), 7 * SECOND);
    assert_int_equal(budget_refused(&budget, 1000000 * SECOND, 0), 3600 * SECOND);
}

static void
assert_span(struct span span, const char *expected)
{
    assert_non_null(span.s);
    assert_int_equal(span.len, strlen(expected));
    assert_memory_equal(span.s, expected, span.len);
}

static void
arns_are_split(void **state)
{
    struct arn arn = arn_split("arn:aws-cn:ecs:cn-north-1:123456789012:task/shop/abc:def");
    (void)state;
    assert_span(arn.region, "cn-north-1");
    assert_span(arn.account, "123456789012");
    assert_span(arn.resource, "task/shop/abc:def");
    assert_null(arn_split("shop").region.s);
    assert_null(arn_split("arn:aws:ecs").region.s);
    assert_null(arn_split("").region.s);
    assert_null(arn_split(NULL).region.s);
}

static void
the_last_part_is_what_follows_the_slash(void **state)
{
    (void)state;
    assert_span(last_part("arn:aws:ecs:x:1:cluster/shop"), "shop");
    assert_span(last_part("shop"), "shop");
    assert_int_equal(last_part("a/").len, 0);
    assert_null(last_part(NULL).s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_allows_one_sample_at_once_and_then_its_rate),
        cmocka_unit_test(a_burst_is_two_seconds_worth),
        cmocka_unit_test(refusals_hold_ever_longer_until_an_answer),
        cmocka_unit_test(the_servers_wish_wins_within_reason),
        cmocka_unit_test(arns_are_split),
        cmocka_unit_test(the_last_part_is_what_follows_the_slash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
