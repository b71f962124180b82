/* SPDX-License-Identifier: Apache-2.0 */
/* test_ledger.c - the ledger adds up, and does so after a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pipeline/ledger.h"

#include <errno.h>

static const char NAME[] = "docker[unix:///run/a.sock]#2";

static void
assert_counts(struct ledger_row *row, uint64_t collected, uint64_t delivered, uint64_t dropped,
              uint64_t dead, uint64_t queued)
{
    struct ledger_counts c = ledger_counts_of(row);
    assert_int_equal(c.collected, collected);
    assert_int_equal(c.delivered, delivered);
    assert_int_equal(c.dropped, dropped);
    assert_int_equal(c.dead_lettered, dead);
    assert_int_equal(c.queued, queued);
}

static struct ledger *
filled(void)
{
    struct ledger *l = ledger_new();
    struct ledger_row *row = ledger_row(l, NAME);
    ledger_collected(row, 100);
    ledger_delivered(row, 60);
    ledger_dropped(row, "queue_full", 7);
    ledger_dropped(row, "queue_full", 1);
    ledger_dropped(row, "unreadable", 2);
    ledger_dead_lettered(row, 5);
    ledger_collected(ledger_row(l, "other"), 1);
    return l;
}

static void
test_counts_add_up(void **state)
{
    struct ledger *l = filled();
    (void)state;
    assert_counts(ledger_row(l, NAME), 100, 60, 10, 5, 25);
    assert_int_equal(ledger_total(l).collected, 101);
    assert_int_equal(ledger_total(l).queued, 26);
    ledger_free(l);
}

static void
test_counts_survive_a_restart(void **state)
{
    char path[] = "/tmp/ledger-XXXXXX";
    int fd = mkstemp(path);
    struct ledger *l = filled(), *again = ledger_new();
    (void)state;
    close(fd);
    assert_int_equal(ledger_save(l, path), 0);
    assert_int_equal(ledger_load(again, path), 0);
    assert_counts(ledger_row(again, NAME), 100, 60, 10, 5, 25);
    ledger_dropped(ledger_row(again, NAME), "unreadable", 1);
    ledger_dropped(ledger_row(l, NAME), "unreadable", 1);
    assert_counts(ledger_row(again, NAME), 100, 60, 11, 5, 24);
    ledger_free(l);
    ledger_free(again);
    unlink(path);
}

/* The queue holds 10 more than the file knows: they are the second instance's, as their delivery
 * shows. */
static void
test_records_of_after_the_last_saving(void **state)
{
    struct ledger *l = filled();
    (void)state;
    ledger_adopt(l, 36);
    assert_int_equal(ledger_total(l).queued, 36);
    assert_counts(ledger_row(l, "recovered"), 10, 0, 0, 0, 10);
    ledger_delivered(ledger_row(l, "other"), 11);
    assert_counts(ledger_row(l, "other"), 11, 11, 0, 0, 0);
    assert_counts(ledger_row(l, "recovered"), 0, 0, 0, 0, 0);
    ledger_delivered(ledger_row(l, NAME), 25);
    assert_counts(ledger_row(l, NAME), 100, 85, 10, 5, 0);
    assert_int_equal(ledger_total(l).queued, 0);
    ledger_free(l);
}

/* The queue holds fewer than the file says: the rest was delivered, but of which instance? Every
 * order of what follows ends with the truth: five of NAME had been delivered. */
static void
test_deliveries_of_after_the_last_saving(void **state)
{
    (void)state;
    for (int other_first = 0; other_first < 2; other_first++) {
        struct ledger *l = filled();
        ledger_adopt(l, 21);
        assert_int_equal(ledger_total(l).queued, 21);
        if (other_first)
            ledger_delivered(ledger_row(l, "other"), 1);
        ledger_delivered(ledger_row(l, NAME), 20);
        if (!other_first)
            ledger_delivered(ledger_row(l, "other"), 1);
        assert_counts(ledger_row(l, NAME), 100, 85, 10, 5, 0);
        assert_counts(ledger_row(l, "other"), 1, 1, 0, 0, 0);
        ledger_free(l);
    }
}

static void
test_what_the_queue_loses_is_counted(void **state)
{
    struct ledger *l = filled();
    (void)state;
    ledger_lose(l, "queue_damaged", 3);
    assert_int_equal(ledger_total(l).queued, 23);
    assert_int_equal(ledger_total(l).dropped, 13);
    ledger_lose(l, "memory_queue_ended", UINT64_MAX);
    assert_int_equal(ledger_total(l).queued, 0);
    assert_int_equal(ledger_total(l).collected, 101);
    ledger_free(l);
}

static void
test_damaged_files_change_nothing(void **state)
{
    static const char *const texts[] = {"", "{", "[1,2]", "{\"instances\":3}", "\xff\xfe"};
    char path[] = "/tmp/ledger-XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    close(fd);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct ledger *l = ledger_new();
        assert_int_equal(util_write_file_atomic(path, texts[i], strlen(texts[i]), 0600), 0);
        assert_int_equal(ledger_load(l, path), -EBADMSG);
        assert_int_equal(ledger_total(l).collected, 0);
        ledger_free(l);
    }
    unlink(path);
    struct ledger *l = ledger_new();
    assert_int_equal(ledger_load(l, path), -ENOENT);
    ledger_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_add_up),
        cmocka_unit_test(test_counts_survive_a_restart),
        cmocka_unit_test(test_records_of_after_the_last_saving),
        cmocka_unit_test(test_deliveries_of_after_the_last_saving),
        cmocka_unit_test(test_what_the_queue_loses_is_counted),
        cmocka_unit_test(test_damaged_files_change_nothing),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
