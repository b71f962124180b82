/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manage.h - puts policy, template and target in place on a server, step by step and idempotently.
 */
#ifndef OUTPUT_ES_MANAGE_H
#define OUTPUT_ES_MANAGE_H

#include <metrichost/ext/catalogue.h>
#include <metrichost/ext/report.h>

#include "client.h"
#include "options.h"
#include "target.h"

struct management {
    const struct es_options *o;
    const struct mh_catalogue_v1 *catalogue;
    struct client *client;
    const struct features *features;
    enum target_mode mode;
    const struct mh_report_v1 *report;
    bool force;        /* overwrite what exists */
    bool only_missing; /* while the daemon runs: what exists stays, unless the overwrite options say
                          else */
    uint64_t deadline_ns;
    unsigned n_failed; /* steps */
    int code;          /* -ECANCELED and the like: the server went away in between */
};

/* Does all steps; each is told to m->report at depth 1. Returns 0 when none failed; else
 * m->n_failed is not 0. */
int manage(struct management *m);

#endif
