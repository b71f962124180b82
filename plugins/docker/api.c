/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - see api.h. */
#include "api.h"
#include "support.h"

#include <metrichost/ext/statistics.h>

#include <errno.h>
#include <stdarg.h>

/* The newest API whose answers this code was written for. */
#define NEWEST_MAJOR 1
#define NEWEST_MINOR 52
#define MAX_RESPONSE ((size_t)64 << 20)

void
api_count(const struct mh_host *host, const char *name, int64_t delta)
{
    const struct mh_statistics_v1 *statistics =
        delta == 0 ? NULL : host->get_interface(host, MH_EXT_STATISTICS);
    if (statistics != NULL)
        statistics->add(host, name, delta);
}

void
api_gauge(const struct mh_host *host, const char *name, int64_t value)
{
    const struct mh_statistics_v1 *statistics = host->get_interface(host, MH_EXT_STATISTICS);
    if (statistics != NULL)
        statistics->set(host, name, value);
}

static enum http_verify
verify_mode(const char *mode)
{
    if (mode != NULL && strcmp(mode, "strict") == 0)
        return HTTP_VERIFY_STRICT;
    if (mode != NULL && strcmp(mode, "certificate") == 0)
        return HTTP_VERIFY_CERTIFICATE;
    return mode != NULL && strcmp(mode, "none") == 0 ? HTTP_VERIFY_NONE : HTTP_VERIFY_FULL;
}

int
api_open(struct api *api, const struct mh_host *host, const struct settings *settings,
         struct http_error *error)
{
    const struct tls_settings *tls = &settings->tls;
    const struct http_tls http_tls = {.authorities = tls->authorities,
                                      .n_authorities = tls->n_authorities,
                                      .certificate = tls->certificate,
                                      .key = tls->key,
                                      .key_passphrase = tls->key_passphrase,
                                      .verify = verify_mode(tls->verification_mode)};
    const struct http_options options = {.base_url = settings->endpoint.url,
                                         .unix_socket = settings->endpoint.socket,
                                         .user_agent = "metrichost",
                                         .tls = &http_tls,
                                         .http1 = true,
                                         .max_response = MAX_RESPONSE};
    *api = (struct api){.host = host};
    api->json = json_new(NULL);
    if (api->json == NULL)
        return -ENOMEM;
    return http_client_new(&options, &api->client, error);
}

void
api_close(struct api *api)
{
    http_client_free(api->client);
    json_free(api->json);
    *api = (struct api){0};
}

void
api_wake(struct api *api)
{
    if (api->client != NULL)
        http_client_wake(api->client);
}

static bool
read_version(const char *text, unsigned *major, unsigned *minor)
{
    int used = 0;
    return text != NULL && sscanf(text, "%4u.%4u%n", major, minor, &used) == 2 &&
           text[used] == '\0';
}

bool
api_version_at_least(const char *version, unsigned major, unsigned minor)
{
    unsigned their_major, their_minor;
    return read_version(version, &their_major, &their_minor) &&
           (their_major > major || (their_major == major && their_minor >= minor));
}

void
api_choose_version(const char *engine_version, char *ret, size_t size)
{
    unsigned major, minor;
    ret[0] = '\0';
    if (!read_version(engine_version, &major, &minor))
        return;
    if (major > NEWEST_MAJOR || (major == NEWEST_MAJOR && minor > NEWEST_MINOR)) {
        major = NEWEST_MAJOR;
        minor = NEWEST_MINOR;
    }
    snprintf(ret, size, "%u.%u", major, minor);
}

/* A reason that the engine gives as {"message":"..."}, for the operator. */
static int
status_error(struct api *api, const char *path, const struct http_response *response,
             struct http_error *error)
{
    CLEANUP_FREE char *what = NULL;
    const char *reason = NULL;
    if (asprintf(&what, "GET %s", path) < 0)
        what = NULL;
    if (response->body != NULL && json_parse(api->json, response->body, response->body_len) == 0)
        reason = json_get_text(json_root(api->json), "message");
    http_status_error(error, api->client, what == NULL ? "GET" : what, response->status, reason);
    return response->status == 404 ? -ENOENT : -EPROTO;
}

static int
not_json(struct api *api, const char *path, struct http_error *error)
{
    *error = (struct http_error){.kind = HTTP_ERROR_PROTOCOL};
    snprintf(error->text, sizeof error->text, "GET %s at %s: the answer is %s", path,
             http_client_name(api->client), json_error(api->json));
    return -EPROTO;
}

static int
read_response(struct api *api, const char *path, const struct http_response *response,
              const struct json_node **ret, struct http_error *error)
{
    if (response->status != 200)
        return status_error(api, path, response, error);
    if (response->body == NULL || json_parse(api->json, response->body, response->body_len) < 0)
        return not_json(api, path, error);
    *ret = json_root(api->json);
    return 0;
}

static int
get_whole_path(struct api *api, const char *path, uint64_t deadline_ns,
               const struct json_node **ret, struct http_error *error)
{
    CLEANUP(http_response_free) struct http_response response = {0};
    uint64_t begin = api->host->monotonic_ns(api->host);
    int result = http_get(api->client, path, deadline_ns, &response, error);
    api_count(api->host, "api_requests", 1);
    api_count(api->host, "api_ns", (int64_t)(api->host->monotonic_ns(api->host) - begin));
    *ret = NULL;
    if (result == 0)
        result = read_response(api, path, &response, ret, error);
    if (result < 0)
        api_count(api->host, "api_errors", 1);
    return result;
}

void
api_forget(struct api *api)
{
    api->negotiated = false;
}

int
api_negotiate(struct api *api, uint64_t deadline_ns, struct http_error *error)
{
    const struct json_node *root;
    const char *engine;
    int result;
    if (api->negotiated)
        return 0;
    result = get_whole_path(api, "/version", deadline_ns, &root, error);
    /* A proxy that denies this one path does not deny the rest: without a version the engine takes
     * its newest. */
    if (result < 0 && error->kind != HTTP_ERROR_STATUS && error->kind != HTTP_ERROR_PROTOCOL)
        return result;
    api_choose_version(result < 0 ? NULL : json_get_text(root, "ApiVersion"), api->version,
                       sizeof api->version);
    engine = result < 0 ? NULL : json_get_text(root, "Version");
    snprintf(api->engine, sizeof api->engine, "%s", engine == NULL ? "" : engine);
    snprintf(api->prefix, sizeof api->prefix, "%s%s", api->version[0] == '\0' ? "" : "/v",
             api->version);
    api->one_shot = api->version[0] == '\0' || api_version_at_least(api->version, 1, 41);
    api->negotiated = true;
    mh_log(api->host, api->announce ? MH_LOG_INFO : MH_LOG_DEBUG, "engine %s, API %s",
           api->engine[0] == '\0' ? "?" : api->engine,
           api->version[0] == '\0' ? "unversioned" : api->version);
    return 0;
}

char *
api_path(const struct api *api, const char *format, ...)
{
    CLEANUP_FREE char *tail = NULL;
    char *path = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&tail, format, args) < 0)
        tail = NULL;
    va_end(args);
    if (tail == NULL || asprintf(&path, "%s%s", api->prefix, tail) < 0)
        return NULL;
    return path;
}

int
api_get(struct api *api, const char *path, uint64_t deadline_ns, const struct json_node **ret,
        struct http_error *error)
{
    CLEANUP_FREE char *whole = NULL;
    int result = api_negotiate(api, deadline_ns, error);
    *ret = NULL;
    if (result < 0)
        return result;
    whole = api_path(api, "%s", path);
    if (whole == NULL)
        return -ENOMEM;
    result = get_whole_path(api, whole, deadline_ns, ret, error);
    if (result < 0 && result != -ENOENT && result != -ECANCELED)
        api_forget(api);
    return result;
}

struct many {
    struct api *api;
    char *const *paths;
    api_done_fn done;
    void *ctx;
};

static int
on_done(void *ctx, size_t index, int code, struct http_response *response,
        const struct http_error *error)
{
    const struct many *many = ctx;
    const struct json_node *root = NULL;
    struct http_error ignored;
    (void)error;
    if (code == 0)
        code = read_response(many->api, many->paths[index], response, &root, &ignored);
    api_count(many->api->host, "api_requests", 1);
    api_count(many->api->host, "api_errors", code < 0);
    many->done(many->ctx, index, code, root);
    return 0;
}

/* http_many() counts a request's deadline from its own value, so each batch of max_parallel begins
 * with a new one. */
int
api_get_many(struct api *api, char *const *paths, size_t n, unsigned max_parallel,
             uint64_t timeout_ns, uint64_t deadline_ns, api_done_fn done, void *ctx)
{
    struct many many = {api, paths, done, ctx};
    CLEANUP_FREE struct http_request *requests = calloc(n + 1, sizeof *requests);
    uint64_t begin = api->host->monotonic_ns(api->host);
    int result;
    if (requests == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        uint64_t latest = begin + timeout_ns * (i / max_parallel + 1);
        requests[i].path = paths[i];
        requests[i].deadline_ns = deadline_ns != 0 && deadline_ns < latest ? deadline_ns : latest;
    }
    result = http_many(api->client, requests, n, max_parallel, on_done, &many);
    api_count(api->host, "api_ns", (int64_t)(api->host->monotonic_ns(api->host) - begin));
    return result;
}
