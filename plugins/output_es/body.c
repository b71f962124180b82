/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.c - a z_stream that is reset, not made anew, for each request: its 256 KiB of state are
 * allocated once.
 */
#define ZLIB_CONST
#include "body.h"

#include <errno.h>
#include <limits.h>
#include <zlib.h>

#include "support.h"

/* So much text is gathered before the compressor is called: calls for single documents cost more
 * than they compress. */
#define GATHER ((size_t)64 * 1024)
#define OUT_STEP ((size_t)64 * 1024)
#define KEPT ((size_t)1024 * 1024)

struct body {
    bool gzip;
    z_stream stream;
    struct json_text text;
    unsigned char *out;
    size_t out_len, out_cap;
    size_t plain;
};

struct body *
body_new(int level)
{
    struct body *body = calloc(1, sizeof *body);
    if (body == NULL)
        return NULL;
    body->gzip = level > 0;
    /* 15 + 16: the largest window, in a gzip frame. */
    if (body->gzip &&
        deflateInit2(&body->stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(body);
        return NULL;
    }
    return body;
}

void
body_free(struct body *body)
{
    if (body == NULL)
        return;
    if (body->gzip)
        deflateEnd(&body->stream);
    json_text_free(&body->text);
    free(body->out);
    free(body);
}

void
body_begin(struct body *body)
{
    if (body->gzip)
        deflateReset(&body->stream);
    json_text_reset(&body->text);
    body->out_len = 0;
    body->plain = 0;
}

struct json_text *
body_text(struct body *body)
{
    return &body->text;
}

static bool
reserve_out(struct body *body)
{
    size_t cap = body->out_cap + (body->out_cap / 2 > OUT_STEP ? body->out_cap / 2 : OUT_STEP);
    unsigned char *out;
    if (body->out_cap - body->out_len >= OUT_STEP / 4)
        return true;
    out = realloc(body->out, cap);
    if (out == NULL)
        return false;
    body->out = out;
    body->out_cap = cap;
    return true;
}

/* Runs the compressor until it has taken everything (or, at the end, given everything). */
static int
compress_text(struct body *body, int flush)
{
    size_t len = body->text.len;
    int code;
    if (len > UINT_MAX)
        return -ENOMEM;
    body->stream.next_in = (const unsigned char *)body->text.data;
    body->stream.avail_in = (unsigned)len;
    do {
        size_t room;
        if (!reserve_out(body))
            return -ENOMEM;
        room = body->out_cap - body->out_len;
        body->stream.next_out = body->out + body->out_len;
        body->stream.avail_out = room > UINT_MAX ? UINT_MAX : (unsigned)room;
        code = deflate(&body->stream, flush);
        body->out_len = (size_t)(body->stream.next_out - body->out);
    } while (code == Z_OK && (flush == Z_FINISH || body->stream.avail_in > 0));
    body->plain += len;
    json_text_reset(&body->text);
    return 0;
}

int
body_added(struct body *body)
{
    if (body->text.failed)
        return -ENOMEM;
    if (!body->gzip || body->text.len < GATHER)
        return 0;
    return compress_text(body, Z_NO_FLUSH);
}

int
body_end(struct body *body, const void **ret, size_t *ret_len)
{
    if (body->text.failed)
        return -ENOMEM;
    if (!body->gzip) {
        *ret = body->text.data;
        *ret_len = body->text.len;
        return 0;
    }
    if (compress_text(body, Z_FINISH) != 0)
        return -ENOMEM;
    *ret = body->out;
    *ret_len = body->out_len;
    return 0;
}

size_t
body_plain_size(const struct body *body)
{
    return body->plain + body->text.len;
}

void
body_trim(struct body *body)
{
    if (body->out_cap > KEPT) {
        free(take(body->out));
        body->out_cap = 0;
        body->out_len = 0;
    }
    if (body->text.cap > KEPT)
        json_text_free(&body->text);
}
