/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.c - byte buffers that grow.
 *
 * Invariant: while `failed` is clear and `data` is set, data[len] is 0, so the content can be read
 * as text at any time.
 */
#include "util/util.h"

void
buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

void
buf_reset(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

static bool
buf_grow(struct buf *b, size_t needed)
{
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < needed) {
        if (cap > SIZE_MAX / 2)
            return false;
        cap *= 2;
    }
    char *data = realloc(b->data, cap);
    if (data == NULL)
        return false;
    b->data = data;
    b->cap = cap;
    return true;
}

bool
buf_reserve(struct buf *b, size_t more)
{
    size_t needed; /* one more for the terminator */
    if (b->failed)
        return false;
    if (__builtin_add_overflow(b->len, more, &needed) ||
        __builtin_add_overflow(needed, (size_t)1, &needed)) {
        b->failed = true;
        return false;
    }
    if (needed > b->cap && !buf_grow(b, needed)) {
        b->failed = true;
        return false;
    }
    return true;
}

void
buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (!buf_reserve(b, len))
        return;
    if (len > 0)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void
buf_add_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void
buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void
buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len < 0)
        b->failed = true;
    else if (buf_reserve(b, (size_t)len)) {
        vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

void
buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

char *
buf_detach(struct buf *b)
{
    if (b->data == NULL && !b->failed)
        buf_add(b, "", 0);
    char *text = b->failed ? NULL : take(b->data);
    buf_free(b);
    return text;
}

char *
util_printf(const char *format, ...)
{
    struct buf b = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&b, format, args);
    va_end(args);
    return buf_detach(&b);
}
