/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anchor.c - something for abidiff to look at, since the ABI has no library: one object of each
 * public type.
 */
#include <metrichost/ext/catalogue.h>
#include <metrichost/ext/output.h>
#include <metrichost/ext/report.h>
#include <metrichost/ext/state.h>
#include <metrichost/ext/statistics.h>
#include <metrichost/plugin.h>

#define ANCHOR(type)                                                                               \
    MH_EXPORT extern struct type anchor_##type;                                                    \
    struct type anchor_##type

ANCHOR(mh_plugin);
ANCHOR(mh_plugin_list);
ANCHOR(mh_loader);
ANCHOR(mh_host);
ANCHOR(mh_record_ops);
ANCHOR(mh_config_ops);
ANCHOR(mh_key);
ANCHOR(mh_field);
ANCHOR(mh_dataset);
ANCHOR(mh_value);
ANCHOR(mh_item);
ANCHOR(mh_cursor);
ANCHOR(mh_catalogue_v1);
ANCHOR(mh_output_v1);
ANCHOR(mh_output_limits);
ANCHOR(mh_report_v1);
ANCHOR(mh_check_v1);
ANCHOR(mh_setup_v1);
ANCHOR(mh_state_v1);
ANCHOR(mh_statistics_v1);
