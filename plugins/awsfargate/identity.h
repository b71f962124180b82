/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - who the task is: what stays the same from document to document, set as constants of
 * the instance.
 */
#ifndef AWSFARGATE_IDENTITY_H
#define AWSFARGATE_IDENTITY_H

#include "task.h"

#include <stdbool.h>
#include <stdint.h>

struct mh_host;
struct mh_record;

/* [worker] Sets the constants anew when anything in them changed since *hash; true: they did. They
 * hold from the next batch on: records of this one need identity_put(). own_service_name: the
 * configuration has a service.name, which wins. */
bool identity_publish(const struct mh_host *host, const struct task *task, bool own_service_name,
                      uint64_t *hash);
/* [worker] Sets the same as values of one record, of either dataset. */
void identity_put(const struct mh_host *host, struct mh_record *record, const struct task *task,
                  bool own_service_name);

/* FNV-1a over a text and its end; NULL counts as a text of its own. Start with HASH_START. */
#define HASH_START UINT64_C(14695981039346656037)
uint64_t hash_text(uint64_t hash, const char *text);

#endif
