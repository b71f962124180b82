/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_place.h - a temporary folder of configuration files for the tests of host/config.
 */
#ifndef MH_TEST_CONFIG_PLACE_H
#define MH_TEST_CONFIG_PLACE_H

#include "config/config.h"

struct place {
    char *folder;
    struct config_options options; /* files and overrides are for the test to set */
    struct diagnostics d;
    struct settings *settings;
};

/* For cmocka's setup and teardown; *state is the place. Teardown removes the folder and all in it.
 */
int place_set_up(void **state);
int place_tear_down(void **state);

/* Writes FOLDER/name (folders are made) with mode 0600. Returns its path, valid until the next
 * call. */
const char *place_write(struct place *p, const char *name, const char *content);
void place_write_bytes(struct place *p, const char *name, const char *content, size_t len);
/* Loads with metrichost.yml holding this text; asserts success and prints the diagnostics
 * otherwise. */
void place_load(struct place *p, const char *yaml);
/* The same, asserting failure. */
void place_load_wrong(struct place *p, const char *yaml);
void place_run(struct place *p, int want);
/* Asserts what a setting holds, as text; NULL: absent. */
void place_expect(struct place *p, const char *path, const char *want);
/* Asserts that the diagnostics hold this text; "%s" in it stands for the folder. */
void place_expect_message(struct place *p, const char *want);

#endif
