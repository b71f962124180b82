/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collect.h - one period: the two GETs and what is made of them.
 */
#ifndef AWSFARGATE_COLLECT_H
#define AWSFARGATE_COLLECT_H

#include "awsfargate.h"

struct endpoint;
struct json;

/* Belongs to the instance's worker. */
struct collector {
    const struct mh_host *host;
    struct endpoint *endpoint;
    struct json *metadata[2]; /* the last good answer of /task and the one to read the next into */
    unsigned good;            /* which is which                                                  */
    bool has_task;
    bool task_is_old; /* the last GET of /task failed; said once in the log */
    bool cores;
    bool own_service_name;
    struct task task; /* of the last good answer */
    struct json *stats;
    struct history history;
    struct tags tags;
    struct reading *readings; /* room for max_readings */
    size_t max_readings;
    uint64_t identity_hash;
    bool new_identity; /* the constants changed in this period */
};

/* Memory only. 0 or -ENOMEM; then collector_free(). The members of options are set by the caller.
 */
int collector_init(struct collector *collector, const struct mh_host *host);
void collector_free(struct collector *collector);
/* [worker] Returns MH_OK, or MH_ERR_RETRY with words; documents that could be made are in the batch
 * in both cases. */
int32_t collector_run(struct collector *collector, struct mh_batch *batch, uint64_t deadline_ns);

#endif
