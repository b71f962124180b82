/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.c - a token bucket with a hold. See the header.
 */
#include "budget.h"

#define SECOND UINT64_C(1000000000)
#define FIRST_PAUSE (10 * SECOND)
#define LONGEST_PAUSE (300 * SECOND)
#define REQUESTS_OF_A_SAMPLE 2.0
/* What a server may make us wait: one that says a year is wrong. */
#define LONGEST_RETRY_AFTER (3600 * SECOND)

/* Two seconds' worth, so that the random pauses before requests do not cost any. */
static double
capacity(const struct budget *budget)
{
    double burst = 2 * budget->per_second;
    return burst > REQUESTS_OF_A_SAMPLE ? burst : REQUESTS_OF_A_SAMPLE;
}

void
budget_init(struct budget *budget, double per_second, uint64_t now_ns)
{
    *budget = (struct budget){.per_second = per_second, .filled_ns = now_ns};
    budget->tokens = capacity(budget);
}

static void
refill(struct budget *budget, uint64_t now_ns)
{
    double seconds = (double)(now_ns - budget->filled_ns) / (double)SECOND;
    budget->tokens += seconds * budget->per_second;
    if (budget->tokens > capacity(budget))
        budget->tokens = capacity(budget);
    budget->filled_ns = now_ns;
}

bool
budget_take(struct budget *budget, uint64_t now_ns)
{
    if (now_ns < budget->hold_ns)
        return false;
    refill(budget, now_ns);
    if (budget->tokens < 1)
        return false;
    budget->tokens -= 1;
    return true;
}

static uint64_t
pause_after(unsigned refusals)
{
    uint64_t pause = FIRST_PAUSE;
    while (refusals-- > 0 && pause < LONGEST_PAUSE)
        pause *= 2;
    return pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE;
}

uint64_t
budget_refused(struct budget *budget, uint64_t retry_after_ns, uint64_t now_ns)
{
    uint64_t pause = retry_after_ns > 0 ? retry_after_ns : pause_after(budget->refusals);
    if (pause > LONGEST_RETRY_AFTER)
        pause = LONGEST_RETRY_AFTER;
    budget->refusals++;
    budget->hold_ns = now_ns + pause;
    return pause;
}

void
budget_accepted(struct budget *budget)
{
    budget->refusals = 0;
}
