/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_write.c - the writer behind every document that leaves the daemon, so it is made for speed:
 * no state machine, no allocation per value, constant parts copied as they come.
 *
 * A general generator (yajl_gen) was measured at four times the cost on the same document; see
 * tests/bench/es_encode.c.
 */
#include "json_write.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>

#include "support.h"

#define ITEMS_AT_ONCE 32

void
json_text_free(struct json_text *text)
{
    free(text->data);
    memset(text, 0, sizeof *text);
}

void
json_text_reset(struct json_text *text)
{
    text->len = 0;
    text->failed = false;
}

/* Room for `more` bytes past len. */
static bool
reserve(struct json_text *text, size_t more)
{
    size_t want, cap = text->cap == 0 ? 1024 : text->cap;
    char *data;
    if (text->failed || __builtin_add_overflow(text->len, more, &want) || want > SIZE_MAX / 2) {
        text->failed = true;
        return false;
    }
    if (want <= text->cap)
        return true;
    while (cap < want)
        cap *= 2;
    data = realloc(text->data, cap);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->cap = cap;
    return true;
}

const char *
json_terminate(struct json_text *text)
{
    if (!reserve(text, 1))
        return NULL;
    text->data[text->len] = '\0';
    return text->data;
}

void
json_add(struct json_text *text, const void *bytes, size_t len)
{
    if (len == 0 || !reserve(text, len))
        return;
    memcpy(text->data + text->len, bytes, len);
    text->len += len;
}

void
json_add_literal(struct json_text *text, const char *literal)
{
    json_add(text, literal, strlen(literal));
}

void
json_add_format(struct json_text *text, const char *format, ...)
{
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !reserve(text, (size_t)n + 1)) {
        text->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(text->data + text->len, (size_t)n + 1, format, args);
    va_end(args);
    text->len += (size_t)n;
}

/* ---- strings ---- */

/* Bytes that cannot be copied as they are: 1 control and JSON's own, 2 HTML, 4 part of a longer
 * character. */
static const unsigned char class_of[256] = {
    [0 ... 0x1f] = 1, ['"'] = 1, ['\\'] = 1, ['<'] = 2, ['>'] = 2, ['&'] = 2, [0x80 ... 0xff] = 4};

/* Length of the UTF-8 character at s, or 0 when the bytes are none (overlong forms, surrogates and
 * past U+10FFFF too). */
static size_t
utf8_length(const unsigned char *s, size_t len)
{
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    unsigned char low = 0x80, high = 0xbf;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0;
    else if (s[0] == 0xed)
        high = 0x9f;
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

static char *
put_escape(char *to, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    static const char short_forms[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    *to++ = '\\';
    if (c == '"' || c == '\\') {
        *to++ = (char)c;
    } else if (c < 0x20 && short_forms[c] != 0) {
        *to++ = short_forms[c];
    } else {
        memcpy(to, "u00", 3);
        to[3] = digits[c >> 4];
        to[4] = digits[c & 15];
        to += 5;
    }
    return to;
}

void
json_add_string(struct json_text *text, const char *s, size_t len)
{
    const unsigned char *at = (const unsigned char *)s, *end = at + len;
    unsigned char special = text->escape_html ? 7 : 5;
    char *to;
    /* The worst case is six bytes for one. */
    if (len > SIZE_MAX / 8 || !reserve(text, len * 6 + 2)) {
        text->failed = true;
        return;
    }
    to = text->data + text->len;
    *to++ = '"';
    while (at < end) {
        size_t n;
        if ((class_of[*at] & special) == 0) {
            *to++ = (char)*at++;
        } else if (class_of[*at] != 4) {
            to = put_escape(to, *at++);
        } else if ((n = utf8_length(at, (size_t)(end - at))) != 0) {
            memcpy(to, at, n);
            to += n;
            at += n;
        } else {
            memcpy(to, "\xef\xbf\xbd", 3);
            to += 3;
            at++;
        }
    }
    *to++ = '"';
    text->len = (size_t)(to - text->data);
}

/* ---- numbers ---- */

static const char digit_pairs[201] = "00010203040506070809101112131415161718192021222324"
                                     "25262728293031323334353637383940414243444546474849"
                                     "50515253545556575859606162636465666768697071727374"
                                     "75767778798081828384858687888990919293949596979899";

/* Writes the decimal digits of u so that they end before `end`; returns where they begin. */
static char *
put_digits(char *end, uint64_t u)
{
    while (u >= 100) {
        end -= 2;
        memcpy(end, digit_pairs + (u % 100) * 2, 2);
        u /= 100;
    }
    if (u >= 10) {
        end -= 2;
        memcpy(end, digit_pairs + u * 2, 2);
        return end;
    }
    *--end = (char)('0' + u);
    return end;
}

void
json_add_int(struct json_text *text, int64_t i)
{
    char digits[24];
    char *begin = put_digits(digits + sizeof digits, i < 0 ? -(uint64_t)i : (uint64_t)i);
    if (i < 0)
        *--begin = '-';
    json_add(text, begin, (size_t)(digits + sizeof digits - begin));
}

/* Writes n / 10^9 without zeros at its end. */
static void
add_billionths(struct json_text *text, uint64_t n, bool negative)
{
    char digits[32];
    char *end = digits + sizeof digits, *begin;
    uint64_t fraction = n % 1000000000;
    int places = 9;
    if (fraction != 0) {
        for (; fraction % 10 == 0; places--)
            fraction /= 10;
        begin = put_digits(end, fraction);
        while (end - begin < places)
            *--begin = '0';
        *--begin = '.';
    } else {
        begin = end;
    }
    begin = put_digits(begin, n / 1000000000);
    if (negative)
        *--begin = '-';
    json_add(text, begin, (size_t)(end - begin));
}

/* %.17g always reads back; a shorter form is used when it does, too. */
static void
add_double_slowly(struct json_text *text, double d)
{
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, d);
        if (precision == 17 || strtod(digits, NULL) == d)
            break;
    }
    json_add_literal(text, digits);
}

/*
 * Nearly all values have at most nine decimals. n = round(d * 10^9) below 2^53 is exact as a double,
 * and so is 10^9; their quotient is rounded once, just as a reader rounds the decimal text. Hence
 * n / 10^9 == d proves that the text reads back as d. Below 2^22 doubles are closer together than
 * 10^-9, so there is no second n, and the text is the shortest.
 */
void
json_add_double(struct json_text *text, double d)
{
    double magnitude = fabs(d);
    if (!isfinite(d)) {
        json_add(text, "null", 4);
        return;
    }
    if (magnitude < 9007199254740992.0 && (double)(int64_t)d == d) {
        json_add_int(text, (int64_t)d);
        return;
    }
    if (magnitude < 4194304.0) {
        double n = nearbyint(magnitude * 1e9);
        if (n / 1e9 == magnitude) {
            add_billionths(text, (uint64_t)n, d < 0);
            return;
        }
    }
    add_double_slowly(text, d);
}

/* ---- dates ---- */

static void
put_padded(char *to, unsigned value, int digits)
{
    while (digits-- > 0) {
        to[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Civil date of a day number since 1970-01-01, by shifting the year to begin in March: then leap
 * days come last and months have a linear pattern (the usual 153-day rule). Good for years 0 to
 * 9999, which int64 nanoseconds never leave. */
static void
put_date(char *to, int64_t day)
{
    int64_t z = day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned of_era = (unsigned)(z - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * of_year + 2) / 153;
    unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
    put_padded(to, (unsigned)(era * 400) + year_of_era + (month <= 2), 4);
    put_padded(to + 5, month, 2);
    put_padded(to + 8, of_year - (153 * shifted + 2) / 5 + 1, 2);
}

void
json_add_date(struct json_text *text, int64_t unix_ns)
{
    char date[] = "\"0000-00-00T00:00:00.000Z\"";
    int64_t ms = unix_ns / 1000000 - (unix_ns % 1000000 < 0);
    int64_t day = ms / 86400000 - (ms % 86400000 < 0);
    unsigned of_day = (unsigned)(ms - day * 86400000);
    put_date(date + 1, day);
    put_padded(date + 12, of_day / 3600000, 2);
    put_padded(date + 15, of_day / 60000 % 60, 2);
    put_padded(date + 18, of_day / 1000 % 60, 2);
    put_padded(date + 21, of_day % 1000, 3);
    json_add(text, date, sizeof date - 1);
}

/* ---- records ---- */

void
json_add_value(struct json_text *text, const struct mh_value *value)
{
    switch (value->type) {
    case MH_VALUE_BOOL:
        json_add_literal(text, value->u.i != 0 ? "true" : "false");
        break;
    case MH_VALUE_INT:
        json_add_int(text, value->u.i);
        break;
    case MH_VALUE_DOUBLE:
        json_add_double(text, value->u.d);
        break;
    case MH_VALUE_STRING:
        json_add_string(text, value->u.s, value->len);
        break;
    case MH_VALUE_DATE:
        json_add_date(text, value->u.i);
        break;
    default:
        json_add(text, "null", 4);
    }
}

static void
add_key(struct json_text *text, const struct mh_item *item)
{
    if (item->json_key != NULL) {
        json_add(text, item->json_key, item->json_key_len);
    } else if (item->key != NULL) {
        json_add_string(text, item->key, item->key_len);
        json_add(text, ":", 1);
    }
}

/* Appends one item; `comma` says whether a member stands before it on its level, and for the next
 * one. */
static bool
add_item(struct json_text *text, const struct mh_item *item, bool comma)
{
    if (item->kind == MH_ITEM_CLOSE_OBJECT || item->kind == MH_ITEM_CLOSE_ARRAY) {
        json_add(text, item->kind == MH_ITEM_CLOSE_OBJECT ? "}" : "]", 1);
        return true;
    }
    if (comma)
        json_add(text, ",", 1);
    switch (item->kind) {
    case MH_ITEM_JSON:
        json_add(text, item->value.u.s, item->value.len);
        return true;
    case MH_ITEM_OPEN_OBJECT:
    case MH_ITEM_OPEN_ARRAY:
        add_key(text, item);
        json_add(text, item->kind == MH_ITEM_OPEN_OBJECT ? "{" : "[", 1);
        return false;
    default:
        add_key(text, item);
        json_add_value(text, &item->value);
        return true;
    }
}

int
json_write_record(struct json_text *text, const struct mh_record_ops *ops,
                  const struct mh_record *record)
{
    struct mh_item items[ITEMS_AT_ONCE];
    struct mh_cursor cursor = {{0}};
    size_t begin = text->len;
    bool comma = true;
    uint32_t n;
    json_add(text, "{\"@timestamp\":", 14);
    json_add_date(text, ops->timestamp_ns(record));
    while ((n = ops->read(record, &cursor, items, ITEMS_AT_ONCE, MH_READ_JSON)) > 0)
        for (uint32_t i = 0; i < n; i++)
            comma = add_item(text, &items[i], comma);
    json_add(text, "}", 1);
    if (!text->failed)
        return 0;
    text->len = begin;
    text->failed = false;
    return -ENOMEM;
}
