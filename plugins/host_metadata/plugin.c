/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c - the entry of host_metadata.so, which provides three processors.
 */
#include "host_metadata.h"

MH_PLUGIN_INFO(processor, "add_host_metadata", PACKAGE_VERSION)
MH_PLUGIN_INFO(processor, "add_docker_metadata", PACKAGE_VERSION)
MH_PLUGIN_INFO(processor, "add_kubernetes_metadata", PACKAGE_VERSION)
MH_PLUGIN_ENTRY(&add_host_metadata_plugin, &add_docker_metadata_plugin,
                &add_kubernetes_metadata_plugin)
