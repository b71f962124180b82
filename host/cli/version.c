/* SPDX-License-Identifier: Apache-2.0 */
/* version.c - `metrichost version`. */
#include "cli/commands.h"

#include <sys/utsname.h>

#include <metrichost/abi.h>

static int
run_version(const struct command_line *line)
{
    struct utsname machine;
    (void)line;
    printf("metrichost version %s (%s), plugin ABI %d.%d\n", PACKAGE_VERSION,
           uname(&machine) == 0 ? machine.machine : "unknown", MH_ABI_MAJOR, MH_ABI_MINOR);
    return 0;
}

const struct cli_command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "Version of the program and of the plugin ABI it speaks",
    .run = run_version,
};
