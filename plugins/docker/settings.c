/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - the configuration keys of the docker input and how they are read. */
#include "settings.h"
#include "support.h"

#include <errno.h>

#define MAX_CONCURRENCY 64

const struct mh_key docker_keys[DOCKER_N_KEYS] = {
    {.name = "hosts",
     .type = MH_KEY_STRING_LIST,
     .doc = "Address of the engine: unix:///path, tcp://host:port, http://host:port or "
            "https://host:port. Default: "
            "the environment's DOCKER_HOST, or unix:///var/run/docker.sock."},
    {.name = "source",
     .type = MH_KEY_STRING,
     .default_value = "auto",
     .choices = "auto|cgroup|api",
     .doc = "Where usage is read: cgroup (the kernel's files, at no cost for the engine), api (the "
            "engine's stats), or "
            "auto: cgroup for the containers whose files can be found, else api."},
    {.name = "hostfs",
     .type = MH_KEY_STRING,
     .doc = "Where the host's root is mounted when metrichost runs in a container, for instance "
            "/hostfs."},
    {.name = "labels.dedot",
     .type = MH_KEY_BOOL,
     .default_value = "true",
     .doc = "Dots in label keys become underscores."},
    {.name = "cpu.cores",
     .type = MH_KEY_BOOL,
     .default_value = "true",
     .doc = "Also report each CPU by itself, where the kernel counts so (cgroup v1)."},
    {.name = "skip_major",
     .type = MH_KEY_INT_LIST,
     .default_value = "[9, 253]",
     .doc = "Major numbers of devices that diskio leaves out; by default software RAID and device "
            "mapper, whose "
            "traffic is counted on the disks below them. [] leaves out nothing."},
    {.name = "podman",
     .type = MH_KEY_BOOL,
     .default_value = "false",
     .flags = MH_KEY_IGNORED,
     .doc = "Not needed: rates come from metrichost's own samples, so Podman's missing previous "
            "sample does not matter."},
    {.name = "max_concurrency",
     .type = MH_KEY_INT,
     .default_value = "4",
     .doc = "How many requests may be open at once, 1 to 64."},
    {.name = "request_timeout",
     .type = MH_KEY_DURATION,
     .default_value = "5s",
     .doc = "How long the engine may take to answer for one container."},
    {.name = "reconcile",
     .type = MH_KEY_DURATION,
     .default_value = "1m",
     .doc = "How often the list of containers is read although no event said that it changed."},
    {.name = "ssl.enabled",
     .type = MH_KEY_BOOL,
     .doc = "TLS for tcp:// addresses. Default: on when any other ssl option is given."},
    {.name = "ssl.certificate_authority",
     .type = MH_KEY_STRING,
     .flags = MH_KEY_PATH,
     .doc =
         "File with the certificate authority of the engine's certificate. Default: the system's."},
    {.name = "ssl.certificate_authorities",
     .type = MH_KEY_STRING_LIST,
     .flags = MH_KEY_PATH,
     .doc = "The same, several files."},
    {.name = "ssl.certificate",
     .type = MH_KEY_STRING,
     .flags = MH_KEY_PATH,
     .doc = "File with the client certificate; read again when it changes."},
    {.name = "ssl.key",
     .type = MH_KEY_STRING,
     .flags = MH_KEY_PATH,
     .doc = "File with its private key."},
    {.name = "ssl.key_passphrase",
     .type = MH_KEY_STRING,
     .flags = MH_KEY_SECRET,
     .doc = "Passphrase of the private key."},
    {.name = "ssl.verification_mode",
     .type = MH_KEY_STRING,
     .default_value = "full",
     .choices = "full|strict|certificate|none",
     .doc = "What is checked of the engine's certificate: chain and name (full), also that it has "
            "alternative names "
            "(strict), the chain only, or nothing."},
};

/* These two keep the first error in *result, so that a row of reads needs one look at its end. */
static const char *
get_text(const struct mh_host *host, const struct mh_config *config, const char *path,
         int32_t *result)
{
    const char *text = NULL;
    int32_t rc = host->config->get_string(config, path, &text);
    if (*result == MH_OK)
        *result = rc;
    return rc == MH_OK ? text : NULL;
}

static bool
get_bool(const struct mh_host *host, const struct mh_config *config, const char *path,
         int32_t *result)
{
    int32_t truth = 0;
    int32_t rc = host->config->get_bool(config, path, &truth);
    if (*result == MH_OK)
        *result = rc;
    return truth != 0;
}

static int32_t
read_authorities(struct tls_settings *tls, const struct mh_host *host,
                 const struct mh_config *config)
{
    const struct mh_config *list = host->config->find(config, "ssl.certificate_authorities");
    int32_t result = MH_OK;
    const char *one = get_text(host, config, "ssl.certificate_authority", &result);
    uint32_t n = host->config->count(list);
    tls->authorities = calloc((size_t)n + 1, sizeof(char *));
    if (tls->authorities == NULL)
        return MH_ERR_NOMEM;
    if (one != NULL && one[0] != '\0')
        tls->authorities[tls->n_authorities++] = one;
    for (uint32_t i = 0; i < n; i++) {
        one = get_text(host, host->config->at(list, i), NULL, &result);
        if (one != NULL)
            tls->authorities[tls->n_authorities++] = one;
    }
    return result;
}

static int32_t
read_tls(struct tls_settings *tls, const struct mh_host *host, const struct mh_config *config)
{
    int32_t result = read_authorities(tls, host, config);
    if (result != MH_OK)
        return result;
    tls->certificate = get_text(host, config, "ssl.certificate", &result);
    tls->key = get_text(host, config, "ssl.key", &result);
    tls->key_passphrase = get_text(host, config, "ssl.key_passphrase", &result);
    tls->verification_mode = get_text(host, config, "ssl.verification_mode", &result);
    tls->enabled = host->config->find(config, "ssl.enabled") != NULL
                       ? get_bool(host, config, "ssl.enabled", &result)
                       : host->config->find(config, "ssl") != NULL;
    if (result != MH_OK)
        return result;
    if (tls->enabled && (tls->certificate == NULL) != (tls->key == NULL))
        return mh_config_error(
            host, config, tls->key == NULL ? "ssl.certificate" : "ssl.key",
            "ssl.certificate and ssl.key belong together: one of them is missing");
    return MH_OK;
}

/* The host makes an instance of each entry; a plugin that is given several nevertheless says so. */
static int32_t
read_endpoint(struct settings *settings, const struct mh_host *host, const struct mh_config *config)
{
    const struct mh_config *hosts = host->config->find(config, "hosts");
    const char *text = NULL, *error = NULL;
    int32_t readable = MH_OK;
    int result;
    if (host->config->count(hosts) > 1)
        return mh_config_error(host, config, "hosts", "one instance watches one engine");
    if (hosts != NULL)
        text = get_text(host, host->config->at(hosts, 0), NULL, &readable);
    if (readable != MH_OK)
        return readable;
    if (text == NULL || text[0] == '\0')
        text = getenv("DOCKER_HOST");
    if (text == NULL || text[0] == '\0')
        text = ENDPOINT_DEFAULT;
    result = endpoint_parse(text, settings->tls.enabled, &settings->endpoint, &error);
    if (result == -EINVAL)
        return mh_config_error(host, config, "hosts", "'%s' %s", text, error);
    return result < 0 ? MH_ERR_NOMEM : MH_OK;
}

static int32_t
add_major(struct settings *settings, const struct mh_host *host, const struct mh_config *config,
          int64_t major)
{
    if (major < 0 || major > UINT32_MAX)
        return mh_config_error(host, config, "skip_major",
                               "must hold major numbers of devices, such as [9, 253]");
    settings->skip_majors[settings->n_skip_majors++] = (uint32_t)major;
    return MH_OK;
}

static int32_t
read_skip_majors(struct settings *settings, const struct mh_host *host,
                 const struct mh_config *config)
{
    static const int64_t defaults[] = {9, 253};
    const struct mh_config *list = host->config->find(config, "skip_major");
    uint32_t n = host->config->count(list);
    int32_t result = MH_OK;
    settings->skip_majors = calloc((size_t)n + COUNT_OF(defaults), sizeof *settings->skip_majors);
    if (settings->skip_majors == NULL)
        return MH_ERR_NOMEM;
    for (size_t i = 0; list == NULL && i < COUNT_OF(defaults); i++)
        result = add_major(settings, host, config, defaults[i]);
    for (uint32_t i = 0; i < n && result == MH_OK; i++) {
        int64_t major = 0;
        result = host->config->get_int(host->config->at(list, i), NULL, &major);
        if (result == MH_OK)
            result = add_major(settings, host, config, major);
    }
    return result;
}

static enum source
read_source(const char *text)
{
    if (text != NULL && strcmp(text, "cgroup") == 0)
        return SOURCE_CGROUP;
    return text != NULL && strcmp(text, "api") == 0 ? SOURCE_API : SOURCE_AUTO;
}

static int32_t
read_limits(struct settings *settings, const struct mh_host *host, const struct mh_config *config)
{
    int64_t concurrency = 0;
    int32_t result = host->config->get_int(config, "max_concurrency", &concurrency);
    if (result == MH_OK)
        result =
            host->config->get_duration_ns(config, "request_timeout", &settings->request_timeout_ns);
    if (result == MH_OK)
        result = host->config->get_duration_ns(config, "reconcile", &settings->reconcile_ns);
    if (result != MH_OK)
        return result;
    if (concurrency < 1 || concurrency > MAX_CONCURRENCY)
        return mh_config_error(host, config, "max_concurrency", "must be 1 to %d", MAX_CONCURRENCY);
    if (settings->request_timeout_ns == 0)
        return mh_config_error(host, config, "request_timeout", "must be more than 0");
    settings->max_concurrency = (unsigned)concurrency;
    return MH_OK;
}

int32_t
settings_read(struct settings *settings, const struct mh_host *host, const struct mh_config *config)
{
    int32_t result = read_tls(&settings->tls, host, config);
    if (result == MH_OK)
        result = read_endpoint(settings, host, config);
    if (result == MH_OK)
        result = read_skip_majors(settings, host, config);
    if (result == MH_OK)
        result = read_limits(settings, host, config);
    settings->source = read_source(get_text(host, config, "source", &result));
    settings->hostfs = get_text(host, config, "hostfs", &result);
    settings->dedot = get_bool(host, config, "labels.dedot", &result);
    settings->cores = get_bool(host, config, "cpu.cores", &result);
    return result;
}

void
settings_free(struct settings *settings)
{
    endpoint_free(&settings->endpoint);
    free(settings->tls.authorities);
    free(settings->skip_majors);
    *settings = (struct settings){0};
}
