/* SPDX-License-Identifier: Apache-2.0 */
/* setup.c - `metrichost setup`: what the receiver needs before the first record. */
#include "cli/commands.h"
#include "cli/report.h"

enum { LIMIT_S = 300 };

static const struct cli_option options[] = {
    {.name = "index-management", .summary = "Only the index template, its policy and its target"},
    {.name = "dashboards", .summary = "Only the dashboards"},
    {.name = "force", .summary = "Overwrites what exists"},
    {0},
};

struct job {
    struct cli_steps steps;
    uint32_t flags;
};

static int
setup(struct instance *output, void *ctx)
{
    struct job *job = ctx;
    const struct mh_setup_v1 *ext = instance_interface(output, MH_EXT_SETUP);
    if (ext == NULL) {
        printf("%s needs no setup.\n", output->name);
        return 0;
    }
    int32_t r = ext->setup(output->self, &job->steps.report, job->flags,
                           util_monotonic_ns() + LIMIT_S * MH_NS_PER_S);
    if (r == MH_OK && job->steps.n_errors == 0) {
        printf("Setup finished.\n");
        return 0;
    }
    CLEANUP_FREE char *words = instance_take_words(output, r);
    return cli_fail("setup of %s failed: %s", output->name, words != NULL ? words : error_name(r));
}

static int
run_setup(const struct command_line *line)
{
    struct job job = {.flags = 0};
    cli_steps_init(&job.steps);
    job.flags |= cli_switch(line, "index-management", false) ? MH_SETUP_INDEX_MANAGEMENT : 0;
    job.flags |= cli_switch(line, "dashboards", false) ? MH_SETUP_DASHBOARDS : 0;
    job.flags |= cli_switch(line, "force", false) ? MH_SETUP_FORCE : 0;
    return cli_with_output(line, setup, &job);
}

const struct cli_command command_setup = {
    .name = "setup",
    .arguments = "",
    .summary = "Creates what the output's server needs: template, policy, data stream",
    .details =
        "Each step is printed as created, updated, unchanged or skipped. It can be run again "
        "at any time: what\n"
        "is right stays untouched. Needs more privileges than running does.",
    .options = options,
    .run = run_setup,
};
