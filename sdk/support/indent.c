/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indent.c - a pass over valid JSON that only adds white space. See indent.h.
 */
#include "indent.h"

static void
new_line(struct json_text *to, unsigned depth)
{
    json_add_literal(to, "\n");
    while (depth-- > 0)
        json_add_literal(to, "  ");
}

/* Bytes of the quoted string that begins at json[0]. */
static size_t
string_len(const char *json, size_t len)
{
    size_t i = 1;
    while (i < len && json[i] != '"')
        i += json[i] == '\\' ? 2 : 1;
    return i < len ? i + 1 : len;
}

static size_t
open_bracket(struct json_text *to, const char *json, size_t len, unsigned *depth)
{
    json_add(to, json, 1);
    if (len > 1 && (json[1] == '}' || json[1] == ']')) {
        json_add(to, json + 1, 1);
        return 2;
    }
    new_line(to, ++*depth);
    return 1;
}

/* Copies one token with the white space it needs; returns its bytes. */
static size_t
add_token(struct json_text *to, const char *json, size_t len, unsigned *depth)
{
    size_t n = 1;
    switch (json[0]) {
    case '{':
    case '[':
        return open_bracket(to, json, len, depth);
    case '}':
    case ']':
        new_line(to, --*depth);
        json_add(to, json, 1);
        return 1;
    case ',':
        json_add(to, json, 1);
        new_line(to, *depth);
        return 1;
    case ':':
        json_add_literal(to, ": ");
        return 1;
    case '"':
        n = string_len(json, len);
        break;
    default:
        break;
    }
    json_add(to, json, n);
    return n;
}

void
indent_json(struct json_text *to, const char *json, size_t len)
{
    unsigned depth = 0;
    while (len > 0) {
        size_t n = add_token(to, json, len, &depth);
        json += n;
        len -= n;
    }
}
