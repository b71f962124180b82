/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_internal.h - what the parts of the HTTP client know of each other. Nobody else includes it.
 *
 * http.c makes clients and offers the calls; http_run.c drives exchanges; http_transfer.c moves one
 * exchange through libcurl; http_tls.c gives OpenSSL contexts their trust, keys and limits;
 * http_error.c finds the words.
 */
#ifndef MH_SUPPORT_HTTP_INTERNAL_H
#define MH_SUPPORT_HTTP_INTERNAL_H

#include <curl/curl.h>

#include <stdatomic.h>

#include "http.h"
#include "support.h"

struct tls; /* http_tls.c: a copy of struct http_tls and the state of its files */

struct http_client {
    char *base;   /* without a slash at its end */
    char *name;   /* for operators, without path and credentials */
    char *socket; /* or NULL */
    char *user_agent;
    char *proxy;    /* NULL: libcurl looks into the environment; "": none */
    char *no_proxy; /* NULL: not set */
    struct curl_slist *headers;
    struct curl_slist *proxy_headers;
    struct tls *tls; /* or NULL: libcurl's defaults */
    uint64_t connect_timeout_ns;
    uint64_t max_age_ns;
    uint64_t max_idle_ns;
    size_t max_response;
    bool http1;
    bool accept_gzip;

    CURLM *multi;
    uint64_t
        multi_since_ns; /* age of the oldest possible connection, where libcurl does not limit it */
    int wake_fd;
    atomic_bool woken;
    CURL **idle; /* easy handles for the next requests */
    size_t n_idle, cap_idle;
    struct http_probe probe;
};

/* One exchange under way. */
struct transfer {
    struct http_client *client;
    const struct http_request *request;
    struct http_response *response;
    size_t index; /* of http_many */
    CURL *easy;   /* NULL: slot is free */
    char *url;
    struct curl_slist *headers;
    size_t body_cap;
    size_t n_received;
    uint64_t last_byte_ns;
    bool too_large, ended_by_callback, no_memory, status_told;
    char curl_text[CURL_ERROR_SIZE];
};

/* Sets the exchange up and hands it to the multi handle. 0, -ENOMEM, -EINVAL (error filled). */
int transfer_begin(struct transfer *t, struct http_client *client,
                   const struct http_request *request, struct http_response *response,
                   struct http_error *error);
/* Takes it off the multi handle and says how it went: 0 or -errno, error filled. The slot is free
 * afterwards. */
int transfer_end(struct transfer *t, CURLcode result, struct http_error *error);
/* True when nothing came for longer than the request allows. */
bool transfer_is_idle(const struct transfer *t, uint64_t now_ns);

/* Forgets all idle connections and names; with it ends the multi handle. False: no memory. */
bool http_renew_connections(struct http_client *client);

/* Milliseconds until `at_ns`, at least 1, at most an hour. */
long http_ms_until(uint64_t at_ns, uint64_t now_ns);
/* The header lists: client's headers without those that `headers` overrides, then `headers`. 0 or
 * -ENOMEM. */
int http_header_list(struct curl_slist **list, const struct http_header *headers, size_t n);

/* TLS. tls_new copies; returns 0, -ENOMEM or -EINVAL with error filled. */
int tls_new(const struct http_tls *options, struct tls **ret, struct http_error *error);
void tls_free(struct tls *tls);
/* True when a file changed since the last call with true: connections made before must not be used
 * again. */
bool tls_files_changed(struct tls *tls);
/* Sets the options of one exchange. 0 or -EINVAL when this libcurl cannot do it. */
int tls_apply(struct tls *tls, CURL *easy, struct http_error *error);
/* Words of the last failure inside a handshake that libcurl knows nothing of; "" when none. */
const char *tls_last_words(const struct tls *tls);
void tls_clear_words(struct tls *tls);

/* Errors. http_fail formats the words and returns the code that belongs to the kind. */
int http_fail(struct http_error *error, enum http_error_kind kind, const char *format, ...)
    PRINTF_LIKE(3, 4);
int http_fail_transfer(const struct transfer *t, CURLcode result, struct http_error *error);

#endif
