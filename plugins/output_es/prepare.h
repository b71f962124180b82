/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepare.h - before the first documents: where they go on these servers, and that it is there.
 */
#ifndef OUTPUT_ES_PREPARE_H
#define OUTPUT_ES_PREPARE_H

#include "worker.h"

/* Does nothing once the group knows its target. OUTCOME_FAILED: w->words say why. */
enum outcome prepare_target(struct worker *w, struct client *client, uint64_t deadline_ns);

#endif
