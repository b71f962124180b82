/* SPDX-License-Identifier: Apache-2.0 */
/* descriptor.c - what the docker input is and can. */
#include "fields.h"
#include "plugin.h"
#include "settings.h"

const struct mh_plugin docker_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "docker",
    .version = PACKAGE_VERSION,
    .vendor = "metrichost",
    .license = "Apache-2.0",
    .summary = "containers of a Docker engine: CPU, memory, network, block I/O, health, events",
    .keys = docker_keys,
    .n_keys = DOCKER_N_KEYS,
    .key_stride = sizeof(struct mh_key),
    .datasets = docker_datasets,
    .n_datasets = DATASETS,
    .dataset_stride = sizeof(struct mh_dataset),
    .create = docker_create,
    .start = docker_start,
    .collect = docker_collect,
    .wake = docker_wake,
    .stop = docker_stop,
    .destroy = docker_destroy,
    .get_interface = docker_get_interface,
};
