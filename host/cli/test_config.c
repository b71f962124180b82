/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - `metrichost test config`: everything `run` would refuse, without running. */
#include "cli/commands.h"
#include "pipeline/pipeline.h"

/* What only the plugins can tell. Findings of the reading are said already or, when they are
 * errors, end the test. */
static int
check_plugins(struct settings *s)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    int r = pipeline_check(s, PACKAGE_VERSION, &d);
    if (cli_report(&d) != 0)
        return 1;
    return r < 0 ? cli_fail("the configuration cannot be checked: %s", strerror(-r)) : 0;
}

static int
run_test_config(const struct command_line *line)
{
    struct settings *s = cli_load_settings(line, NULL);
    if (s == NULL)
        return 1;
    int code = check_plugins(s);
    settings_free(s);
    if (code == 0)
        printf("Config OK\n");
    return code;
}

const struct cli_command command_test_config = {
    .name = "test config",
    .arguments = "",
    .summary = "Checks the configuration, module files included",
    .details = "Reads every file that `run` would read and checks every setting. Prints Config OK, "
               "or all that is\n"
               "wrong with file, line and column.",
    .run = run_test_config,
};
