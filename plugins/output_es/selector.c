/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector.c - compiles and applies the rules of `indices` and `pipelines`.
 */
#include "selector.h"

#include <errno.h>

#include "condition.h"
#include "format_string.h"
#include "support.h"

struct rule {
    struct format_string *format;
    struct condition *when;           /* NULL: always */
    const struct mh_config *mappings; /* map from the formatted text to a name, or NULL */
    const char *fallback;             /* when mappings do not know the text, or NULL */
};

struct selector {
    const struct mh_config_ops *config;
    struct rule *rules;
    size_t n_rules;
    struct format_string *rest;
    bool lower_case;
};

void
selector_free(struct selector *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n_rules; i++) {
        format_string_free(s->rules[i].format);
        condition_free(s->rules[i].when);
    }
    free(s->rules);
    format_string_free(s->rest);
    free(s);
}

static void
selector_freep(struct selector **s)
{
    selector_free(*s);
}

static int32_t
compile_format(const struct es_options *o, const struct mh_config *node, const char *path,
               const char *text, struct format_string **ret)
{
    const char *problem;
    int code = format_string_compile(text, ret, &problem);
    if (problem != NULL)
        return mh_config_error(o->host, node, path, "%s", problem);
    return code == 0 ? MH_OK : MH_ERR_NOMEM;
}

static int32_t
compile_rule(const struct es_options *o, const struct mh_config *node, const char *item,
             struct rule *rule)
{
    const struct mh_config_ops *ops = o->host->config;
    const struct mh_config *when = ops->find(node, "when");
    const char *text = NULL;
    int32_t code;
    if (ops->kind(node) != MH_NODE_MAP || ops->get_string(node, item, &text) != MH_OK ||
        text == NULL)
        return mh_config_error(o->host, node, item, "is missing in a rule");
    rule->mappings = ops->find(node, "mappings");
    if (ops->get_string(node, "default", &rule->fallback) != MH_OK)
        return MH_ERR_CONFIG;
    code = compile_format(o, node, item, text, &rule->format);
    return code != MH_OK || when == NULL ? code : condition_compile(o->host, when, &rule->when);
}

static int32_t
compile_rules(struct selector *s, const struct es_options *o, const char *list, const char *item)
{
    const struct mh_config_ops *ops = o->host->config;
    const struct mh_config *node = ops->find(o->config, list);
    uint32_t n = ops->count(node);
    if (n == 0)
        return MH_OK;
    if (ops->kind(node) != MH_NODE_LIST)
        return mh_config_error(o->host, o->config, list, "must be a list of rules");
    s->rules = calloc(n, sizeof *s->rules);
    if (s->rules == NULL)
        return MH_ERR_NOMEM;
    for (; s->n_rules < n; s->n_rules++) {
        int32_t code =
            compile_rule(o, ops->at(node, (uint32_t)s->n_rules), item, &s->rules[s->n_rules]);
        if (code != MH_OK) {
            s->n_rules++;
            return code;
        }
    }
    return MH_OK;
}

int32_t
selector_compile(const struct es_options *o, const char *list, const char *item, const char *rest,
                 bool lower_case, struct selector **ret)
{
    CLEANUP(selector_freep) struct selector *s = calloc(1, sizeof *s);
    int32_t code;
    *ret = NULL;
    if (s == NULL)
        return MH_ERR_NOMEM;
    s->config = o->host->config;
    s->lower_case = lower_case;
    code = compile_rules(s, o, list, item);
    if (code == MH_OK && rest != NULL)
        code = compile_format(o, o->config, item, rest, &s->rest);
    if (code == MH_OK)
        *ret = take(s);
    return code;
}

/* Replaces the text by what the mappings say about it. */
static bool
apply_mappings(const struct selector *s, const struct rule *rule, struct json_text *to)
{
    const char *text = rule->fallback;
    if (rule->mappings == NULL)
        return true;
    if (json_terminate(to) == NULL)
        return false;
    for (uint32_t i = 0; i < s->config->count(rule->mappings); i++)
        if (strcmp(s->config->key_at(rule->mappings, i), to->data) == 0)
            s->config->get_string(s->config->at(rule->mappings, i), NULL, &text);
    json_text_reset(to);
    if (text != NULL)
        json_add_literal(to, text);
    return text != NULL;
}

static bool
apply_rule(const struct selector *s, const struct rule *rule, struct json_text *to,
           const struct mh_record_ops *ops, const struct mh_record *record)
{
    json_text_reset(to);
    return (rule->when == NULL || condition_holds(rule->when, ops, record)) &&
           format_string_add(rule->format, to, ops, record, NULL) == 0 &&
           apply_mappings(s, rule, to) && to->len > 0;
}

static void
make_lower(struct json_text *to)
{
    for (size_t i = 0; i < to->len; i++)
        if (to->data[i] >= 'A' && to->data[i] <= 'Z')
            to->data[i] |= 0x20;
}

int
selector_pick(const struct selector *s, struct json_text *to, const struct mh_record_ops *ops,
              const struct mh_record *record, const char **ret_path)
{
    bool found = false;
    *ret_path = NULL;
    for (size_t i = 0; i < s->n_rules && !found; i++)
        found = apply_rule(s, &s->rules[i], to, ops, record);
    if (!found) {
        json_text_reset(to);
        if (s->rest == NULL || format_string_add(s->rest, to, ops, record, ret_path) != 0)
            return -ENOENT;
    }
    if (to->failed)
        return -ENOMEM;
    if (s->lower_case)
        make_lower(to);
    return to->len > 0 ? 0 : -ENOENT;
}

bool
selector_is_empty(const struct selector *s)
{
    return s->n_rules == 0 && s->rest == NULL;
}
