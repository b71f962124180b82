/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.c - `metrichost doctor`: everything that can stand between this host and documents in the
 * index, each step with the line that mends it. Goes on after a failure, so that one call shows all
 * of them.
 */
#include "cli/commands.h"
#include "cli/report.h"
#include "pipeline/input.h"
#include "pipeline/pipeline.h"
#include "plugin/registry.h"

#include <errno.h>
#include <sys/stat.h>

enum { LIMIT_S = 30 };

static void
step(struct cli_steps *steps, uint32_t depth, uint32_t result, const char *name, const char *text)
{
    steps->report.step(steps->report.ctx, depth, result, name, text);
}

static void
check_plugins(const struct settings *s, struct cli_steps *steps)
{
    struct registry *registry = NULL;
    step(steps, 0, MH_STEP_GROUP, "plugins", NULL);
    if (pipeline_open_registry(s, &registry) != 0) {
        step(steps, 1, MH_STEP_ERROR, "folders", "out of memory");
        return;
    }
    for (size_t i = 0; i < registry_count(registry); i++) {
        const struct plugin_entry *e = registry_at(registry, i);
        step(steps, 1, e->refusal == NULL ? MH_STEP_OK : MH_STEP_ERROR,
             e->name != NULL ? e->name : e->file, e->refusal);
    }
    if (registry_count(registry) == 0)
        step(steps, 1, MH_STEP_ERROR, "folders",
             "no plugin is installed; install metrichost-docker or another one");
    registry_close(registry);
}

/* The folder is made at the first start, so it may be missing; then its parent must be writable. */
static void
check_data(const struct settings *s, struct cli_steps *steps)
{
    const char *data = s->paths.data;
    struct stat st;
    if (stat(data, &st) != 0)
        step(steps, 0, MH_STEP_OK, "data folder", "it is made at the first start");
    else if (!S_ISDIR(st.st_mode))
        step(steps, 0, MH_STEP_ERROR, "data folder", "path.data is not a folder");
    else if (access(data, W_OK | X_OK) != 0)
        step(steps, 0, MH_STEP_ERROR, "data folder",
             "it cannot be written by this user; give it to the user that runs metrichost (chown)");
    else
        step(steps, 0, MH_STEP_OK, "data folder", data);
}

static void
check_instance(struct instance *i, struct cli_steps *steps)
{
    const struct mh_check_v1 *ext = instance_interface(i, MH_EXT_CHECK);
    uint32_t errors_before = steps->n_errors;
    if (ext == NULL) {
        step(steps, 0, MH_STEP_SKIPPED, i->name, "it offers no check");
        return;
    }
    int32_t r = ext->check(i->self, &steps->report, util_monotonic_ns() + LIMIT_S * MH_NS_PER_S);
    if (r == MH_OK || steps->n_errors != errors_before)
        return;
    CLEANUP_FREE char *words = instance_take_words(i, r);
    step(steps, 0, MH_STEP_ERROR, i->name, words != NULL ? words : error_name(r));
}

static int
check_input(struct input *in, void *ctx)
{
    check_instance(&in->instance, ctx);
    return 0;
}

static int
check_output(struct instance *output, void *ctx)
{
    check_instance(output, ctx);
    return 0;
}

/* The configuration is read anew for each part, since making instances uses it up. */
static int
check_part(const struct command_line *line, struct cli_steps *steps, bool output)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    struct settings *s = cli_load_settings(line, NULL);
    if (s == NULL)
        return 1;
    int r = output ? pipeline_with_output(s, PACKAGE_VERSION, check_output, steps, &d)
                   : pipeline_with_inputs(s, PACKAGE_VERSION, check_input, steps, &d);
    settings_free(s);
    if (r == 0)
        return 0;
    step(steps, 0, MH_STEP_ERROR, output ? "output" : "modules",
         "the configuration is wrong; see `metrichost test config`");
    cli_report(&d);
    return 1;
}

static int
run_doctor(const struct command_line *line)
{
    struct cli_steps steps;
    cli_steps_init(&steps);
    struct settings *s = cli_load_settings(line, NULL);
    if (s == NULL)
        return 1;
    step(&steps, 0, MH_STEP_OK, "configuration", NULL);
    check_data(s, &steps);
    check_plugins(s, &steps);
    if (s->n_modules == 0)
        step(&steps, 0, MH_STEP_WARN, "modules",
             "none is enabled; `metrichost modules enable docker` switches one on");
    settings_free(s);
    int failed = check_part(line, &steps, false);
    failed |= check_part(line, &steps, true);
    return failed != 0 || steps.n_errors != 0;
}

const struct cli_command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "Checks everything between this host and documents in the index",
    .details = "Configuration, folders, plugins, the endpoint of every enabled module and the "
               "output, each with "
               "the way to\nmend it. Ends with 1 when something fails.",
    .run = run_doctor,
};
