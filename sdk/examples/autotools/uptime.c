/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uptime.c - an input: how long this machine runs, from /proc/uptime. The smallest input that is of
 * some use.
 */
#include <metrichost/plugin.h>

#include <errno.h>

static const struct mh_field fields[] = {
    {"uptime.seconds", "s", "Time since the machine started.", MH_TYPE_DOUBLE, MH_METRIC_GAUGE, 0},
};

static const struct mh_dataset datasets[] = {
    {"uptime.uptime", "uptime", "uptime", "How long the machine runs.", fields, NULL, 1,
     sizeof fields[0], MH_DATASET_DEFAULT, 0},
};

/* The host's table is all that this instance needs. */
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
    double seconds;
    (void)deadline_ns;
    FILE *file = fopen("/proc/uptime", "re");
    if (file == NULL)
        return mh_fail(host, MH_ERR_RETRY, "/proc/uptime: %s", strerror(errno));
    int found = fscanf(file, "%lf", &seconds);
    fclose(file);
    if (found != 1)
        return mh_fail(host, MH_ERR_RETRY, "/proc/uptime: not a number");
    struct mh_record *record = host->record->add(batch, 0, 0);
    return record == NULL ? MH_OK : mh_set_double(host, record, 0, seconds);
}

static void
destroy(void *self)
{
    (void)self;
}

static const struct mh_plugin plugin = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "uptime",
    .version = "1.0",
    .license = "Apache-2.0",
    .summary = "How long this machine runs",
    .datasets = datasets,
    .n_datasets = 1,
    .dataset_stride = sizeof datasets[0],
    .create = create,
    .collect = collect,
    .destroy = destroy,
};

MH_PLUGIN(plugin, input, "uptime", "1.0")
