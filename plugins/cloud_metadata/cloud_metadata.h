/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud_metadata.h - the processor of cloud_metadata.so.
 */
#ifndef CLOUD_METADATA_H
#define CLOUD_METADATA_H

#include <metrichost/plugin.h>

extern const struct mh_plugin add_cloud_metadata_plugin;

#endif
