/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - writes one dataset's records from what was measured. Each dataset has a file
 * metric_<name>.c.
 *
 * A value that is not known is left out, never sent as zero. One sample of a container feeds all
 * its records.
 */
#ifndef DOCKER_METRICS_H
#define DOCKER_METRICS_H

#include "container.h"
#include "fields.h"
#include "history.h"
#include "settings.h"
#include "usage.h"

#include <metrichost/host.h>

struct json_node;

/* Where records go. */
struct emitter {
    const struct mh_host *host;
    const struct settings *settings;
    struct machine *machine;
    struct mh_batch *batch;
    int64_t timestamp_ns; /* 0: the start of this collect call */
};

/* One container at one moment. */
struct measured {
    const struct container *container;
    const struct usage *usage; /* NULL: not measured this time */
    const struct rates *rates;
    bool final; /* the container has just ended */
};

/* A record with the container's identity in it, or NULL when the dataset is off. */
struct mh_record *emit_container_record(const struct emitter *emitter, enum dataset dataset,
                                        const struct container *container);
/* Leaves out ABSENT and what does not fit. */
void emit_count(const struct emitter *emitter, struct mh_record *record, uint32_t field,
                uint64_t value);
/* Leaves out NAN. */
void emit_double(const struct emitter *emitter, struct mh_record *record, uint32_t field,
                 double value);
/* A member of an open family. */
void emit_member(const struct emitter *emitter, struct mh_record *record, uint32_t field,
                 const char *key, size_t key_len, const struct mh_value *value);
void emit_labels(const struct emitter *emitter, struct mh_record *record, uint32_t field,
                 const struct label *labels, size_t n_labels);
/* Text, when there is one. */
void emit_text(const struct emitter *emitter, struct mh_record *record, uint32_t field,
               const char *text);

void emit_container(const struct emitter *emitter, const struct measured *measured);
void emit_cpu(const struct emitter *emitter, const struct measured *measured);
void emit_memory(const struct emitter *emitter, const struct measured *measured);
void emit_diskio(const struct emitter *emitter, const struct measured *measured);
void emit_network(const struct emitter *emitter, const struct measured *measured);
void emit_healthcheck(const struct emitter *emitter, const struct container *container);
void emit_network_summary(const struct emitter *emitter, const struct container *container);
/* info: answer of GET /info. */
void emit_info(const struct emitter *emitter, const struct json_node *info, const char *version,
               const char *api_version);
/* images: answer of GET /images/json. */
void emit_images(const struct emitter *emitter, const struct json_node *images);
/* event: one message of the event stream. */
void emit_event(const struct emitter *emitter, const struct json_node *event);

#endif
