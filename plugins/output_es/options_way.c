/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_way.c - reads where the servers are, who we are to them, and how to get there: hosts,
 * cloud.id, credentials, TLS, proxies.
 */
#include "options.h"

#include "cloud_id.h"
#include "json_write.h"
#include "path.h"
#include "support.h"

/* ---- hosts ---- */

static int32_t
add_endpoint(struct es_options *o, const char *path, const char *entry)
{
    const char *problem = NULL;
    int code = endpoint_parse(entry, es_text(o, "protocol"), es_text(o, "path"),
                              &o->endpoints[o->n_endpoints], &problem);
    if (code == 0) {
        o->n_endpoints++;
        return MH_OK;
    }
    if (problem == NULL)
        return MH_ERR_NOMEM;
    /* An entry may hold a password, so it is not repeated; the position shows it. */
    return mh_config_error(o->host, o->config, path, "an entry %s", problem);
}

static int32_t
read_host_list(struct es_options *o)
{
    struct texts entries;
    int32_t code = es_read_texts(o, "hosts", &entries);
    if (code == MH_OK && entries.n == 0)
        code = mh_config_error(o->host, o->config, "hosts",
                               "is missing: name a server, or set cloud.id");
    if (code == MH_OK && (o->endpoints = calloc(entries.n, sizeof *o->endpoints)) == NULL)
        code = MH_ERR_NOMEM;
    for (size_t i = 0; code == MH_OK && i < entries.n; i++)
        code = add_endpoint(o, "hosts", entries.items[i]);
    free(entries.items);
    return code;
}

/* cloud.id replaces all hosts; the address always has its port, so nothing is filled in. */
static int32_t
read_cloud_id(struct es_options *o, const char *text)
{
    CLEANUP(cloud_id_free) struct cloud_id id = {0};
    const char *problem = NULL;
    int code = cloud_id_decode(text, strlen(text), &id, &problem);
    if (problem != NULL)
        return mh_config_error(o->host, o->config, "cloud.id", "error decoding cloud.id: %s",
                               problem);
    if (code != 0)
        return MH_ERR_NOMEM;
    o->endpoints = calloc(1, sizeof *o->endpoints);
    if (o->endpoints == NULL)
        return MH_ERR_NOMEM;
    code = endpoint_parse(id.elasticsearch, NULL, NULL, &o->endpoints[0], &problem);
    if (problem != NULL)
        return mh_config_error(o->host, o->config, "cloud.id", "its address %s", problem);
    if (code != 0)
        return MH_ERR_NOMEM;
    o->n_endpoints = 1;
    /* An empty Kibana part is usual where nobody wants Kibana: then there is none. */
    if (endpoint_parse(id.kibana, NULL, NULL, &o->kibana, &problem) != 0 ||
        strstr(id.kibana, "://.") != NULL)
        endpoint_free(&o->kibana);
    return MH_OK;
}

int32_t
es_options_read_hosts(struct es_options *o)
{
    const char *id = es_text(o, "cloud.id");
    if (id != NULL)
        return read_cloud_id(o, id);
    if (es_text(o, "cloud.auth") != NULL)
        return mh_config_error(o->host, o->config, "cloud.auth",
                               "cloud.auth specified but cloud.id is empty. Please specify both");
    return read_host_list(o);
}

/* ---- credentials ---- */

/* One way to say who we are: at most one of its keys may be given. */
static const struct way {
    enum auth_kind kind;
    const char *key, *file_key;
} ways[] = {
    {AUTH_BASIC, "password", "password_file"},
    {AUTH_API_KEY, "api_key", "api_key_file"},
    {AUTH_BEARER, "bearer_token", "bearer_token_file"},
    {AUTH_BEARER, "service_token", "service_token_file"},
};

static int32_t
set_secret(struct es_options *o, enum auth_kind kind, const char *secret, const char *file)
{
    o->auth = kind;
    o->secret_file = file;
    o->secret = secret == NULL ? NULL : strdup(secret);
    return secret != NULL && o->secret == NULL ? MH_ERR_NOMEM : MH_OK;
}

static int32_t
read_way(struct es_options *o, const struct way *way)
{
    const char *secret = es_text(o, way->key), *file = es_text(o, way->file_key);
    if (secret == NULL && file == NULL)
        return MH_OK;
    if (secret != NULL && file != NULL)
        return mh_config_error(o->host, o->config, way->file_key, "cannot be set together with %s",
                               way->key);
    if (o->auth != AUTH_NONE)
        return mh_config_error(o->host, o->config, secret != NULL ? way->key : way->file_key,
                               "cannot set both api_key and username/password, or any other two "
                               "ways of authentication");
    return set_secret(o, way->kind, secret, file);
}

static int32_t
read_cloud_auth(struct es_options *o, const char *text)
{
    const char *colon = strchr(text, ':');
    char *username;
    if (colon == NULL)
        return mh_config_error(
            o->host, o->config, "cloud.auth",
            "cloud.auth setting doesn't contain `:` to split between username and password");
    if (es_text(o, "api_key") != NULL || es_text(o, "api_key_file") != NULL)
        return mh_config_error(o->host, o->config, "cloud.auth",
                               "cannot set both api_key and username/password");
    username = strndup(text, (size_t)(colon - text));
    if (username == NULL)
        return MH_ERR_NOMEM;
    free(o->endpoints[0].username);
    free(o->endpoints[0].password);
    o->endpoints[0].username = username;
    o->endpoints[0].password = strdup(colon + 1);
    return o->endpoints[0].password == NULL ? MH_ERR_NOMEM : MH_OK;
}

int32_t
es_options_read_auth(struct es_options *o)
{
    const char *cloud_auth = es_text(o, "cloud.auth");
    if (cloud_auth != NULL)
        return read_cloud_auth(o, cloud_auth);
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        int32_t code = read_way(o, &ways[i]);
        if (code != MH_OK)
            return code;
    }
    o->username = es_text(o, "username");
    if (o->username != NULL && o->auth != AUTH_NONE && o->auth != AUTH_BASIC)
        return mh_config_error(o->host, o->config, "username",
                               "cannot set both api_key and username/password");
    if (o->username == NULL && o->auth == AUTH_BASIC)
        return mh_config_error(o->host, o->config, "username", "is missing; a password is given");
    if (o->username != NULL && o->auth == AUTH_NONE)
        return set_secret(o, AUTH_BASIC, "", NULL);
    return MH_OK;
}

/* ---- TLS and proxies ---- */

static enum http_verify
verify_mode(const char *name)
{
    static const char *const names[] = {[HTTP_VERIFY_FULL] = "full",
                                        [HTTP_VERIFY_STRICT] = "strict",
                                        [HTTP_VERIFY_CERTIFICATE] = "certificate",
                                        [HTTP_VERIFY_NONE] = "none"};
    for (size_t i = 0; name != NULL && i < COUNT_OF(names); i++)
        if (strcmp(names[i], name) == 0)
            return (enum http_verify)i;
    return HTTP_VERIFY_FULL;
}

static int32_t
read_tls(struct es_options *o)
{
    struct {
        const char *path;
        struct texts *to;
    } lists[] = {
        {"ssl.certificate_authorities", &o->authorities},
        {"ssl.supported_protocols", &o->versions},
        {"ssl.cipher_suites", &o->ciphers},
        {"ssl.curve_types", &o->curves},
        {"ssl.ca_sha256", &o->pins},
    };
    if (!es_is_given(o, "ssl") || (es_is_given(o, "ssl.enabled") && !es_bool(o, "ssl.enabled")))
        return MH_OK;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        int32_t code = es_read_texts(o, lists[i].path, lists[i].to);
        if (code != MH_OK)
            return code;
    }
    o->has_tls = true;
    o->tls = (struct http_tls){
        .authorities = o->authorities.items,
        .n_authorities = o->authorities.n,
        .certificate = es_text(o, "ssl.certificate"),
        .key = es_text(o, "ssl.key"),
        .key_passphrase = es_text(o, "ssl.key_passphrase"),
        .ca_sha256 = o->pins.items,
        .n_ca_sha256 = o->pins.n,
        .ca_trusted_fingerprint = es_text(o, "ssl.ca_trusted_fingerprint"),
        .versions = o->versions.items,
        .n_versions = o->versions.n,
        .ciphers = o->ciphers.items,
        .n_ciphers = o->ciphers.n,
        .curves = o->curves.items,
        .n_curves = o->curves.n,
        .verify = verify_mode(es_text(o, "ssl.verification_mode")),
    };
    return MH_OK;
}

/* Our own filter_path keeps answers small and countable, so one of the user's has no effect. */
static int32_t
read_parameters(struct es_options *o)
{
    const struct mh_config_ops *ops = o->host->config;
    const struct mh_config *map = ops->find(o->config, "parameters");
    struct json_text text = {0};
    for (uint32_t i = 0; ops->kind(map) == MH_NODE_MAP && i < ops->count(map); i++) {
        const char *value = NULL;
        if (strcmp(ops->key_at(map, i), "filter_path") == 0)
            continue;
        if (ops->get_string(ops->at(map, i), NULL, &value) != MH_OK) {
            json_text_free(&text);
            return MH_ERR_CONFIG;
        }
        json_add(&text, "&", 1);
        path_add_escaped(&text, ops->key_at(map, i));
        json_add(&text, "=", 1);
        path_add_escaped(&text, value == NULL ? "" : value);
    }
    if (json_terminate(&text) == NULL)
        return MH_ERR_NOMEM;
    o->parameters = text.data;
    return MH_OK;
}

/* Finds wrong TLS and proxy options now, not at the first connection. */
static int32_t
try_client(struct es_options *o)
{
    struct http_options options = {.base_url = "https://localhost",
                                   .tls = o->has_tls ? &o->tls : NULL};
    struct http_client *client = NULL;
    struct http_error error;
    int code = http_client_new(&options, &client, &error);
    http_client_free(client);
    if (code == 0)
        return MH_OK;
    return error.kind == HTTP_ERROR_NOMEM
               ? MH_ERR_NOMEM
               : mh_config_error(o->host, o->config, "ssl", "%s", error.text);
}

int32_t
es_options_read_way(struct es_options *o)
{
    int32_t code;
    if ((code = read_tls(o)) != MH_OK || (code = read_parameters(o)) != MH_OK ||
        (code = es_read_headers(o, "headers", &o->headers, &o->n_headers)) != MH_OK ||
        (code = es_read_headers(o, "proxy_headers", &o->proxy_headers, &o->n_proxy_headers)) !=
            MH_OK)
        return code;
    o->proxy_url = es_text(o, "proxy_url");
    o->proxy_disable = es_bool(o, "proxy_disable");
    if (o->proxy_url != NULL && strstr(o->proxy_url, "://") == NULL)
        return mh_config_error(o->host, o->config, "proxy_url",
                               "must be a URL such as http://proxy:3128");
    return try_client(o);
}
