/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - `metrichost test config`: everything `run` would refuse, without running. */
#include "cli/commands.h"

static int
run_test_config(const struct command_line *line)
{
    struct settings *s = cli_load_settings(line, NULL);
    if (s == NULL)
        return 1;
    settings_free(s);
    printf("Config OK\n");
    return 0;
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
