/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_es.c - the entry point of output_es.so.
 */
#include "output_es.h"

MH_PLUGIN(es_plugin, output, "elasticsearch", PACKAGE_VERSION)
