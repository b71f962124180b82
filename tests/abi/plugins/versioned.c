/* SPDX-License-Identifier: Apache-2.0 */
/*
 * versioned.c - an input whose records say which build of it runs: -DVERSION='"2.0"'.
 */
#include <metrichost/plugin.h>

static const struct mh_field fields[] = {
    {"versioned.version", NULL, "Which build it is.", MH_TYPE_KEYWORD, MH_METRIC_NONE, 0},
};

static const struct mh_dataset datasets[] = {
    {"versioned.all", "versioned", "all", "All.", fields, NULL, 1, sizeof fields[0],
     MH_DATASET_DEFAULT, 0},
};

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    (void)config;
    *ret_self = (void *)(uintptr_t)host;
    return MH_OK;
}

static int32_t
collect(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    const struct mh_host *host = self;
    struct mh_record *record = host->record->add(batch, 0, 0);
    (void)deadline_ns;
    return record == NULL ? MH_OK : mh_set_text(host, record, 0, VERSION);
}

static void
destroy(void *self)
{
    (void)self;
}

static const struct mh_plugin plugin = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "versioned",
    .version = VERSION,
    .license = "Apache-2.0",
    .summary = "Says which build of it runs",
    .datasets = datasets,
    .n_datasets = 1,
    .dataset_stride = sizeof datasets[0],
    .create = create,
    .collect = collect,
    .destroy = destroy,
};

MH_PLUGIN(plugin, input, "versioned", VERSION)
