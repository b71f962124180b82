/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - an HTTP client for plugins: requests over TCP, TLS and unix sockets, with deadlines on
 * the monotonic clock.
 *
 * A client speaks to one server (one base URL or socket) and keeps its connections. It belongs to
 * one thread at a time: calls on one client never overlap, except http_client_wake(), which any
 * thread may call. Two clients share nothing.
 *
 * Every call returns 0 or -errno and fills a struct http_error with words for the operator that
 * name the server and the fix. An answer with any HTTP status is a success of the call; judge
 * response->status, http_status_error() makes words of it. Words never hold credentials: neither
 * those of URLs nor headers.
 */
#ifndef MH_SUPPORT_HTTP_H
#define MH_SUPPORT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_client; /* opaque */

/* What went wrong, for decisions; the return code in brackets. */
enum http_error_kind {
    HTTP_ERROR_NONE,
    HTTP_ERROR_OPTIONS,   /* [-EINVAL] an option is wrong or this libcurl cannot do it          */
    HTTP_ERROR_NOMEM,     /* [-ENOMEM]                                                          */
    HTTP_ERROR_DNS,       /* [-EHOSTUNREACH] the name of the server or proxy does not resolve   */
    HTTP_ERROR_CONNECT,   /* [-ECONNREFUSED] no connection; os_errno tells more                 */
    HTTP_ERROR_PROXY,     /* [-ECONNREFUSED] the proxy refused                                  */
    HTTP_ERROR_TLS,       /* [-EPROTO] handshake, certificate or host name                      */
    HTTP_ERROR_TIMEOUT,   /* [-ETIMEDOUT] the deadline passed                                   */
    HTTP_ERROR_RESET,     /* [-ECONNRESET] the connection broke before the answer was whole     */
    HTTP_ERROR_PROTOCOL,  /* [-EPROTO] what came is not HTTP, or not decodable                  */
    HTTP_ERROR_TOO_LARGE, /* [-EFBIG] the answer is longer than max_response                    */
    HTTP_ERROR_CANCELED,  /* [-ECANCELED] http_client_wake(), or a callback ended it            */
    HTTP_ERROR_STATUS,    /* only from http_status_error()                                      */
};

struct http_error {
    enum http_error_kind kind;
    int status;     /* HTTP_ERROR_STATUS: the HTTP status; else 0                               */
    int os_errno;   /* errno of a failed connect (EACCES, ENOENT, ECONNREFUSED ...), or 0       */
    char text[512]; /* "cannot connect to https://es:9200: Connection refused; is ... running?" */
};

/* How a certificate is checked. */
enum http_verify {
    HTTP_VERIFY_FULL,        /* chain and host name                                             */
    HTTP_VERIFY_STRICT,      /* as full, and the certificate must have a subject alternative name */
    HTTP_VERIFY_CERTIFICATE, /* chain only                                                      */
    HTTP_VERIFY_NONE,
};

/* TLS options. All zero: the system's trust store, full verification. Files are read when a
 * connection is set up and again when they change (mtime, inode or size), so that a renewed
 * certificate needs no restart. A value that begins with
 * "-----BEGIN" is PEM text in place of a file name. All strings are copied. */
struct http_tls {
    const char *const *authorities; /* CA certificates: file names or PEM                       */
    size_t n_authorities;           /* 0: the system's                                          */
    const char *certificate;        /* client certificate (chain): file name or PEM, or NULL    */
    const char *key;                /* its private key: file name or PEM, or NULL               */
    const char *key_passphrase;     /* or NULL                                                  */
    const char *const *ca_sha256;   /* base64 SHA-256 of public keys, one must be in the chain  */
    size_t n_ca_sha256;
    const char *ca_trusted_fingerprint; /* hex SHA-256 of a certificate that is trusted, or NULL */
    const char *const *versions; /* "TLSv1.2", "TLSv1.3" ...; none: 1.2 and up                */
    size_t n_versions;
    const char *const *ciphers; /* OpenSSL or IANA-like names; none: the library's           */
    size_t n_ciphers;
    const char *const *curves; /* "P-256", "X25519" ...; none: the library's                */
    size_t n_curves;
    enum http_verify verify;
};

struct http_header {
    const char *name;
    const char *value; /* "": sent empty */
};

/* How a client is made. All zero but the base is usable. All strings are copied. */
struct http_options {
    const char *base_url;    /* "https://es.example:9200/prefix"; no credentials inside. With a unix
                                socket: NULL or    "http://localhost/prefix"    */
    const char *unix_socket; /* path of a socket in place of TCP, or NULL                        */
    const char *user_agent;  /* NULL: none is sent                                               */
    const struct http_tls *tls;        /* NULL: defaults                                        */
    const struct http_header *headers; /* sent with every request                               */
    size_t n_headers;
    const char *proxy_url; /* "http://user:pass@proxy:3128"; NULL: the environment's
                              (http_proxy, https_proxy, no_proxy, also in capitals)            */
    bool proxy_disable;    /* no proxy, whatever the environment says                          */
    const struct http_header *proxy_headers; /* sent to the proxy on CONNECT only                */
    size_t n_proxy_headers;
    uint64_t
        connect_timeout_ns; /* name, connect and TLS together; 0: until the request's deadline */
    uint64_t max_connection_age_ns; /* older ones are not used again, so that changes of DNS are
                                       followed; 0: 2 minutes */
    uint64_t max_idle_ns;           /* connections idle for longer are not used again; 0: 60 s */
    size_t max_response; /* bytes of an answer's body after decoding; 0: 16 MiB              */
    bool http1;          /* only HTTP/1.1; else HTTP/2 where TLS negotiates it               */
    bool accept_gzip;    /* asks for compressed answers                                      */
};

/* Makes a client; opens no connection. On an error *ret is NULL and error (may be NULL) says why.
 */
int http_client_new(const struct http_options *options, struct http_client **ret,
                    struct http_error *error);
void http_client_free(struct http_client *client);   /* NULL is fine */
void http_client_freep(struct http_client **client); /* for cleanup attributes */

/* [any] Ends the call that runs now with -ECANCELED. When none runs the next one ends so, until
 * http_client_clear_wake(). */
void http_client_wake(struct http_client *client);
/* Forgets an earlier wake. */
void http_client_clear_wake(struct http_client *client);
/* Closes all idle connections: the next request resolves the name and connects anew. */
void http_client_disconnect(struct http_client *client);
/* The base as operators know it ("unix:///var/run/docker.sock", "https://es:9200"); lives as long
 * as the client. */
const char *http_client_name(const struct http_client *client);

/* Gets a piece of an answer's body as it comes. 0: go on; else the call ends with -ECANCELED. */
typedef int (*http_chunk_fn)(void *ctx, const char *bytes, size_t len);
/* Gets the status, once, as soon as the headers are whole. 0: go on; else the call ends with
 * -ECANCELED. */
typedef int (*http_status_fn)(void *ctx, int status);

struct http_request {
    const char *method; /* NULL: "GET" */
    const char *path;   /* "/_bulk?filter_path=errors", added to the base URL; already escaped  */
    const struct http_header *headers; /* win over the client's headers of the same name          */
    size_t n_headers;
    const void *body; /* NULL: none; must live until the call returns                          */
    size_t body_len;
    uint64_t deadline_ns; /* CLOCK_MONOTONIC, whole exchange; 0: none                           */
    uint64_t idle_ns;     /* no byte for so long is a timeout; 0: only the deadline counts      */
    size_t max_response;  /* 0: the client's                                                    */
    /* With on_chunk the body is not stored in the response but handed over; max_response still
     * holds unless it is SIZE_MAX. */
    http_chunk_fn on_chunk;
    http_status_fn on_status;
    void *ctx;
};

/* All zero is an empty one. Filled by a call, freed by http_response_free() (also after an error).
 */
struct http_response {
    int status;
    char *body; /* terminated; NULL when empty or handed to on_chunk */
    size_t body_len;
    uint64_t retry_after_ns; /* of a Retry-After header with seconds; 0: none  */
    char product[32];        /* X-Elastic-Product or Server header, shortened; "" */
    char content_type[64];   /* shortened; ""                                    */
};
void http_response_free(struct http_response *response);

/* Sends one request and waits for the whole answer. error may be NULL. */
int http_send(struct http_client *client, const struct http_request *request,
              struct http_response *response, struct http_error *error);

/* The usual GET. */
int http_get(struct http_client *client, const char *path, uint64_t deadline_ns,
             struct http_response *response, struct http_error *error);

/*
 * A GET whose answer has no end, such as an event stream: hands over each piece as it comes;
 * returns 0 when the server ends it, -ECANCELED when the callback or http_client_wake() does.
 * Without an idle limit it waits for ever. Judge the status in on_status: on_chunk is called for
 * error answers too.
 */
int http_stream(struct http_client *client, const char *path, http_status_fn on_status,
                http_chunk_fn on_chunk, void *ctx, uint64_t idle_ns, struct http_error *error);

/*
 * Many requests on one client, at most max_parallel at a time, each with its own deadline (from
 * request->deadline_ns). done is called in the caller's thread as each ends, in the order of
 * ending: code 0 or -errno; response and error are valid only inside it (take(response->body) keeps
 * the body). done returns non-zero to cancel the rest, which then end with -ECANCELED. http_many
 * returns 0 when all were done (each well or not), -ECANCELED, or -ENOMEM.
 */
typedef int (*http_done_fn)(void *ctx, size_t index, int code, struct http_response *response,
                            const struct http_error *error);
int http_many(struct http_client *client, const struct http_request *requests, size_t n,
              unsigned max_parallel, http_done_fn done, void *ctx);

/* Fills error from an answer with a status that is not wanted: "PUT /_ilm/policy/x at
 * https://es:9200: 403 Forbidden: REASON". what: "PUT /_ilm/policy/x"; detail: the server's reason,
 * or NULL. */
void http_status_error(struct http_error *error, const struct http_client *client, const char *what,
                       int status, const char *detail);

/* The facts that a connection test shows. All zero is an empty one. */
struct http_probe {
    char address[64];     /* of the server that answered                         */
    char tls_version[16]; /* "TLSv1.3"; "" without TLS                           */
    bool reached;         /* connected, whatever came then                       */
    bool secured;         /* the TLS handshake was completed                     */
};
/* Facts of the last call of http_send on this client. */
void http_last_probe(const struct http_client *client, struct http_probe *ret);

/* CLOCK_MONOTONIC in nanoseconds, the base of all deadlines here. */
uint64_t http_monotonic_ns(void);

#endif
