/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.h - the lifecycle functions of the docker input, for its descriptor. */
#ifndef DOCKER_PLUGIN_H
#define DOCKER_PLUGIN_H

#include <metrichost/plugin.h>

extern const struct mh_plugin docker_plugin;

int32_t docker_create(const struct mh_host *host, const struct mh_config *config, void **ret_self);
int32_t docker_start(void *self);
int32_t docker_collect(void *self, struct mh_batch *batch, uint64_t deadline_ns);
void docker_wake(void *self);
void docker_stop(void *self);
void docker_destroy(void *self);
const void *docker_get_interface(void *self, const char *id);

#endif
