/* SPDX-License-Identifier: Apache-2.0 */
/*
 * awsfargate.c - the input's life: options, start, and a period's pause before its requests.
 *
 * The pause is random and short: on an EC2 instance many tasks share one agent, and they all count
 * from full seconds.
 */
#include "awsfargate.h"
#include "check.h"
#include "collect.h"
#include "endpoint.h"
#include "schema.h"

#include "support.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <time.h>

#define URI_VARIABLE "ECS_CONTAINER_METADATA_URI_V4"
#define LONGEST_PAUSE MH_NS_PER_S
#define DEFAULT_MAJORS 2

struct awsfargate {
    const struct mh_host *host;
    struct collector collector;
    const char *uri; /* of the configuration, or NULL */
    double requests_per_second;
    uint32_t *skip_majors;
    uint64_t random; /* state of the pauses */
    bool started;    /* the first period has no pause */
    pthread_mutex_t mutex;
    pthread_cond_t cond; /* on the monotonic clock */
    bool woken;          /* under mutex: the pause shall end */
};

static const struct mh_key keys[] = {
    {"metadata_uri", NULL, NULL,
     "Address of the task metadata endpoint, version 4. Unset: the variable " URI_VARIABLE
     ", which ECS sets in every container.",
     MH_KEY_STRING, 0},
    {"max_requests_per_second", "2", NULL,
     "Most requests per second to the endpoint, whose rate limit is shared with the credentials "
     "of all containers of the task. A period takes two.",
     MH_KEY_DOUBLE, 0},
    {"task_tags", NULL, NULL,
     "Names of the task's tags to send, [\"*\"] for all. Unset: tags are not asked for.",
     MH_KEY_STRING_LIST, 0},
    {"cpu.cores", "true", NULL, "Also sends the CPU used on each core, where cgroup v1 tells it.",
     MH_KEY_BOOL, 0},
    {"skip_major", NULL, NULL,
     "Major numbers of devices that disk I/O leaves out, so that stacked devices do not count "
     "twice. Unset: [9, 253], md and device mapper.",
     MH_KEY_INT_LIST, 0},
};

static int32_t
read_majors(struct awsfargate *self, const struct mh_config *config)
{
    const struct mh_config_ops *ops = self->host->config;
    const struct mh_config *list = ops->find(config, "skip_major");
    uint32_t n = list != NULL ? ops->count(list) : DEFAULT_MAJORS;
    uint32_t i;
    self->skip_majors = calloc(n + 1, sizeof *self->skip_majors);
    if (self->skip_majors == NULL)
        return MH_ERR_NOMEM;
    self->skip_majors[0] = 9;
    if (list == NULL)
        self->skip_majors[1] = 253;
    for (i = 0; list != NULL && i < n; i++) {
        int64_t major = -1;
        if (ops->get_int(ops->at(list, i), NULL, &major) != MH_OK)
            return MH_ERR_CONFIG;
        if (major < 0 || major > UINT32_MAX)
            return mh_config_error(self->host, config, "skip_major",
                                   "%" PRId64 " is no major number", major);
        self->skip_majors[i] = (uint32_t)major;
    }
    self->collector.history.skip_majors = self->skip_majors;
    self->collector.history.n_skip_majors = n;
    return MH_OK;
}

static int32_t
read_tags(struct awsfargate *self, const struct mh_config *config)
{
    const struct mh_config_ops *ops = self->host->config;
    const struct mh_config *list = ops->find(config, "task_tags");
    uint32_t i;
    for (i = 0; i < ops->count(list); i++) {
        const char *name = NULL;
        if (ops->get_string(ops->at(list, i), NULL, &name) != MH_OK)
            return MH_ERR_CONFIG;
        if (name != NULL && tags_allow(&self->collector.tags, name) < 0)
            return MH_ERR_NOMEM;
    }
    return MH_OK;
}

static int32_t
read_uri(struct awsfargate *self, const struct mh_config *config)
{
    if (self->host->config->get_string(config, "metadata_uri", &self->uri) != MH_OK)
        return MH_ERR_CONFIG;
    if (self->uri == NULL || strncmp(self->uri, "http://", 7) == 0)
        return MH_OK;
    return mh_config_error(self->host, config, "metadata_uri", "must begin with http://, not '%s'",
                           self->uri);
}

static int32_t
read_options(struct awsfargate *self, const struct mh_config *config)
{
    const struct mh_config_ops *ops = self->host->config;
    int32_t cores = 1, code;
    if (ops->get_double(config, "max_requests_per_second", &self->requests_per_second) != MH_OK ||
        ops->get_bool(config, "cpu.cores", &cores) != MH_OK)
        return MH_ERR_CONFIG;
    if (!(self->requests_per_second >= 0.01 && self->requests_per_second <= 1000))
        return mh_config_error(self->host, config, "max_requests_per_second",
                               "must be between 0.01 and 1000");
    self->collector.cores = cores != 0;
    self->collector.own_service_name = ops->find(config, "service.name") != NULL;
    code = read_uri(self, config);
    if (code == MH_OK)
        code = read_majors(self, config);
    return code == MH_OK ? read_tags(self, config) : code;
}

static int
init_wait(struct awsfargate *self)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&self->mutex, NULL) != 0)
        return -ENOMEM;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->cond, &attributes);
    pthread_condattr_destroy(&attributes);
    return 0;
}

static void
destroy(void *instance)
{
    struct awsfargate *self = instance;
    collector_free(&self->collector);
    free(self->skip_majors);
    pthread_cond_destroy(&self->cond);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct awsfargate *self = calloc(1, sizeof *self);
    int32_t code;
    if (self == NULL)
        return MH_ERR_NOMEM;
    self->host = host;
    if (init_wait(self) < 0) {
        free(self);
        return MH_ERR_NOMEM;
    }
    self->random = (uint64_t)host->realtime_ns(host) ^ (uint64_t)(uintptr_t)self;
    code = collector_init(&self->collector, host) < 0 ? MH_ERR_NOMEM : read_options(self, config);
    if (code != MH_OK) {
        destroy(self);
        return code;
    }
    *ret_self = self;
    return MH_OK;
}

/* NULL: there is none. */
static const char *
uri_of(const struct awsfargate *self)
{
    const char *uri = self->uri != NULL ? self->uri : getenv(URI_VARIABLE);
    return uri != NULL && uri[0] != '\0' ? uri : NULL;
}

static const char *
why_there_is_no_uri(void)
{
    if (getenv("ECS_CONTAINER_METADATA_URI") != NULL)
        return "this task has the metadata endpoint version 3 only; awsfargate needs version 4: "
               "Fargate platform version 1.4.0 or later, or on EC2 the ECS agent 1.39.0 or later";
    return URI_VARIABLE " is not set: this is no container of an ECS task, or not one on Fargate "
                        "platform version 1.4.0 or later (on EC2: ECS agent 1.39.0 or later). "
                        "awsfargate must run as a container of the task that it watches; on "
                        "another machine disable it: metrichost modules disable awsfargate";
}

static int32_t
start(void *instance)
{
    struct awsfargate *self = instance;
    const char *uri = uri_of(self);
    struct endpoint *endpoint = NULL;
    int code;
    /* No variable will appear in a process that runs, so trying again cannot help. */
    if (uri == NULL)
        return mh_fail(self->host, MH_ERR_FATAL, "%s", why_there_is_no_uri());
    code = endpoint_new(self->host, uri, self->requests_per_second, &endpoint);
    LOCKED(&self->mutex);
    self->collector.endpoint = endpoint;
    if (code == -ENOMEM)
        return MH_ERR_NOMEM;
    return code < 0 ? MH_ERR_FATAL : MH_OK;
}

/* xorshift: spreads requests, keeps no secret. */
static uint64_t
next_random(struct awsfargate *self)
{
    uint64_t x = self->random | 1;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return self->random = x;
}

static void
wait_until(struct awsfargate *self, uint64_t until_ns)
{
    struct timespec until = {.tv_sec = (time_t)(until_ns / MH_NS_PER_S),
                             .tv_nsec = (long)(until_ns % MH_NS_PER_S)};
    LOCKED(&self->mutex);
    while (!self->woken && !self->host->stopping(self->host)) {
        if (pthread_cond_timedwait(&self->cond, &self->mutex, &until) == ETIMEDOUT)
            return;
    }
}

/* Not before the first sample, which somebody waits for, nor before the last, for which time is
 * short. */
static void
pause_a_little(struct awsfargate *self)
{
    const struct mh_host *host = self->host;
    uint64_t longest = host->period_ns(host) / 10;
    if (!self->started || host->stopping(host))
        return;
    if (longest > LONGEST_PAUSE)
        longest = LONGEST_PAUSE;
    if (longest > 0)
        wait_until(self, host->monotonic_ns(host) + next_random(self) % longest);
}

static void
clear_wake(struct awsfargate *self)
{
    LOCKED(&self->mutex);
    self->woken = false;
    endpoint_clear_wake(self->collector.endpoint);
}

static int32_t
collect(void *instance, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct awsfargate *self = instance;
    clear_wake(self);
    pause_a_little(self);
    self->started = true;
    return collector_run(&self->collector, batch, deadline_ns);
}

static void
wake(void *instance)
{
    struct awsfargate *self = instance;
    LOCKED(&self->mutex);
    self->woken = true;
    pthread_cond_broadcast(&self->cond);
    if (self->collector.endpoint != NULL)
        endpoint_wake(self->collector.endpoint);
}

static void
stop(void *instance)
{
    struct awsfargate *self = instance;
    LOCKED(&self->mutex);
    endpoint_free(self->collector.endpoint);
    self->collector.endpoint = NULL;
}

static int32_t
check(void *instance, const struct mh_report_v1 *report, uint64_t deadline_ns)
{
    struct awsfargate *self = instance;
    return check_endpoint(self->host, uri_of(self), why_there_is_no_uri(), report, deadline_ns);
}

static const void *
get_interface(void *instance, const char *id)
{
    static const struct mh_check_v1 check_interface = {check};
    (void)instance;
    return strcmp(id, MH_EXT_CHECK) == 0 ? &check_interface : NULL;
}

const struct mh_plugin awsfargate_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "awsfargate",
    .version = PACKAGE_VERSION,
    .vendor = "metrichost",
    .license = "Apache-2.0",
    .summary = "containers and task of Amazon ECS, through the task metadata endpoint",
    .keys = keys,
    .n_keys = COUNT_OF(keys),
    .key_stride = sizeof keys[0],
    .datasets = awsfargate_datasets,
    .n_datasets = N_DATASETS,
    .dataset_stride = sizeof awsfargate_datasets[0],
    .create = create,
    .start = start,
    .collect = collect,
    .wake = wake,
    .stop = stop,
    .destroy = destroy,
    .get_interface = get_interface,
};
