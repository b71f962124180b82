/* SPDX-License-Identifier: Apache-2.0 */
/* print_keys.c - see print_keys.h. */
#include "print_keys.h"

#include <stdio.h>

static const char *
type_name(uint32_t type)
{
    static const char *const names[] = {
        [MH_KEY_BOOL] = "bool",
        [MH_KEY_INT] = "int",
        [MH_KEY_DOUBLE] = "number",
        [MH_KEY_STRING] = "text",
        [MH_KEY_DURATION] = "duration",
        [MH_KEY_BYTES] = "size",
        [MH_KEY_STRING_LIST] = "list of texts",
        [MH_KEY_INT_LIST] = "list of numbers",
        [MH_KEY_MAP] = "mapping",
        [MH_KEY_ANY] = "section",
    };
    return type < sizeof names / sizeof names[0] && names[type] != NULL ? names[type] : "?";
}

/* Backslashes and dashes as troff wants them. */
static void
print_text(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
}

static void
print_choices(const char *choices)
{
    printf("\nOne of ");
    for (; *choices != '\0'; choices++)
        if (*choices == '|')
            fputs(", ", stdout);
        else
            putchar(*choices);
    putchar('.');
}

static void
print_key(const struct mh_key *key)
{
    printf(".TP\n.B ");
    print_text(key->name);
    printf("\n(%s", type_name(key->type));
    if (key->default_value != NULL)
        printf(", default %s", key->default_value);
    printf(") ");
    if ((key->flags & MH_KEY_IGNORED) != 0)
        printf("Accepted without effect: ");
    print_text(key->doc);
    if ((key->flags & MH_KEY_IGNORED) != 0)
        putchar('.');
    if (key->choices != NULL)
        print_choices(key->choices);
    putchar('\n');
}

void
print_keys(const struct mh_key *keys, uint32_t n_keys)
{
    for (uint32_t i = 0; i < n_keys; i++)
        print_key(&keys[i]);
}
