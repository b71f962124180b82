/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.c - condition variables on the monotonic clock.
 */
#include "queue/wait.h"

#include <errno.h>
#include <time.h>

#define NS_PER_S 1000000000u

void
wait_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

bool
wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t deadline_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(deadline_ns / NS_PER_S),
        .tv_nsec = (long)(deadline_ns % NS_PER_S),
    };

    return pthread_cond_timedwait(cond, lock, &until) != ETIMEDOUT;
}

uint64_t
wait_add(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? WAIT_FOREVER : sum;
}
