/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.c - an input as of ABI 1.0 that uses what an input of 1.0 can use: every type of value,
 * arrays, open families, constants, every kind of option. Compiled against the headers of 1.0
 * beside it, for ever.
 */
#include <metrichost/ext/state.h>
#include <metrichost/ext/statistics.h>
#include <metrichost/plugin.h>

#include <stdlib.h>

enum { LONG, DOUBLE, KEYWORD, BOOLEAN, DATE, ADDRESS, LABELS, FAMILY, LIST };

static const struct mh_key keys[] = {
    {"text", "abc", "abc|def", "A text.", MH_KEY_STRING, 0},
    {"truth", "true", NULL, "A truth.", MH_KEY_BOOL, 0},
    {"whole", "42", NULL, "A whole number.", MH_KEY_INT, 0},
    {"number", "0.5", NULL, "A number.", MH_KEY_DOUBLE, 0},
    {"wait", "1m30s", NULL, "A duration.", MH_KEY_DURATION, 0},
    {"size", "2KiB", NULL, "A size.", MH_KEY_BYTES, 0},
};

static const struct mh_field fields[] = {
    {"compat.long", "byte", "A long.", MH_TYPE_LONG, MH_METRIC_COUNTER, 0},
    {"compat.double", "percent", "A double.", MH_TYPE_DOUBLE, MH_METRIC_GAUGE, 0},
    {"compat.keyword", NULL, "A keyword.", MH_TYPE_KEYWORD, MH_METRIC_NONE, MH_FIELD_DIMENSION},
    {"compat.boolean", NULL, "A boolean.", MH_TYPE_BOOLEAN, MH_METRIC_NONE, 0},
    {"compat.date", NULL, "A date.", MH_TYPE_DATE, MH_METRIC_NONE, 0},
    {"compat.ip", NULL, "An address.", MH_TYPE_IP, MH_METRIC_NONE, 0},
    {"compat.labels", NULL, "Labels.", MH_TYPE_FLATTENED, MH_METRIC_NONE, 0},
    {"compat.family.*.n", NULL, "A family.", MH_TYPE_LONG, MH_METRIC_GAUGE, 0},
    {"compat.list", NULL, "A list.", MH_TYPE_KEYWORD, MH_METRIC_NONE, 0},
};

static const struct mh_dataset datasets[] = {
    {"compat.all", "compat", "all", "Everything.", fields, NULL, sizeof fields / sizeof fields[0],
     sizeof fields[0], MH_DATASET_DEFAULT, 0},
};

struct input {
    const struct mh_host *host;
    const char *text;
    int32_t truth;
    int64_t whole;
    double number;
    uint64_t wait_ns, size;
};

static int32_t
read_options(struct input *self, const struct mh_config *config)
{
    const struct mh_config_ops *ops = self->host->config;
    int32_t rc = ops->get_string(config, "text", &self->text);
    if (rc == MH_OK)
        rc = ops->get_bool(config, "truth", &self->truth);
    if (rc == MH_OK)
        rc = ops->get_int(config, "whole", &self->whole);
    if (rc == MH_OK)
        rc = ops->get_double(config, "number", &self->number);
    if (rc == MH_OK)
        rc = ops->get_duration_ns(config, "wait", &self->wait_ns);
    if (rc == MH_OK)
        rc = ops->get_bytes(config, "size", &self->size);
    return rc;
}

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct input *self = calloc(1, sizeof *self);
    if (self == NULL)
        return MH_ERR_NOMEM;
    self->host = host;
    int32_t rc = read_options(self, config);
    if (rc == MH_OK && (self->wait_ns != 90 * MH_NS_PER_S || self->size != 2048))
        rc = mh_config_error(host, config, "wait", "the defaults are misread");
    if (rc != MH_OK) {
        free(self);
        return rc;
    }
    mh_set_constant_text(host, "service.kind", "compat");
    *ret_self = self;
    return MH_OK;
}

static int32_t
collect(void *instance, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct input *self = instance;
    const struct mh_record_ops *ops = self->host->record;
    const struct mh_statistics_v1 *statistics =
        self->host->get_interface(self->host, MH_EXT_STATISTICS);
    struct mh_value value = mh_int(7), word = mh_text("w", 1);
    struct mh_record *record = ops->add(batch, 0, 0);
    (void)deadline_ns;
    if (record == NULL)
        return mh_fail(self->host, MH_ERR_RETRY, "no record");
    if (statistics != NULL)
        statistics->add(self->host, "collected", 1);
    mh_set_int(self->host, record, LONG, self->whole);
    mh_set_double(self->host, record, DOUBLE, self->number);
    mh_set_text(self->host, record, KEYWORD, self->text);
    mh_set_bool(self->host, record, BOOLEAN, self->truth);
    mh_set_date(self->host, record, DATE, 1700000000 * (int64_t)MH_NS_PER_S);
    mh_set_text(self->host, record, ADDRESS, "192.0.2.1");
    ops->put(record, LABELS, "a.b", 3, &word);
    ops->put(record, FAMILY, "x", 1, &value);
    ops->append(record, LIST, &word);
    ops->append(record, LIST, &word);
    return MH_OK;
}

static void
destroy(void *self)
{
    free(self);
}

static const struct mh_plugin plugin = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "compat_input",
    .version = "1.0",
    .license = "Apache-2.0",
    .summary = "An input as of ABI 1.0",
    .keys = keys,
    .datasets = datasets,
    .n_keys = sizeof keys / sizeof keys[0],
    .key_stride = sizeof keys[0],
    .n_datasets = 1,
    .dataset_stride = sizeof datasets[0],
    .create = create,
    .collect = collect,
    .destroy = destroy,
};

MH_PLUGIN(plugin, input, "compat_input", "1.0")
