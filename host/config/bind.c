/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind.c - a node against key schemas: unknown keys, wrong types, missing and deprecated ones.
 *
 * Every mistake of a node is reported in one run. What passes is then safe for typed reads, and
 * values of keys that name files or lists have been brought into their final form.
 */
#include "config/bind.h"

#include <errno.h>

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

void
bind_report(struct binder *b, bool is_error, const struct mh_config *at, const char *format, ...)
{
    CLEANUP(buf_free) struct buf text = {0};
    CLEANUP_FREE char *name = bind_full_name(b->root, b->prefix, b->path.data);
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

void
bind_no_memory(struct binder *b)
{
    config_report(b->d, true, b->root, NULL, "%s: out of memory", b->prefix);
    b->n_errors++;
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
report_unknown(struct binder *b, const struct mh_config *at)
{
    struct mh_config key = {.origin = at->origin, .line = at->key_line, .column = at->key_column};
    CLEANUP_FREE char *near = near_key(b, b->path.data);
    CLEANUP_FREE char *full = near != NULL ? bind_full_name(b->root, b->prefix, near) : NULL;
    if (full != NULL)
        bind_report(b, false, &key, "unknown setting, ignored; did you mean %s?", full);
    else
        bind_report(b, false, &key, "unknown setting, ignored");
}

/* The walk */

static void check_map(struct binder *b, struct mh_config *map);

static void
check_member(struct binder *b, struct mh_config *at)
{
    const struct mh_key *key = bind_find_key(b->sets, b->n_sets, b->path.data);
    bool below = has_keys_below(b, b->path.data);
    if (at->kind == MH_NODE_NULL && (key != NULL || below))
        return;
    if (below && at->kind == MH_NODE_MAP && (key == NULL || key->type < MH_KEY_MAP))
        check_map(b, at);
    else if (key != NULL)
        bind_check_value(b, key, at);
    else if (below)
        bind_report(b, true, at, "expected a mapping, found %s", node_kind_name(at));
    else
        report_unknown(b, at);
}

static void
check_map(struct binder *b, struct mh_config *map)
{
    size_t len = b->path.len;
    for (size_t i = 0; i < map->n_members; i++) {
        buf_printf(&b->path, "%s%s", len > 0 ? "." : "", map->members[i].key);
        if (b->path.failed) {
            bind_no_memory(b);
            return;
        }
        check_member(b, map->members[i].node);
        b->path.len = len;
        b->path.data[len] = '\0';
    }
}

static void
check_required(struct binder *b)
{
    for (size_t s = 0; s < b->n_sets; s++)
        for (uint32_t i = 0; i < b->sets[s].n_keys; i++) {
            const struct mh_key *key = key_at(&b->sets[s], i);
            if ((key->flags & MH_KEY_REQUIRED) == 0 || node_given(b->root, key->name) != NULL)
                continue;
            buf_reset(&b->path);
            buf_add_text(&b->path, key->name);
            bind_report(b, true, b->root, "is required but not set: %s", key->doc);
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
    struct binder b = {.sets = sets, .n_sets = n_sets, .prefix = prefix, .root = node, .d = d};
    if (attach(node, sets, n_sets, prefix) < 0) {
        bind_no_memory(&b);
        return -EINVAL;
    }
    if (node->kind == MH_NODE_NULL)
        node->kind = MH_NODE_MAP; /* a heading with nothing below it: all defaults */
    buf_add_text(&b.path, "");
    if (b.path.failed) {
        bind_no_memory(&b);
    } else if (node->kind == MH_NODE_MAP) {
        check_map(&b, node);
        check_required(&b);
    } else {
        bind_report(&b, true, node, "expected a mapping, found %s", node_kind_name(node));
    }
    buf_free(&b.path);
    return b.n_errors > 0 ? -EINVAL : 0;
}
