/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.c - which output and queue the configuration chooses, and what it lends to the output.
 */
#include "config/output.h"
#include "config/tree.h"

#include <errno.h>

/* Top-level settings that choose an output when `output` holds none. */
static const struct {
    const char *setting, *output;
} implied[] = {
    {"cloud.id", "elasticsearch"},
};

/* Top-level sections that are an output's business. */
static const char *const lent[] = {"cloud", "setup"};

static int
choose(struct settings *s, const char *name, struct mh_config *node)
{
    s->output = node;
    s->output_name = strdup(name);
    return s->output_name != NULL ? 0 : -ENOMEM;
}

static int
choose_implied(struct settings *s)
{
    for (size_t i = 0; i < COUNT_OF(implied); i++) {
        const struct mh_config *reason = node_given(s->root, implied[i].setting);
        if (reason == NULL)
            continue;
        CLEANUP_FREE char *path = util_printf("output.%s", implied[i].output);
        struct mh_config *node = path != NULL ? node_make_maps(s->root, path, strlen(path)) : NULL;
        if (node == NULL)
            return -ENOMEM;
        node_copy_position(node, reason);
        return choose(s, implied[i].output, node);
    }
    return 0;
}

static bool
is_candidate(const struct mh_config *node, bool empty_ones)
{
    if (node->kind == MH_NODE_NULL)
        return empty_ones;
    return tree_flag(node, "enabled", true);
}

/* A heading with nothing below it counts only when no other output is there. */
static int
choose_enabled(struct settings *s, const struct mh_config *outputs, bool empty_ones,
               struct diagnostics *d)
{
    const struct config_member *first = NULL;
    for (size_t i = 0; i < outputs->n_members; i++) {
        const struct config_member *m = &outputs->members[i];
        if (!is_candidate(m->node, empty_ones))
            continue;
        if (first == NULL) {
            first = m;
            continue;
        }
        config_report(d, true, m->node, NULL,
                      "output: only one output can be enabled, but both \"%s\" and \"%s\" are; set "
                      "output.%s.enabled: false",
                      first->key, m->key, first->key);
        return -EINVAL;
    }
    return first != NULL ? choose(s, first->key, first->node) : 0;
}

int
output_choose(struct settings *s, struct diagnostics *d)
{
    const struct mh_config *outputs = node_given(s->root, "output");
    if (outputs != NULL && outputs->kind != MH_NODE_MAP) {
        config_report(d, true, outputs, NULL,
                      "output: expected a mapping with the output's name, found %s",
                      node_kind_name(outputs));
        return -EINVAL;
    }
    int r = 0;
    if (outputs != NULL)
        r = choose_enabled(s, outputs, false, d);
    if (r == 0 && s->output == NULL)
        r = choose_implied(s);
    if (r == 0 && s->output == NULL && outputs != NULL)
        r = choose_enabled(s, outputs, true, d);
    return r;
}

int
queue_choose(struct settings *s, struct diagnostics *d)
{
    struct mh_config *mem = node_given(s->root, "queue.mem");
    struct mh_config *disk = node_given(s->root, "queue.disk");
    bool use_mem = mem != NULL && is_candidate(mem, false);
    bool use_disk = disk != NULL && is_candidate(disk, false);
    if (use_mem && use_disk) {
        config_report(d, true, disk, NULL,
                      "queue: only one queue can be enabled, but both \"mem\" and \"disk\" are; "
                      "remove one of them");
        return -EINVAL;
    }
    s->queue_in_memory = use_mem || (disk != NULL && !use_disk);
    return 0;
}

static bool
declares_below(const struct key_set *set, const char *section)
{
    size_t len = strlen(section);
    for (uint32_t i = 0; i < set->n_keys; i++) {
        const struct mh_key *key =
            (const struct mh_key *)((const char *)set->keys + (size_t)i * set->stride);
        if (strncmp(key->name, section, len) == 0 &&
            (key->name[len] == '.' || key->name[len] == '\0'))
            return true;
    }
    return false;
}

static int
lend(struct settings *s, const char *section)
{
    const struct mh_config *from = node_given(s->root, section);
    struct mh_config *own = node_member(s->output, section, strlen(section));
    if (from == NULL)
        return 0;
    struct mh_config *copy = config_clone(from);
    if (copy == NULL)
        return -ENOMEM;
    copy->flags |= NODE_TOP_LEVEL;
    if (own == NULL)
        return node_add(s->output, section, copy);
    struct mh_config *top = config_clone(own);
    if (top == NULL) {
        config_node_free(copy);
        return -ENOMEM;
    }
    node_replace(own, copy);
    return tree_merge(own, top);
}

int
settings_lend_to_output(struct settings *s, const struct key_set *plugin_keys)
{
    if (s->output == NULL)
        return 0;
    if (s->output->kind == MH_NODE_NULL)
        s->output->kind = MH_NODE_MAP;
    for (size_t i = 0; i < COUNT_OF(lent) && s->output->kind == MH_NODE_MAP; i++) {
        int r = declares_below(plugin_keys, lent[i]) ? lend(s, lent[i]) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}
