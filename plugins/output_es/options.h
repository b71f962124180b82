/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the configuration of the output, read once in create() and constant from then on.
 */
#ifndef OUTPUT_ES_OPTIONS_H
#define OUTPUT_ES_OPTIONS_H

#include <metrichost/plugin.h>

#include "endpoint.h"
#include "http.h"

#define ES_N_KEYS 86u
extern const struct mh_key es_keys[ES_N_KEYS];

/* A list of texts that belong to the configuration. */
struct texts {
    const char **items;
    size_t n;
};

enum auth_kind { AUTH_NONE, AUTH_BASIC, AUTH_API_KEY, AUTH_BEARER };

struct es_options {
    const struct mh_host *host;
    const struct mh_config *config;
    bool unreadable; /* an option had no value of its type; the host has said so */

    struct endpoint *endpoints;
    size_t n_endpoints;
    struct endpoint kibana; /* from cloud.id; url NULL: not known */

    enum auth_kind auth;
    const char *username; /* AUTH_BASIC */
    char *secret;         /* password, key or token; NULL: in secret_file */
    const char *secret_file;

    struct http_header *headers;
    size_t n_headers;
    struct http_header *proxy_headers;
    size_t n_proxy_headers;
    char *parameters; /* "&a=b&c=d", escaped; "" */
    bool has_tls;     /* some ssl option is given */
    struct http_tls tls;
    struct texts authorities, versions, ciphers, curves, pins;
    const char *proxy_url;
    bool proxy_disable;
    uint64_t timeout_ns, connect_timeout_ns, idle_ns, max_age_ns;

    uint32_t n_workers; /* per host */
    bool loadbalance;
    uint32_t max_records;
    uint64_t max_bytes, linger_ns, backoff_init_ns, backoff_max_ns;
    int compression_level;
    bool escape_html;

    char *target;   /* default data stream, alias or prefix of daily indices: "metrichost-0.1.0" */
    bool own_index; /* `index` is given: the target is not ours to manage unless a template is named
                     */
    char *late_index; /* or NULL */

    bool template_enabled, template_overwrite, time_series, own_template, own_template_stream;
    char *template_name, *template_pattern;
    int64_t template_priority, template_order;
    const char *template_path;
    bool policy_enabled, check_exists, policy_overwrite;
    char *policy_name;
    const char *policy_path, *delete_after, *rollover_pattern;
    char *rollover_alias;
};

/* Reads and checks. MH_OK, MH_ERR_CONFIG (reported with its position) or MH_ERR_NOMEM. */
int32_t es_options_read(const struct mh_host *host, const struct mh_config *config,
                        struct es_options **ret);
void es_options_free(struct es_options *o); /* NULL is fine */

/* Parts of it; each returns as es_options_read does. */
int32_t es_options_read_hosts(struct es_options *o);
int32_t es_options_read_auth(struct es_options *o);
int32_t es_options_read_way(struct es_options *o);
int32_t es_options_read_setup(struct es_options *o);

/* The members of a map as headers; NULL node: none. */
int32_t es_read_headers(const struct es_options *o, const char *path, struct http_header **ret,
                        size_t *ret_n);
int32_t es_read_texts(const struct es_options *o, const char *path, struct texts *ret);
/* Text of an option, or NULL when it is absent or empty. These four note in o->unreadable what
 * cannot be read; who has read all that he wants looks at it once. */
const char *es_text(struct es_options *o, const char *path);
bool es_bool(struct es_options *o, const char *path);
int64_t es_int(struct es_options *o, const char *path);
uint64_t es_duration(struct es_options *o, const char *path);
bool es_is_given(const struct es_options *o, const char *path);

#endif
