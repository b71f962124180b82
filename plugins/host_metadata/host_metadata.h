/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_metadata.h - the three processors of host_metadata.so.
 */
#ifndef HOST_METADATA_H
#define HOST_METADATA_H

#include <metrichost/plugin.h>

extern const struct mh_plugin add_host_metadata_plugin;
/* Accepted, so that a metricbeat.yml works unchanged, and without effect. */
extern const struct mh_plugin add_docker_metadata_plugin;
extern const struct mh_plugin add_kubernetes_metadata_plugin;

#endif
