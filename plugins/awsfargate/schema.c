/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - the datasets of awsfargate, made from the fields_*.inc files.
 */
#include "schema.h"

#define FIELD(id, name, unit, type, metric, flags, doc)                                            \
    {name, unit, doc, MH_TYPE_##type, MH_METRIC_##metric, flags},

static const struct mh_field task_stats_fields[] = {
#include "fields_identity.inc"
#include "fields_task_stats.inc"
};

static const struct mh_field task_fields[] = {
#include "fields_identity.inc"
#include "fields_task.inc"
};

#undef FIELD

const struct mh_dataset awsfargate_datasets[N_DATASETS] = {
    [DATASET_TASK_STATS] = {.name = "awsfargate.task_stats",
                            .module = "awsfargate",
                            .metricset = "task_stats",
                            .doc = "state and usage of each container of the task",
                            .fields = task_stats_fields,
                            .n_fields = N_TASK_STATS_FIELDS,
                            .field_stride = sizeof(struct mh_field),
                            .flags = MH_DATASET_DEFAULT},
    [DATASET_TASK] = {.name = "awsfargate.task",
                      .module = "awsfargate",
                      .metricset = "task",
                      .doc = "state and usage of the task as a whole, against its limits",
                      .fields = task_fields,
                      .n_fields = N_TASK_FIELDS,
                      .field_stride = sizeof(struct mh_field),
                      .flags = MH_DATASET_DEFAULT},
};
