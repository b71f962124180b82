/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/ext/statistics.h - "metrichost.statistics/1", provided by the host: counters and gauges of an instance, shown by
 * `status` and in the periodic log line beside the ledger ("api_requests", "api_ns", "breaker_open").
 *
 * Frozen.
 */
#ifndef METRICHOST_EXT_STATISTICS_H
#define METRICHOST_EXT_STATISTICS_H

#include <metrichost/abi.h>

#define MH_EXT_STATISTICS "metrichost.statistics/1"

struct mh_host;

struct mh_statistics_v1 {
    /* [any] Adds to a counter, created at its first use. name: [a-z0-9_.]+, terminated, at most 64 of them per instance. */
    void (*add)(const struct mh_host *host, const char *name, int64_t delta);
    /* [any] Sets a gauge. */
    void (*set)(const struct mh_host *host, const char *name, int64_t value);
};

#endif
