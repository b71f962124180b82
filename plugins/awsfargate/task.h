/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task.h - the /task answer of the metadata endpoint, version 4, as a struct.
 *
 * Texts and nodes are borrowed from the JSON tree; they live as long as it does. NULL, 0 or a false
 * has_ flag means that the endpoint did not say it. Nothing else is required of an answer but that
 * it is an object.
 */
#ifndef AWSFARGATE_TASK_H
#define AWSFARGATE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_node;

struct container {
    const char *id;
    const char *name; /* without slashes around it */
    size_t name_len;
    const char *image;
    const char *image_id;
    const char *arn;
    const char *type;
    const char *desired_status;
    const char *known_status;
    const char *health;             /* HEALTHY, UNHEALTHY, UNKNOWN */
    const struct json_node *labels; /* object */
    int64_t health_since_ns;
    int64_t created_ns;
    int64_t started_ns;
    int64_t finished_ns;
    int64_t exit_code;
    int64_t health_exit_code;
    int64_t restart_count;
    double cpu_units;  /* reserved; 0 also for the placeholder 2 that ECS puts where none is set */
    double memory_mib; /* hard limit; 0: none */
    bool has_exit_code;
    bool has_health_exit_code;
    bool has_restart_count;
    bool internal; /* the ECS agent's own, such as the pause container */
    bool awsvpc;   /* shares the task's network interface */
};

struct task {
    const char *cluster; /* ARN or bare name */
    const char *arn;
    const char *family;
    const char *revision;
    const char *service;
    const char *group;
    const char *desired_status;
    const char *known_status;
    const char *zone;
    const char *zone_id;
    const char *launch_type;
    const char *vpc_id;
    const char *clock_status;
    double cpu_limit;  /* cores; 0: none */
    double memory_mib; /* 0: none */
    double clock_error_ms;
    double storage_used_mib;
    double storage_reserved_mib;
    int64_t clock_reference_ns;
    int64_t pull_started_ns;
    int64_t pull_stopped_ns;
    int64_t execution_stopped_ns;
    bool has_clock_error;
    bool has_storage;
    bool has_fault_injection;
    bool fault_injection;
    bool fargate;
    bool awsvpc; /* one network interface for all containers */
    struct container *containers;
    size_t n_containers;
};

/* Reads an answer. Returns 0 or -ENOMEM; then nothing is to be freed. */
int task_read(const struct json_node *root, struct task *ret);
void task_free(struct task *task); /* also for cleanup attributes */

/* True for the states in which a container uses something. */
bool container_is_running(const struct container *container);
bool container_is_stopped(const struct container *container);

#endif
