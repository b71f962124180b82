/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.h - finds out where documents can go on a server: data stream, alias or daily index.
 */
#ifndef OUTPUT_ES_TARGET_H
#define OUTPUT_ES_TARGET_H

#include "client.h"
#include "group.h"
#include "server.h"

/* What a server offers for the index management, and what is there already. */
struct features {
    struct server server;
    bool streams;       /* has data streams */
    bool stream_exists; /* o->target is one */
    bool ilm;           /* index lifecycle management */
    bool ism;           /* OpenSearch's index state management */
    bool policy_exists;
    char *policy; /* its JSON as the server gave it, or NULL */
};

void features_free(struct features *f); /* also for cleanup attributes */

/* Asks the server. Questions that the key may not ask are answered by the version. 0 or -errno with
 * error filled. */
int features_ask(const struct es_options *o, struct client *client, uint64_t deadline_ns,
                 struct features *ret, struct http_error *error);
/* What follows from the features and the options. */
enum target_mode target_mode_of(const struct es_options *o, const struct features *f);

#endif
