/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.c - percent-encoding.
 */
#include "path.h"

#include <errno.h>

#include "support.h"

void
path_add_escaped(struct json_text *to, const char *text)
{
    for (; *text != '\0'; text++) {
        char c = *text;
        if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
            strchr("-._~*,", c) != NULL)
            json_add(to, text, 1);
        else
            json_add_format(to, "%%%02X", (unsigned char)c);
    }
}

int
path_of(struct json_text *to, const char *prefix, const char *name, const char *suffix)
{
    json_text_reset(to);
    json_add_literal(to, prefix);
    path_add_escaped(to, name);
    if (suffix != NULL)
        json_add_literal(to, suffix);
    return json_terminate(to) == NULL ? -ENOMEM : 0;
}
