/* SPDX-License-Identifier: Apache-2.0 */
/* export_artifact.c - `metrichost export template|ilm-policy|fields`: what `setup` would send, on
 * stdout. */
#include "cli/commands.h"
#include "cli/report.h"

static const struct cli_option options[] = {
    {.name = "es.version", .argument = "VERSION", .summary = "For a server of this version"},
    {0},
};

struct job {
    struct cli_steps steps;
    const char *what;
    const char *version;
};

static int
export_artifact(struct instance *output, void *ctx)
{
    struct job *job = ctx;
    const struct mh_setup_v1 *ext = instance_interface(output, MH_EXT_SETUP);
    int32_t r = MH_ERR_UNSUPPORTED;
    if (ext != NULL)
        r = ext->export_artifact(output->self, &job->steps.report, job->what, job->version);
    if (r == MH_OK)
        return 0;
    CLEANUP_FREE char *words = instance_take_words(output, r);
    return cli_fail("%s has no %s to export: %s", output->name, job->what,
                    words != NULL ? words : error_name(r));
}

static int
run_export(const struct command_line *line)
{
    const char *name = strrchr(line->command->name, ' ');
    struct job job = {.what = name + 1, .version = cli_value(line, "es.version")};
    cli_steps_init(&job.steps);
    return cli_with_output(line, export_artifact, &job);
}

const struct cli_command command_export_template = {
    .name = "export template",
    .arguments = "",
    .summary = "Prints the index template that setup installs",
    .options = options,
    .run = run_export,
};

const struct cli_command command_export_ilm_policy = {
    .name = "export ilm-policy",
    .arguments = "",
    .summary = "Prints the lifecycle policy that setup installs",
    .options = options,
    .run = run_export,
};

const struct cli_command command_export_fields = {
    .name = "export fields",
    .arguments = "",
    .summary = "Prints every field of the installed plugins with type, unit and meaning",
    .options = options,
    .run = run_export,
};
