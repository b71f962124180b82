/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.c - an HTTP client made from the options, and the Authorization header on each request.
 */
#include "client.h"

#include <errno.h>

#include "auth.h"
#include "support.h"

/* The largest answer that is read: one error of 512 bytes for each of the largest batch's
 * documents. */
#define MAX_RESPONSE ((size_t)64 << 20)

struct client {
    const struct es_options *o;
    struct http_client *http;
    struct auth *auth;
    struct http_header *headers; /* room for those of a request, and one more */
    size_t n_room;
};

static void
client_freep(struct client **client)
{
    client_free(*client);
}

/* The user's headers win over ours. */
static int
make_http(const struct es_options *o, const struct endpoint *endpoint, struct http_client **ret,
          struct http_error *error)
{
    char agent[64];
    struct http_options options = {
        .base_url = endpoint->url,
        .user_agent = agent,
        .tls = o->has_tls ? &o->tls : NULL,
        .headers = o->headers,
        .n_headers = o->n_headers,
        .proxy_url = o->proxy_url,
        .proxy_disable = o->proxy_disable,
        .proxy_headers = o->proxy_headers,
        .n_proxy_headers = o->n_proxy_headers,
        .connect_timeout_ns = o->connect_timeout_ns,
        .max_connection_age_ns = o->max_age_ns,
        .max_idle_ns = o->idle_ns,
        .max_response = MAX_RESPONSE,
        .accept_gzip = o->compression_level > 0,
    };
    snprintf(agent, sizeof agent, "metrichost/%s",
             o->host->version == NULL ? "0" : o->host->version);
    return http_client_new(&options, ret, error);
}

int
client_new(const struct es_options *o, const struct endpoint *endpoint, struct client **ret,
           struct http_error *error)
{
    CLEANUP(client_freep) struct client *client = calloc(1, sizeof *client);
    int code;
    *ret = NULL;
    if (client == NULL)
        return -ENOMEM;
    client->o = o;
    client->auth = auth_new(o, endpoint);
    if (client->auth == NULL)
        return -ENOMEM;
    code = make_http(o, endpoint, &client->http, error);
    if (code == 0)
        *ret = take(client);
    return code;
}

void
client_free(struct client *client)
{
    if (client == NULL)
        return;
    http_client_free(client->http);
    auth_free(client->auth);
    free(client->headers);
    free(client);
}

void
client_wake(struct client *client)
{
    http_client_wake(client->http);
}

void
client_clear_wake(struct client *client)
{
    http_client_clear_wake(client->http);
}

const char *
client_name(const struct client *client)
{
    return http_client_name(client->http);
}

const struct http_client *
client_http(const struct client *client)
{
    return client->http;
}

static bool
reserve_headers(struct client *client, size_t n)
{
    struct http_header *longer;
    if (n <= client->n_room)
        return true;
    longer = support_realloc_array(client->headers, n, sizeof *longer);
    if (longer == NULL)
        return false;
    client->headers = longer;
    client->n_room = n;
    return true;
}

static int
send_once(struct client *client, struct http_request request, struct http_response *response,
          struct http_error *error)
{
    const char *authorization = auth_header(client->auth, NULL);
    size_t n = request.n_headers;
    if (!reserve_headers(client, n + 1))
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        client->headers[i] = request.headers[i];
    if (authorization != NULL)
        client->headers[n++] = (struct http_header){"Authorization", authorization};
    request.headers = client->headers;
    request.n_headers = n;
    return http_send(client->http, &request, response, error);
}

int
client_send(struct client *client, const struct http_request *request,
            struct http_response *response, struct http_error *error)
{
    uint64_t latest = http_monotonic_ns() + client->o->timeout_ns;
    struct http_request limited = *request;
    int code;
    if (limited.deadline_ns == 0 || limited.deadline_ns > latest)
        limited.deadline_ns = latest;
    code = send_once(client, limited, response, error);
    if (code != 0 || response->status != 401 || !auth_reload(client->auth))
        return code;
    http_response_free(response);
    return send_once(client, limited, response, error);
}

int
client_json(struct client *client, const char *method, const char *path, const char *body,
            size_t body_len, uint64_t deadline_ns, struct http_response *response,
            struct http_error *error)
{
    static const struct http_header headers[] = {{"Accept", "application/json"},
                                                 {"Content-Type", "application/json"}};
    struct http_request request = {
        .method = method,
        .path = path,
        .headers = headers,
        .n_headers = body == NULL ? 1 : 2,
        .body = body,
        .body_len = body_len,
        .deadline_ns = deadline_ns,
    };
    return client_send(client, &request, response, error);
}
