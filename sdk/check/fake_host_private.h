/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_host_private.h - what the files of the fake host share. Opaque structs of the ABI are
 * defined here.
 */
#ifndef MH_FAKE_HOST_PRIVATE_H
#define MH_FAKE_HOST_PRIVATE_H

#include "fake_host.h"

/* One node: the root, or a value that the caller gave. */
struct mh_config {
    struct fake_host *owner;
    const char *key; /* NULL: the root */
    const char *value;
};

struct mh_record {
    struct mh_batch *batch;
    uint32_t dataset;
    bool dropped;
};

#define FAKE_MAX_RECORDS 4096u

struct mh_batch {
    struct fake_host *owner;
    uint32_t n_records, n_values;
    struct mh_record records[FAKE_MAX_RECORDS];
};

struct fake_host {
    const struct mh_plugin *plugin;
    struct mh_host *table;
    struct mh_record_ops *record;
    struct mh_config_ops *config_ops;
    struct mh_config root;
    struct mh_config *options;
    size_t n_options;
    unsigned reads, fail_at;
    struct buf words, faults, failed_read;
    struct mh_batch *batch;
};

/* One line more in fake_host_faults(). */
void fake_fault(struct fake_host *f, const char *format, ...) PRINTF_LIKE(2, 3);

/* Fill a table; the caller cuts it to size. */
void fake_config_ops(struct mh_config_ops *ops);
void fake_record_ops(struct mh_record_ops *ops);

#endif
