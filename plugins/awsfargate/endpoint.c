/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.c - see the header. The endpoint is link-local: never through a proxy, always plain
 * HTTP.
 */
#include "endpoint.h"

#include "budget.h"

#include "http.h"
#include "json.h"
#include "support.h"

#include <metrichost/ext/statistics.h>
#include <metrichost/host.h>

#include <errno.h>
#include <inttypes.h>

#define CONNECT_TIMEOUT (2 * MH_NS_PER_S)
/* A task has at most a few dozen containers: an answer is some 100 KB at worst. */
#define MAX_ANSWER (8 * 1024 * 1024)
#define MAX_DETAIL 200

struct endpoint {
    const struct mh_host *host;
    const struct mh_statistics_v1 *statistics; /* may be NULL */
    struct http_client *http;
    struct budget budget;
    char error[1024];
};

static PRINTF_LIKE(3, 4) int failed(struct endpoint *endpoint, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(endpoint->error, sizeof endpoint->error, format, args);
    va_end(args);
    return code;
}

static void
count(struct endpoint *endpoint, const char *name)
{
    if (endpoint->statistics != NULL)
        endpoint->statistics->add(endpoint->host, name, 1);
}

int
endpoint_new(const struct mh_host *host, const char *uri, double requests_per_second,
             struct endpoint **ret)
{
    struct http_options options = {.base_url = uri,
                                   .proxy_disable = true,
                                   .http1 = true,
                                   .connect_timeout_ns = CONNECT_TIMEOUT,
                                   .max_response = MAX_ANSWER};
    struct http_error error = {0};
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);
    int code;
    if (endpoint == NULL)
        return -ENOMEM;
    code = http_client_new(&options, &endpoint->http, &error);
    if (code < 0) {
        mh_fail(host, MH_ERR_CONFIG, "task metadata endpoint %s: %s", uri, error.text);
        free(endpoint);
        return code;
    }
    endpoint->host = host;
    endpoint->statistics = host->get_interface(host, MH_EXT_STATISTICS);
    budget_init(&endpoint->budget, requests_per_second, host->monotonic_ns(host));
    *ret = endpoint;
    return 0;
}

void
endpoint_free(struct endpoint *endpoint)
{
    if (endpoint == NULL)
        return;
    http_client_free(endpoint->http);
    free(endpoint);
}

/* The endpoint's own words for an error are a JSON text; anything else is not repeated. */
static const char *
detail_of(const struct http_response *response, struct json *reader)
{
    if (response->body == NULL || json_parse(reader, response->body, response->body_len) < 0)
        return "";
    return json_get_text(json_root(reader), "") != NULL ? json_get_text(json_root(reader), "") : "";
}

static int
judge_status(struct endpoint *endpoint, const char *path, const struct http_response *response,
             struct json *reader)
{
    const char *detail, *name = http_client_name(endpoint->http);
    uint64_t pause;
    if (response->status == 200)
        return 0;
    if (response->status == 429) {
        pause = budget_refused(&endpoint->budget, response->retry_after_ns,
                               endpoint->host->monotonic_ns(endpoint->host));
        return failed(endpoint, -EBUSY,
                      "GET %s%s: 429: the endpoint's rate limit is used up, perhaps by other "
                      "containers of the task; next request in %" PRIu64 " s",
                      name, path, pause / MH_NS_PER_S);
    }
    detail = detail_of(response, reader);
    return failed(endpoint, -EIO, "GET %s%s: status %d%s%.*s", name, path, response->status,
                  detail[0] ? ": " : "", MAX_DETAIL, detail);
}

static int
judge_body(struct endpoint *endpoint, const char *path, const struct http_response *response,
           struct json *reader)
{
    const char *name = http_client_name(endpoint->http);
    const struct json_node *root;
    if (response->body == NULL)
        return failed(endpoint, -EBADMSG, "GET %s%s: empty answer", name, path);
    if (json_parse(reader, response->body, response->body_len) < 0)
        return failed(endpoint, -EBADMSG, "GET %s%s: %s", name, path, json_error(reader));
    root = json_root(reader);
    if (root->type == JSON_STRING)
        return failed(endpoint, -EBADMSG, "GET %s%s: %.*s", name, path, MAX_DETAIL,
                      json_get_text(root, ""));
    if (root->type != JSON_OBJECT)
        return failed(endpoint, -EBADMSG, "GET %s%s: the answer is no JSON object", name, path);
    return 0;
}

static int
judge(struct endpoint *endpoint, const char *path, const struct http_response *response,
      struct json *reader)
{
    int code = judge_status(endpoint, path, response, reader);
    if (code != -EBUSY)
        budget_accepted(&endpoint->budget);
    return code < 0 ? code : judge_body(endpoint, path, response, reader);
}

int
endpoint_get(struct endpoint *endpoint, const char *path, uint64_t deadline_ns, struct json *reader)
{
    CLEANUP(http_response_free) struct http_response response = {0};
    struct http_error error = {0};
    int code;
    if (!budget_take(&endpoint->budget, endpoint->host->monotonic_ns(endpoint->host)))
        return failed(endpoint, -EAGAIN, "GET %s%s: not made, to stay within the rate limit",
                      http_client_name(endpoint->http), path);
    count(endpoint, "endpoint_requests");
    code = http_get(endpoint->http, path, deadline_ns, &response, &error);
    code = code < 0 ? failed(endpoint, code, "%s", error.text)
                    : judge(endpoint, path, &response, reader);
    if (code < 0)
        count(endpoint, "endpoint_errors");
    return code;
}

const char *
endpoint_error(const struct endpoint *endpoint)
{
    return endpoint->error;
}

void
endpoint_wake(struct endpoint *endpoint)
{
    http_client_wake(endpoint->http);
}

void
endpoint_clear_wake(struct endpoint *endpoint)
{
    http_client_clear_wake(endpoint->http);
}
