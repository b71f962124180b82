/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.c - reads the answer of GET /containers/{id}/json: process, limits, restarts, exit and
 * health. */
#include "container.h"
#include "json.h"
#include "support.h"
#include "usage.h"

#include <errno.h>

#define DEFAULT_CPU_PERIOD_US 100000

/* Cores that the container may use, from --cpus or from quota and period; 0: no limit. */
static double
read_cpu_limit(const struct json_node *config)
{
    int64_t nano_cpus = 0, quota = 0, period = 0;
    json_get_int64(config, "NanoCpus", &nano_cpus);
    json_get_int64(config, "CpuQuota", &quota);
    json_get_int64(config, "CpuPeriod", &period);
    if (nano_cpus > 0)
        return (double)nano_cpus / 1e9;
    if (quota <= 0)
        return 0;
    return (double)quota / (double)(period > 0 ? period : DEFAULT_CPU_PERIOD_US);
}

static int
read_probe(struct inspected *inspected, const struct json_node *log)
{
    const struct json_node *last = NULL;
    const char *output;
    if (log != NULL && log->type == JSON_ARRAY)
        for (const struct json_node *m = log->members.first; m != NULL; m = m->next)
            last = m;
    if (last == NULL)
        return 0;
    inspected->has_probe = true;
    usage_read_time(json_get_text(last, "Start"), &inspected->probe.start_ns);
    usage_read_time(json_get_text(last, "End"), &inspected->probe.end_ns);
    json_get_int64(last, "ExitCode", &inspected->probe.exit_code);
    output = json_get_text(last, "Output");
    inspected->probe.output = strdup(output == NULL ? "" : output);
    return inspected->probe.output == NULL ? -ENOMEM : 0;
}

/* The engine says "none" for a container without a health check in newer versions, and leaves the
 * object out in older ones. */
static int
read_health(struct inspected *inspected, const struct json_node *health)
{
    const char *status = json_get_text(health, "Status");
    if (status == NULL || status[0] == '\0' || strcmp(status, "none") == 0)
        return 0;
    inspected->health = strdup(status);
    if (inspected->health == NULL)
        return -ENOMEM;
    json_get_int64(health, "FailingStreak", &inspected->failing_streak);
    return read_probe(inspected, json_at(health, "Log"));
}

void
inspected_free(struct inspected *inspected)
{
    free(inspected->health);
    free(inspected->probe.output);
    *inspected = (struct inspected){0};
}

static int
read_parts(struct inspected *inspected, const struct json_node *inspection)
{
    const struct json_node *state = json_at(inspection, "State");
    int64_t pid = 0;
    if (state == NULL || state->type != JSON_OBJECT)
        return -EBADMSG;
    if (json_get_int64(state, "Pid", &pid) && pid > 0 && pid <= INT32_MAX)
        inspected->pid = (pid_t)pid;
    usage_read_time(json_get_text(state, "StartedAt"), &inspected->started_ns);
    json_get_int64(state, "ExitCode", &inspected->exit_code);
    json_get_bool(state, "OOMKilled", &inspected->oom_killed);
    json_get_int64(inspection, "RestartCount", &inspected->restart_count);
    inspected->cpu_limit = read_cpu_limit(json_at(inspection, "HostConfig"));
    inspected->known = true;
    return read_health(inspected, json_at(state, "Health"));
}

int
inspected_read(struct inspected *ret, const struct json_node *inspection)
{
    int result = read_parts(ret, inspection);
    if (result < 0)
        inspected_free(ret);
    return result;
}

bool
container_take_inspected(struct container *container, struct inspected *inspected)
{
    bool other = container->inspected.pid != inspected->pid ||
                 container->inspected.started_ns != inspected->started_ns;
    inspected_free(&container->inspected);
    container->inspected = *inspected;
    *inspected = (struct inspected){0};
    container->needs_inspection = false;
    container->inspect_at_ns = 0;
    return other;
}
