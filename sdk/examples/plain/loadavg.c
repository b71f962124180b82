/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loadavg.c - an input: the load averages and the number of tasks of this machine, from
 * /proc/loadavg.
 *
 * A plugin is one .so file with one exported function, which MH_PLUGIN at the end writes. Before it
 * stand, as constant data, what the plugin can be told (keys) and what it sends (datasets); the
 * host checks, documents and maps both.
 */
#include <metrichost/plugin.h>

#include <errno.h>
#include <stdlib.h>

static const struct mh_key keys[] = {
    {"path", "/proc/loadavg", NULL, "The file to read.", MH_KEY_STRING, MH_KEY_PATH},
};

/* The numbers by which values are set, in the order of the fields below. */
enum { LOAD_1, LOAD_5, LOAD_15, TASKS_RUNNABLE, TASKS_TOTAL };

static const struct mh_field fields[] = {
    {"loadavg.load.1", NULL, "Load average over one minute.", MH_TYPE_DOUBLE, MH_METRIC_GAUGE, 0},
    {"loadavg.load.5", NULL, "Load average over five minutes.", MH_TYPE_DOUBLE, MH_METRIC_GAUGE, 0},
    {"loadavg.load.15", NULL, "Load average over 15 minutes.", MH_TYPE_DOUBLE, MH_METRIC_GAUGE, 0},
    {"loadavg.tasks.runnable", NULL, "Tasks that run or wait for a processor.", MH_TYPE_LONG,
     MH_METRIC_GAUGE, 0},
    {"loadavg.tasks.total", NULL, "Tasks that exist.", MH_TYPE_LONG, MH_METRIC_GAUGE, 0},
};

static const struct mh_dataset datasets[] = {
    {"loadavg.load", "loadavg", "load", "Load averages of the machine.", fields, NULL,
     sizeof fields / sizeof fields[0], sizeof fields[0], MH_DATASET_DEFAULT, 0},
};

/* One instance: one block of the configuration. Two of them may run side by side, so nothing is
 * global. */
struct loadavg {
    const struct mh_host *host;
    const char *path; /* lives as long as the instance's configuration */
};

/* Reads the configuration and allocates; opens nothing yet. */
static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    const char *path;
    int32_t rc = host->config->get_string(config, "path", &path);
    if (rc != MH_OK)
        return rc;
    struct loadavg *self = calloc(1, sizeof *self);
    if (self == NULL)
        return MH_ERR_NOMEM;
    self->host = host;
    self->path = path;
    *ret_self = self;
    return MH_OK;
}

/* Once a period, on this instance's own thread. The words of mh_fail() are what the operator reads.
 */
static int32_t
collect(void *instance, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct loadavg *self = instance;
    const struct mh_host *host = self->host;
    double load[3];
    long runnable, total;
    (void)deadline_ns;
    FILE *file = fopen(self->path, "re");
    if (file == NULL)
        return mh_fail(host, MH_ERR_RETRY, "%s: %s", self->path, strerror(errno));
    int found =
        fscanf(file, "%lf %lf %lf %ld/%ld", &load[0], &load[1], &load[2], &runnable, &total);
    fclose(file);
    if (found != 5)
        return mh_fail(host, MH_ERR_RETRY, "%s: does not look like /proc/loadavg", self->path);
    struct mh_record *record = host->record->add(batch, 0, 0);
    if (record == NULL)
        return MH_OK; /* the dataset is switched off */
    mh_set_double(host, record, LOAD_1, load[0]);
    mh_set_double(host, record, LOAD_5, load[1]);
    mh_set_double(host, record, LOAD_15, load[2]);
    mh_set_int(host, record, TASKS_RUNNABLE, runnable);
    mh_set_int(host, record, TASKS_TOTAL, total);
    return MH_OK;
}

static void
destroy(void *instance)
{
    free(instance);
}

static const struct mh_plugin plugin = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "loadavg",
    .version = "1.0",
    .vendor = "metrichost examples",
    .license = "Apache-2.0",
    .summary = "Load averages of this machine",
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .key_stride = sizeof keys[0],
    .datasets = datasets,
    .n_datasets = sizeof datasets / sizeof datasets[0],
    .dataset_stride = sizeof datasets[0],
    .create = create,
    .collect = collect,
    .destroy = destroy,
};

MH_PLUGIN(plugin, input, "loadavg", "1.0")
