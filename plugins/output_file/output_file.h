/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_file.h - the two plugins of this file.
 */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include <metrichost/plugin.h>

extern const struct mh_plugin file_plugin;
extern const struct mh_plugin console_plugin;

#endif
