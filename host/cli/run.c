/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - `metrichost run`, and the program without a command. */
#include "cli/commands.h"
#include "log/log.h"
#include "pipeline/pipeline.h"

static const struct cli_option options[] = {
    {.letter = 'N', .summary = "Dry run: modules collect, but no output is created"},
    {0},
};

static int
run_run(const struct command_line *line)
{
    struct settings *s = cli_load_settings(line, NULL);
    if (s == NULL)
        return 1;
    int r = cli_open_log(s, line);
    if (r < 0) {
        settings_free(s);
        return cli_fail("the log cannot be opened: %s; see logging.* in the configuration",
                        strerror(-r));
    }
    struct run_options run = {
        .version = PACKAGE_VERSION,
        .config = &line->config,
        .dry_run = cli_switch(line, "N", false),
        .report = cli_report,
    };
    int code = pipeline_run(s, &run);
    log_close();
    return code;
}

const struct cli_command command_run = {
    .name = "run",
    .arguments = "",
    .summary = "Collects and delivers until it is told to stop (the default command)",
    .details =
        "SIGTERM and SIGINT: a last sample, a flush within metrichost.shutdown_timeout, then "
        "the end; a second one\n"
        "ends at once. SIGHUP: reads the configuration again. SIGUSR1: reopens the log files.",
    .options = options,
    .run = run_run,
};
