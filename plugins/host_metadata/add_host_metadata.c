/* SPDX-License-Identifier: Apache-2.0 */
/*
 * add_host_metadata.c - host.* on every document, as constants: a document that passes costs
 * nothing.
 *
 * What cannot change while the machine runs is read at the start; addresses and the host's name are
 * read again when cache.ttl is over, and set again when they differ.
 */
#include "host_metadata.h"

#include "facts.h"
#include "support.h"

#include <strings.h>

struct add_host_metadata {
    const struct mh_host *host;
    bool netinfo;
    uint64_t ttl_ns;  /* 0: with every batch */
    uint64_t next_ns; /* monotonic */
    struct facts facts;
    struct addresses addresses;
    const char *name;
    const struct mh_config *config; /* geo.* */
};

static const struct mh_key keys[] = {
    {"netinfo.enabled", "true", NULL, "Also adds host.ip and host.mac.", MH_KEY_BOOL, 0},
    {"cache.ttl", "5m", NULL, "How long addresses and host name are taken as unchanged.",
     MH_KEY_DURATION, 0},
    {"name", NULL, NULL, "Text for host.name in place of the host's own name.", MH_KEY_STRING, 0},
    {"replace_fields", "true", NULL,
     "Has no effect: a host.* value that a document brings itself is always kept.", MH_KEY_BOOL,
     MH_KEY_IGNORED},
    {"expire_update_timeout", "10s", NULL, "Has no effect: nothing here is slow enough to expire.",
     MH_KEY_DURATION, MH_KEY_IGNORED},
    {"geo.name", NULL, NULL, "Text for host.geo.name, such as the name of a data centre.",
     MH_KEY_STRING, 0},
    {"geo.location", NULL, NULL, "Latitude and longitude with a comma, for host.geo.location.",
     MH_KEY_STRING, 0},
    {"geo.continent_name", NULL, NULL, "Text for host.geo.continent_name.", MH_KEY_STRING, 0},
    {"geo.country_name", NULL, NULL, "Text for host.geo.country_name.", MH_KEY_STRING, 0},
    {"geo.country_iso_code", NULL, NULL, "Text for host.geo.country_iso_code.", MH_KEY_STRING, 0},
    {"geo.region_name", NULL, NULL, "Text for host.geo.region_name.", MH_KEY_STRING, 0},
    {"geo.region_iso_code", NULL, NULL, "Text for host.geo.region_iso_code.", MH_KEY_STRING, 0},
    {"geo.city_name", NULL, NULL, "Text for host.geo.city_name.", MH_KEY_STRING, 0},
};

static const char *const geo_keys[] = {
    "geo.name",
    "geo.location",
    "geo.continent_name",
    "geo.country_name",
    "geo.country_iso_code",
    "geo.region_name",
    "geo.region_iso_code",
    "geo.city_name",
};

static void
set_text(const struct mh_host *host, const char *path, const char *text)
{
    if (text != NULL)
        mh_set_constant_text(host, path, text);
}

static void
set_bool(const struct mh_host *host, const char *path, bool truth)
{
    struct mh_value value = mh_bool(truth);
    host->set_constant(host, path, (uint32_t)strlen(path), &value);
}

/* An array of texts; an empty one removes the field. */
static void
set_texts(const struct mh_host *host, const char *path, const struct texts *texts)
{
    CLEANUP_FREE struct mh_value *members = calloc(texts->n + 1, sizeof *members);
    struct mh_value array = {.type = MH_VALUE_ARRAY, .len = (uint32_t)texts->n};
    if (members == NULL)
        return;
    for (size_t i = 0; i < texts->n; i++)
        members[i] = mh_text(texts->items[i], strlen(texts->items[i]));
    array.u.a = members;
    host->set_constant(host, path, (uint32_t)strlen(path), texts->n > 0 ? &array : NULL);
}

static void
publish_facts(const struct mh_host *host, const struct facts *facts)
{
    set_text(host, "host.hostname", facts->hostname);
    set_text(host, "host.architecture", facts->architecture);
    set_text(host, "host.id", facts->id);
    set_bool(host, "host.containerized", facts->containerized);
    set_text(host, "host.os.type", "linux");
    set_text(host, "host.os.platform", facts->os_platform);
    set_text(host, "host.os.family", facts->os_family);
    set_text(host, "host.os.name", facts->os_name);
    set_text(host, "host.os.version", facts->os_version);
    set_text(host, "host.os.codename", facts->os_codename);
    set_text(host, "host.os.build", facts->os_build);
    set_text(host, "host.os.kernel", facts->kernel);
}

static void
refresh_facts(struct add_host_metadata *self)
{
    CLEANUP(facts_free) struct facts fresh = {0};
    if (facts_read(&fresh, "") < 0) {
        mh_log(self->host, MH_LOG_WARNING, "host.*: no memory to read this machine's facts");
        return;
    }
    if (self->facts.hostname != NULL && strcmp(self->facts.hostname, fresh.hostname) == 0)
        return;
    publish_facts(self->host, &fresh);
    facts_free(&self->facts);
    self->facts = fresh;
    fresh = (struct facts){0};
}

static void
refresh_addresses(struct add_host_metadata *self)
{
    CLEANUP(addresses_free) struct addresses fresh = {0};
    int code = addresses_read(&fresh);
    if (code < 0) {
        mh_log(self->host, MH_LOG_WARNING, "host.ip, host.mac: the kernel does not list them: %s",
               strerror(-code));
        return;
    }
    if (addresses_equal(&fresh, &self->addresses))
        return;
    set_texts(self->host, "host.ip", &fresh.ip);
    set_texts(self->host, "host.mac", &fresh.mac);
    addresses_free(&self->addresses);
    self->addresses = fresh;
    fresh = (struct addresses){0};
}

static void
refresh(struct add_host_metadata *self)
{
    refresh_facts(self);
    if (self->netinfo)
        refresh_addresses(self);
    self->next_ns = self->host->monotonic_ns(self->host) + self->ttl_ns;
}

static int32_t
publish_geo(struct add_host_metadata *self)
{
    for (size_t i = 0; i < COUNT_OF(geo_keys); i++) {
        CLEANUP_FREE char *path = NULL;
        const char *text = NULL;
        if (self->host->config->get_string(self->config, geo_keys[i], &text) != MH_OK)
            return MH_ERR_CONFIG;
        if (text == NULL)
            continue;
        if (asprintf(&path, "host.%s", geo_keys[i]) < 0) {
            path = NULL;
            return MH_ERR_NOMEM;
        }
        set_text(self->host, path, text);
    }
    return MH_OK;
}

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    CLEANUP_FREE struct add_host_metadata *self = calloc(1, sizeof *self);
    int32_t netinfo = 1;
    if (self == NULL)
        return MH_ERR_NOMEM;
    self->host = host;
    self->config = config;
    if (host->config->get_bool(config, "netinfo.enabled", &netinfo) != MH_OK ||
        host->config->get_duration_ns(config, "cache.ttl", &self->ttl_ns) != MH_OK ||
        host->config->get_string(config, "name", &self->name) != MH_OK)
        return MH_ERR_CONFIG;
    self->netinfo = netinfo != 0;
    *ret_self = take(self);
    return MH_OK;
}

static int32_t
start(void *instance)
{
    struct add_host_metadata *self = instance;
    refresh(self);
    set_text(self->host, "host.name", self->name);
    return publish_geo(self);
}

static int32_t
process(void *instance, struct mh_batch *batch)
{
    struct add_host_metadata *self = instance;
    (void)batch;
    if (self->host->monotonic_ns(self->host) >= self->next_ns)
        refresh(self);
    return MH_OK;
}

static void
destroy(void *instance)
{
    struct add_host_metadata *self = instance;
    facts_free(&self->facts);
    addresses_free(&self->addresses);
    free(self);
}

const struct mh_plugin add_host_metadata_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_PROCESSOR),
    .name = "add_host_metadata",
    .version = PACKAGE_VERSION,
    .vendor = "metrichost",
    .license = "Apache-2.0",
    .summary = "name, system, id and addresses of this machine as host.*",
    .keys = keys,
    .n_keys = COUNT_OF(keys),
    .key_stride = sizeof keys[0],
    .create = create,
    .start = start,
    .process = process,
    .destroy = destroy,
};
