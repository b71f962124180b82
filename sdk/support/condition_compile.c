/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition_compile.c - from the configuration to the tree, with every mistake reported at its
 * place.
 */
#include <math.h>

#include "condition_internal.h"

static const char *const kind_names[] = {
    [EQUALS] = "equals",   [CONTAINS] = "contains",     [REGEXP] = "regexp", [RANGE] = "range",
    [NETWORK] = "network", [HAS_FIELDS] = "has_fields", [AND] = "and",       [OR] = "or",
    [NOT] = "not"};

static void
condition_freep(struct condition **c)
{
    condition_free(*c);
}

static int32_t
compile_regex(const struct mh_host *host, const struct mh_config *node, struct test *test)
{
    int code = regcomp(&test->regex, test->text, REG_EXTENDED | REG_NOSUB);
    char words[128];
    if (code == 0) {
        test->has_regex = true;
        return MH_OK;
    }
    regerror(code, &test->regex, words, sizeof words);
    return mh_config_error(host, node, test->path, "is not an extended regular expression: %s",
                           words);
}

static int32_t
add_network(struct test *test, const char *text)
{
    struct network network;
    struct network *longer =
        support_realloc_array(test->networks, test->n_networks + 1, sizeof *longer);
    if (longer == NULL)
        return MH_ERR_NOMEM;
    test->networks = longer;
    if (!condition_parse_network(text, &network))
        return MH_ERR_CONFIG;
    test->networks[test->n_networks++] = network;
    return MH_OK;
}

static int32_t
compile_networks(const struct mh_host *host, const struct mh_config *node, struct test *test)
{
    const struct mh_config_ops *ops = host->config;
    int32_t code = MH_OK;
    for (uint32_t i = 0; code == MH_OK && i < ops->count(node); i++) {
        const char *text = NULL;
        if (ops->get_string(ops->at(node, i), NULL, &text) != MH_OK || text == NULL)
            return MH_ERR_CONFIG;
        const char *const *blocks = condition_named_networks(text);
        if (blocks == NULL)
            code = add_network(test, text);
        for (; code == MH_OK && blocks != NULL && *blocks != NULL; blocks++)
            code = add_network(test, *blocks);
    }
    if (code == MH_ERR_CONFIG)
        mh_config_error(host, node, NULL,
                        "must be address blocks such as 10.0.0.0/8, or names such as private");
    return code;
}

static int32_t
set_limit(const struct mh_host *host, const struct mh_config *node, const char *name, size_t len,
          struct range *range)
{
    double limit = 0;
    if (host->config->get_double(node, NULL, &limit) != MH_OK)
        return MH_ERR_CONFIG;
    if (len == 3 && strncmp(name, "gte", 3) == 0) {
        range->low = limit;
    } else if (len == 2 && strncmp(name, "gt", 2) == 0) {
        range->low = limit;
        range->low_open = true;
    } else if (len == 3 && strncmp(name, "lte", 3) == 0) {
        range->high = limit;
    } else if (len == 2 && strncmp(name, "lt", 2) == 0) {
        range->high = limit;
        range->high_open = true;
    } else {
        return mh_config_error(host, node, NULL, "must be one of gt, gte, lt, lte");
    }
    return MH_OK;
}

static int32_t
compile_range(const struct mh_host *host, const struct mh_config *node, struct test *test)
{
    const struct mh_config_ops *ops = host->config;
    test->range = (struct range){.low = -INFINITY, .high = INFINITY};
    if (ops->kind(node) != MH_NODE_MAP)
        return mh_config_error(host, node, NULL, "must be a mapping with gt, gte, lt or lte");
    for (uint32_t i = 0; i < ops->count(node); i++) {
        const char *name = ops->key_at(node, i);
        int32_t code = set_limit(host, ops->at(node, i), name, strlen(name), &test->range);
        if (code != MH_OK)
            return code;
    }
    return MH_OK;
}

static int32_t
compile_test(const struct mh_host *host, enum condition_kind kind, char *path,
             const struct mh_config *node, struct test *test)
{
    test->path = path;
    if (kind == RANGE)
        return compile_range(host, node, test);
    if (kind == NETWORK)
        return compile_networks(host, node, test);
    if (host->config->get_string(node, NULL, &test->text) != MH_OK || test->text == NULL)
        return mh_config_error(host, node, NULL, "must be a value to compare with");
    return kind == REGEXP ? compile_regex(host, node, test) : MH_OK;
}

/* Dotted names arrive as nested maps: "docker.cpu.pct: {gt: 1}" is docker: {cpu: {pct: ...}}. Both
 * are accepted; a leaf is what is no map, or a map of limits. */
static bool
is_leaf(const struct mh_config_ops *ops, enum condition_kind kind, const struct mh_config *node)
{
    const char *first;
    if (ops->kind(node) != MH_NODE_MAP)
        return true;
    first = ops->key_at(node, 0);
    return kind == RANGE && first != NULL &&
           (strcmp(first, "gt") == 0 || strcmp(first, "gte") == 0 || strcmp(first, "lt") == 0 ||
            strcmp(first, "lte") == 0);
}

/* Who is told of mistakes, and what is being built. */
struct builder {
    const struct mh_host *host;
    struct condition *condition;
};

/* Takes the path in any case. */
static int32_t
add_test(struct builder *b, char *path, const struct mh_config *node)
{
    struct condition *c = b->condition;
    struct test *longer = support_realloc_array(c->tests, c->n_tests + 1, sizeof *longer);
    if (longer == NULL) {
        free(path);
        return MH_ERR_NOMEM;
    }
    c->tests = longer;
    memset(&c->tests[c->n_tests], 0, sizeof c->tests[0]);
    return compile_test(b->host, c->kind, path, node, &c->tests[c->n_tests++]);
}

static int32_t
add_tests(struct builder *b, const char *prefix, const struct mh_config *node)
{
    const struct mh_config_ops *ops = b->host->config;
    int32_t code = MH_OK;
    for (uint32_t i = 0; code == MH_OK && i < ops->count(node); i++) {
        const struct mh_config *value = ops->at(node, i);
        const char *key = ops->key_at(node, i);
        size_t size = strlen(prefix) + strlen(key) + 2;
        char *path = malloc(size);
        if (path == NULL)
            return MH_ERR_NOMEM;
        snprintf(path, size, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", key);
        if (is_leaf(ops, b->condition->kind, value)) {
            code = add_test(b, path, value);
        } else {
            code = add_tests(b, path, value);
            free(path);
        }
    }
    return code;
}

static int32_t
compile_fields(struct builder *b, const struct mh_config *node)
{
    const struct mh_config_ops *ops = b->host->config;
    for (uint32_t i = 0; i < ops->count(node); i++) {
        const char *name = NULL;
        struct test *longer = support_realloc_array(b->condition->tests, i + 1, sizeof *longer);
        if (longer == NULL)
            return MH_ERR_NOMEM;
        b->condition->tests = longer;
        if (ops->get_string(ops->at(node, i), NULL, &name) != MH_OK || name == NULL)
            return mh_config_error(b->host, node, NULL, "must be a list of field names");
        longer[i] = (struct test){.path = strdup(name)};
        b->condition->n_tests = i + 1;
        if (longer[i].path == NULL)
            return MH_ERR_NOMEM;
    }
    return MH_OK;
}

static int32_t
compile_children(struct builder *b, const struct mh_config *node)
{
    const struct mh_config_ops *ops = b->host->config;
    struct condition *c = b->condition;
    uint32_t n = c->kind == NOT ? 1 : ops->count(node);
    if (n == 0)
        return mh_config_error(b->host, node, NULL, "must be a list of conditions");
    c->children = calloc(n, sizeof(struct condition *));
    if (c->children == NULL)
        return MH_ERR_NOMEM;
    for (; c->n_children < n; c->n_children++) {
        const struct mh_config *child =
            c->kind == NOT ? node : ops->at(node, (uint32_t)c->n_children);
        int32_t code = condition_compile(b->host, child, &c->children[c->n_children]);
        if (code != MH_OK)
            return code;
    }
    return MH_OK;
}

static int32_t
compile_body(struct builder *b, const struct mh_config *node)
{
    switch (b->condition->kind) {
    case HAS_FIELDS:
        return compile_fields(b, node);
    case AND:
    case OR:
    case NOT:
        return compile_children(b, node);
    default:
        if (b->host->config->kind(node) != MH_NODE_MAP)
            return mh_config_error(b->host, node, NULL, "must be a mapping of field names");
        return add_tests(b, "", node);
    }
}

int32_t
condition_compile(const struct mh_host *host, const struct mh_config *node, struct condition **ret)
{
    CLEANUP(condition_freep) struct condition *c = calloc(1, sizeof *c);
    const struct mh_config_ops *ops = host->config;
    struct builder b = {host, c};
    const char *name;
    int32_t code;
    size_t i;
    *ret = NULL;
    if (c == NULL)
        return MH_ERR_NOMEM;
    if (ops->kind(node) != MH_NODE_MAP || ops->count(node) != 1)
        return mh_config_error(host, node, NULL,
                               "must be one condition; combine several with and, or");
    name = ops->key_at(node, 0);
    for (i = 0; i < COUNT_OF(kind_names); i++)
        if (strcmp(kind_names[i], name) == 0)
            break;
    if (i == COUNT_OF(kind_names))
        return mh_config_error(
            host, node, NULL,
            "is no condition: '%.64s'; known are equals, contains, regexp, range, "
            "network, has_fields, and, or, not",
            name);
    c->kind = (enum condition_kind)i;
    code = compile_body(&b, ops->at(node, 0));
    if (code == MH_OK)
        *ret = take(c);
    return code;
}
