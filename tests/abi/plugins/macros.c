/* SPDX-License-Identifier: Apache-2.0 */
/*
 * macros.c - the shortest output, written with the macros of plugin.h only. It must compile as C99
 * and as C++11.
 */
#include <metrichost/ext/output.h>
#include <metrichost/plugin.h>

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    int64_t n = 0;
    if (!MH_HAS(struct mh_host, host, get_interface))
        return mh_fail(host, MH_ERR_UNSUPPORTED, "the host is too old");
    if (host->config->get_int(config, "n", &n) != MH_OK || n < 0)
        return mh_config_error(host, config, "n", "must not be negative");
    mh_log(host, MH_LOG_INFO, "created with %d", (int)n);
    mh_set_constant_text(host, "a.b", "c");
    *ret_self = NULL;
    return MH_OK;
}

static int32_t
write_batch(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct mh_cursor cursor = {{0}};
    (void)self;
    (void)batch;
    (void)cursor;
    (void)deadline_ns;
    return MH_ERR_RETRY;
}

static void
destroy(void *self)
{
    (void)self;
}

static const struct mh_key keys[] = {
    {"n", "1", NULL, "How many.", MH_KEY_INT, 0},
};

static const struct mh_plugin plugin = {
    MH_PLUGIN_HEADER(MH_KIND_OUTPUT),
    "shortest",
    "1.0",
    "metrichost",
    "Apache-2.0",
    "The shortest output",
    NULL,
    keys,
    NULL,
    1,
    (uint32_t)sizeof keys[0],
    0,
    0,
    create,
    NULL,
    NULL,
    NULL,
    write_batch,
    NULL,
    NULL,
    destroy,
    NULL,
};

MH_PLUGIN(plugin, output, "shortest", "1.0")
