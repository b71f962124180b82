/* SPDX-License-Identifier: Apache-2.0 */
/* metric_healthcheck.c - docker.healthcheck: one record a container whose health check has been run
 * at least once. */
#include "metrics.h"

void
emit_healthcheck(const struct emitter *emitter, const struct container *container)
{
    const struct inspected *inspected = &container->inspected;
    const struct probe *probe = &inspected->probe;
    struct mh_record *record;
    if (inspected->health == NULL || !inspected->has_probe)
        return;
    record = emit_container_record(emitter, DATASET_HEALTHCHECK, container);
    if (record == NULL)
        return;
    emit_text(emitter, record, HEALTH_STATUS, inspected->health);
    mh_set_int(emitter->host, record, HEALTH_STREAK, inspected->failing_streak);
    if (probe->start_ns > 0)
        mh_set_date(emitter->host, record, HEALTH_START, probe->start_ns);
    if (probe->end_ns > 0)
        mh_set_date(emitter->host, record, HEALTH_END, probe->end_ns);
    mh_set_int(emitter->host, record, HEALTH_EXIT_CODE, probe->exit_code);
    emit_text(emitter, record, HEALTH_OUTPUT, probe->output);
}
