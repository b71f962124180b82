/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_bulk_response.c - any bytes as the answer to a bulk request, in pieces of any size.
 *
 * The first byte is the number of documents sent, the second the size of a piece. Beyond not
 * crashing: an answer that counts has exactly one item with a status for each document, whatever
 * the pieces are; words for a refusal are one line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bulk_response.h"
#include "support.h"
#include "verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static int
feed(struct bulk_response *r, const uint8_t *data, size_t size, size_t piece)
{
    for (size_t at = 0; at < size; at += piece) {
        size_t left = size - at;
        int code = bulk_response_feed(r, (const char *)data + at, left < piece ? left : piece);
        if (code != 0)
            return code;
    }
    return bulk_response_end(r);
}

static void
judge(const struct bulk_response *r, size_t n, struct json_text *words)
{
    for (size_t i = 0; i < n; i++) {
        const struct bulk_item *item = bulk_response_item(r, i);
        require(item != NULL && item->status >= 100 && item->status <= 999,
                "an item without a status counts");
        if (verdict_of(item) != VERDICT_REFUSED)
            continue;
        verdict_words(words, item, "index");
        require(!words->failed && memchr(words->data, '\n', words->len) == NULL,
                "words of more than one line");
    }
    require(bulk_response_item(r, n) == NULL, "more items than documents");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_text words = {0};
    if (size < 2)
        return 0;
    size_t n = data[0] % 8, piece = data[1] % 32 + 1;
    struct bulk_response *pieces = bulk_response_new(n), *whole = bulk_response_new(n);
    int code = feed(pieces, data + 2, size - 2, piece);
    require(code == feed(whole, data + 2, size - 2, size), "pieces change the result");
    if (code == 0)
        judge(pieces, n, &words);
    bulk_response_free(pieces);
    bulk_response_free(whole);
    json_text_free(&words);
    return 0;
}
