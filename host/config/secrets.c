/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secrets.c - what must not be printed of a configuration.
 *
 * Plugins need not be installed for it, so it goes by names and by what looks like credentials in
 * an address. A value that is nothing but ${NAME} names a secret and is none; one with a default
 * may hold it.
 */
#include "config/node.h"
#include "config/yaml.h"

#include <errno.h>
#include <strings.h>

static bool
is_secret_name(const char *key)
{
    static const char *const parts[] = {"password", "passphrase", "secret",     "token",
                                        "api_key",  "apikey",     "credential", "authorization"};
    static const char *const names[] = {"pass", "auth", "cookie", "key_value"};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strcasestr(key, parts[i]) != NULL)
            return true;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcasecmp(key, names[i]) == 0)
            return true;
    return false;
}

static bool
is_bare_reference(const char *text)
{
    size_t len = strlen(text);
    return len > 3 && strncmp(text, "${", 2) == 0 && text[len - 1] == '}' &&
           strcspn(text, ":") == len && strchr(text + 2, '$') == NULL;
}

static int
set_text(struct mh_config *node, char *text)
{
    if (text == NULL)
        return -ENOMEM;
    free(node->text);
    node->text = text;
    return 0;
}

/* https://user:password@host becomes https://xxxxx@host. */
static int
hide_in_address(struct mh_config *node)
{
    const char *scheme = strstr(node->text, "://");
    if (scheme == NULL)
        return 0;
    const char *start = scheme + 3;
    size_t len = strcspn(start, "/?#");
    const char *at = memrchr(start, '@', len);
    if (at == NULL)
        return 0;
    return set_text(node, util_printf("%.*sxxxxx%s", (int)(start - node->text), node->text, at));
}

static int
hide(struct mh_config *node, bool secret)
{
    if (node->kind == MH_NODE_SCALAR && secret && !is_bare_reference(node->text))
        return set_text(node, strdup("xxxxx"));
    if (node->kind == MH_NODE_SCALAR)
        return hide_in_address(node);
    for (size_t i = 0; i < node->n_members; i++) {
        const char *key = node->members[i].key;
        int r = hide(node->members[i].node, secret || (key != NULL && is_secret_name(key)));
        if (r < 0)
            return r;
    }
    return 0;
}

int
config_hide_secrets(struct mh_config *node)
{
    return hide(node, false);
}

int
config_to_yaml(const struct mh_config *node, struct buf *to)
{
    return yaml_write(node, to);
}
