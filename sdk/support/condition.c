/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition.c - a condition is a tree; its leaves compare one value of a record with a constant.
 */
#include "condition.h"

#include <arpa/inet.h>
#include <math.h>
#include <regex.h>

#include "json_write.h"
#include "support.h"

enum kind { EQUALS, CONTAINS, REGEXP, RANGE, NETWORK, HAS_FIELDS, AND, OR, NOT };

static const char *const kind_names[] = {
    [EQUALS] = "equals",   [CONTAINS] = "contains",     [REGEXP] = "regexp", [RANGE] = "range",
    [NETWORK] = "network", [HAS_FIELDS] = "has_fields", [AND] = "and",       [OR] = "or",
    [NOT] = "not"};

/* Numbers a range allows; both ends may be open or missing (infinite). */
struct range {
    double low, high;
    bool low_open, high_open;
};

/* An address block; IPv4 is mapped into IPv6. */
struct network {
    unsigned char address[16];
    unsigned bits;
};

/* One comparison: a field with its constant. */
struct test {
    char *path; /* its own */
    const char *text;
    regex_t regex;
    struct range range;
    struct network *networks;
    size_t n_networks;
    bool has_regex;
};

struct condition {
    enum kind kind;
    struct test *tests;
    size_t n_tests;
    struct condition **children;
    size_t n_children;
};

void
condition_free(struct condition *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->n_tests; i++) {
        if (c->tests[i].has_regex)
            regfree(&c->tests[i].regex);
        free(c->tests[i].networks);
        free(c->tests[i].path);
    }
    for (size_t i = 0; i < c->n_children; i++)
        condition_free(c->children[i]);
    free(c->tests);
    free(c->children);
    free(c);
}

static void
condition_freep(struct condition **c)
{
    condition_free(*c);
}

/* ---- compiling ---- */

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

static bool
parse_network(const char *text, struct network *network)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
    unsigned most = 128, offset = 0;
    char *end = NULL;
    unsigned long bits;
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    if (inet_pton(AF_INET, address, network->address + 12) == 1) {
        memset(network->address, 0, 10);
        memset(network->address + 10, 0xff, 2);
        most = 32;
        offset = 96;
    } else if (inet_pton(AF_INET6, address, network->address) != 1) {
        return false;
    }
    bits = slash == NULL ? most : strtoul(slash + 1, &end, 10);
    if (slash != NULL && (end == slash + 1 || *end != '\0' || bits > most))
        return false;
    network->bits = (unsigned)bits + offset;
    return true;
}

/* The blocks behind the names that may stand for them. */
static const char *const *
named_networks(const char *name)
{
    static const struct {
        const char *name;
        const char *blocks[6];
    } named[] = {
        {"loopback", {"127.0.0.0/8", "::1/128"}},
        {"private", {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}},
        {"multicast", {"224.0.0.0/4", "ff00::/8"}},
        {"link_local_unicast", {"169.254.0.0/16", "fe80::/10"}},
        {"link_local_multicast", {"224.0.0.0/24", "ff02::/16"}},
        {"interface_local_multicast", {"ff01::/16"}},
        {"unspecified", {"0.0.0.0/32", "::/128"}},
    };
    for (size_t i = 0; i < COUNT_OF(named); i++)
        if (strcmp(named[i].name, name) == 0)
            return named[i].blocks;
    return NULL;
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
    if (!parse_network(text, &network))
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
        const char *const *blocks = named_networks(text);
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
compile_test(const struct mh_host *host, enum kind kind, char *path, const struct mh_config *node,
             struct test *test)
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
is_leaf(const struct mh_config_ops *ops, enum kind kind, const struct mh_config *node)
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
    c->kind = (enum kind)i;
    code = compile_body(&b, ops->at(node, 0));
    if (code == MH_OK)
        *ret = take(c);
    return code;
}

/* ---- judging ---- */

/* A scalar as text in `buf`, or where it lies; len in *ret_len. */
static const char *
value_text(const struct mh_value *value, struct json_text *buf, size_t *ret_len)
{
    if (value->type == MH_VALUE_STRING) {
        *ret_len = value->len;
        return value->u.s;
    }
    json_text_reset(buf);
    json_add_value(buf, value);
    *ret_len = buf->len;
    return json_terminate(buf) == NULL ? "" : buf->data;
}

static bool
in_network(const struct network *network, const unsigned char *address)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->address, address, whole) != 0)
        return false;
    return rest == 0 || ((network->address[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static bool
test_network(const struct test *test, const char *text, size_t len)
{
    struct network address;
    char terminated[64];
    if (len >= sizeof terminated)
        return false;
    memcpy(terminated, text, len);
    terminated[len] = '\0';
    if (strchr(terminated, '/') != NULL || !parse_network(terminated, &address))
        return false;
    for (size_t i = 0; i < test->n_networks; i++)
        if (in_network(&test->networks[i], address.address))
            return true;
    return false;
}

static bool
test_range(const struct range *range, const struct mh_value *value)
{
    double d = value->type == MH_VALUE_INT ? (double)value->u.i : value->u.d;
    if (value->type != MH_VALUE_INT && value->type != MH_VALUE_DOUBLE)
        return false;
    return (range->low_open ? d > range->low : d >= range->low) &&
           (range->high_open ? d < range->high : d <= range->high);
}

static bool
test_text(const struct condition *c, const struct test *test, const char *text, size_t len)
{
    size_t wanted = test->text == NULL ? 0 : strlen(test->text);
    CLEANUP_FREE char *terminated = NULL;
    switch (c->kind) {
    case EQUALS:
        return len == wanted && memcmp(text, test->text, len) == 0;
    case CONTAINS:
        return memmem(text, len, test->text, wanted) != NULL;
    case NETWORK:
        return test_network(test, text, len);
    default:
        terminated = strndup(text, len);
        return terminated != NULL && regexec(&test->regex, terminated, 0, NULL, 0) == 0;
    }
}

static bool
test_holds(const struct condition *c, const struct test *test, const struct mh_record_ops *ops,
           const struct mh_record *record)
{
    CLEANUP(json_text_free) struct json_text buf = {0};
    struct mh_value value;
    const char *text;
    size_t len;
    if (ops->get_path(record, test->path, (uint32_t)strlen(test->path), &value) != MH_OK)
        return false;
    if (c->kind == HAS_FIELDS)
        return true;
    if (c->kind == RANGE)
        return test_range(&test->range, &value);
    if (value.type >= MH_VALUE_ARRAY)
        return false;
    text = value_text(&value, &buf, &len);
    return test_text(c, test, text, len);
}

bool
condition_holds(const struct condition *c, const struct mh_record_ops *ops,
                const struct mh_record *record)
{
    for (size_t i = 0; i < c->n_tests; i++)
        if (!test_holds(c, &c->tests[i], ops, record))
            return false;
    for (size_t i = 0; i < c->n_children; i++) {
        bool holds = condition_holds(c->children[i], ops, record);
        if (c->kind == NOT || holds == (c->kind == OR))
            return c->kind == NOT ? !holds : holds;
    }
    return c->kind != OR;
}
