/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - see the header. Two requests, as in a period.
 */
#include "check.h"

#include "endpoint.h"
#include "task.h"

#include "json.h"
#include "support.h"
#include "usage.h"

#include <metrichost/host.h>

#define REQUESTS_PER_SECOND 2

struct check {
    const struct mh_report_v1 *report;
    struct endpoint *endpoint;
    uint64_t deadline_ns;
    bool failed;
};

static void PRINTF_LIKE(4, 5)
    step(struct check *check, uint32_t result, const char *name, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    check->failed = check->failed || result == MH_STEP_ERROR;
    check->report->step(check->report->ctx, 1, result, name, text);
}

static const char *
or_unknown(const char *text)
{
    return text != NULL ? text : "unknown";
}

static void
check_task(struct check *check, struct json *reader)
{
    CLEANUP(task_free) struct task task = {0};
    if (endpoint_get(check->endpoint, "/task", check->deadline_ns, reader) < 0)
        step(check, MH_STEP_ERROR, "task", "%s", endpoint_error(check->endpoint));
    else if (task_read(json_root(reader), &task) < 0 || task.arn == NULL)
        step(check, MH_STEP_ERROR, "task", "the answer has no task; the ECS agent may be starting");
    else
        step(check, MH_STEP_OK, "task", "%s:%s, %s, %zu containers", or_unknown(task.family),
             or_unknown(task.revision), or_unknown(task.launch_type), task.n_containers);
}

static void
check_stats(struct check *check, struct json *reader)
{
    const struct json_node *entry;
    struct usage usage = {0};
    size_t n = 0, sampled = 0;
    if (endpoint_get(check->endpoint, "/task/stats", check->deadline_ns, reader) < 0) {
        step(check, MH_STEP_ERROR, "stats", "%s", endpoint_error(check->endpoint));
        return;
    }
    for (entry = json_root(reader)->members.first; entry != NULL; entry = entry->next, n++) {
        usage_reset(&usage);
        sampled += usage_read_stats(entry, &usage);
    }
    usage_free(&usage);
    step(check, sampled > 0 ? MH_STEP_OK : MH_STEP_WARN, "stats",
         "%zu of %zu containers have a sample", sampled, n);
}

int32_t
check_endpoint(const struct mh_host *host, const char *uri, const char *why,
               const struct mh_report_v1 *report, uint64_t deadline_ns)
{
    struct check check = {.report = report, .deadline_ns = deadline_ns};
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    report->step(report->ctx, 0, MH_STEP_GROUP, uri != NULL ? uri : "task metadata endpoint", NULL);
    if (uri == NULL) {
        step(&check, MH_STEP_ERROR, "endpoint", "%s", why);
    } else if (reader == NULL ||
               endpoint_new(host, uri, REQUESTS_PER_SECOND, &check.endpoint) < 0) {
        step(&check, MH_STEP_ERROR, "endpoint", "%s is no address that can be asked", uri);
    } else {
        check_task(&check, reader);
        check_stats(&check, reader);
    }
    endpoint_free(check.endpoint);
    return check.failed ? MH_ERR_RETRY : MH_OK;
}
