/* SPDX-License-Identifier: Apache-2.0 */
/* queue_open.h - the queue that the configuration asks for. */
#ifndef MH_QUEUE_OPEN_H
#define MH_QUEUE_OPEN_H

#include "config/config.h"
#include "queue/queue.h"

struct ledger;

/* Opens the memory or the disk queue. *ret_reason: why not, for the operator; the caller frees it.
 * Returns 0 or -errno; there is no silent fall-back from one kind to the other. What the disk queue
 * gives up to make room is counted in the ledger. */
int queue_open_configured(const struct settings *s, struct ledger *ledger, struct queue **ret,
                          char **ret_reason);

#endif
