/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind_value.c - one value against its key: type, choices, final form.
 *
 * Values of secret keys, and those that came from the keystore, are never shown.
 */
#include "config/bind.h"
#include "config/tree.h"
#include "config/values.h"

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

char *
bind_found(const struct mh_key *key, const struct mh_config *at)
{
    struct buf found = {0};
    bool secret = (key != NULL && (key->flags & MH_KEY_SECRET) != 0) ||
                  (at != NULL && (at->flags & NODE_SECRET) != 0);
    if (at == NULL || at->kind != MH_NODE_SCALAR)
        buf_add_text(&found, node_kind_name(at));
    else if (secret)
        buf_add_text(&found, "a value that is secret");
    else
        buf_add_json_string(&found, at->text, strlen(at->text));
    return buf_detach(&found);
}

static void
report_type(struct binder *b, const struct mh_key *key, const struct mh_config *at)
{
    CLEANUP_FREE char *found = bind_found(key, at);
    bind_report(b, true, at, "expected %s, found %s", bind_wanted(key->type),
                found != NULL ? found : "something else");
}

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
check_choice(struct binder *b, const struct mh_key *key, const struct mh_config *at)
{
    CLEANUP(buf_free) struct buf wanted = {0};
    if (key->choices == NULL || is_choice(key->choices, at->text))
        return;
    for (const char *p = key->choices; *p != '\0'; p++)
        if (*p == '|')
            buf_add_text(&wanted, ", ");
        else
            buf_add_char(&wanted, *p);
    CLEANUP_FREE char *found = bind_found(key, at);
    bind_report(b, true, at, "must be one of %s, not %s", wanted.failed ? "" : wanted.data,
                found != NULL ? found : "this");
}

/* A relative file name is meant below path.config. Certificates may also stand in the configuration
 * itself. */
static void
resolve_path(struct binder *b, struct mh_config *node)
{
    const char *base = node->origin != NULL ? node->origin->base : NULL;
    if (base == NULL || node->text[0] == '/' || node->text[0] == '\0' ||
        strncmp(node->text, "-----BEGIN", 10) == 0)
        return;
    char *absolute = util_printf("%s/%s", base, node->text);
    if (absolute == NULL) {
        bind_no_memory(b);
        return;
    }
    free(node->text);
    node->text = absolute;
}

static void
check_scalar(struct binder *b, const struct mh_key *key, struct mh_config *at)
{
    if (at->kind != MH_NODE_SCALAR || !scalar_fits(key->type, at->text)) {
        report_type(b, key, at);
        return;
    }
    check_choice(b, key, at);
    if ((key->flags & MH_KEY_PATH) != 0)
        resolve_path(b, at);
}

static void
check_list(struct binder *b, const struct mh_key *key, struct mh_config *at)
{
    bool split = at->kind == MH_NODE_SCALAR && (at->flags & NODE_SPLIT) != 0;
    if (split && tree_split(at) < 0) {
        bind_no_memory(b);
        return;
    }
    if (at->kind != MH_NODE_LIST) {
        check_scalar(b, key, at);
        return;
    }
    for (size_t i = 0; i < at->n_members; i++)
        check_scalar(b, key, at->members[i].node);
}

void
bind_check_value(struct binder *b, const struct mh_key *key, struct mh_config *at)
{
    if ((key->flags & MH_KEY_IGNORED) != 0) {
        bind_report(b, false, at, "has no effect here: %s", key->doc);
        return;
    }
    if ((key->flags & MH_KEY_DEPRECATED) != 0)
        bind_report(b, false, at, "is deprecated: %s", key->doc);
    if (key->type == MH_KEY_ANY)
        return;
    if (key->type == MH_KEY_MAP && at->kind != MH_NODE_MAP)
        report_type(b, key, at);
    else if (key->type == MH_KEY_STRING_LIST || key->type == MH_KEY_INT_LIST)
        check_list(b, key, at);
    else if (key->type != MH_KEY_MAP)
        check_scalar(b, key, at);
}
