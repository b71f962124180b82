/* SPDX-License-Identifier: Apache-2.0 */
/* rate.c - see rate.h. */
#include "rate.h"

#include <math.h>

#define NS_PER_S 1e9

enum rate_result
rate_per_second(uint64_t now, uint64_t before, uint64_t elapsed_ns, double *ret)
{
    if (now == UINT64_MAX || before == UINT64_MAX || elapsed_ns == 0)
        return RATE_UNKNOWN;
    if (now < before)
        return RATE_REJECTED;
    *ret = rate_round((double)(now - before) / ((double)elapsed_ns / NS_PER_S));
    return RATE_OK;
}

enum rate_result
rate_share(uint64_t now, uint64_t before, uint64_t base_now, uint64_t base_before, double factor,
           double capacity, double *ret)
{
    double share;
    if (now == UINT64_MAX || before == UINT64_MAX || base_now == UINT64_MAX ||
        base_before == UINT64_MAX || base_now == base_before)
        return RATE_UNKNOWN;
    if (now < before || base_now < base_before)
        return RATE_REJECTED;
    share = factor * (double)(now - before) / (double)(base_now - base_before);
    if (!(share <= capacity))
        return RATE_REJECTED;
    *ret = rate_round(share);
    return RATE_OK;
}

double
rate_round(double value)
{
    /* Above 2^53 / 10^9 a double has no ninth decimal to round. */
    if (fabs(value) > 9e6)
        return value;
    return round(value * 1e9) / 1e9;
}
