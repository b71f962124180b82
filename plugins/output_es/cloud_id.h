/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud_id.h - what a cloud.id says: the addresses of Elasticsearch and Kibana in Elastic Cloud.
 *
 * The text is LABEL:BASE64, where the label may hold colons or be missing, and the decoded text is
 * HOST[:PORT]$ES[:PORT]$KIBANA[:PORT].
 */
#ifndef OUTPUT_ES_CLOUD_ID_H
#define OUTPUT_ES_CLOUD_ID_H

#include <stddef.h>

/* All zero is an empty one. Both are "https://ID.HOST:PORT", the port always written. */
struct cloud_id {
    char *elasticsearch;
    char *kibana;
};

/* Returns 0, -EINVAL with *ret_problem (a constant text: "is not base64 ..."), or -ENOMEM. text:
 * len bytes. */
int cloud_id_decode(const char *text, size_t len, struct cloud_id *ret, const char **ret_problem);
void cloud_id_free(struct cloud_id *id); /* also for cleanup attributes */

#endif
