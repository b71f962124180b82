/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fargate_place.h - an awsfargate instance in front of a task metadata endpoint, and its documents
 * as trees.
 */
#ifndef FARGATE_PLACE_H
#define FARGATE_PLACE_H

#include "json.h"
#include "stub_server.h"
#include "testhost.h"

struct fargate_place {
    struct stub_server server;
    struct testhost *host;
    struct json *reader;
    char *documents; /* the text that the reader's tree was made of */
};

/* Starts the server; no instance yet. */
void fargate_place_open(struct fargate_place *place);
/* Creates and starts an instance; options: more YAML lines for its block, or "". */
void fargate_place_start(struct fargate_place *place, const char *options);
void fargate_place_start_with(struct fargate_place *place, const char *options,
                              const char *const *metricsets);
void fargate_place_close(struct fargate_place *place);

/* One collect(), whose result must be `code`. */
void fargate_place_collect(struct fargate_place *place, int32_t code);
/* Documents of the last collect as an array; valid until the next call. dataset NULL: all. */
const struct json_node *fargate_place_documents(struct fargate_place *place, const char *dataset);
/* The document of this container, or NULL. */
const struct json_node *fargate_place_container(struct fargate_place *place, const char *name);
/* The one document of the task. */
const struct json_node *fargate_place_task(struct fargate_place *place);

/* Fails unless the number is there, within 1e-9. */
void assert_number(const struct json_node *document, const char *path, double expected);
void assert_text(const struct json_node *document, const char *path, const char *expected);
void assert_absent(const struct json_node *document, const char *path);

#endif
