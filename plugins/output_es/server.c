/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.c - recognises Elasticsearch 7 to 9, its serverless form and OpenSearch.
 */
#include "server.h"

#include <errno.h>

#include "json.h"
#include "support.h"

bool
server_at_least(const struct server *server, unsigned major, unsigned minor)
{
    if (!server->known || server->serverless)
        return true;
    return server->major > major || (server->major == major && server->minor >= minor);
}

bool
server_of_version(const char *version, struct server *ret)
{
    memset(ret, 0, sizeof *ret);
    if (version == NULL || version[0] == '\0')
        return true;
    if (strncmp(version, "opensearch-", 11) == 0) {
        ret->opensearch = true;
        version += 11;
    }
    if (strcmp(version, "serverless") == 0) {
        ret->serverless = ret->known = true;
        return true;
    }
    if (sscanf(version, "%3u.%3u", &ret->major, &ret->minor) < 1)
        return false;
    ret->known = true;
    snprintf(ret->version, sizeof ret->version, "%s", version);
    return true;
}

bool
server_parse(const char *json, size_t len, struct server *ret)
{
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    const struct json_node *root;
    const char *number, *flavor, *distribution;
    memset(ret, 0, sizeof *ret);
    if (reader == NULL || json_parse(reader, json, len) != 0)
        return false;
    root = json_root(reader);
    number = json_get_text(root, "version.number");
    flavor = json_get_text(root, "version.build_flavor");
    distribution = json_get_text(root, "version.distribution");
    if (number == NULL || !server_of_version(number, ret) || !ret->known)
        return false;
    ret->opensearch = distribution != NULL && strcmp(distribution, "opensearch") == 0;
    ret->serverless = flavor != NULL && strcmp(flavor, "serverless") == 0;
    ret->open_core = flavor != NULL && strcmp(flavor, "oss") == 0;
    return true;
}

/* A key that may only create documents is refused here (403), and that is fine: then nothing is
 * known. */
int
server_ask(struct client *client, uint64_t deadline_ns, struct server *ret,
           struct http_error *error)
{
    CLEANUP(http_response_free) struct http_response response = {0};
    int code = client_json(client, "GET", "/", NULL, 0, deadline_ns, &response, error);
    memset(ret, 0, sizeof *ret);
    if (code != 0)
        return code;
    if (response.status == 403)
        return 0;
    if (response.status != 200) {
        http_status_error(error, client_http(client), "GET /", response.status,
                          response.status == 401 ? "check the user, password or key" : NULL);
        return -EREMOTEIO;
    }
    if (response.body != NULL && server_parse(response.body, response.body_len, ret))
        return 0;
    http_status_error(error, client_http(client), "GET /", response.status,
                      "what answers there is neither Elasticsearch nor OpenSearch");
    return -EREMOTEIO;
}
