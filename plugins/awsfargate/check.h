/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - the steps of `test modules` and `doctor`, without starting anything.
 */
#ifndef AWSFARGATE_CHECK_H
#define AWSFARGATE_CHECK_H

#include <metrichost/ext/report.h>

#include <stdint.h>

struct mh_host;

/* [worker] uri: of the endpoint; NULL: none is known, and why says what to check. MH_OK when no
 * step failed. */
int32_t check_endpoint(const struct mh_host *host, const char *uri, const char *why,
                       const struct mh_report_v1 *report, uint64_t deadline_ns);

#endif
