/* SPDX-License-Identifier: Apache-2.0 */
/*
 * add_cloud_metadata.c - cloud.* on every document, as constants.
 *
 * A thread of its own asks, again and again with growing pauses until it knows, so that no start
 * waits for a service that is not there. What it found is handed over under the mutex; the worker
 * sets the constants with the next batch.
 */
#include "cloud_metadata.h"

#include "cloud.h"
#include "http.h"
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <strings.h>
#include <time.h>

#define EC2_ENDPOINT "http://169.254.169.254"
#define ECS_VARIABLE "ECS_CONTAINER_METADATA_URI_V4"
#define FIRST_PAUSE MH_NS_PER_S
#define LONGEST_PAUSE (600 * MH_NS_PER_S)
/* Both answers have a few KB. */
#define MAX_ANSWER (1024 * 1024)

struct add_cloud_metadata {
    const struct mh_host *host;
    uint64_t timeout_ns;
    bool want_ec2;
    bool want_ecs;
    const char *endpoint; /* of EC2's service when configured, or NULL */
    struct http_client *ec2;
    struct http_client *ecs;
    pthread_t thread;
    bool running; /* thread is to be joined */
    pthread_mutex_t mutex;
    pthread_cond_t cond;   /* on the monotonic clock */
    bool stopping;         /* under mutex */
    struct cloud found;    /* under mutex; the worker takes it */
    atomic_bool has_found; /* something is in found */
};

static const struct mh_key keys[] = {
    {"timeout", "3s", NULL, "Longest time for one answer. No start ever waits for it.",
     MH_KEY_DURATION, 0},
    {"providers", NULL, NULL,
     "Which services to ask: aws or ec2, and ecs. Unset: both. Other names are accepted and not "
     "asked. The variable BEATS_ADD_CLOUD_METADATA_PROVIDERS, with commas, wins.",
     MH_KEY_STRING_LIST, 0},
    {"endpoint", NULL, NULL,
     "Address of EC2's instance metadata service. Unset: AWS_EC2_METADATA_SERVICE_ENDPOINT, "
     "else " EC2_ENDPOINT ".",
     MH_KEY_STRING, 0},
    {"overwrite", "false", NULL,
     "Has no effect: a cloud.* value that a document brings itself is always kept.", MH_KEY_BOOL,
     MH_KEY_IGNORED},
    {"ssl", NULL, NULL, "Has no effect: both services speak plain HTTP on link-local addresses.",
     MH_KEY_ANY, MH_KEY_IGNORED},
};

static void
want(struct add_cloud_metadata *self, const char *name, size_t len)
{
    if ((len == 3 && strncasecmp(name, "aws", len) == 0) ||
        (len == 3 && strncasecmp(name, "ec2", len) == 0))
        self->want_ec2 = self->want_ecs = true;
    else if (len == 3 && strncasecmp(name, "ecs", len) == 0)
        self->want_ecs = true;
    else if (len > 0)
        mh_log(self->host, MH_LOG_INFO,
               "add_cloud_metadata: provider %.*s is not asked; known: aws, ecs", (int)len, name);
}

static void
want_list(struct add_cloud_metadata *self, const char *names)
{
    while (*names != '\0') {
        size_t len = strcspn(names, ",");
        want(self, names, len);
        names += len + (names[len] == ',');
    }
}

static int32_t
read_providers(struct add_cloud_metadata *self, const struct mh_config *config)
{
    const struct mh_config_ops *ops = self->host->config;
    const struct mh_config *list = ops->find(config, "providers");
    const char *names = getenv("BEATS_ADD_CLOUD_METADATA_PROVIDERS");
    if (names != NULL && names[0] != '\0') {
        want_list(self, names);
        return MH_OK;
    }
    self->want_ec2 = self->want_ecs = ops->count(list) == 0;
    for (uint32_t i = 0; i < ops->count(list); i++) {
        const char *name = NULL;
        if (ops->get_string(ops->at(list, i), NULL, &name) != MH_OK)
            return MH_ERR_CONFIG;
        if (name != NULL)
            want(self, name, strlen(name));
    }
    return MH_OK;
}

static int32_t
read_options(struct add_cloud_metadata *self, const struct mh_config *config)
{
    const struct mh_config_ops *ops = self->host->config;
    if (ops->get_duration_ns(config, "timeout", &self->timeout_ns) != MH_OK ||
        ops->get_string(config, "endpoint", &self->endpoint) != MH_OK)
        return MH_ERR_CONFIG;
    if (self->timeout_ns == 0)
        return mh_config_error(self->host, config, "timeout", "must be above 0");
    if (self->endpoint == NULL)
        self->endpoint = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    return read_providers(self, config);
}

static void
init_wait(struct add_cloud_metadata *self)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&self->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void
destroy(void *instance)
{
    struct add_cloud_metadata *self = instance;
    cloud_free(&self->found);
    pthread_cond_destroy(&self->cond);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct add_cloud_metadata *self = calloc(1, sizeof *self);
    int32_t code;
    if (self == NULL)
        return MH_ERR_NOMEM;
    self->host = host;
    init_wait(self);
    code = read_options(self, config);
    if (code != MH_OK) {
        destroy(self);
        return code;
    }
    *ret_self = self;
    return MH_OK;
}

/* Waits; true when it is time to stop. */
static bool
pause_for(struct add_cloud_metadata *self, uint64_t pause_ns)
{
    uint64_t until_ns = http_monotonic_ns() + pause_ns;
    struct timespec until = {.tv_sec = (time_t)(until_ns / MH_NS_PER_S),
                             .tv_nsec = (long)(until_ns % MH_NS_PER_S)};
    LOCKED(&self->mutex);
    while (!self->stopping) {
        if (pthread_cond_timedwait(&self->cond, &self->mutex, &until) == ETIMEDOUT)
            break;
    }
    return self->stopping;
}

static void
hand_over(struct add_cloud_metadata *self, struct cloud *cloud)
{
    LOCKED(&self->mutex);
    cloud_free(&self->found);
    self->found = *cloud;
    *cloud = (struct cloud){0};
    atomic_store(&self->has_found, true);
}

/* Asks whom is still to be asked. True: nothing more to find out. */
static bool
attempt(struct add_cloud_metadata *self, bool *ecs_done, struct cloud_error *error)
{
    CLEANUP(cloud_free) struct cloud cloud = {0};
    uint64_t deadline = http_monotonic_ns() + self->timeout_ns;
    bool fargate;
    if (self->ecs != NULL && !*ecs_done) {
        if (cloud_ask_ecs(self->ecs, deadline, &cloud, error) < 0)
            return false;
        fargate = cloud.fargate;
        hand_over(self, &cloud);
        *ecs_done = true;
        if (fargate)
            return true;
    }
    if (self->ec2 == NULL)
        return true;
    deadline = http_monotonic_ns() + self->timeout_ns;
    if (cloud_ask_ec2(self->ec2, deadline, &cloud, error) < 0)
        return false;
    hand_over(self, &cloud);
    return true;
}

static void *
ask(void *instance)
{
    struct add_cloud_metadata *self = instance;
    uint64_t pause = FIRST_PAUSE;
    bool ecs_done = false, said = false;
    struct cloud_error error = {0};
    while (!attempt(self, &ecs_done, &error)) {
        mh_log(self->host, said ? MH_LOG_DEBUG : MH_LOG_INFO, "cloud.* is not known yet: %s",
               error.text);
        said = true;
        if (pause_for(self, pause))
            return NULL;
        pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
    }
    return NULL;
}

static int
open_client(struct add_cloud_metadata *self, const char *uri, struct http_client **ret)
{
    const struct http_options options = {.base_url = uri,
                                         .proxy_disable = true,
                                         .http1 = true,
                                         .connect_timeout_ns = self->timeout_ns,
                                         .max_response = MAX_ANSWER};
    struct http_error error = {0};
    int code = http_client_new(&options, ret, &error);
    if (code < 0)
        mh_log(self->host, MH_LOG_WARNING, "cloud.*: %s: %s", uri, error.text);
    return code;
}

static bool
ec2_is_worth_asking(const struct add_cloud_metadata *self)
{
    const char *disabled = getenv("AWS_EC2_METADATA_DISABLED");
    if (!self->want_ec2 || (disabled != NULL && strcasecmp(disabled, "true") == 0))
        return false;
    return self->endpoint != NULL || cloud_may_be_ec2("");
}

static int32_t
start(void *instance)
{
    struct add_cloud_metadata *self = instance;
    const char *ecs_uri = getenv(ECS_VARIABLE);
    if (self->want_ecs && ecs_uri != NULL && ecs_uri[0] != '\0')
        open_client(self, ecs_uri, &self->ecs);
    if (ec2_is_worth_asking(self))
        open_client(self, self->endpoint != NULL ? self->endpoint : EC2_ENDPOINT, &self->ec2);
    if (self->ecs == NULL && self->ec2 == NULL) {
        mh_log(self->host, MH_LOG_INFO,
               "cloud.* stays away: this machine is neither an EC2 instance nor a container of an "
               "ECS task, or asking is switched off");
        return MH_OK;
    }
    self->stopping = false;
    if (pthread_create(&self->thread, NULL, ask, self) != 0)
        return mh_fail(self->host, MH_ERR_NOMEM, "add_cloud_metadata: no thread can be started");
    self->running = true;
    return MH_OK;
}

static void
set_text(const struct mh_host *host, const char *path, const char *text)
{
    if (text != NULL)
        mh_set_constant_text(host, path, text);
}

static void
publish(struct add_cloud_metadata *self)
{
    const struct mh_host *host = self->host;
    LOCKED(&self->mutex);
    atomic_store(&self->has_found, false);
    set_text(host, "cloud.provider", "aws");
    set_text(host, "cloud.service.name", self->found.service);
    set_text(host, "cloud.region", self->found.region);
    set_text(host, "cloud.availability_zone", self->found.zone);
    set_text(host, "cloud.account.id", self->found.account);
    set_text(host, "cloud.instance.id", self->found.instance);
    set_text(host, "cloud.machine.type", self->found.machine_type);
    set_text(host, "cloud.image.id", self->found.image);
    mh_log(host, MH_LOG_INFO, "cloud: aws %s, account %s, region %s",
           self->found.service != NULL ? self->found.service : "ECS", self->found.account,
           self->found.region);
}

static int32_t
process(void *instance, struct mh_batch *batch)
{
    struct add_cloud_metadata *self = instance;
    (void)batch;
    if (atomic_load(&self->has_found))
        publish(self);
    return MH_OK;
}

static void
tell_to_stop(struct add_cloud_metadata *self)
{
    LOCKED(&self->mutex);
    self->stopping = true;
    pthread_cond_broadcast(&self->cond);
}

static void
stop(void *instance)
{
    struct add_cloud_metadata *self = instance;
    tell_to_stop(self);
    if (self->ec2 != NULL)
        http_client_wake(self->ec2);
    if (self->ecs != NULL)
        http_client_wake(self->ecs);
    if (self->running)
        pthread_join(self->thread, NULL);
    self->running = false;
    http_client_free(self->ec2);
    http_client_free(self->ecs);
    self->ec2 = self->ecs = NULL;
}

const struct mh_plugin add_cloud_metadata_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_PROCESSOR),
    .name = "add_cloud_metadata",
    .version = PACKAGE_VERSION,
    .vendor = "metrichost",
    .license = "Apache-2.0",
    .summary = "account, region, zone and instance at Amazon as cloud.*",
    .keys = keys,
    .n_keys = COUNT_OF(keys),
    .key_stride = sizeof keys[0],
    .create = create,
    .start = start,
    .process = process,
    .stop = stop,
    .destroy = destroy,
};
