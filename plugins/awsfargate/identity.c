/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.c - see the header. Region and account come from the task's ARN, which every launch type
 * gives, and not from a label, which EC2 tasks have without an ARN.
 */
#include "identity.h"
#include "schema.h"

#include "arn.h"
#include "support.h"

#include <metrichost/host.h>

uint64_t
hash_text(uint64_t hash, const char *text)
{
    const uint64_t prime = UINT64_C(1099511628211);
    if (text == NULL)
        return (hash ^ 0x100) * prime;
    do
        hash = (hash ^ (unsigned char)*text) * prime;
    while (*text++ != '\0');
    return hash;
}

static uint64_t
identity_hash(const struct task *task)
{
    const char *const texts[] = {task->cluster, task->arn,  task->family,     task->revision,
                                 task->service, task->zone, task->launch_type};
    uint64_t hash = HASH_START;
    size_t i;
    for (i = 0; i < COUNT_OF(texts); i++)
        hash = hash_text(hash, texts[i]);
    return hash;
}

/* One field of fields_identity.inc, which has the same number in both datasets, and its value. */
struct entry {
    uint32_t field;
    struct span value;
};
#define MAX_ENTRIES TS_ECS_TASK_TAGS

_Static_assert((int)TS_CLOUD_PROVIDER == (int)TASK_CLOUD_PROVIDER &&
                   (int)TS_ECS_TASK_TAGS == (int)TASK_ECS_TASK_TAGS,
               "both datasets begin with the fields of the identity");

static struct span
whole(const char *text)
{
    return (struct span){text, text != NULL ? strlen(text) : 0};
}

static size_t
list_cloud(const struct task *task, struct entry *entries)
{
    struct arn arn = arn_split(task->arn);
    size_t n = 0;
    entries[n++] = (struct entry){TS_CLOUD_PROVIDER, whole(arn.region.s != NULL ? "aws" : NULL)};
    entries[n++] = (struct entry){TS_CLOUD_REGION, arn.region};
    entries[n++] = (struct entry){TS_CLOUD_ACCOUNT, arn.account};
    entries[n++] = (struct entry){TS_CLOUD_ZONE, whole(task->zone)};
    return n;
}

static size_t
list_orchestrator(const struct task *task, struct entry *entries)
{
    bool is_arn = arn_split(task->cluster).region.s != NULL;
    size_t n = 0;
    entries[n++] = (struct entry){TS_ORCHESTRATOR_TYPE, whole("ecs")};
    entries[n++] = (struct entry){TS_CLUSTER_NAME_ECS, last_part(task->cluster)};
    entries[n++] = (struct entry){TS_CLUSTER_ID, whole(is_arn ? task->cluster : NULL)};
    return n;
}

static size_t
list_task(const struct task *task, bool own_service_name, struct entry *entries)
{
    size_t n = 0;
    entries[n++] = (struct entry){TS_ECS_LAUNCH_TYPE, whole(task->launch_type)};
    entries[n++] = (struct entry){TS_ECS_TASK_ARN, whole(task->arn)};
    entries[n++] = (struct entry){TS_ECS_TASK_ID, last_part(task->arn)};
    entries[n++] = (struct entry){TS_ECS_TASK_FAMILY, whole(task->family)};
    entries[n++] = (struct entry){TS_ECS_TASK_REVISION, whole(task->revision)};
    entries[n++] = (struct entry){TS_ECS_SERVICE, whole(task->service)};
    if (!own_service_name)
        entries[n++] = (struct entry){TS_SERVICE_NAME, whole(task->service)};
    return n;
}

static size_t
list_all(const struct task *task, bool own_service_name, struct entry entries[MAX_ENTRIES])
{
    size_t n = list_cloud(task, entries);
    n += list_orchestrator(task, entries + n);
    return n + list_task(task, own_service_name, entries + n);
}

bool
identity_publish(const struct mh_host *host, const struct task *task, bool own_service_name,
                 uint64_t *hash)
{
    struct entry entries[MAX_ENTRIES];
    uint64_t now = identity_hash(task);
    size_t i, n;
    if (now == *hash)
        return false;
    *hash = now;
    n = list_all(task, own_service_name, entries);
    for (i = 0; i < n; i++) {
        const char *path = awsfargate_datasets[DATASET_TASK].fields[entries[i].field].name;
        struct mh_value value = mh_text(entries[i].value.s, entries[i].value.len);
        host->set_constant(host, path, (uint32_t)strlen(path), value.len > 0 ? &value : NULL);
    }
    return true;
}

void
identity_put(const struct mh_host *host, struct mh_record *record, const struct task *task,
             bool own_service_name)
{
    struct entry entries[MAX_ENTRIES];
    size_t n = list_all(task, own_service_name, entries);
    for (size_t i = 0; i < n; i++) {
        struct mh_value value = mh_text(entries[i].value.s, entries[i].value.len);
        if (value.len > 0)
            host->record->set(record, entries[i].field, &value);
    }
}
