/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.c - texts as durations, sizes, truth values and numbers.
 */
#include "config/values.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <strings.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* Reads digits with an optional fraction; false when there is none. Only decimal: no sign,
 * exponent, hex, inf or nan. */
static bool
read_decimal(const char **text, double *ret, bool *ret_fraction)
{
    const char *p = *text;
    size_t digits = 0;
    for (; isdigit((unsigned char)*p); p++)
        digits++;
    *ret_fraction = *p == '.';
    if (*p == '.')
        for (p++; isdigit((unsigned char)*p); p++)
            digits++;
    if (digits == 0 || digits > 40)
        return false;
    *ret = strtod(*text, NULL);
    *text = p;
    return true;
}

/* amount * factor, added to *sum; whole amounts are exact. */
static bool
add_amount(const char *digits, double amount, bool fraction, uint64_t factor, uint64_t *sum)
{
    uint64_t whole, product;
    if (fraction) {
        double d = nearbyint(amount * (double)factor);
        if (d >= 18446744073709549568.0)
            return false;
        product = (uint64_t)d;
    } else {
        errno = 0;
        whole = strtoull(digits, NULL, 10);
        if (errno != 0 || __builtin_mul_overflow(whole, factor, &product))
            return false;
    }
    return !__builtin_add_overflow(*sum, product, sum);
}

static const struct unit *
find_unit(const struct unit *units, size_t n, const char *name, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(units[i].name) == len && strncasecmp(units[i].name, name, len) == 0)
            return &units[i];
    return NULL;
}

int
parse_duration_ns(const char *text, uint64_t *ret)
{
    static const struct unit units[] = {
        {"ns", 1},
        {"us", 1000},
        {"\xc2\xb5s", 1000},
        {"\xce\xbcs", 1000},
        {"ms", 1000000},
        {"s", MH_NS_PER_S},
        {"", MH_NS_PER_S},
        {"m", 60 * MH_NS_PER_S},
        {"h", 3600 * MH_NS_PER_S},
        {"d", 86400 * MH_NS_PER_S},
    };
    uint64_t sum = 0;
    const char *p = text;
    if (*p == '\0')
        return -EINVAL;
    while (*p != '\0') {
        double amount;
        bool fraction;
        const char *digits = p;
        if (!read_decimal(&p, &amount, &fraction))
            return -EINVAL;
        size_t len = strcspn(p, "0123456789.");
        const struct unit *unit = find_unit(units, COUNT_OF(units), p, len);
        if (unit == NULL || (len == 0 && (digits != text || *p != '\0'))) /* "1m30" is a slip */
            return -EINVAL;
        if (!add_amount(digits, amount, fraction, unit->factor, &sum))
            return -EINVAL;
        p += len;
    }
    *ret = sum;
    return 0;
}

int
parse_bytes(const char *text, uint64_t *ret)
{
    static const struct unit units[] = {
        {"", 1},
        {"B", 1},
        {"kB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", UINT64_C(1000000000000)},
        {"KiB", UINT64_C(1) << 10},
        {"MiB", UINT64_C(1) << 20},
        {"GiB", UINT64_C(1) << 30},
        {"TiB", UINT64_C(1) << 40},
    };
    double amount;
    bool fraction;
    const char *p = text;
    uint64_t sum = 0;
    if (!read_decimal(&p, &amount, &fraction))
        return -EINVAL;
    while (*p == ' ')
        p++;
    const struct unit *unit = find_unit(units, COUNT_OF(units), p, strlen(p));
    if (unit == NULL || !add_amount(text, amount, fraction, unit->factor, &sum))
        return -EINVAL;
    *ret = sum;
    return 0;
}

int
parse_bool(const char *text, bool *ret)
{
    static const char *const yes[] = {"true", "yes", "on"};
    static const char *const no[] = {"false", "no", "off"};
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        if (strcasecmp(text, yes[i]) != 0 && strcasecmp(text, no[i]) != 0)
            continue;
        *ret = strcasecmp(text, yes[i]) == 0;
        return 0;
    }
    return -EINVAL;
}

int
parse_int(const char *text, int64_t *ret)
{
    const char *digits = text + (*text == '-' || *text == '+');
    int base = 10;
    char *end;
    /* As YAML 1.1: 0600 and 0o600 are octal (file modes), 0x1f is hexadecimal. */
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
        base = 16;
    else if (digits[0] == '0' && isdigit((unsigned char)digits[1]))
        base = 8;
    if (!isdigit((unsigned char)digits[0]))
        return -EINVAL;
    errno = 0;
    if (digits[0] == '0' && digits[1] == 'o' && isdigit((unsigned char)digits[2]) && text == digits)
        *ret = strtoll(digits + 2, &end, 8);
    else
        *ret = strtoll(text, &end, base);
    return errno != 0 || *end != '\0' ? -EINVAL : 0;
}

int
parse_double(const char *text, double *ret)
{
    char *end;
    if (*text == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0')
        return -EINVAL;
    double d = strtod(text, &end);
    if (*end != '\0' || !isfinite(d))
        return -EINVAL;
    *ret = d;
    return 0;
}
