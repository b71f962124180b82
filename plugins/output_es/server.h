/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - what a server is and can do, from its answers. There is no check of products or
 * licences: features decide.
 */
#ifndef OUTPUT_ES_SERVER_H
#define OUTPUT_ES_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"

struct server {
    bool known; /* GET / was answered and understood; else the newest Elasticsearch is assumed */
    bool opensearch;
    bool serverless;
    bool open_core; /* build without the parts that are not open source: no ILM, no data streams */
    unsigned major, minor;
    char version[32]; /* "8.10.3" */
};

/* True when the version is at least this one. Unknown and serverless servers are newer than
 * everything. */
bool server_at_least(const struct server *server, unsigned major, unsigned minor);
/* From the body of GET /. False: it is not one of these servers. */
bool server_parse(const char *json, size_t len, struct server *ret);
/* As if a server of this version had answered; NULL or "": the newest known. False: no version. */
bool server_of_version(const char *version, struct server *ret);

/* Asks GET /. 0: *ret is filled (known or, when it may not be asked, not). -EREMOTEIO with error
 * filled: it answered with a status that ends the attempt; other -errno as http_send(). */
int server_ask(struct client *client, uint64_t deadline_ns, struct server *ret,
               struct http_error *error);

#endif
