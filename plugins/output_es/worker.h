/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - one instance of the output: its clients, its buffers, and the delivery of batches.
 */
#ifndef OUTPUT_ES_WORKER_H
#define OUTPUT_ES_WORKER_H

#include <metrichost/ext/statistics.h>

#include "body.h"
#include "client.h"
#include "group.h"
#include "options.h"
#include "pacing.h"
#include "selector.h"

/* Where a record of the batch in hand stands. */
enum fate { FATE_OPEN, FATE_LATE, FATE_DONE, FATE_REJECTED };

struct worker {
    const struct mh_host *host;
    const struct mh_statistics_v1 *statistics; /* or NULL */
    struct es_options *o;
    struct group *group;
    struct client **clients; /* one per endpoint */
    struct pacing pacing;
    struct body *body;
    struct selector *index, *daily, *pipeline;
    char *bulk_path;

    /* For the batch in hand. */
    uint8_t *fates; /* enum fate of each record */
    uint32_t *sent; /* records in the request, in order */
    uint32_t n_room;
    struct json_text name, pipeline_name, words;
    bool without_id;    /* the target makes identities itself */
    uint32_t n_refused; /* in this write(), for one line of log */
    char said[256];     /* the refusal that was logged last */
    uint64_t said_ns;
};

int32_t worker_new(const struct mh_host *host, const struct mh_config *config, struct worker **ret);
void worker_free(struct worker *w); /* NULL is fine */
void worker_wake(struct worker *w);

/* The write() of the ABI. */
int32_t worker_write(struct worker *w, struct mh_batch *batch, uint64_t deadline_ns);

/* How one attempt went. */
enum outcome {
    OUTCOME_OK,     /* answered; every record has its fate */
    OUTCOME_BUSY,   /* later, and less */
    OUTCOME_FAILED, /* not on this host: w->words say why */
    OUTCOME_CANCELED,
};

/* Sends the open records of a batch to one host. */
enum outcome worker_send(struct worker *w, struct client *client, struct mh_batch *batch,
                         uint64_t deadline_ns);

/* Adds to a statistic of this instance. */
void worker_count(const struct worker *w, const char *name, int64_t n);

#endif
