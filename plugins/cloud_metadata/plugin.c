/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c - the entry of cloud_metadata.so.
 */
#include "cloud_metadata.h"

MH_PLUGIN(add_cloud_metadata_plugin, processor, "add_cloud_metadata", PACKAGE_VERSION)
