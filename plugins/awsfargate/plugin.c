/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c - the entry of awsfargate.so.
 */
#include "awsfargate.h"

MH_PLUGIN(awsfargate_plugin, input, "awsfargate", PACKAGE_VERSION)
