/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pacing.h - how large the next request may be: halved when the server is overloaded, grown step by
 * step while it copes.
 *
 * Written by the worker, read from any thread (limits()).
 */
#ifndef OUTPUT_ES_PACING_H
#define OUTPUT_ES_PACING_H

#include <stdatomic.h>
#include <stdint.h>

struct pacing {
    uint32_t most_records; /* as configured */
    uint64_t most_bytes;
    _Atomic uint32_t records;
    _Atomic uint64_t bytes;
    _Atomic uint64_t byte_ceiling; /* learned from 413; grows back slowly */
};

void pacing_init(struct pacing *p, uint32_t most_records, uint64_t most_bytes);
/* The server said 429 or 503 to a request of n records. */
void pacing_overloaded(struct pacing *p, uint32_t n_records);
/* A request went well. */
void pacing_worked(struct pacing *p);
/* A request of this many plain bytes was too large. */
void pacing_too_large(struct pacing *p, uint64_t n_bytes);

#endif
