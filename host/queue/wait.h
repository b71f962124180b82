/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.h - condition variables that wait until a point of CLOCK_MONOTONIC, so that setting the
 * clock wakes nobody.
 */
#ifndef MH_QUEUE_WAIT_H
#define MH_QUEUE_WAIT_H

#include <pthread.h>

#include "util/util.h"

#define WAIT_FOREVER UINT64_MAX

void wait_init(pthread_cond_t *cond);
/* False once deadline_ns (monotonic) has passed. The caller holds the lock and checks its condition
 * again either way. */
bool wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t deadline_ns);
/* a + b, at most WAIT_FOREVER. */
uint64_t wait_add(uint64_t a, uint64_t b);

#endif
