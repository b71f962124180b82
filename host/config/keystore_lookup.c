/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore_lookup.c - the keystore as a source of variables: opened when a name is asked for that
 * nothing else knows.
 */
#include "config/keystore.h"
#include "config/node.h"

#include <errno.h>

char *
keystore_path(const struct settings *s)
{
    const struct mh_config *node = node_given(s->root, "keystore.path");
    if (node != NULL && node->kind == MH_NODE_SCALAR)
        return node->text[0] == '/' ? strdup(node->text)
                                    : util_printf("%s/%s", s->paths.data, node->text);
    return util_printf("%s/metrichost.keystore", s->paths.data);
}

int
keystore_lookup_prepare(struct keystore_lookup *l, const struct settings *s, bool strict_perms)
{
    *l = (struct keystore_lookup){.path = keystore_path(s), .strict_perms = strict_perms};
    return l->path != NULL ? 0 : -ENOMEM;
}

int
keystore_lookup_secret(void *priv, const char *name, char **ret, char **ret_reason)
{
    struct keystore_lookup *l = priv;
    if (!l->tried) {
        int r = keystore_open(l->path, l->strict_perms, &l->store, ret_reason);
        if (r < 0 && r != -ENOENT)
            return r;
        l->tried = true;
    }
    const char *value = l->store != NULL ? keystore_get(l->store, name) : NULL;
    if (value == NULL)
        return -ENOENT;
    *ret = strdup(value);
    return *ret != NULL ? 0 : -ENOMEM;
}

void
keystore_lookup_close(struct keystore_lookup *l)
{
    free(l->path);
    keystore_free(l->store);
    *l = (struct keystore_lookup){0};
}
