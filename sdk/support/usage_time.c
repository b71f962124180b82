/* SPDX-License-Identifier: Apache-2.0 */
/* usage_time.c - RFC 3339 times as container engines write them: up to nine decimals, Z or an
 * offset. */
#include "usage.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_S INT64_C(1000000000)

/* Days from 1970-01-01 to a date of the Gregorian calendar; month from 1. Years begin in March, so
 * that the leap day comes last. */
static int64_t
days_since_1970(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

/* Digits after the point as nanoseconds; moves *text behind them. */
static int64_t
read_fraction(const char **text)
{
    int64_t ns = 0, unit = NS_PER_S / 10;
    if (**text != '.')
        return 0;
    for ((*text)++; **text >= '0' && **text <= '9'; (*text)++, unit /= 10)
        ns += (**text - '0') * unit;
    return ns;
}

static bool
read_offset(const char *text, int64_t *ret_seconds)
{
    unsigned hours, minutes;
    int used = 0;
    *ret_seconds = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
        return true;
    if ((*text != '+' && *text != '-') ||
        sscanf(text + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 || used != 5 ||
        text[6] != '\0' || hours > 23 || minutes > 59)
        return false;
    *ret_seconds = (int64_t)(hours * 3600 + minutes * 60);
    if (*text == '-')
        *ret_seconds = -*ret_seconds;
    return true;
}

bool
usage_read_time(const char *text, int64_t *ret_unix_ns)
{
    unsigned year, month, day, hour, minute, second;
    int64_t seconds, ns, offset;
    int used = 0;
    if (text == NULL ||
        sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u%n", &year, &month, &day, &hour, &minute, &second,
               &used) != 6 ||
        used != 19)
        return false;
    /* Outside 1970 to 2260 it is a zero value or does not fit 64 bits of nanoseconds. */
    if (year < 1970 || year > 2260 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    text += used;
    ns = read_fraction(&text);
    if (!read_offset(text, &offset))
        return false;
    seconds =
        days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    *ret_unix_ns = seconds * NS_PER_S + ns;
    return true;
}
