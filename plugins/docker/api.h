/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.h - requests to one engine: connection, API version, counting, words for errors. Only GET is
 * ever sent.
 *
 * An api belongs to one thread at a time; api_wake() may come from any thread. The version is asked
 * once per connection to an engine and again after an error, because the engine may have been
 * replaced by another.
 */
#ifndef DOCKER_API_H
#define DOCKER_API_H

#include "http.h"
#include "json.h"
#include "settings.h"

struct api {
    const struct mh_host *host;
    struct http_client *client;
    struct json *json;
    char prefix[16];  /* "/v1.41"; "" before it is known or when the engine does not say */
    char version[12]; /* "1.41"; ""                                                      */
    char engine[32];  /* "20.10.24"; ""                                                  */
    bool negotiated;
    bool announce; /* set by the owner: log the engine's version */
    bool one_shot; /* stats without the wait for a second sample (API 1.41)           */
};

int api_open(struct api *api, const struct mh_host *host, const struct settings *settings,
             struct http_error *error);
void api_close(struct api *api);
void api_wake(struct api *api);

/* Asks for the version unless it is known. Returns 0 or -errno. */
int api_negotiate(struct api *api, uint64_t deadline_ns, struct http_error *error);
/* Forgets the version: the next negotiation asks again. */
void api_forget(struct api *api);

/*
 * GET of a path below the version. 200: *ret is the tree, valid until the next call. Returns 0 or
 * -errno: -ENOENT for 404, -EPROTO for another status or for what is not JSON; error holds the
 * words.
 */
int api_get(struct api *api, const char *path, uint64_t deadline_ns, const struct json_node **ret,
            struct http_error *error);

/*
 * N GETs with bounded concurrency, each with its own deadline. done is called as each ends, with
 * the tree or with NULL and a code as of api_get(). paths are whole (with prefix, api_path()).
 */
typedef void (*api_done_fn)(void *ctx, size_t index, int code, const struct json_node *root);
int api_get_many(struct api *api, char *const *paths, size_t n, unsigned max_parallel,
                 uint64_t timeout_ns, uint64_t deadline_ns, api_done_fn done, void *ctx);
/* prefix + printf; the caller frees; NULL: no memory. */
char *api_path(const struct api *api, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The version to speak: the engine's, but none newer than what this code knows; "" when the text is
 * none. */
void api_choose_version(const char *engine_version, char *ret, size_t size);
/* True when version (as "1.41") is at least major.minor. */
bool api_version_at_least(const char *version, unsigned major, unsigned minor);

/* Adds to a counter of the instance's statistics, when the host keeps some. */
void api_count(const struct mh_host *host, const char *name, int64_t delta);
void api_gauge(const struct mh_host *host, const char *name, int64_t value);

#endif
