/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_file.c - the entry point of output_file.so, which provides two outputs.
 */
#include "output_file.h"

MH_PLUGIN_INFO(output, "file", PACKAGE_VERSION)
MH_PLUGIN_INFO(output, "console", PACKAGE_VERSION)
MH_PLUGIN_ENTRY(&file_plugin, &console_plugin)
