/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processor.c - a processor as of ABI 1.0: reads, sets and removes values by path.
 */
#include <metrichost/plugin.h>

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    (void)config;
    *ret_self = (void *)(uintptr_t)host;
    return MH_OK;
}

static int32_t
process(void *self, struct mh_batch *batch)
{
    const struct mh_host *host = self;
    const struct mh_record_ops *ops = host->record;
    static const char from[] = "compat.long", to[] = "compat.doubled", gone[] = "compat.ip";
    for (uint32_t i = 0; i < ops->count(batch); i++) {
        struct mh_record *record = ops->at(batch, i);
        struct mh_value value;
        if (ops->get_path(record, from, sizeof from - 1, &value) != MH_OK ||
            value.type != MH_VALUE_INT)
            continue;
        value.u.i *= 2;
        ops->set_path(record, to, sizeof to - 1, &value);
        ops->remove_path(record, gone, sizeof gone - 1);
    }
    return MH_OK;
}

static void
destroy(void *self)
{
    (void)self;
}

static const struct mh_plugin plugin = {
    MH_PLUGIN_HEADER(MH_KIND_PROCESSOR),
    .name = "compat_processor",
    .version = "1.0",
    .license = "Apache-2.0",
    .summary = "A processor as of ABI 1.0",
    .create = create,
    .process = process,
    .destroy = destroy,
};

MH_PLUGIN(plugin, processor, "compat_processor", "1.0")
