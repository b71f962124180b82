/* SPDX-License-Identifier: Apache-2.0 */
/*
 * split.c - "a, b" from a variable or from -E, where the schema wants a list.
 */
#include "config/tree.h"

#include <errno.h>

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int
add_part(struct mh_config *list, const char *start, const char *end)
{
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    if (end - start >= 2 && (*start == '\'' || *start == '"') && end[-1] == *start) {
        start++;
        end--;
    } else if (start == end) {
        return 0; /* "a,,b" and "a," hold two */
    }
    CLEANUP_FREE char *text = strndup(start, (size_t)(end - start));
    struct mh_config *node = text != NULL ? node_scalar(text) : NULL;
    if (node == NULL)
        return -ENOMEM;
    node_copy_position(node, list);
    node->flags = list->flags;
    return node_add(list, NULL, node);
}

static const char *
end_of_part(const char *p, const char *end)
{
    char quote = 0;
    while (p < end && is_blank(*p))
        p++;
    for (const char *start = p; p < end; p++) {
        if (quote != 0)
            quote = *p == quote ? 0 : quote;
        else if (p == start && (*p == '\'' || *p == '"'))
            quote = *p;
        else if (*p == ',')
            break;
    }
    return p;
}

int
tree_split(struct mh_config *node)
{
    CLEANUP(node_freep) struct mh_config *list = node_new(MH_NODE_LIST);
    const char *p = node->text, *end = p + strlen(p);
    if (list == NULL)
        return -ENOMEM;
    node_copy_position(list, node);
    list->flags = NODE_EXPANDED | (node->flags & NODE_SECRET);
    while (p < end && is_blank(*p))
        p++;
    while (end > p && is_blank(end[-1]))
        end--;
    if (end - p >= 2 && *p == '[' && end[-1] == ']') {
        p++;
        end--;
    }
    while (p < end) {
        const char *stop = end_of_part(p, end);
        int r = add_part(list, p, stop);
        if (r < 0)
            return r;
        p = stop + 1;
    }
    node_replace(node, take(list));
    return 0;
}
