/* SPDX-License-Identifier: Apache-2.0 */
/* test_modules.c - `metrichost test modules`: one sample of every module, shown and not sent. */
#include "cli/commands.h"
#include "pipeline/input.h"
#include "pipeline/pipeline.h"
#include "record/json.h"

#include <errno.h>

/* Rates and percentages need two samples. */
enum { BETWEEN_SAMPLES_S = 1 };

/* What the command line asks for; NULL: all. */
struct wanted {
    const char *module;
    const char *metricset;
    uint32_t n_tested;
    uint32_t n_failed;
};

static uint32_t
records_of(const struct mh_batch *batch, const char *dataset, const struct mh_record **ret_first)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        if (strcmp(shape_dataset(batch->records[i]->shape), dataset) != 0)
            continue;
        if (n++ == 0)
            *ret_first = batch->records[i];
    }
    return n;
}

static void
print_metricset(const struct mh_batch *batch, const struct mh_dataset *dataset)
{
    CLEANUP(buf_free) struct buf json = {0};
    const struct mh_record *first = NULL;
    uint32_t n = records_of(batch, dataset->name, &first);
    if ((dataset->flags & MH_DATASET_PUSH) != 0) {
        printf("  %s... comes when something happens\n", dataset->metricset);
        return;
    }
    printf("  %s... %s%u record%s\n", dataset->metricset, n != 0 ? "OK, " : "nothing to report, ",
           n, n == 1 ? "" : "s");
    if (first == NULL)
        return;
    record_to_json(first, &json);
    if (!json.failed)
        printf("    result: %.*s\n", (int)json.len, json.data);
}

/* One collect. Returns its result. */
static int32_t
sample(struct input *in, struct mh_batch *batch)
{
    int32_t r = instance_collect(&in->instance, batch, util_monotonic_ns() + in->timeout_ns);
    batch_sweep(batch);
    return r;
}

static int32_t
sample_twice(struct input *in, struct mh_batch *batch, struct shape_set *shapes)
{
    int32_t r = sample(in, batch);
    if (r != MH_OK)
        return r;
    sleep(BETWEEN_SAMPLES_S);
    batch_reset(batch, shapes);
    return sample(in, batch);
}

static void
show(struct input *in, struct wanted *wanted, int32_t r, struct mh_batch *batch)
{
    const struct mh_plugin *plugin = in->instance.plugin;
    if (r != MH_OK) {
        CLEANUP_FREE char *words = instance_take_words(&in->instance, r);
        printf("  error... ERROR %s\n", words != NULL ? words : error_name(r));
        wanted->n_failed++;
        return;
    }
    for (uint32_t i = 0; i < plugin->n_datasets; i++)
        if (in->enabled[i] && (wanted->metricset == NULL ||
                               strcmp(wanted->metricset, plugin->datasets[i].metricset) == 0))
            print_metricset(batch, &plugin->datasets[i]);
}

static void
test_started(struct input *in, struct wanted *wanted)
{
    struct shape_set *shapes = input_shapes(in);
    struct mh_batch *batch = shapes != NULL ? batch_new(shapes) : NULL;
    if (batch != NULL)
        show(in, wanted, sample_twice(in, batch, shapes), batch);
    else
        wanted->n_failed++;
    batch_free(batch);
    shape_set_unref(shapes);
}

static int
test_input(struct input *in, void *ctx)
{
    struct wanted *wanted = ctx;
    if (wanted->module != NULL && strcmp(wanted->module, in->instance.plugin->name) != 0)
        return 0;
    if (wanted->n_tested++ == 0)
        processors_start(in->env->processors);
    printf("%s...\n", in->instance.name);
    int32_t r = instance_start(&in->instance);
    if (r == MH_OK) {
        test_started(in, wanted);
        instance_wake(&in->instance);
        instance_stop(&in->instance);
    } else {
        show(in, wanted, r, NULL);
    }
    return 0;
}

static int
run_test_modules(const struct command_line *line)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    struct wanted wanted = {.module = line->n_words > 0 ? line->words[0] : NULL,
                            .metricset = line->n_words > 1 ? line->words[1] : NULL};
    struct settings *s = cli_load_settings(line, NULL);
    if (s == NULL)
        return 1;
    int r = pipeline_with_inputs(s, PACKAGE_VERSION, test_input, &wanted, &d);
    settings_free(s);
    if (cli_report(&d) != 0)
        return 1;
    if (r == -ENOMEM)
        return cli_fail("out of memory");
    if (wanted.n_tested == 0)
        return wanted.module != NULL
                   ? cli_fail("module %s is not enabled; see `metrichost modules list`",
                              wanted.module)
                   : cli_fail("no module is enabled; see `metrichost modules list`");
    return wanted.n_failed != 0;
}

const struct cli_command command_test_modules = {
    .name = "test modules",
    .arguments = "[MODULE [METRICSET]]",
    .summary = "Takes a sample of the enabled modules and shows it; nothing is sent",
    .details =
        "Each instance is started and sampled twice, a second apart, so that rates can be shown. "
        "Ends with 1 when an\n"
        "instance fails.",
    .max_words = 2,
    .run = run_test_modules,
};
