/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - "metrichost.check/1": walks from the socket to a container's files for `test modules`
 * and `doctor`, without starting anything.
 */
#include "input.h"
#include "plugin.h"
#include "support.h"

#include <metrichost/ext/report.h>

#include <errno.h>

struct check {
    struct input *input;
    const struct mh_report_v1 *report;
    uint64_t deadline_ns;
    bool failed;
};

static void PRINTF_LIKE(4, 5)
    step(struct check *check, uint32_t result, const char *name, const char *format, ...)
{
    char text[768];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    check->failed = check->failed || result == MH_STEP_ERROR;
    check->report->step(check->report->ctx, 1, result, name, text);
}

static bool
check_engine(struct check *check)
{
    struct input *input = check->input;
    const struct json_node *list;
    char permission[256];
    int result =
        api_get(&input->api, "/containers/json", check->deadline_ns, &list, &input->engine_error);
    if (result < 0) {
        input_explain_permission(input, permission, sizeof permission);
        step(check, MH_STEP_ERROR, "engine", "%s%s", input->engine_error.text, permission);
        return false;
    }
    step(check, MH_STEP_OK, "engine", "version %s, API %s",
         input->api.engine[0] == '\0' ? "unknown" : input->api.engine,
         input->api.version[0] == '\0' ? "unversioned" : input->api.version);
    result = containers_read_list(&input->containers, &input->machine, list);
    step(check, result < 0 ? MH_STEP_ERROR : MH_STEP_OK, "containers", "%zu", input->containers.n);
    return result == 0;
}

/* An empty span of the past is answered at once, where events are allowed. */
static void
check_events(struct check *check)
{
    CLEANUP(http_response_free) struct http_response response = {0};
    CLEANUP_FREE char *path = api_path(&check->input->api, "/events?since=1&until=1");
    struct http_error error = {0};
    int result = path == NULL ? -ENOMEM
                              : http_get(check->input->api.client, path, check->deadline_ns,
                                         &response, &error);
    if (result == 0 && response.status == 200)
        step(check, MH_STEP_OK, "events", "allowed");
    else
        step(check, MH_STEP_WARN, "events",
             "%s %d; the list of containers will be read each period instead", error.text,
             response.status);
}

static void
check_source(struct check *check)
{
    struct input *input = check->input;
    const struct json_node *inspection;
    CLEANUP_FREE char *path = NULL;
    struct inspected inspected = {0};
    struct cgroup *cgroup = NULL;
    int result;
    if (!input->has_cgroups || input->containers.n == 0)
        return;
    if (asprintf(&path, "/containers/%s/json", input->containers.list[0]->id) < 0) {
        path = NULL;
        return;
    }
    if (api_get(&input->api, path, check->deadline_ns, &inspection, &input->engine_error) < 0 ||
        inspected_read(&inspected, inspection) < 0)
        return;
    result = cgroup_open(&input->machine, inspected.pid, input->containers.list[0]->id, 0, &cgroup);
    if (result == 0)
        step(check, MH_STEP_OK, "source", "cgroup files, version %s", cgroup_version(cgroup));
    else
        step(check, MH_STEP_WARN, "source",
             "the engine's API: no cgroup of process %d is visible here (%s); share the host's pid "
             "and cgroup "
             "namespace and set hostfs",
             (int)inspected.pid, strerror(-result));
    cgroup_close(&input->machine, cgroup);
    inspected_free(&inspected);
}

static int32_t
docker_check(void *self, const struct mh_report_v1 *report, uint64_t deadline_ns)
{
    struct check check = {self, report, deadline_ns, false};
    struct input *input = self;
    struct http_error error = {0};
    report->step(report->ctx, 0, MH_STEP_GROUP, input->settings.endpoint.address, NULL);
    input_open_machine(input);
    if (input_open_api(input, &error) < 0)
        step(&check, MH_STEP_ERROR, "engine", "%s", error.text);
    else if (check_engine(&check)) {
        check_events(&check);
        check_source(&check);
    }
    docker_stop(self);
    return check.failed ? MH_ERR_RETRY : MH_OK;
}

const void *
docker_get_interface(void *self, const char *id)
{
    static const struct mh_check_v1 interface = {docker_check};
    (void)self;
    return strcmp(id, MH_EXT_CHECK) == 0 ? &interface : NULL;
}
