/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.c - settings as a flat list, because flat keys merge without a tree and servers take
 * them as they are.
 */
#include "settings.h"

#include <errno.h>

#include "support.h"

struct setting {
    char *key, *json;
};

struct settings {
    struct setting *list;
    size_t n;
    bool failed;
};

struct settings *
settings_new(void)
{
    return calloc(1, sizeof(struct settings));
}

void
settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n; i++) {
        free(s->list[i].key);
        free(s->list[i].json);
    }
    free(s->list);
    free(s);
}

static struct setting *
find_or_add(struct settings *s, const char *key)
{
    struct setting *longer;
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->list[i].key, key) == 0)
            return &s->list[i];
    longer = support_realloc_array(s->list, s->n + 1, sizeof *longer);
    if (longer == NULL)
        return NULL;
    s->list = longer;
    s->list[s->n] = (struct setting){strdup(key), NULL};
    return s->list[s->n].key == NULL ? NULL : &s->list[s->n++];
}

void
settings_set(struct settings *s, const char *key, const char *json)
{
    struct setting *setting = find_or_add(s, key);
    char *copy = json == NULL ? NULL : strdup(json);
    if (setting == NULL || copy == NULL) {
        free(copy);
        s->failed = true;
        return;
    }
    free(setting->json);
    setting->json = copy;
}

void
settings_set_text(struct settings *s, const char *key, const char *text)
{
    CLEANUP(json_text_free) struct json_text json = {0};
    json_add_string(&json, text, strlen(text));
    settings_set(s, key, json_terminate(&json));
}

/* YAML scalars have no types here; servers take numbers and booleans as text, too. */
static void
write_list(struct json_text *to, const struct mh_config_ops *ops, const struct mh_config *list)
{
    json_add_literal(to, "[");
    for (uint32_t i = 0; i < ops->count(list); i++) {
        const char *text = NULL;
        ops->get_string(ops->at(list, i), NULL, &text);
        json_add_literal(to, i == 0 ? "" : ",");
        json_add_string(to, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
    }
    json_add_literal(to, "]");
}

static void
merge_value(struct settings *s, const struct mh_config_ops *ops, const char *key,
            const struct mh_config *node)
{
    CLEANUP(json_text_free) struct json_text json = {0};
    const char *text = NULL;
    if (ops->kind(node) == MH_NODE_LIST) {
        write_list(&json, ops, node);
        settings_set(s, key, json_terminate(&json));
    } else if (ops->get_string(node, NULL, &text) == MH_OK && text != NULL) {
        settings_set_text(s, key, text);
    }
}

static void
merge_map(struct settings *s, const struct mh_config_ops *ops, const char *prefix,
          const struct mh_config *map)
{
    for (uint32_t i = 0; i < ops->count(map); i++) {
        CLEANUP(json_text_free) struct json_text key = {0};
        const char *name = ops->key_at(map, i);
        const struct mh_config *value = ops->at(map, i);
        bool prefixed =
            prefix[0] != '\0' || strncmp(name, "index.", 6) == 0 || strcmp(name, "index") == 0;
        json_add_format(&key, "%s%s%s", prefixed ? prefix : "index.", name,
                        ops->kind(value) == MH_NODE_MAP ? "." : "");
        /* Mapping options such as _source are no settings. */
        if (name[0] == '_' || json_terminate(&key) == NULL)
            continue;
        if (ops->kind(value) == MH_NODE_MAP)
            merge_map(s, ops, key.data, value);
        else
            merge_value(s, ops, key.data, value);
    }
}

void
settings_merge(struct settings *s, const struct es_options *o, const char *path)
{
    const struct mh_config *map = o->host->config->find(o->config, path);
    if (o->host->config->kind(map) == MH_NODE_MAP)
        merge_map(s, o->host->config, "", map);
}

int
settings_write(const struct settings *s, struct json_text *to)
{
    json_add_literal(to, "{");
    for (size_t i = 0; i < s->n; i++) {
        json_add_literal(to, i == 0 ? "" : ",");
        json_add_string(to, s->list[i].key, strlen(s->list[i].key));
        json_add_literal(to, ":");
        json_add_literal(to, s->list[i].json);
    }
    json_add_literal(to, "}");
    return s->failed || to->failed ? -ENOMEM : 0;
}
