/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud.h - who runs this machine: Amazon EC2, through the instance metadata service version 2, or
 * Amazon ECS, through the task metadata endpoint version 4.
 *
 * Nothing that merely answers at a link-local address is believed. The token must look like one and
 * the document must have an account, a region and an instance as AWS writes them, so that a
 * firewall's page or another cloud's service is no EC2.
 */
#ifndef CLOUD_METADATA_CLOUD_H
#define CLOUD_METADATA_CLOUD_H

#include <stdbool.h>
#include <stdint.h>

struct http_client;
struct json_node;

/* What cloud.* says. NULL: not known. All owned. All zero is an empty one. */
struct cloud {
    char *service; /* EC2, Fargate */
    char *region;
    char *zone;
    char *account;
    char *instance;
    char *machine_type;
    char *image;
    bool fargate; /* there is no instance to ask for */
};
void cloud_free(struct cloud *cloud); /* also for cleanup attributes */

/* Words for the operator when nothing was found. */
struct cloud_error {
    char text[512];
};

/* Ask and fill an empty struct. Return 0 or -errno with words: -ENOENT when somebody answers who is
 * not the service meant. */
int cloud_ask_ec2(struct http_client *http, uint64_t deadline_ns, struct cloud *ret,
                  struct cloud_error *error);
int cloud_ask_ecs(struct http_client *http, uint64_t deadline_ns, struct cloud *ret,
                  struct cloud_error *error);

/* The two answers, parsed. Return 0, -ENOENT (not what AWS writes) or -ENOMEM. */
int cloud_read_identity_document(const struct json_node *root, struct cloud *ret);
int cloud_read_task(const struct json_node *root, struct cloud *ret);
bool cloud_is_token(const char *text);

/* False when the firmware says that this is another maker's machine; root: "" for the machine's own
 * files. */
bool cloud_may_be_ec2(const char *root);

#endif
