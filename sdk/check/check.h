/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - the tests of metrichost-check-plugin. Each runs in a process of its own, so that a
 * crash or a hang is a result and leaves nothing behind for the next test. What a test prints with
 * note() is shown below its line.
 */
#ifndef MH_CHECK_H
#define MH_CHECK_H

#include "fake_host.h"

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP };

/* What is tested: a file, or one plugin in it. */
struct subject {
    const char *file; /* absolute */
    uint32_t kind;    /* 0: the file as a whole */
    const char *name;
    const struct fake_option *options;
    size_t n_options;
};

struct test {
    const char *name;
    const char *claim; /* what is true when it passes */
    bool for_each;     /* once for each plugin of the file */
    bool on_request;   /* only with --run */
    enum verdict (*run)(const struct subject *s);
};

extern const struct test file_tests[];
extern const size_t n_file_tests;
extern const struct test schema_tests[];
extern const size_t n_schema_tests;
extern const struct test life_tests[];
extern const size_t n_life_tests;

void note(const char *format, ...) PRINTF_LIKE(1, 2);

/* Opens the file and answers the entry function, or NULL with a note. */
void *subject_entry(const struct subject *s);
/* The host's copy of the subject's descriptor, or NULL with a note. */
const struct mh_plugin *subject_plugin(const struct subject *s);

#endif
