/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.h - how many requests the endpoint may get from us. Its rate limit is shared with the
 * credentials of every other container of the task, so a request that is not needed now is not
 * made.
 *
 * Pure arithmetic on the caller's clock (monotonic nanoseconds).
 */
#ifndef AWSFARGATE_BUDGET_H
#define AWSFARGATE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
    double per_second;
    double tokens;
    uint64_t filled_ns; /* when tokens was right */
    uint64_t hold_ns;   /* no request before this moment */
    unsigned refusals;  /* 429 answers in a row */
};

/* per_second: above 0. The first two requests are always allowed: one sample. */
void budget_init(struct budget *budget, double per_second, uint64_t now_ns);
/* Takes one request. False: not now. */
bool budget_take(struct budget *budget, uint64_t now_ns);
/* The endpoint said 429. retry_after_ns: what it asked for, or 0: then 10 s, doubled with each
 * refusal in a row up to 5 minutes. Returns the pause in nanoseconds. */
uint64_t budget_refused(struct budget *budget, uint64_t retry_after_ns, uint64_t now_ns);
/* The endpoint answered something else. */
void budget_accepted(struct budget *budget);

#endif
