/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task.c - see the header. Member names are those of the endpoint's version 4.
 */
#include "task.h"

#include "json.h"
#include "support.h"
#include "usage.h"

#include <errno.h>

/* ECS gives a container without a reservation the least share that the kernel knows. */
#define CPU_UNITS_PLACEHOLDER 2

static bool
same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

/* An empty text says as little as none. */
static const char *
text(const struct json_node *node, const char *path)
{
    const char *value = json_get_text(node, path);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static int64_t
time_ns(const struct json_node *node, const char *path)
{
    const char *value = json_get_text(node, path);
    int64_t ns = 0;
    if (value != NULL)
        usage_read_time(value, &ns);
    return ns;
}

/* 0 for what cannot be a limit. */
static double
positive(const struct json_node *node, const char *path)
{
    double value = 0;
    json_get_double(node, path, &value);
    return value > 0 ? value : 0;
}

static void
read_name(const struct json_node *node, struct container *container)
{
    const char *name = text(node, "Name");
    if (name == NULL)
        return;
    while (*name == '/')
        name++;
    container->name = name;
    container->name_len = strlen(name);
    while (container->name_len > 0 && name[container->name_len - 1] == '/')
        container->name_len--;
}

static bool
is_awsvpc(const struct json_node *networks)
{
    const struct json_node *network;
    if (networks == NULL || networks->type != JSON_ARRAY)
        return false;
    for (network = networks->members.first; network != NULL; network = network->next) {
        if (same(json_get_text(network, "NetworkMode"), "awsvpc"))
            return true;
    }
    return false;
}

static bool
is_internal(const struct container *container)
{
    return same(container->type, "CNI_PAUSE") || same(container->name, "~internal~ecs~pause");
}

static void
read_limits(const struct json_node *node, struct container *container)
{
    double units = positive(node, "Limits.CPU");
    container->cpu_units = units > CPU_UNITS_PLACEHOLDER ? units : 0;
    container->memory_mib = positive(node, "Limits.Memory");
}

static void
read_state(const struct json_node *node, struct container *container)
{
    container->desired_status = text(node, "DesiredStatus");
    container->known_status = text(node, "KnownStatus");
    container->created_ns = time_ns(node, "CreatedAt");
    container->started_ns = time_ns(node, "StartedAt");
    container->finished_ns = time_ns(node, "FinishedAt");
    container->has_exit_code = json_get_int64(node, "ExitCode", &container->exit_code);
    container->has_restart_count = json_get_int64(node, "RestartCount", &container->restart_count);
    container->health = text(node, "Health.status");
    container->health_since_ns = time_ns(node, "Health.statusSince");
    container->has_health_exit_code =
        json_get_int64(node, "Health.exitCode", &container->health_exit_code);
}

static void
read_container(const struct json_node *node, struct container *container)
{
    const struct json_node *labels = json_member(node, "Labels");
    container->id = text(node, "DockerId");
    read_name(node, container);
    container->image = text(node, "Image");
    container->image_id = text(node, "ImageID");
    container->arn = text(node, "ContainerARN");
    container->type = text(node, "Type");
    container->labels = labels != NULL && labels->type == JSON_OBJECT ? labels : NULL;
    container->internal = is_internal(container);
    container->awsvpc = is_awsvpc(json_member(node, "Networks"));
    read_limits(node, container);
    read_state(node, container);
}

/* A container without an id cannot be told from another: left out. */
static int
read_containers(const struct json_node *array, struct task *task)
{
    const struct json_node *node;
    if (array == NULL || array->type != JSON_ARRAY || array->members.count == 0)
        return 0;
    task->containers = calloc(array->members.count, sizeof *task->containers);
    if (task->containers == NULL)
        return -ENOMEM;
    for (node = array->members.first; node != NULL; node = node->next) {
        struct container *container = &task->containers[task->n_containers];
        read_container(node, container);
        if (container->id != NULL)
            task->n_containers++;
        else
            *container = (struct container){0};
    }
    return 0;
}

static void
read_identity(const struct json_node *root, struct task *task)
{
    task->cluster = text(root, "Cluster");
    task->arn = text(root, "TaskARN");
    task->family = text(root, "Family");
    task->revision = text(root, "Revision");
    task->service = text(root, "ServiceName");
    task->group = text(root, "Group");
    task->zone = text(root, "AvailabilityZone");
    task->zone_id = text(root, "AvailabilityZoneID");
    task->launch_type = text(root, "LaunchType");
    task->vpc_id = text(root, "VPCID");
    task->fargate = same(task->launch_type, "FARGATE");
}

static void
read_task_state(const struct json_node *root, struct task *task)
{
    task->desired_status = text(root, "DesiredStatus");
    task->known_status = text(root, "KnownStatus");
    task->pull_started_ns = time_ns(root, "PullStartedAt");
    task->pull_stopped_ns = time_ns(root, "PullStoppedAt");
    task->execution_stopped_ns = time_ns(root, "ExecutionStoppedAt");
    task->cpu_limit = positive(root, "Limits.CPU");
    task->memory_mib = positive(root, "Limits.Memory");
    task->has_fault_injection =
        json_get_bool(root, "FaultInjectionEnabled", &task->fault_injection);
}

static void
read_platform(const struct json_node *root, struct task *task)
{
    task->clock_status = text(root, "ClockDrift.ClockSynchronizationStatus");
    task->clock_reference_ns = time_ns(root, "ClockDrift.ReferenceTimestamp");
    task->has_clock_error =
        json_get_double(root, "ClockDrift.ClockErrorBound", &task->clock_error_ms);
    task->storage_reserved_mib = positive(root, "EphemeralStorageMetrics.Reserved");
    task->has_storage =
        json_get_double(root, "EphemeralStorageMetrics.Utilized", &task->storage_used_mib) &&
        task->storage_used_mib >= 0;
}

/* Fargate knows no other network mode, whatever is missing from the answer. */
static void
settle_network_mode(struct task *task)
{
    size_t i;
    task->awsvpc = task->fargate;
    for (i = 0; i < task->n_containers; i++)
        task->awsvpc = task->awsvpc || task->containers[i].awsvpc;
}

int
task_read(const struct json_node *root, struct task *ret)
{
    struct task task = {0};
    read_identity(root, &task);
    read_task_state(root, &task);
    read_platform(root, &task);
    if (read_containers(json_member(root, "Containers"), &task) < 0)
        return -ENOMEM;
    settle_network_mode(&task);
    *ret = task;
    return 0;
}

void
task_free(struct task *task)
{
    free(task->containers);
    *task = (struct task){0};
}

bool
container_is_running(const struct container *container)
{
    return same(container->known_status, "RUNNING") ||
           same(container->known_status, "RESOURCES_PROVISIONED");
}

bool
container_is_stopped(const struct container *container)
{
    return same(container->known_status, "STOPPED");
}
