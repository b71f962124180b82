/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - clocks, times as text, random bytes of the kernel.
 */
#include "util/util.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

uint64_t
util_monotonic_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * (uint64_t)NS_PER_S + (uint64_t)t.tv_nsec;
}

int64_t
util_realtime_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

char *
util_format_time(int64_t unix_ns, char *text, size_t size)
{
    int64_t seconds = unix_ns / NS_PER_S, rest = unix_ns % NS_PER_S;
    if (rest < 0) {
        rest += NS_PER_S;
        seconds--;
    }
    time_t t = (time_t)seconds;
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    snprintf(text, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(rest / 1000000));
    return text;
}

void
util_random(void *bytes, size_t len)
{
    unsigned char *p = bytes;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            abort(); /* identities made without randomness would collide silently */
        p += n;
        len -= (size_t)n;
    }
}
