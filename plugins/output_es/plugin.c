/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c - the output `elasticsearch` as the host sees it.
 */
#include <metrichost/ext/output.h>

#include "output_es.h"
#include "setup.h"
#include "support.h"
#include "worker.h"

static int32_t
es_create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct worker *worker = NULL;
    int32_t code = worker_new(host, config, &worker);
    *ret_self = worker;
    return code;
}

static int32_t
es_write(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    return worker_write(self, batch, deadline_ns);
}

static void
es_wake(void *self)
{
    worker_wake(self);
}

static void
es_destroy(void *self)
{
    worker_free(self);
}

static void
es_limits(void *self, struct mh_output_limits *ret)
{
    struct worker *w = self;
    const struct es_options *o = w->o;
    *ret = (struct mh_output_limits){
        .n_workers = o->loadbalance ? o->n_workers * (uint32_t)o->n_endpoints : o->n_workers,
        .max_records = atomic_load(&w->pacing.records),
        .max_bytes = atomic_load(&w->pacing.bytes),
        .linger_ns = o->linger_ns,
        .backoff_init_ns = o->backoff_init_ns,
        .backoff_max_ns = o->backoff_max_ns,
    };
}

static const void *
es_get_interface(void *self, const char *id)
{
    static const struct mh_output_v1 output = {es_limits};
    static const struct mh_setup_v1 setup = {setup_run, setup_export};
    static const struct mh_check_v1 check = {check_run};
    static const struct {
        const char *id;
        const void *interface;
    } known[] = {{MH_EXT_OUTPUT, &output}, {MH_EXT_SETUP, &setup}, {MH_EXT_CHECK, &check}};
    (void)self;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcmp(known[i].id, id) == 0)
            return known[i].interface;
    return NULL;
}

const struct mh_plugin es_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_OUTPUT),
    .name = "elasticsearch",
    .version = PACKAGE_VERSION,
    .vendor = "metrichost",
    .license = "Apache-2.0",
    .summary = "Elasticsearch 7 to 9, Elastic Cloud, serverless, OpenSearch",
    .keys = es_keys,
    .n_keys = ES_N_KEYS,
    .key_stride = sizeof(struct mh_key),
    .create = es_create,
    .write = es_write,
    .wake = es_wake,
    .destroy = es_destroy,
    .get_interface = es_get_interface,
};
