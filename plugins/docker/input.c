/* SPDX-License-Identifier: Apache-2.0 */
/* input.c - the lifecycle of a docker instance. */
#include "input.h"
#include "plugin.h"
#include "support.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>

static void
stop_threads(struct input *input)
{
    events_stop(take(input->events));
    exits_stop(take(input->exits));
}

int
input_open_api(struct input *input, struct http_error *error)
{
    LOCKED(&input->wake_lock);
    return api_open(&input->api, input->host, &input->settings, error);
}

static void
close_api(struct input *input)
{
    LOCKED(&input->wake_lock);
    api_close(&input->api);
}

static void
free_input(struct input *input)
{
    stop_threads(input);
    containers_free(&input->containers, &input->machine);
    close_api(input);
    pthread_mutex_destroy(&input->wake_lock);
    machine_close(&input->machine);
    usage_free(&input->usage);
    rates_free(&input->rates);
    scratch_free(&input->scratch);
    settings_free(&input->settings);
    free(input);
}

int32_t
docker_create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct input *input = calloc(1, sizeof *input);
    int32_t result;
    if (input == NULL)
        return MH_ERR_NOMEM;
    pthread_mutex_init(&input->wake_lock, NULL);
    input->host = host;
    input->list_is_stale = true;
    result = settings_read(&input->settings, host, config);
    if (result != MH_OK) {
        free_input(input);
        return result;
    }
    input->containers.dedot = input->settings.dedot;
    *ret_self = input;
    return MH_OK;
}

/* The kernel's files are for engines on this machine: those behind a unix socket, or when the
 * operator says so. */
void
input_open_machine(struct input *input)
{
    int result = machine_open(&input->machine, input->settings.hostfs);
    bool wanted =
        input->settings.source == SOURCE_CGROUP ||
        (input->settings.source == SOURCE_AUTO && input->settings.endpoint.socket != NULL);
    input->has_cgroups = wanted && result == 0;
    if (wanted && result < 0)
        mh_log(input->host, input->settings.source == SOURCE_CGROUP ? MH_LOG_ERROR : MH_LOG_WARNING,
               "cgroups cannot be read below '%s': %s; in a container, mount the host's root and "
               "set hostfs",
               input->settings.hostfs == NULL ? "/" : input->settings.hostfs, strerror(-result));
}

static int32_t
start_threads(struct input *input)
{
    int result = exits_start(&input->exits, input->host, &input->settings, input->has_cgroups);
    input->saved_cursor_ns = membership_load_cursor(input);
    if (result == 0)
        result = events_start(&input->events, input->host, &input->settings, input->exits,
                              input->saved_cursor_ns);
    if (result == 0)
        return MH_OK;
    return mh_fail(input->host, MH_ERR_RETRY, "cannot start the threads for events and exits: %s",
                   strerror(-result));
}

int32_t
docker_start(void *self)
{
    struct input *input = self;
    struct http_error error = {0};
    input_open_machine(input);
    mh_set_constant_text(input->host, "service.address", input->settings.endpoint.address);
    input->started_ns = input->host->monotonic_ns(input->host);
    if (input_open_api(input, &error) < 0)
        return mh_fail(input->host, MH_ERR_CONFIG, "%s",
                       error.text[0] == '\0' ? "out of memory" : error.text);
    input->api.announce = true;
    return start_threads(input);
}

/* "Permission denied" is the failure that most operators see first, and it has one fix. */
void
input_explain_permission(const struct input *input, char *ret, size_t size)
{
    const char *path = input->settings.endpoint.socket;
    struct group group, *found = NULL;
    struct stat status;
    char buffer[4096];
    ret[0] = '\0';
    if (path == NULL || input->engine_error.os_errno != EACCES || stat(path, &status) < 0)
        return;
    getgrgid_r(status.st_gid, &group, buffer, sizeof buffer, &found);
    snprintf(
        ret, size,
        "; the socket belongs to group %s (%u): run metrichost with that group, for instance with "
        "SupplementaryGroups=%s in its systemd unit",
        found == NULL ? "?" : found->gr_name, (unsigned)status.st_gid,
        found == NULL ? "..." : found->gr_name);
}

int32_t
input_fail(struct input *input)
{
    char permission[256];
    input_explain_permission(input, permission, sizeof permission);
    return mh_fail(input->host, MH_ERR_RETRY, "%s%s", input->engine_error.text, permission);
}

static void
collect_engine(struct input *input, const struct emitter *emitter, uint64_t deadline_ns)
{
    const struct json_node *root;
    if (input->host->dataset_enabled(input->host, DATASET_INFO) &&
        api_get(&input->api, "/info", deadline_ns, &root, &input->engine_error) == 0)
        emit_info(emitter, root, input->api.engine, input->api.version);
    if (input->host->dataset_enabled(input->host, DATASET_IMAGE) &&
        api_get(&input->api, "/images/json", deadline_ns, &root, &input->engine_error) == 0)
        emit_images(emitter, root);
}

/* The engine may take so much of the period that a sample from the files still fits behind it. */
static uint64_t
engine_deadline(const struct input *input, uint64_t deadline_ns)
{
    uint64_t latest = input->host->monotonic_ns(input->host) + input->settings.request_timeout_ns;
    return deadline_ns != 0 && deadline_ns < latest ? deadline_ns : latest;
}

/* While the engine is down the containers that are known go on being measured from their files. */
int32_t
docker_collect(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct input *input = self;
    const struct emitter emitter = {input->host, &input->settings, &input->machine, batch, 0};
    int result = -EAGAIN;
    /* An earlier wake ended an earlier call; this one may take its time again. */
    if (!input->host->stopping(input->host))
        http_client_clear_wake(input->api.client);
    exits_note_collect(input->exits);
    if (membership_engine_ready(input)) {
        result = membership_update(input, engine_deadline(input, deadline_ns));
        if (result < 0)
            membership_engine_failed(input);
        else
            membership_engine_worked(input);
    }
    sampling_collect(input, &emitter, deadline_ns);
    if (result < 0)
        return input_fail(input);
    collect_engine(input, &emitter, engine_deadline(input, deadline_ns));
    return MH_OK;
}

void
docker_wake(void *self)
{
    struct input *input = self;
    LOCKED(&input->wake_lock);
    api_wake(&input->api);
}

/* Nothing of this run is left for the next: counters would be compared over a gap of unknown
 * length. */
void
docker_stop(void *self)
{
    struct input *input = self;
    stop_threads(input);
    containers_free(&input->containers, &input->machine);
    input->list_is_stale = true;
    close_api(input);
    machine_close(&input->machine);
    input->has_cgroups = false;
}

void
docker_destroy(void *self)
{
    free_input(self);
}
