/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processors.c - the shape of a list of processors: maps with one member, its name.
 */
#include "config/node.h"

#include <errno.h>

static void
report_shape(const struct mh_config *item, const char *name, size_t i, struct diagnostics *d)
{
    CLEANUP(buf_free) struct buf names = {0};
    for (size_t m = 0; item->kind == MH_NODE_MAP && m < item->n_members; m++)
        buf_printf(&names, "%s%s", m > 0 ? ", " : "", item->members[m].key);
    if (item->kind == MH_NODE_SCALAR)
        config_report(d, true, item, NULL, "%s.%zu: a processor is a mapping; write \"%s: ~\"",
                      name, i, item->text);
    else if (node_member(item, "if", 2) != NULL)
        config_report(d, true, item, NULL,
                      "%s.%zu: if/then/else is not supported; give each processor a condition with "
                      "`when`",
                      name, i);
    else if (names.len > 0)
        config_report(
            d, true, item, NULL,
            "%s.%zu: a processor is a mapping with one name, but here are %zu (%s); check the "
            "indentation of what follows the name",
            name, i, item->n_members, names.data);
    else
        config_report(d, true, item, NULL, "%s.%zu: expected a processor's name, found %s", name, i,
                      node_kind_name(item));
}

int
config_processors(const struct mh_config *node, const char *name, struct mh_config ***ret,
                  size_t *ret_n, struct diagnostics *d)
{
    const struct mh_config *list = node_given(node, "processors");
    uint32_t errors = d->n_errors;
    *ret = NULL;
    *ret_n = 0;
    if (list == NULL)
        return 0;
    if (list->kind != MH_NODE_LIST) {
        config_report(d, true, list, NULL, "%s: expected a list (- name: ...), found %s", name,
                      node_kind_name(list));
        return -EINVAL;
    }
    CLEANUP_FREE struct mh_config **items = calloc(list->n_members + 1, sizeof(*items));
    if (items == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < list->n_members; i++) {
        items[i] = list->members[i].node;
        if (items[i]->kind != MH_NODE_MAP || items[i]->n_members != 1 ||
            strcmp(items[i]->members[0].key, "if") == 0)
            report_shape(items[i], name, i, d);
    }
    if (d->n_errors > errors)
        return -EINVAL;
    *ret = take(items);
    *ret_n = list->n_members;
    return 0;
}
