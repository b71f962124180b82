/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/ext/output.h - "metrichost.output/1", provided by outputs: how much they want at once.
 *
 * Frozen. Without it an output gets one worker and batches of up to 1600 records and 5 MiB.
 */
#ifndef METRICHOST_EXT_OUTPUT_H
#define METRICHOST_EXT_OUTPUT_H

#include <metrichost/record.h>

#define MH_EXT_OUTPUT "metrichost.output/1"

struct mh_output_limits {
    uint32_t n_workers;   /* instances that the host shall create from this configuration; read once   */
    uint32_t max_records; /* per write(), at least 1                                                   */
    uint64_t max_bytes;   /* per write(), by size_hint(); a single larger record is still given alone  */
    uint64_t linger_ns;   /* how long to wait for a batch to fill; 0: send what there is               */
    uint64_t backoff_init_ns; /* first pause after MH_ERR_RETRY; doubled each time, with jitter ...    */
    uint64_t backoff_max_ns;  /* ... up to this                                                        */
};

struct mh_output_v1 {
    /* [any] Current limits; asked before each batch, so that an output can adapt. */
    void (*limits)(void *self, struct mh_output_limits *ret);
};

#endif
