/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - numbers of the datasets and fields that awsfargate writes. The rows themselves are in
 * the fields_*.inc files, from which both these numbers and the tables of schema.c are made, so
 * that they cannot drift apart.
 */
#ifndef AWSFARGATE_SCHEMA_H
#define AWSFARGATE_SCHEMA_H

#include <metrichost/schema.h>

enum awsfargate_dataset { DATASET_TASK_STATS, DATASET_TASK, N_DATASETS };

#define FIELD(id, name, unit, type, metric, flags, doc) TS_##id,
enum task_stats_field {
#include "fields_identity.inc"
#include "fields_task_stats.inc"
    N_TASK_STATS_FIELDS
};
#undef FIELD

#define FIELD(id, name, unit, type, metric, flags, doc) TASK_##id,
enum task_field {
#include "fields_identity.inc"
#include "fields_task.inc"
    N_TASK_FIELDS
};
#undef FIELD

extern const struct mh_dataset awsfargate_datasets[N_DATASETS];

#endif
