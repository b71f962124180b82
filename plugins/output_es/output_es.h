/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_es.h - the descriptor, for the entry point and for tests.
 */
#ifndef OUTPUT_ES_H
#define OUTPUT_ES_H

#include <metrichost/plugin.h>

extern const struct mh_plugin es_plugin;

#endif
