/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - `metrichost run`, which a bare `metrichost` means too. */
#include "cli/commands.h"
#include "log/log.h"
#include "pipeline/pipeline.h"

static const struct cli_option options[] = {
    {NULL, 'N', NULL, "Collects, but creates no output and sends nothing"},
    {NULL, 0, NULL, NULL},
};

static int
run_run(const struct command_line *line)
{
    struct run_options run = {
        .version = PACKAGE_VERSION,
        .config = &line->config,
        .dry_run = cli_switch(line, "N", false),
    };
    struct settings *s = cli_load_settings(line, NULL);
    if (s == NULL)
        return 1;
    int r = cli_open_log(s, line);
    if (r < 0) {
        settings_free(s);
        return cli_fail("the log cannot be opened: %s", strerror(-r));
    }
    int code = pipeline_run(s, &run);
    log_close();
    return code;
}

const struct cli_command command_run = {
    .name = "run",
    .arguments = "",
    .summary = "Collects and ships metrics until it is stopped (the default)",
    .details = "SIGTERM and SIGINT end it after a last sample and a flush. SIGHUP reads the "
               "configuration again; a\n"
               "wrong one is reported and the old one stays. SIGUSR1 opens the log files anew.",
    .options = options,
    .run = run_run,
};
