/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.h - the counters of a container's previous sample, and the rates between it and the next.
 *
 * Our own deltas: neither the engine's previous sample nor its clock is needed. A glitch of a
 * counter or of the clock gives no value, and is counted.
 */
#ifndef DOCKER_HISTORY_H
#define DOCKER_HISTORY_H

#include "usage.h"

struct history {
    bool known;
    uint64_t taken_ns;
    uint64_t cpu_total, cpu_kernel, cpu_user, cpu_system;
    uint64_t periods, throttled_periods;
    uint64_t *cores;
    size_t n_cores;
    uint64_t io_count[IO_OPS];
    uint64_t pressure[PSI_RESOURCES][2]; /* some, full */
    struct usage_interface *interfaces;  /* names are owned */
    size_t n_interfaces;
};

struct rates_share {
    double pct, norm;
    bool known;
};

struct rates_cpu {
    struct rates_share total, kernel, user;
    struct rates_share *cores;
    size_t n_cores;
    double throttled_pct; /* of the periods; NAN: unknown */
};

/* NAN is "unknown" in every double. Arrays belong to the rates and are used again. */
struct rates {
    struct rates_cpu cpu;
    size_t cap_cores;
    double io[IO_OPS];
    double pressure[PSI_RESOURCES][2];
    double (*network)[NET_DIRECTIONS][NET_KINDS]; /* by interface of the sample */
    size_t cap_interfaces;
    unsigned rejected; /* values that were not plausible */
};

/* Rates from the history (or from what the source itself says of the moment before) to the sample.
 */
void rates_compute(struct rates *rates, const struct history *history, const struct usage *usage);
void rates_free(struct rates *rates);

/* A history for the first sample of a container that was started lived_ns before it: then all
 * counters were zero. It owns no memory. Nothing is known when the machine's own counters do not
 * reach back so far. */
void history_from_start(struct history *history, const struct usage *usage, int64_t lived_ns);
/* Makes the sample the previous one. Returns 0 or -ENOMEM; then there is no history. */
int history_keep(struct history *history, const struct usage *usage);
void history_free(struct history *history); /* all zero afterwards */

#endif
