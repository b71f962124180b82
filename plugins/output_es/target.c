/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.c - asks for features, never for products: a GET on a path that a server does not know is
 * a clear answer.
 */
#include "target.h"

#include <errno.h>

#include "json_write.h"
#include "path.h"
#include "support.h"

void
features_free(struct features *f)
{
    free(f->policy);
    f->policy = NULL;
}

/* What a GET on a named thing says. */
enum answer { ANSWER_THERE, ANSWER_MISSING, ANSWER_UNSUPPORTED, ANSWER_FORBIDDEN };

/* 404 comes for a missing thing, and from servers that take an unknown path for the name of an
 * index or document. A missing stream is a missing index of its name; a missing policy is a
 * resource, or words with "not found". */
static bool
is_missing(const struct http_response *response, bool is_index)
{
    if (response->status != 404 || response->body == NULL)
        return false;
    if (strstr(response->body, "index_not_found") != NULL)
        return is_index && strstr(response->body, "[_data_stream]") == NULL;
    return strstr(response->body, "not_found") != NULL ||
           strstr(response->body, "not found") != NULL;
}

/* ret_body: where the JSON of a policy goes; NULL: it is a stream that is asked for. */
static int
ask(struct client *client, const char *path, uint64_t deadline_ns, enum answer *ret,
    char **ret_body, struct http_error *error)
{
    CLEANUP(http_response_free) struct http_response response = {0};
    int code = client_json(client, "GET", path, NULL, 0, deadline_ns, &response, error);
    if (code != 0)
        return code;
    if (response.status == 200)
        *ret = ANSWER_THERE;
    else if (is_missing(&response, ret_body == NULL))
        *ret = ANSWER_MISSING;
    else if (response.status == 401 || response.status == 403)
        *ret = ANSWER_FORBIDDEN;
    else if (response.status == 429 || response.status >= 500) {
        http_status_error(error, client_http(client), path, response.status, NULL);
        return -EREMOTEIO;
    } else {
        *ret = ANSWER_UNSUPPORTED;
    }
    if (ret_body != NULL && *ret == ANSWER_THERE)
        *ret_body = take(response.body);
    return 0;
}

static int
ask_streams(const struct es_options *o, struct client *client, uint64_t deadline_ns,
            struct features *f, struct http_error *error)
{
    CLEANUP(json_text_free) struct json_text path = {0};
    enum answer answer;
    int code;
    if (path_of(&path, "/_data_stream/", o->target, NULL) != 0)
        return -ENOMEM;
    code = ask(client, path.data, deadline_ns, &answer, NULL, error);
    if (code != 0)
        return code;
    f->stream_exists = answer == ANSWER_THERE;
    f->streams = answer == ANSWER_THERE || answer == ANSWER_MISSING;
    if (answer == ANSWER_FORBIDDEN)
        f->streams =
            !f->server.open_core && (f->server.opensearch || server_at_least(&f->server, 7, 9));
    return 0;
}

/* OpenSearch's policies live in a plugin; Elasticsearch's in its default distribution, and nowhere
 * in serverless. */
static int
ask_policy(const struct es_options *o, struct client *client, uint64_t deadline_ns,
           struct features *f, struct http_error *error)
{
    CLEANUP(json_text_free) struct json_text path = {0};
    const char *prefix = f->server.opensearch ? "/_plugins/_ism/policies/" : "/_ilm/policy/";
    enum answer answer;
    bool available;
    int code;
    if (f->server.serverless || !o->policy_enabled || !o->check_exists)
        return 0;
    if (path_of(&path, prefix, o->policy_name, NULL) != 0)
        return -ENOMEM;
    code = ask(client, path.data, deadline_ns, &answer, &f->policy, error);
    if (code != 0)
        return code;
    f->policy_exists = answer == ANSWER_THERE;
    available = answer == ANSWER_THERE || answer == ANSWER_MISSING ||
                (answer == ANSWER_FORBIDDEN && !f->server.open_core);
    f->ism = available && f->server.opensearch;
    f->ilm = available && !f->server.opensearch;
    return 0;
}

int
features_ask(const struct es_options *o, struct client *client, uint64_t deadline_ns,
             struct features *ret, struct http_error *error)
{
    int code;
    memset(ret, 0, sizeof *ret);
    code = server_ask(client, deadline_ns, &ret->server, error);
    if (code == 0 && o->target != NULL)
        code = ask_streams(o, client, deadline_ns, ret, error);
    if (code == 0)
        code = ask_policy(o, client, deadline_ns, ret, error);
    return code;
}

enum target_mode
target_mode_of(const struct es_options *o, const struct features *f)
{
    if (o->own_index)
        return TARGET_CUSTOM;
    if (f->streams)
        return TARGET_STREAM;
    return f->ilm || f->ism ? TARGET_ALIAS : TARGET_DAILY;
}
