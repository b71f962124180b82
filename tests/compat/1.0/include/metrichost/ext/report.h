/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/ext/report.h - how a plugin reports the steps of `test output`, `setup` and `doctor` to the terminal.
 *
 * Frozen.
 */
#ifndef METRICHOST_EXT_REPORT_H
#define METRICHOST_EXT_REPORT_H

#include <metrichost/abi.h>

#define MH_STEP_GROUP 0u     /* a heading: deeper steps follow                                         */
#define MH_STEP_OK 1u
#define MH_STEP_WARN 2u
#define MH_STEP_ERROR 3u
#define MH_STEP_CREATED 4u
#define MH_STEP_UPDATED 5u
#define MH_STEP_UNCHANGED 6u
#define MH_STEP_SKIPPED 7u
#define MH_STEP_INFO 8u      /* a plain fact: "version: 8.10.3"                                        */

struct mh_report_v1 {
    void *ctx;
    /* [worker] One finished step. depth: indentation, from 0. name and text: terminated; text may be NULL. */
    void (*step)(void *ctx, uint32_t depth, uint32_t result, const char *name, const char *text);
    /* [worker] Raw output of `export`: bytes for stdout. */
    void (*write)(void *ctx, const char *bytes, size_t len);
};

/* "metrichost.check/1": provided by outputs and inputs for `test output` and `doctor`. */
#define MH_EXT_CHECK "metrichost.check/1"
struct mh_check_v1 {
    /* [worker] READY (not started). Walks every step from name to server; MH_OK when none failed. */
    int32_t (*check)(void *self, const struct mh_report_v1 *report, uint64_t deadline_ns);
};

/* "metrichost.setup/1": provided by outputs for `setup` and `export`. Works from the host's catalogue (catalogue.h). */
#define MH_EXT_SETUP "metrichost.setup/1"
#define MH_SETUP_FORCE 1u            /* overwrite what exists                                          */
#define MH_SETUP_INDEX_MANAGEMENT 2u /* only these parts; no part bit: all                             */
#define MH_SETUP_DASHBOARDS 4u
struct mh_setup_v1 {
    /* [worker] READY (not started). Creates or updates what the receiver needs, idempotently, one step each. */
    int32_t (*setup)(void *self, const struct mh_report_v1 *report, uint32_t flags, uint64_t deadline_ns);
    /* [worker] READY. Writes an artefact ("template", "ilm-policy", "fields") for a server version ("8.10.3", or NULL
     * for the newest known) to report->write. MH_ERR_UNSUPPORTED: it has no such artefact. */
    int32_t (*export_artifact)(void *self, const struct mh_report_v1 *report, const char *what,
                               const char *server_version);
};

#endif
