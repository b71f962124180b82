/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expand.c - ${NAME}, ${NAME:default}, ${NAME:?message}, ${NAME:+value}, nested; $$ is a dollar
 * sign, $} a brace.
 *
 * Variables are replaced in finished scalars, so a value cannot change the structure: a comma,
 * colon or quote in a password stays what it is. A scalar that is nothing but one reference to
 * another setting takes that setting over, be it a list or a map. Each node is expanded once;
 * meeting it again while that happens is a cycle.
 */
#include "config/tree.h"

#include <errno.h>

#define MAX_TEXT                                                                                   \
    ((size_t)1 << 20) /* of an expanded value: defaults that nest could grow without end */

struct reader {
    struct expansion *e;
    const struct mh_config *node; /* for positions */
    const char *setting;          /* its name */
    const char *p;
    unsigned depth;
    bool secret;             /* a secret of the keystore went into the text */
    struct mh_config *whole; /* the setting that the last reference named, when it is no scalar */
};

static int expand_node(struct expansion *e, struct mh_config *node, struct buf *path);
static int read_text(struct reader *r, const char *stop, bool skip, struct buf *to);

static int fail(const struct reader *r, const char *format, ...) PRINTF_LIKE(2, 3);

static int
fail(const struct reader *r, const char *format, ...)
{
    CLEANUP(buf_free) struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    config_report(r->e->d, true, r->node, NULL, "%s: %s", r->setting,
                  text.failed ? format : text.data);
    return -EINVAL;
}

/* A setting of that full name. 1: found (text added or r->whole set), 0: none. */
static int
look_in_settings(struct reader *r, const char *name, struct buf *to)
{
    const char *rest = name;
    CLEANUP_FREE char *modern = NULL;
    CLEANUP(buf_free) struct buf path = {0};
    if (strncmp(name, "metricbeat.", strlen("metricbeat.")) == 0) {
        modern = util_printf("metrichost.%s", name + strlen("metricbeat."));
        rest = modern;
    }
    struct mh_config *found = rest != NULL ? node_given(r->e->root, rest) : NULL;
    if (found == NULL)
        return 0;
    if ((found->flags & NODE_EXPANDING) != 0)
        return fail(r, "${%s} leads back to itself", name);
    buf_add_text(&path, rest);
    int result = path.failed ? -ENOMEM : expand_node(r->e, found, &path);
    if (result < 0)
        return result;
    r->secret |= (found->flags & NODE_SECRET) != 0;
    if (found->kind == MH_NODE_SCALAR)
        buf_add_text(to, found->text);
    else
        r->whole = found;
    return found->kind != MH_NODE_NULL;
}

static int
look_in_secrets(struct reader *r, const char *name, struct buf *to)
{
    CLEANUP_FREE char *secret = NULL;
    CLEANUP_FREE char *reason = NULL;
    if (r->e->lookup == NULL)
        return 0;
    int result = r->e->lookup(r->e->lookup_priv, name, &secret, &reason);
    if (result == -ENOENT)
        return 0;
    if (result < 0)
        return fail(r, "variable \"%s\" cannot be looked up in the keystore: %s", name,
                    reason != NULL ? reason : strerror(-result));
    buf_add_text(to, secret);
    r->secret = true;
    return 1;
}

/* 1: found, 0: none. An empty environment variable counts as unset. */
static int
look_up(struct reader *r, const char *name, struct buf *to)
{
    int found = look_in_settings(r, name, to);
    if (found != 0)
        return found;
    const char *value = getenv(name);
    if (value != NULL && value[0] != '\0') {
        buf_add_text(to, value);
        return 1;
    }
    return look_in_secrets(r, name, to);
}

static int
undefined(struct reader *r, const char *name)
{
    return fail(
        r,
        "variable \"%s\" is not defined; set it in the environment or in the keystore, or give "
        "a default: ${%s:value}",
        name, name);
}

/* After "${NAME:": what stands there depends on whether the name was found. Ends before the closing
 * brace. */
static int
read_alternative(struct reader *r, const char *name, bool found, bool skip, struct buf *to)
{
    CLEANUP(buf_free) struct buf text = {0};
    char kind = *r->p;
    int result;
    if (kind == '?' || kind == '+')
        r->p++;
    else if (kind == '-' && !skip)
        config_report(
            r->e->d, false, r->node, NULL,
            "%s: the default of ${%s:-...} begins with the minus sign; write ${%s:...} unless "
            "that is meant",
            r->setting, name, name);
    bool used = !skip && (kind == '+' ? found : !found);
    result = read_text(r, "}", !used, &text);
    if (result < 0 || !used)
        return result;
    if (kind == '?')
        return fail(r, "%s (variable \"%s\")", text.len > 0 ? text.data : "must be defined", name);
    buf_add(to, text.data, text.len);
    return 0;
}

/* After "${". skip: only find the end, look nothing up. */
static int
read_reference(struct reader *r, bool skip, struct buf *to)
{
    CLEANUP(buf_free) struct buf name = {0};
    CLEANUP(buf_free) struct buf value = {0};
    int found = 0, result;
    if (++r->depth > 16)
        return fail(r, "references are nested more than 16 deep");
    result = read_text(r, ":}", skip, &name);
    if (result < 0)
        return result;
    if (name.len == 0 && !skip)
        return fail(r, "a reference without a name; write $$ for a dollar sign");
    if (!skip)
        found = look_up(r, name.data, &value);
    if (found < 0)
        return found;
    bool has_alternative = *r->p == ':', conditional = has_alternative && r->p[1] == '+';
    if (has_alternative) {
        r->p++;
        result = read_alternative(r, name.data, found > 0, skip, to);
        if (result < 0)
            return result;
    }
    if (*r->p != '}')
        return fail(r, "a reference \"${\" is not closed with \"}\"");
    if (found == 0 && !skip && !has_alternative)
        return undefined(r, name.data);
    r->p++;
    r->depth--;
    if (found > 0 && !conditional)
        buf_add(to, value.data, value.len);
    if (conditional)
        r->whole = NULL;
    return to->failed || value.failed ? -ENOMEM : 0;
}

/* Text up to one of the stop characters (not taken) or the end, with references replaced. */
static int
read_text(struct reader *r, const char *stop, bool skip, struct buf *to)
{
    buf_add(to, "", 0);
    while (*r->p != '\0' && strchr(stop, *r->p) == NULL) {
        int result = 0;
        if (r->p[0] == '$' && r->p[1] == '{') {
            r->p += 2;
            result = read_reference(r, skip, to);
        } else {
            bool escape = r->p[0] == '$' && (r->p[1] == '$' || r->p[1] == '}');
            r->p += escape;
            buf_add_char(to, *r->p++);
        }
        if (result < 0)
            return result;
        if (to->len > MAX_TEXT)
            return fail(r, "the value grows beyond %zu bytes", MAX_TEXT);
    }
    return to->failed ? -ENOMEM : 0;
}

/* Puts a copy of another setting in the place of a node. */
static int
splice(const struct reader *r, struct mh_config *node, bool is_whole)
{
    if (!is_whole)
        return fail(r, "a reference to a list or mapping must be the whole value");
    struct mh_config *copy = config_clone(r->whole);
    if (copy == NULL)
        return -ENOMEM;
    copy->flags |= NODE_EXPANDED;
    node_replace(node, copy);
    return 0;
}

static bool
is_one_reference(const char *text)
{
    unsigned depth = 0;
    if (text[0] != '$' || text[1] != '{')
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (p[0] == '$' && p[1] == '{') {
            depth++;
            p++;
        } else if (*p == '}' && --depth == 0)
            return p[1] == '\0';
    }
    return false;
}

static int
expand_scalar(struct expansion *e, struct mh_config *node, const char *setting)
{
    CLEANUP(buf_free) struct buf text = {0};
    struct reader r = {.e = e, .node = node, .setting = setting, .p = node->text};
    if (strchr(node->text, '$') == NULL)
        return 0;
    bool has_reference = strstr(node->text, "${") != NULL;
    int result = read_text(&r, "", false, &text);
    if (result < 0)
        return result;
    if (r.whole != NULL)
        return splice(&r, node, text.len == 0 && is_one_reference(node->text));
    free(node->text);
    node->text = buf_detach(&text);
    if (node->text == NULL)
        return -ENOMEM;
    if (has_reference)
        node->flags |= NODE_SPLIT | (r.secret ? NODE_SECRET : 0);
    if (node->text[0] == '\0' && has_reference)
        node->kind = MH_NODE_NULL; /* an empty default means: not set */
    return 0;
}

static int
expand_member(struct expansion *e, const struct config_member *m, size_t i, struct buf *path)
{
    size_t len = path->len;
    if (m->key != NULL)
        buf_printf(path, "%s%s", len > 0 ? "." : "", m->key);
    else
        buf_printf(path, "%s%zu", len > 0 ? "." : "", i);
    int result = path->failed ? -ENOMEM : expand_node(e, m->node, path);
    path->len = len;
    if (path->data != NULL)
        path->data[len] = '\0';
    return result;
}

/* Every member, so that one run reports every undefined variable; the worst result is returned. */
static int
expand_members(struct expansion *e, struct mh_config *node, struct buf *path)
{
    int worst = 0;
    for (size_t i = 0; i < node->n_members; i++) {
        const char *key = node->members[i].key;
        if (key != NULL && strcmp(key, "enabled") == 0)
            worst = expand_member(e, &node->members[i], i, path);
    }
    if (!tree_flag(node, "enabled", true))
        return worst;
    for (size_t i = 0; i < node->n_members && worst != -ENOMEM; i++) {
        int result = expand_member(e, &node->members[i], i, path);
        if (result < 0)
            worst = result;
    }
    return worst;
}

static int
expand_node(struct expansion *e, struct mh_config *node, struct buf *path)
{
    int result = 0;
    if ((node->flags & (NODE_EXPANDED | NODE_EXPANDING)) != 0)
        return 0;
    node->flags |= NODE_EXPANDING;
    if (node->kind == MH_NODE_SCALAR)
        result = expand_scalar(e, node, path->data != NULL ? path->data : "");
    else if (node->n_members > 0)
        result = expand_members(e, node, path);
    node->flags = (node->flags & ~NODE_EXPANDING) | NODE_EXPANDED;
    return result;
}

int
tree_expand(struct expansion *e, struct mh_config *node, const char *path)
{
    CLEANUP(buf_free) struct buf name = {0};
    buf_add_text(&name, path);
    return name.failed ? -ENOMEM : expand_node(e, node, &name);
}
