/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - steps that a plugin reports (metrichost/ext/report.h), printed as an indented tree. */
#ifndef MH_CLI_REPORT_H
#define MH_CLI_REPORT_H

#include <metrichost/ext/report.h>

#include "cli/cli.h"
#include "pipeline/instance.h"

/* What the steps added up to. */
struct cli_steps {
    struct mh_report_v1 report; /* pass this to the plugin */
    uint32_t n_errors;
};

/* Prints to stdout; result words in colour on a terminal. */
void cli_steps_init(struct cli_steps *steps);

/* Loads the settings, makes the output's instance, and calls use with it. Returns the exit code. */
int cli_with_output(const struct command_line *line, int (*use)(struct instance *, void *),
                    void *ctx);

#endif
