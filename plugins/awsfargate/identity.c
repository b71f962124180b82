/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.c - see the header. Region and account come from the task's ARN, which every launch type
 * gives, and not from a label, which EC2 tasks have without an ARN.
 */
#include "identity.h"

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

static void
set_span(const struct mh_host *host, const char *path, struct span span)
{
    struct mh_value value = mh_text(span.s, span.len);
    bool present = span.s != NULL && span.len > 0;
    host->set_constant(host, path, (uint32_t)strlen(path), present ? &value : NULL);
}

static void
set_text(const struct mh_host *host, const char *path, const char *text)
{
    set_span(host, path, (struct span){text, text != NULL ? strlen(text) : 0});
}

static void
publish_cloud(const struct mh_host *host, const struct task *task)
{
    struct arn arn = arn_split(task->arn);
    set_text(host, "cloud.provider", arn.region.s != NULL ? "aws" : NULL);
    set_span(host, "cloud.region", arn.region);
    set_span(host, "cloud.account.id", arn.account);
    set_text(host, "cloud.availability_zone", task->zone);
}

static void
publish_orchestrator(const struct mh_host *host, const struct task *task)
{
    bool is_arn = arn_split(task->cluster).region.s != NULL;
    set_text(host, "orchestrator.type", "ecs");
    set_span(host, "orchestrator.cluster.name", last_part(task->cluster));
    set_text(host, "orchestrator.cluster.id", is_arn ? task->cluster : NULL);
}

void
identity_publish(const struct mh_host *host, const struct task *task, bool own_service_name,
                 uint64_t *hash)
{
    uint64_t now = identity_hash(task);
    if (now == *hash)
        return;
    *hash = now;
    publish_cloud(host, task);
    publish_orchestrator(host, task);
    set_text(host, "aws.ecs.launchtype", task->launch_type);
    set_text(host, "aws.ecs.task.arn", task->arn);
    set_span(host, "aws.ecs.task.id", last_part(task->arn));
    set_text(host, "aws.ecs.task.family", task->family);
    set_text(host, "aws.ecs.task.revision", task->revision);
    set_text(host, "aws.ecs.service.name", task->service);
    if (!own_service_name)
        set_text(host, "service.name", task->service);
}
