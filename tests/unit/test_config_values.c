/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_config_values.c - texts as durations, sizes, truth values, numbers.
 */
#include "config/config.h"
#include "config/values.h"

#include <errno.h>
#include <setjmp.h>

#include <cmocka.h>

static void
check_duration(const char *text, uint64_t want)
{
    uint64_t got = 0;
    if (parse_duration_ns(text, &got) < 0)
        fail_msg("%s was refused", text);
    assert_int_equal(got, want);
}

static void
durations(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "s",    "10x",           "1m30",
                                      "-1s",  "1 s",  "1..5s",         "0x10s",
                                      "1e3s", "10ss", "300000000000d", "99999999999999999999ns",
                                      "nan",  "1s "};
    check_duration("10s", 10 * MH_NS_PER_S);
    check_duration("1m30s", 90 * MH_NS_PER_S);
    check_duration("1.5h", 5400 * MH_NS_PER_S);
    check_duration("500ms", 500000000);
    check_duration("10", 10 * MH_NS_PER_S);
    check_duration("0.5", MH_NS_PER_S / 2);
    check_duration("0", 0);
    check_duration("7us", 7000);
    check_duration("7\xc2\xb5s", 7000);
    check_duration("1d", 86400 * MH_NS_PER_S);
    check_duration("18446744073709551615ns", UINT64_MAX);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint64_t got;
        if (parse_duration_ns(bad[i], &got) != -EINVAL)
            fail_msg("\"%s\" was accepted", bad[i]);
    }
}

static void
check_bytes(const char *text, uint64_t want)
{
    uint64_t got = 0;
    if (parse_bytes(text, &got) < 0)
        fail_msg("%s was refused", text);
    assert_int_equal(got, want);
}

static void
sizes(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "MB", "-1", "1Q", "1 M B", "20000000000GiB", "1e6"};
    check_bytes("10MB", 10000000);
    check_bytes("10 MiB", 10 << 20);
    check_bytes("1.5KiB", 1536);
    check_bytes("512", 512);
    check_bytes("3b", 3);
    check_bytes("18446744073709551615", UINT64_MAX);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint64_t got;
        if (parse_bytes(bad[i], &got) != -EINVAL)
            fail_msg("\"%s\" was accepted", bad[i]);
    }
}

static void
truth_values(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "Yes", "ON"};
    static const char *const no[] = {"false", "no", "Off"};
    bool truth = false;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(parse_bool(yes[i], &truth), 0);
        assert_true(truth);
        assert_int_equal(parse_bool(no[i], &truth), 0);
        assert_false(truth);
    }
    assert_int_equal(parse_bool("1", &truth), -EINVAL);
    assert_int_equal(parse_bool("", &truth), -EINVAL);
}

static void
check_int(const char *text, int64_t want)
{
    int64_t got = 0;
    if (parse_int(text, &got) < 0)
        fail_msg("%s was refused", text);
    assert_int_equal(got, want);
}

static void
numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {"",   "-",  "1.5", "08",
                                      "1k", " 1", "0x",  "9223372036854775808"};
    double d;
    int64_t i;
    check_int("42", 42);
    check_int("-7", -7);
    check_int("0600", 0600);
    check_int("0o600", 0600);
    check_int("0x1f", 31);
    check_int("0", 0);
    check_int("9223372036854775807", INT64_MAX);
    for (size_t n = 0; n < COUNT_OF(bad); n++)
        if (parse_int(bad[n], &i) != -EINVAL)
            fail_msg("\"%s\" was accepted", bad[n]);
    assert_int_equal(parse_double("-1.5e3", &d), 0);
    assert_true(d == -1500.0);
    assert_int_equal(parse_double("inf", &d), -EINVAL);
    assert_int_equal(parse_double("1e999", &d), -EINVAL);
    assert_int_equal(parse_double("0x1p3", &d), -EINVAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(sizes),
        cmocka_unit_test(truth_values),
        cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
