/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind.c - a node against key schemas: unknown keys, wrong types, missing and deprecated ones.
 *
 * Every mistake of a node is reported in one run. What passes is then safe for typed reads, and
 * values of keys that name files or lists have been brought into their final form.
 */
#include "config/bind.h"
#include "config/tree.h"
#include "config/values.h"

#include <errno.h>

struct binder {
    const struct key_set *sets;
    size_t n_sets;
    const char *prefix;
    struct diagnostics *d;
    struct buf path; /* of the node being checked, below the bound one */
    uint32_t n_errors;
};

/* Keys */

static const struct mh_key *
key_at(const struct key_set *set, uint32_t i)
{
    return (const struct mh_key *)((const char *)set->keys + (size_t)i * set->stride);
}

const struct mh_key *
bind_find_key(const struct key_set *sets, size_t n_sets, const char *path)
{
    for (size_t s = 0; s < n_sets; s++)
        for (uint32_t i = 0; i < sets[s].n_keys; i++)
            if (strcmp(key_at(&sets[s], i)->name, path) == 0)
                return key_at(&sets[s], i);
    return NULL;
}

/* True when some key lies below this path. */
static bool
has_keys_below(const struct binder *b, const char *path)
{
    size_t len = strlen(path);
    for (size_t s = 0; s < b->n_sets; s++)
        for (uint32_t i = 0; i < b->sets[s].n_keys; i++) {
            const char *name = key_at(&b->sets[s], i)->name;
            if (strncmp(name, path, len) == 0 && name[len] == '.')
                return true;
        }
    return false;
}

/* Messages */

static bool
is_lent(const char *path, const struct mh_config *root)
{
    const struct mh_config *top = node_member(root, path, strcspn(path, "."));
    return top != NULL && (top->flags & NODE_TOP_LEVEL) != 0;
}

char *
bind_full_name(const struct mh_config *root, const char *prefix, const char *path)
{
    if (path == NULL || *path == '\0')
        return strdup(prefix);
    if (*prefix == '\0' || is_lent(path, root))
        return strdup(path);
    return util_printf("%s.%s", prefix, path);
}

static void PRINTF_LIKE(5, 6) report(struct binder *b, bool is_error, const struct mh_config *root,
                                     const struct mh_config *at, const char *format, ...)
{
    CLEANUP(buf_free) struct buf text = {0};
    CLEANUP_FREE char *name = bind_full_name(root, b->prefix, b->path.data);
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    const char *words = text.failed ? format : text.data;
    if (name == NULL || *name == '\0')
        config_report(b->d, is_error, at, NULL, "%s", words);
    else
        config_report(b->d, is_error, at, NULL, "%s: %s", name, words);
    b->n_errors += is_error;
}

const char *
bind_wanted(uint32_t type)
{
    static const char *const words[] = {
        [MH_KEY_BOOL] = "true or false",
        [MH_KEY_INT] = "a whole number",
        [MH_KEY_DOUBLE] = "a number",
        [MH_KEY_STRING] = "a text",
        [MH_KEY_DURATION] = "a duration such as 10s, 500ms or 1m30s",
        [MH_KEY_BYTES] = "a size such as 10MiB or 512kB",
        [MH_KEY_STRING_LIST] = "a list of texts",
        [MH_KEY_INT_LIST] = "a list of whole numbers",
        [MH_KEY_MAP] = "a mapping",
    };
    return type < COUNT_OF(words) && words[type] != NULL ? words[type] : "a value";
}

static void
report_type(struct binder *b, const struct mh_key *key, const struct mh_config *root,
            const struct mh_config *at)
{
    CLEANUP(buf_free) struct buf found = {0};
    if (at->kind != MH_NODE_SCALAR || (key->flags & MH_KEY_SECRET) != 0)
        buf_add_text(&found, node_kind_name(at));
    else
        buf_add_json_string(&found, at->text, strlen(at->text));
    report(b, true, root, at, "expected %s, found %s", bind_wanted(key->type),
           found.failed ? "something else" : found.data);
}

/* Values */

static bool
scalar_fits(uint32_t type, const char *text)
{
    bool truth;
    int64_t whole;
    double number;
    uint64_t amount;
    switch (type) {
    case MH_KEY_BOOL:
        return parse_bool(text, &truth) == 0;
    case MH_KEY_INT:
    case MH_KEY_INT_LIST:
        return parse_int(text, &whole) == 0;
    case MH_KEY_DOUBLE:
        return parse_double(text, &number) == 0;
    case MH_KEY_DURATION:
        return parse_duration_ns(text, &amount) == 0;
    case MH_KEY_BYTES:
        return parse_bytes(text, &amount) == 0;
    default:
        return true;
    }
}

static bool
is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);
    for (const char *p = choices; *p != '\0';) {
        size_t n = strcspn(p, "|");
        if (n == len && strncmp(p, text, len) == 0)
            return true;
        p += n + (p[n] == '|');
    }
    return false;
}

static void
check_choice(struct binder *b, const struct mh_key *key, const struct mh_config *root,
             const struct mh_config *at)
{
    CLEANUP(buf_free) struct buf wanted = {0};
    CLEANUP(buf_free) struct buf found = {0};
    if (key->choices == NULL || is_choice(key->choices, at->text))
        return;
    for (const char *p = key->choices; *p != '\0'; p++)
        if (*p == '|')
            buf_add_text(&wanted, ", ");
        else
            buf_add_char(&wanted, *p);
    buf_add_json_string(&found, at->text, strlen(at->text));
    report(b, true, root, at, "must be one of %s, not %s", wanted.failed ? "" : wanted.data,
           found.failed ? "" : found.data);
}

/* A relative file name is meant below path.config. Certificates may also stand in the configuration
 * itself. */
static void
resolve_path(struct mh_config *node)
{
    const char *base = node->origin != NULL ? node->origin->base : NULL;
    if (base == NULL || node->text[0] == '/' || node->text[0] == '\0' ||
        strncmp(node->text, "-----BEGIN", 10) == 0)
        return;
    char *absolute = util_printf("%s/%s", base, node->text);
    if (absolute == NULL)
        return;
    free(node->text);
    node->text = absolute;
}

static void
check_scalar(struct binder *b, const struct mh_key *key, const struct mh_config *root,
             struct mh_config *at)
{
    if (at->kind != MH_NODE_SCALAR || !scalar_fits(key->type, at->text)) {
        report_type(b, key, root, at);
        return;
    }
    check_choice(b, key, root, at);
    if ((key->flags & MH_KEY_PATH) != 0)
        resolve_path(at);
}

static void
check_list(struct binder *b, const struct mh_key *key, const struct mh_config *root,
           struct mh_config *at)
{
    if (at->kind == MH_NODE_SCALAR && (at->flags & NODE_SPLIT) != 0 && tree_split(at) < 0)
        return;
    if (at->kind != MH_NODE_LIST) {
        check_scalar(b, key, root, at);
        return;
    }
    for (size_t i = 0; i < at->n_members; i++)
        check_scalar(b, key, root, at->members[i].node);
}

static void
check_value(struct binder *b, const struct mh_key *key, const struct mh_config *root,
            struct mh_config *at)
{
    if ((key->flags & MH_KEY_IGNORED) != 0) {
        report(b, false, root, at, "has no effect here: %s", key->doc);
        return;
    }
    if ((key->flags & MH_KEY_DEPRECATED) != 0)
        report(b, false, root, at, "is deprecated: %s", key->doc);
    if (key->type == MH_KEY_ANY)
        return;
    if (key->type == MH_KEY_MAP && at->kind != MH_NODE_MAP)
        report_type(b, key, root, at);
    else if (key->type == MH_KEY_STRING_LIST || key->type == MH_KEY_INT_LIST)
        check_list(b, key, root, at);
    else if (key->type != MH_KEY_MAP)
        check_scalar(b, key, root, at);
}

/* Unknown keys */

static size_t
count_elements(const char *path)
{
    size_t n = 1;
    for (; *path != '\0'; path++)
        n += *path == '.';
    return n;
}

/* The first n elements of a key's name. */
static char *
first_elements(const char *name, size_t n)
{
    const char *p = name;
    while (*p != '\0' && (*p != '.' || --n > 0))
        p++;
    return strndup(name, (size_t)(p - name));
}

static size_t
all_keys(const struct binder *b)
{
    size_t n = 0;
    for (size_t s = 0; s < b->n_sets; s++)
        n += b->sets[s].n_keys;
    return n;
}

static void
free_texts(char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

/* The key that ends like the path: "verification_mode" for "ssl.verification_mode". */
static const char *
same_ending(const struct binder *b, const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *last = dot != NULL ? dot + 1 : path;
    for (size_t s = 0; s < b->n_sets; s++)
        for (uint32_t i = 0; i < b->sets[s].n_keys; i++) {
            const char *name = key_at(&b->sets[s], i)->name;
            const char *end = strrchr(name, '.');
            if (end != NULL && strcmp(end + 1, last) == 0)
                return name;
        }
    return NULL;
}

/* The nearest known name on the level of the path; the caller frees it. */
static char *
near_key(const struct binder *b, const char *path)
{
    size_t n = all_keys(b), filled = 0;
    char **names = calloc(n + 1, sizeof *names);
    if (names == NULL)
        return NULL;
    for (size_t s = 0; s < b->n_sets; s++)
        for (uint32_t i = 0; i < b->sets[s].n_keys; i++) {
            names[filled] = first_elements(key_at(&b->sets[s], i)->name, count_elements(path));
            if (names[filled] != NULL)
                filled++;
        }
    const char *best = util_near_name(path, (const char *const *)names, filled);
    if (best == NULL)
        best = same_ending(b, path);
    char *copy = best != NULL ? strdup(best) : NULL;
    free_texts(names, filled);
    return copy;
}

static void
report_unknown(struct binder *b, const struct mh_config *root, const struct mh_config *at)
{
    struct mh_config key = {.origin = at->origin, .line = at->key_line, .column = at->key_column};
    CLEANUP_FREE char *near = near_key(b, b->path.data);
    CLEANUP_FREE char *full = near != NULL ? bind_full_name(root, b->prefix, near) : NULL;
    if (full != NULL)
        report(b, false, root, &key, "unknown setting, ignored; did you mean %s?", full);
    else
        report(b, false, root, &key, "unknown setting, ignored");
}

/* The walk */

static void check_map(struct binder *b, const struct mh_config *root, struct mh_config *map);

static void
check_member(struct binder *b, const struct mh_config *root, struct mh_config *at)
{
    const struct mh_key *key = bind_find_key(b->sets, b->n_sets, b->path.data);
    bool below = has_keys_below(b, b->path.data);
    if (at->kind == MH_NODE_NULL && (key != NULL || below))
        return;
    if (below && at->kind == MH_NODE_MAP && (key == NULL || key->type < MH_KEY_MAP))
        check_map(b, root, at);
    else if (key != NULL)
        check_value(b, key, root, at);
    else if (below)
        report(b, true, root, at, "expected a mapping, found %s", node_kind_name(at));
    else
        report_unknown(b, root, at);
}

static void
check_map(struct binder *b, const struct mh_config *root, struct mh_config *map)
{
    size_t len = b->path.len;
    for (size_t i = 0; i < map->n_members; i++) {
        buf_printf(&b->path, "%s%s", len > 0 ? "." : "", map->members[i].key);
        if (b->path.failed)
            return;
        check_member(b, root, map->members[i].node);
        b->path.len = len;
        b->path.data[len] = '\0';
    }
}

static void
check_required(struct binder *b, const struct mh_config *root)
{
    for (size_t s = 0; s < b->n_sets; s++)
        for (uint32_t i = 0; i < b->sets[s].n_keys; i++) {
            const struct mh_key *key = key_at(&b->sets[s], i);
            if ((key->flags & MH_KEY_REQUIRED) == 0 || node_given(root, key->name) != NULL)
                continue;
            buf_reset(&b->path);
            buf_add_text(&b->path, key->name);
            report(b, true, root, root, "is required but not set: %s", key->doc);
        }
}

static int
attach(struct mh_config *node, const struct key_set *sets, size_t n_sets, const char *prefix)
{
    struct config_binding *binding = calloc(1, sizeof *binding);
    if (binding == NULL)
        return -ENOMEM;
    config_unbind(node);
    node->binding = binding;
    binding->prefix = strdup(prefix);
    binding->sets = calloc(n_sets + 1, sizeof *sets);
    if (binding->prefix == NULL || binding->sets == NULL)
        return -ENOMEM;
    if (n_sets > 0)
        memcpy(binding->sets, sets, n_sets * sizeof *sets);
    binding->n_sets = n_sets;
    return 0;
}

int
config_bind(struct mh_config *node, const struct key_set *sets, size_t n_sets, const char *prefix,
            struct diagnostics *d)
{
    struct binder b = {.sets = sets, .n_sets = n_sets, .prefix = prefix, .d = d};
    if (attach(node, sets, n_sets, prefix) < 0) {
        config_report(d, true, node, NULL, "%s: out of memory", prefix);
        return -EINVAL;
    }
    if (node->kind == MH_NODE_NULL)
        node->kind = MH_NODE_MAP; /* a heading with nothing below it: all defaults */
    buf_add_text(&b.path, "");
    if (node->kind == MH_NODE_MAP) {
        check_map(&b, node, node);
        check_required(&b, node);
    } else {
        report(&b, true, node, node, "expected a mapping, found %s", node_kind_name(node));
    }
    buf_free(&b.path);
    return b.n_errors > 0 ? -EINVAL : 0;
}
