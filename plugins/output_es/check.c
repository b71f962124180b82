/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - `test output`: every step from the text of a host entry to the privileges of the key,
 * each with its own result.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

#include "json.h"
#include "server.h"
#include "setup.h"
#include "support.h"

struct check {
    struct worker *w;
    const struct endpoint *endpoint;
    struct client *client;
    const struct mh_report_v1 *report;
    uint64_t deadline_ns;
    bool failed;
};

static void
tell(struct check *c, uint32_t depth, uint32_t result, const char *name, const char *text)
{
    if (result == MH_STEP_ERROR)
        c->failed = true;
    c->report->step(c->report->ctx, depth, result, name, text);
}

/* The addresses of a name as one text. */
static void
list_addresses(struct json_text *to, const struct addrinfo *list)
{
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        char text[INET6_ADDRSTRLEN] = "";
        if (a->ai_family == AF_INET)
            inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr,
                      text, sizeof text);
        else if (a->ai_family == AF_INET6)
            inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr,
                      text, sizeof text);
        json_add_format(to, "%s%s", a == list ? "" : ", ", text);
    }
}

static bool
check_name(struct check *c)
{
    CLEANUP(json_text_free) struct json_text addresses = {0};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int code = getaddrinfo(c->endpoint->host, c->endpoint->port, &hints, &list);
    tell(c, 2, MH_STEP_OK, "parse host", NULL);
    if (code != 0) {
        tell(c, 2, MH_STEP_ERROR, "dns lookup", gai_strerror(code));
        return false;
    }
    list_addresses(&addresses, list);
    freeaddrinfo(list);
    tell(c, 2, MH_STEP_OK, "dns lookup", NULL);
    tell(c, 2, MH_STEP_INFO, "addresses", json_terminate(&addresses) == NULL ? "" : addresses.data);
    return true;
}

static void
check_tls(struct check *c, const struct http_probe *probe, const struct http_error *error)
{
    if (!c->endpoint->tls) {
        tell(c, 1, MH_STEP_WARN, "TLS", "secure connection disabled");
        return;
    }
    tell(c, 1, MH_STEP_GROUP, "TLS", NULL);
    if (c->w->o->tls.verify == HTTP_VERIFY_NONE && c->w->o->has_tls)
        tell(c, 2, MH_STEP_WARN, "security", "server's certificate chain verification is disabled");
    else
        tell(c, 2, MH_STEP_INFO, "security", "server's certificate chain verification is enabled");
    if (!probe->secured) {
        tell(c, 2, MH_STEP_ERROR, "handshake", error->text);
        return;
    }
    tell(c, 2, MH_STEP_OK, "handshake", NULL);
    tell(c, 2, MH_STEP_INFO, "TLS version", probe->tls_version);
    tell(c, 2, MH_STEP_OK, "dial up", NULL);
}

/* "yes" or the list of what is missing. */
static void
tell_privileges(struct check *c, const struct json_node *root, const char *target)
{
    static const char *const wanted[] = {"create_doc", "auto_configure"};
    const struct json_node *index = json_member(json_member(root, "index"), target);
    CLEANUP(json_text_free) struct json_text missing = {0};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        const struct json_node *node = json_member(index, wanted[i]);
        if (node == NULL || node->type != JSON_BOOL || !node->boolean)
            json_add_format(&missing, "%s%s", missing.len == 0 ? "" : ", ", wanted[i]);
    }
    if (missing.len == 0) {
        tell(c, 1, MH_STEP_OK, "privileges", "create_doc, auto_configure");
        return;
    }
    json_add_format(&missing, " on %s: the user or key lacks it", target);
    tell(c, 1, MH_STEP_ERROR, "privileges", json_terminate(&missing) == NULL ? "" : missing.data);
}

/* Servers without security do not know the question. */
static void
check_privileges(struct check *c)
{
    const char *target = c->w->o->target;
    CLEANUP(json_text_free) struct json_text body = {0};
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    CLEANUP(http_response_free) struct http_response response = {0};
    struct http_error error;
    if (target == NULL || reader == NULL)
        return;
    json_add_literal(&body, "{\"index\":[{\"names\":[");
    json_add_string(&body, target, strlen(target));
    json_add_literal(&body, "],\"privileges\":[\"create_doc\",\"auto_configure\"]}]}");
    if (body.failed || client_json(c->client, "POST", "/_security/user/_has_privileges", body.data,
                                   body.len, c->deadline_ns, &response, &error) != 0)
        return;
    if (response.status == 200 &&
        json_parse(reader, response.body == NULL ? "" : response.body, response.body_len) == 0)
        tell_privileges(c, json_root(reader), target);
    else
        tell(c, 1, MH_STEP_SKIPPED, "privileges", "this server does not tell them");
}

static void
check_answer(struct check *c, const struct http_response *response)
{
    struct server server;
    struct http_error error;
    if (response->status == 403) {
        tell(c, 1, MH_STEP_WARN, "talk to server",
             "GET / needs the cluster privilege monitor; sending does not");
        return;
    }
    if (response->status != 200) {
        http_status_error(&error, client_http(c->client), "GET /", response->status,
                          response->status == 401 ? "check user, password or key" : NULL);
        tell(c, 1, MH_STEP_ERROR, "talk to server", error.text);
        return;
    }
    if (response->body == NULL || !server_parse(response->body, response->body_len, &server)) {
        tell(c, 1, MH_STEP_ERROR, "talk to server",
             "what answers is neither Elasticsearch nor OpenSearch");
        return;
    }
    tell(c, 1, MH_STEP_OK, "talk to server", NULL);
    tell(c, 1, MH_STEP_INFO, "version", server.version);
}

static void
check_connection(struct check *c)
{
    CLEANUP(http_response_free) struct http_response response = {0};
    struct http_error error;
    struct http_probe probe;
    int code = client_json(c->client, "GET", "/", NULL, 0, c->deadline_ns, &response, &error);
    http_last_probe(client_http(c->client), &probe);
    if (!probe.reached) {
        tell(c, 2, MH_STEP_ERROR, "dial up", code == 0 ? "no connection" : error.text);
        return;
    }
    tell(c, 2, MH_STEP_OK, "dial up", NULL);
    check_tls(c, &probe, &error);
    if (c->failed)
        return;
    if (code != 0) {
        tell(c, 1, MH_STEP_ERROR, "talk to server", error.text);
        return;
    }
    check_answer(c, &response);
    if (!c->failed)
        check_privileges(c);
}

static void
check_host(struct check *c)
{
    CLEANUP(json_text_free) struct json_text heading = {0};
    bool through_proxy = c->w->o->proxy_url != NULL && !c->w->o->proxy_disable;
    json_add_format(&heading, "elasticsearch: %s", c->endpoint->url);
    tell(c, 0, MH_STEP_GROUP, json_terminate(&heading) == NULL ? "elasticsearch" : heading.data,
         NULL);
    tell(c, 1, MH_STEP_OK, "parse url", NULL);
    tell(c, 1, MH_STEP_GROUP, "connection", NULL);
    /* Behind a proxy the proxy resolves the name. */
    if (through_proxy || check_name(c))
        check_connection(c);
}

int32_t
check_run(void *self, const struct mh_report_v1 *report, uint64_t deadline_ns)
{
    struct worker *w = self;
    bool failed = false;
    for (size_t i = 0; i < w->o->n_endpoints; i++) {
        struct check c = {.w = w,
                          .endpoint = &w->o->endpoints[i],
                          .client = w->clients[i],
                          .report = report,
                          .deadline_ns = deadline_ns};
        check_host(&c);
        failed = failed || c.failed;
    }
    return failed ? mh_fail(w->host, MH_ERR_RETRY, "a step of the test failed") : MH_OK;
}
