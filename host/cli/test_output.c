/* SPDX-License-Identifier: Apache-2.0 */
/* test_output.c - `metrichost test output`: every step from the name to the server. */
#include "cli/commands.h"
#include "cli/report.h"

enum { LIMIT_S = 60 };

static int
check(struct instance *output, void *ctx)
{
    struct cli_steps *steps = ctx;
    const struct mh_check_v1 *ext = instance_interface(output, MH_EXT_CHECK);
    if (ext == NULL)
        return cli_fail("%s doesn't support testing", output->name);
    int32_t r =
        ext->check(output->self, &steps->report, util_monotonic_ns() + LIMIT_S * MH_NS_PER_S);
    if (r != MH_OK && steps->n_errors == 0) {
        CLEANUP_FREE char *words = instance_take_words(output, r);
        return cli_fail("%s: %s", output->name, words != NULL ? words : error_name(r));
    }
    return r != MH_OK || steps->n_errors != 0;
}

static int
run_test_output(const struct command_line *line)
{
    struct cli_steps steps;
    cli_steps_init(&steps);
    return cli_with_output(line, check, &steps);
}

const struct cli_command command_test_output = {
    .name = "test output",
    .arguments = "",
    .summary = "Connects to the output and prints every step",
    .details = "Walks name, connection, TLS, credentials, privileges and version of each host, and "
               "ends with 1 when one of\n"
               "the steps fails.",
    .run = run_test_output,
};
