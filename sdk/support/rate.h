/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate.h - rates and shares from two readings of a counter. No glitch of a counter or clock ever
 * gives an absurd value: what is not plausible is no value at all, and the caller counts it.
 */
#ifndef MH_SUPPORT_RATE_H
#define MH_SUPPORT_RATE_H

#include <stdbool.h>
#include <stdint.h>

enum rate_result {
    RATE_OK,
    RATE_UNKNOWN, /* a reading is absent (UINT64_MAX) or no time has passed                       */
    RATE_REJECTED, /* the counter or the clock went backwards, or the result is over the capacity */
};

/* (now - before) per second. */
enum rate_result rate_per_second(uint64_t now, uint64_t before, uint64_t elapsed_ns, double *ret);
/* factor * (now - before) / (base_now - base_before): the formula of `docker stats` (there base is
 * the machine's CPU time). capacity: the largest believable result. */
enum rate_result rate_share(uint64_t now, uint64_t before, uint64_t base_now, uint64_t base_before,
                            double factor, double capacity, double *ret);
/* Nearest value with at most nine decimals, which prints short; the error is at most 5e-10. */
double rate_round(double value);

#endif
