/* SPDX-License-Identifier: Apache-2.0 */
/* metric_container.c - docker.container: state and facts, one record a container. */
#include "metrics.h"
#include "support.h"
#include "uptime.h"

/* What ended a container before says something only when it has ended before: a first run has exit
 * code 0 meaninglessly. */
static void
emit_inspected(const struct emitter *emitter, struct mh_record *record,
               const struct measured *measured)
{
    const struct inspected *inspected = &measured->container->inspected;
    if (!inspected->known)
        return;
    if (inspected->started_ns > 0)
        mh_set_date(emitter->host, record, CONTAINER_STARTED, inspected->started_ns);
    mh_set_int(emitter->host, record, CONTAINER_RESTARTS, inspected->restart_count);
    mh_set_bool(emitter->host, record, CONTAINER_OOM_KILLED, inspected->oom_killed);
    if (measured->final || inspected->restart_count > 0)
        mh_set_int(emitter->host, record, CONTAINER_EXIT_CODE, inspected->exit_code);
}

static void
emit_addresses(const struct emitter *emitter, struct mh_record *record,
               const struct container *container)
{
    emitter->host->record->append(record, CONTAINER_ADDRESSES, NULL);
    for (size_t n = 0; n < container->n_addresses; n++) {
        struct mh_value value = mh_text(container->addresses[n], strlen(container->addresses[n]));
        emitter->host->record->append(record, CONTAINER_ADDRESSES, &value);
    }
}

/* The engine's words are as old as the list; for a container of this machine's clock they are made
 * anew. */
static void
emit_status(const struct emitter *emitter, struct mh_record *record,
            const struct container *container)
{
    CLEANUP_FREE char *words = NULL;
    int64_t started_ns = container->inspected.started_ns;
    if (started_ns > 0 && container->cgroup != NULL)
        words = uptime_words(container->status,
                             (emitter->host->realtime_ns(emitter->host) - started_ns) / 1000000000);
    emit_text(emitter, record, CONTAINER_STATUS, words == NULL ? container->status : words);
}

void
emit_container(const struct emitter *emitter, const struct measured *measured)
{
    const struct container *container = measured->container;
    struct mh_record *record = emit_container_record(emitter, DATASET_CONTAINER, container);
    if (record == NULL)
        return;
    if (container->created_s > 0 && container->created_s < INT64_MAX / 1000000000)
        mh_set_date(emitter->host, record, CONTAINER_CREATED, container->created_s * 1000000000);
    emit_text(emitter, record, CONTAINER_COMMAND, container->command);
    emit_addresses(emitter, record, container);
    emit_status(emitter, record, container);
    emit_text(emitter, record, CONTAINER_STATE, measured->final ? "exited" : container->state);
    emit_inspected(emitter, record, measured);
    if (measured->usage != NULL) {
        emit_count(emitter, record, CONTAINER_PIDS, measured->usage->pids);
        emit_count(emitter, record, CONTAINER_PIDS_LIMIT, measured->usage->pids_limit);
    }
    if (measured->final)
        mh_set_bool(emitter->host, record, CONTAINER_FINAL, 1);
}
