/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pacing.c - additive increase, multiplicative decrease, as TCP does it.
 */
#include "pacing.h"

#define FEWEST_RECORDS 8u
#define LEAST_BYTES UINT64_C(8192)
#define STEPS 16u

void
pacing_init(struct pacing *p, uint32_t most_records, uint64_t most_bytes)
{
    p->most_records = most_records;
    p->most_bytes = most_bytes;
    atomic_init(&p->records, most_records);
    atomic_init(&p->bytes, most_bytes);
    atomic_init(&p->byte_ceiling, most_bytes);
}

void
pacing_overloaded(struct pacing *p, uint32_t n_records)
{
    uint32_t now = atomic_load(&p->records);
    uint32_t fewest = p->most_records < FEWEST_RECORDS ? p->most_records : FEWEST_RECORDS;
    if (n_records < now)
        now = n_records;
    now /= 2;
    atomic_store(&p->records, now < fewest ? fewest : now);
}

void
pacing_worked(struct pacing *p)
{
    uint32_t records = atomic_load(&p->records);
    uint64_t bytes = atomic_load(&p->bytes), ceiling = atomic_load(&p->byte_ceiling);
    if (records < p->most_records) {
        uint32_t step = p->most_records / STEPS + 1;
        atomic_store(&p->records,
                     p->most_records - records < step ? p->most_records : records + step);
    }
    if (bytes < ceiling) {
        uint64_t step = ceiling / STEPS + 1;
        atomic_store(&p->bytes, ceiling - bytes < step ? ceiling : bytes + step);
    }
    /* A limit of the server may be lifted; a percent a request finds that out without many
     * refusals. */
    if (ceiling < p->most_bytes)
        atomic_store(&p->byte_ceiling, ceiling + ceiling / 512 < p->most_bytes
                                           ? ceiling + ceiling / 512
                                           : p->most_bytes);
}

void
pacing_too_large(struct pacing *p, uint64_t n_bytes)
{
    uint64_t half = n_bytes / 2 > LEAST_BYTES ? n_bytes / 2 : LEAST_BYTES;
    if (half < atomic_load(&p->byte_ceiling))
        atomic_store(&p->byte_ceiling, half);
    if (half < atomic_load(&p->bytes))
        atomic_store(&p->bytes, half);
}
