/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.c - writing JSON strings and numbers into a buffer. What is written is always valid UTF-8
 * and valid JSON, whatever comes in.
 */
#include "util/util.h"

#include <math.h>

/* Bytes of the well-formed UTF-8 sequence at s, or 0 (RFC 3629: no surrogates, no overlong forms,
 * up to U+10FFFF). */
static size_t
utf8_len(const unsigned char *s, size_t left)
{
    unsigned char low = 0x80, high = 0xbf; /* range of the second byte */
    size_t len;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        len = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        len = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        len = 4;
    else
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0;
    else if (s[0] == 0xed)
        high = 0x9f;
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f;
    if (left < len || s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static void
add_escaped(struct buf *b, unsigned char c)
{
    static const char letters[] = "btn\0fr"; /* of U+0008 to U+000D; U+000B has none */
    if (c == '"' || c == '\\')
        buf_printf(b, "\\%c", c);
    else if (c >= 0x08 && c <= 0x0d && c != 0x0b)
        buf_printf(b, "\\%c", letters[c - 0x08]);
    else
        buf_printf(b, "\\u%04x", c);
}

static bool
is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void
buf_add_json_string(struct buf *b, const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t i = 0;
    buf_add_char(b, '"');
    while (i < len) {
        size_t run = i;
        while (run < len && is_plain(p[run]))
            run++;
        buf_add(b, p + i, run - i);
        i = run;
        if (i == len)
            break;
        size_t n = utf8_len(p + i, len - i);
        if (n == 0)
            buf_add_text(b, "\xef\xbf\xbd");
        else if (n == 1)
            add_escaped(b, p[i]);
        else
            buf_add(b, p + i, n);
        i += n == 0 ? 1 : n;
    }
    buf_add_char(b, '"');
}

void
buf_add_json_double(struct buf *b, double d)
{
    char text[32]; /* the longest double takes 24 characters */
    if (!isfinite(d)) {
        buf_add_text(b, "null"); /* JSON has no such number; callers never send one */
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    buf_add_text(b, text);
}
