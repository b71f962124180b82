/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - requests to one server with its credentials; a 401 is answered once with the secret as
 * it is on disk now.
 */
#ifndef OUTPUT_ES_CLIENT_H
#define OUTPUT_ES_CLIENT_H

#include "http.h"
#include "options.h"

struct client; /* opaque; one thread, client_wake() from any */

/* Opens no connection. Returns 0 or -errno with error filled. The options must outlive it. */
int client_new(const struct es_options *o, const struct endpoint *endpoint, struct client **ret,
               struct http_error *error);
void client_free(struct client *client); /* NULL is fine */
void client_wake(struct client *client);
void client_clear_wake(struct client *client);
/* "https://es:9200" */
const char *client_name(const struct client *client);
const struct http_client *client_http(const struct client *client);

/* Sends a request with the credentials; its headers and callbacks are kept. The deadline is cut to
 * the option `timeout`. As http_send(). */
int client_send(struct client *client, const struct http_request *request,
                struct http_response *response, struct http_error *error);
/* A request with a JSON body (NULL: none). As http_send(). */
int client_json(struct client *client, const char *method, const char *path, const char *body,
                size_t body_len, uint64_t deadline_ns, struct http_response *response,
                struct http_error *error);

#endif
