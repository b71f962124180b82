/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup.h - the functions of the interfaces metrichost.setup/1 and metrichost.check/1.
 */
#ifndef OUTPUT_ES_SETUP_H
#define OUTPUT_ES_SETUP_H

#include <metrichost/ext/report.h>

#include "worker.h"

int32_t setup_run(void *self, const struct mh_report_v1 *report, uint32_t flags,
                  uint64_t deadline_ns);
int32_t setup_export(void *self, const struct mh_report_v1 *report, const char *what,
                     const char *version);
int32_t check_run(void *self, const struct mh_report_v1 *report, uint64_t deadline_ns);

#endif
