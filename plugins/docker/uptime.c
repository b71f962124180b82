/* SPDX-License-Identifier: Apache-2.0 */
/* uptime.c - see uptime.h. The steps are the engine's: up to a minute in seconds, to an hour in
 * minutes, and so on. */
#include "uptime.h"
#include "support.h"

static int
duration(int64_t seconds, char *ret, size_t size)
{
    long long minutes = seconds / 60, hours = (seconds + 1800) / 3600;
    if (seconds < 1)
        return snprintf(ret, size, "Less than a second");
    if (seconds == 1)
        return snprintf(ret, size, "1 second");
    if (seconds < 60)
        return snprintf(ret, size, "%lld seconds", (long long)seconds);
    if (minutes == 1)
        return snprintf(ret, size, "About a minute");
    if (minutes < 60)
        return snprintf(ret, size, "%lld minutes", minutes);
    if (hours == 1)
        return snprintf(ret, size, "About an hour");
    if (hours < 48)
        return snprintf(ret, size, "%lld hours", hours);
    if (hours < 24 * 7 * 2)
        return snprintf(ret, size, "%lld days", hours / 24);
    if (hours < 24 * 30 * 2)
        return snprintf(ret, size, "%lld weeks", hours / 24 / 7);
    if (hours < 24 * 365 * 2)
        return snprintf(ret, size, "%lld months", hours / 24 / 30);
    return snprintf(ret, size, "%lld years", (long long)seconds / 3600 / 24 / 365);
}

char *
uptime_words(const char *listed, int64_t lived_s)
{
    char words[64], *text = NULL;
    const char *bracket;
    if (listed == NULL || strncmp(listed, "Up ", 3) != 0 || lived_s < 0)
        return NULL;
    bracket = strstr(listed, " (");
    duration(lived_s, words, sizeof words);
    if (asprintf(&text, "Up %s%s", words, bracket == NULL ? "" : bracket) < 0)
        return NULL;
    return text;
}
