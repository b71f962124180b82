/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accepted.c - add_docker_metadata and add_kubernetes_metadata: known from Metricbeat, accepted so
 * that its shipped configuration works unchanged, and without anything to do here. Each says once
 * why.
 */
#include "host_metadata.h"

#include "support.h"

/* What an instance needs to know. */
struct accepted {
    const struct mh_host *host;
    const char *reason;
};

static int32_t
create_with(const struct mh_host *host, const char *reason, void **ret_self)
{
    struct accepted *self = calloc(1, sizeof *self);
    if (self == NULL)
        return MH_ERR_NOMEM;
    *self = (struct accepted){host, reason};
    *ret_self = self;
    return MH_OK;
}

static int32_t
create_docker(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    (void)config;
    return create_with(host,
                       "add_docker_metadata has nothing to do: documents about containers carry "
                       "the container's metadata already, and there are none about processes or "
                       "log files",
                       ret_self);
}

static int32_t
create_kubernetes(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    (void)config;
    return create_with(host,
                       "add_kubernetes_metadata has nothing to do: metrichost watches containers "
                       "of Docker and Amazon ECS and asks no Kubernetes API",
                       ret_self);
}

static int32_t
start(void *instance)
{
    const struct accepted *self = instance;
    mh_log(self->host, MH_LOG_INFO, "%s", self->reason);
    return MH_OK;
}

#define ACCEPTED(name, type)                                                                       \
    {                                                                                              \
        name, NULL, NULL, "Accepted without effect.", type, MH_KEY_IGNORED                         \
    }

static const struct mh_key docker_keys[] = {
    ACCEPTED("host", MH_KEY_STRING),
    ACCEPTED("ssl", MH_KEY_ANY),
    ACCEPTED("match_fields", MH_KEY_STRING_LIST),
    ACCEPTED("match_pids", MH_KEY_STRING_LIST),
    ACCEPTED("match_source", MH_KEY_BOOL),
    ACCEPTED("match_source_index", MH_KEY_INT),
    ACCEPTED("match_short_id", MH_KEY_BOOL),
    ACCEPTED("cleanup_timeout", MH_KEY_DURATION),
    ACCEPTED("labels", MH_KEY_ANY),
    ACCEPTED("hostfs", MH_KEY_STRING),
};

static const struct mh_key kubernetes_keys[] = {
    ACCEPTED("host", MH_KEY_STRING),          ACCEPTED("node", MH_KEY_STRING),
    ACCEPTED("scope", MH_KEY_STRING),         ACCEPTED("namespace", MH_KEY_STRING),
    ACCEPTED("kube_config", MH_KEY_STRING),   ACCEPTED("kube_client_options", MH_KEY_ANY),
    ACCEPTED("use_kubeadm", MH_KEY_BOOL),     ACCEPTED("cleanup_timeout", MH_KEY_DURATION),
    ACCEPTED("sync_period", MH_KEY_DURATION), ACCEPTED("default_indexers", MH_KEY_ANY),
    ACCEPTED("default_matchers", MH_KEY_ANY), ACCEPTED("indexers", MH_KEY_ANY),
    ACCEPTED("matchers", MH_KEY_ANY),         ACCEPTED("labels", MH_KEY_ANY),
    ACCEPTED("annotations", MH_KEY_ANY),      ACCEPTED("add_resource_metadata", MH_KEY_ANY),
};

const struct mh_plugin add_docker_metadata_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_PROCESSOR),
    .name = "add_docker_metadata",
    .version = PACKAGE_VERSION,
    .vendor = "metrichost",
    .license = "Apache-2.0",
    .summary = "accepted without effect: documents carry container metadata already",
    .keys = docker_keys,
    .n_keys = COUNT_OF(docker_keys),
    .key_stride = sizeof docker_keys[0],
    .create = create_docker,
    .start = start,
    .destroy = free,
};

const struct mh_plugin add_kubernetes_metadata_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_PROCESSOR),
    .name = "add_kubernetes_metadata",
    .version = PACKAGE_VERSION,
    .vendor = "metrichost",
    .license = "Apache-2.0",
    .summary = "accepted without effect: no Kubernetes API is asked",
    .keys = kubernetes_keys,
    .n_keys = COUNT_OF(kubernetes_keys),
    .key_stride = sizeof kubernetes_keys[0],
    .create = create_kubernetes,
    .start = start,
    .destroy = free,
};
