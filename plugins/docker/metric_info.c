/* SPDX-License-Identifier: Apache-2.0 */
/* metric_info.c - docker.info: one record for the engine. */
#include "json.h"
#include "metrics.h"

static void
emit_number(const struct emitter *emitter, struct mh_record *record, uint32_t field,
            const struct json_node *info, const char *name)
{
    int64_t number;
    if (json_get_int64(info, name, &number))
        mh_set_int(emitter->host, record, field, number);
}

void
emit_info(const struct emitter *emitter, const struct json_node *info, const char *version,
          const char *api_version)
{
    struct mh_record *record =
        emitter->host->record->add(emitter->batch, DATASET_INFO, emitter->timestamp_ns);
    if (record == NULL)
        return;
    emit_text(emitter, record, INFO_ID, json_get_text(info, "ID"));
    emit_number(emitter, record, INFO_TOTAL, info, "Containers");
    emit_number(emitter, record, INFO_RUNNING, info, "ContainersRunning");
    emit_number(emitter, record, INFO_PAUSED, info, "ContainersPaused");
    emit_number(emitter, record, INFO_STOPPED, info, "ContainersStopped");
    emit_number(emitter, record, INFO_IMAGES, info, "Images");
    emit_text(emitter, record, INFO_VERSION, version[0] == '\0' ? NULL : version);
    emit_text(emitter, record, INFO_API_VERSION, api_version[0] == '\0' ? NULL : api_version);
    emit_text(emitter, record, INFO_CGROUP_VERSION, json_get_text(info, "CgroupVersion"));
    emit_text(emitter, record, INFO_CGROUP_DRIVER, json_get_text(info, "CgroupDriver"));
}
