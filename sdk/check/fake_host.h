/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_host.h - a host without a daemon, for one instance of a plugin under test.
 *
 * Its tables are as large as those of the oldest host that the plugin says it needs, and end where
 * readable memory ends: a plugin that uses a later member without MH_HAS crashes here, and not on
 * somebody's old host. What the plugin reads of its configuration comes from its own defaults and
 * from the options that the caller gives.
 */
#ifndef MH_FAKE_HOST_H
#define MH_FAKE_HOST_H

#include <metrichost/plugin.h>

#include "util/util.h"

/* A value for one key, as YAML text. */
struct fake_option {
    const char *key;
    const char *value;
};

struct fake_host;

/* plugin: the host's copy of its descriptor; plugin and options must live longer than the result.
 * NULL: no memory. */
struct fake_host *fake_host_new(const struct mh_plugin *plugin, const struct fake_option *options,
                                size_t n_options);
void fake_host_free(struct fake_host *f);

/* What create() is called with. */
const struct mh_host *fake_host_table(struct fake_host *f);
const struct mh_config *fake_host_config(struct fake_host *f);

/* Typed reads of the configuration so far; and makes the n-th from now, counted from 1, fail as a
 * wrong value does. */
unsigned fake_host_reads(const struct fake_host *f);
void fake_host_fail_read(struct fake_host *f, unsigned n);
/* The path whose read failed so. */
const char *fake_host_failed_read(const struct fake_host *f);

/* The last words given to fail() or config->error(); "" for none. */
const char *fake_host_words(const struct fake_host *f);

/* What the plugin did against the ABI, one per line; "" for nothing. */
const char *fake_host_faults(const struct fake_host *f);

/* A batch for collect(), and the number of records and values that are in it. */
struct mh_batch *fake_host_batch(struct fake_host *f);
unsigned fake_batch_records(const struct mh_batch *batch);
unsigned fake_batch_values(const struct mh_batch *batch);

#endif
