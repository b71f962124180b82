/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.c - libyaml events become nodes with positions; dotted keys become nested maps.
 *
 * A syntax error ends the document (what follows cannot be trusted); a duplicate key is reported
 * and reading goes on.
 */
#include "config/yaml_loader.h"

#include <errno.h>

static struct mh_config *load_value(struct loader *l, const yaml_event_t *event, unsigned depth);

static bool
next_event(struct loader *l, yaml_event_t *event)
{
    if (yaml_parser_parse(&l->parser, event))
        return true;
    loader_syntax_error(l);
    return false;
}

static struct mh_config *
new_node(struct loader *l, int32_t kind, yaml_mark_t mark)
{
    if (++l->n_nodes > CONFIG_MAX_NODES) {
        loader_error(l, mark, "the file holds more than %u values", CONFIG_MAX_NODES);
        return NULL;
    }
    struct mh_config *node = node_new(kind);
    if (node == NULL)
        return NULL;
    node->origin = origin_ref(l->origin);
    node->line = (uint32_t)mark.line + 1;
    node->column = (uint32_t)mark.column + 1;
    return node;
}

/* Anchors */

static bool
remember_anchor(struct loader *l, const yaml_char_t *name)
{
    if (name == NULL)
        return true;
    struct anchor *anchors = reallocarray(l->anchors, l->n_anchors + 1, sizeof *anchors);
    if (anchors == NULL)
        return false;
    l->anchors = anchors;
    l->anchors[l->n_anchors].name = strdup((const char *)name);
    l->anchors[l->n_anchors].node = NULL;
    return l->anchors[l->n_anchors++].name != NULL;
}

/* The latest definition counts, as in YAML. */
static struct anchor *
find_anchor(struct loader *l, const char *name)
{
    for (size_t i = l->n_anchors; i > 0; i--)
        if (strcmp(l->anchors[i - 1].name, name) == 0)
            return &l->anchors[i - 1];
    return NULL;
}

static void
measure(const struct mh_config *node, size_t depth, size_t *nodes, size_t *max_depth)
{
    ++*nodes;
    if (depth > *max_depth)
        *max_depth = depth;
    for (size_t i = 0; i < node->n_members; i++)
        measure(node->members[i].node, depth + 1, nodes, max_depth);
}

/* A copy, because joining dotted keys may yet change the tree. It counts: anchors can be nested. */
static struct mh_config *
anchor_copy(struct loader *l, const struct mh_config *node)
{
    size_t nodes = 0, deepest = 0;
    measure(node, 0, &nodes, &deepest);
    l->n_nodes += nodes;
    return l->n_nodes <= CONFIG_MAX_NODES ? config_clone(node) : NULL;
}

static struct mh_config *
load_alias(struct loader *l, const yaml_event_t *event, unsigned depth)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = find_anchor(l, name);
    size_t nodes = 0, deepest = 0;
    if (anchor == NULL || anchor->node == NULL) {
        loader_error(l, event->start_mark,
                     anchor == NULL ? "alias *%s has no anchor &%s above it"
                                    : "alias *%s lies inside its own anchor &%s",
                     name, name);
        return NULL;
    }
    measure(anchor->node, depth, &nodes, &deepest);
    l->n_nodes += nodes;
    if (l->n_nodes > CONFIG_MAX_NODES || deepest > CONFIG_MAX_DEPTH) {
        loader_error(l, event->start_mark,
                     "alias *%s makes the file too large: more than %u values or %u levels", name,
                     CONFIG_MAX_NODES, CONFIG_MAX_DEPTH);
        return NULL;
    }
    struct mh_config *copy = config_clone(anchor->node);
    if (copy != NULL) {
        copy->line = (uint32_t)event->start_mark.line + 1;
        copy->column = (uint32_t)event->start_mark.column + 1;
    }
    return copy;
}

/* Scalars */

static bool
is_null_text(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < COUNT_OF(nulls); i++)
        if (strcmp(text, nulls[i]) == 0)
            return true;
    return false;
}

/* Only the standard tags: one that a later reader gives a meaning (!vault) must not pass as plain
 * text. */
static bool
check_tag(struct loader *l, const yaml_event_t *event, const yaml_char_t *tag)
{
    static const char standard[] = "tag:yaml.org,2002:";
    if (tag == NULL || strcmp((const char *)tag, "!") == 0 ||
        strncmp((const char *)tag, standard, sizeof standard - 1) == 0)
        return true;
    loader_error(l, event->start_mark, "the tag %s is not supported", (const char *)tag);
    return false;
}

static bool
check_nul(struct loader *l, const yaml_event_t *event)
{
    if (strlen((const char *)event->data.scalar.value) == event->data.scalar.length)
        return true;
    loader_error(l, event->start_mark, "the text holds a NUL byte");
    return false;
}

static struct mh_config *
load_scalar(struct loader *l, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    bool plain =
        event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && event->data.scalar.tag == NULL;
    if (!check_tag(l, event, event->data.scalar.tag) || !check_nul(l, event))
        return NULL;
    bool null = plain && is_null_text(text);
    struct mh_config *node = new_node(l, null ? MH_NODE_NULL : MH_NODE_SCALAR, event->start_mark);
    if (node == NULL)
        return NULL;
    node->flags = plain ? 0 : NODE_QUOTED;
    node->text = strdup(text);
    if (node->text == NULL) {
        config_node_free(node);
        return NULL;
    }
    return node;
}

static char *
load_key(struct loader *l, const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT) {
        loader_error(l, event->start_mark, "a key must be a plain text");
        return NULL;
    }
    const char *key = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length, dots = 0;
    if (!check_nul(l, event))
        return NULL;
    for (size_t i = 0; i < len; i++)
        dots += key[i] == '.';
    if (len == 0 || key[0] == '.' || key[len - 1] == '.' || strstr(key, "..") != NULL) {
        loader_error(l, event->start_mark, "the key \"%s\" has an empty part between dots", key);
        return NULL;
    }
    if (dots > 0 && strstr(key, "<<") != NULL) {
        loader_error(l, event->start_mark, "the key \"%s\": << cannot be part of a dotted key",
                     key);
        return NULL;
    }
    if (dots >= CONFIG_MAX_DEPTH) {
        loader_error(l, event->start_mark, "the key has more than %u levels", CONFIG_MAX_DEPTH);
        return NULL;
    }
    return strdup(key);
}

static struct mh_config *
load_next_value(struct loader *l, const char *key, unsigned depth)
{
    yaml_event_t event;
    size_t len = l->path.len;
    if (!next_event(l, &event))
        return NULL;
    buf_printf(&l->path, "%s%s", len > 0 ? "." : "", key);
    struct mh_config *value = l->path.failed ? NULL : load_value(l, &event, depth);
    l->path.len = len;
    l->path.data[len] = '\0';
    yaml_event_delete(&event);
    return value;
}

static bool
load_member(struct loader *l, struct mh_config *map, struct mh_config **defaults,
            const yaml_event_t *key_event, unsigned depth)
{
    CLEANUP_FREE char *key = load_key(l, key_event);
    if (key == NULL)
        return false;
    unsigned dots = 0;
    for (const char *p = key; *p != '\0'; p++)
        dots += *p == '.';
    l->n_nodes += dots; /* each dot makes a map */
    struct mh_config *value = load_next_value(l, key, depth + 1 + dots);
    if (value == NULL)
        return false;
    value->key_line = (uint32_t)key_event->start_mark.line + 1;
    value->key_column = (uint32_t)key_event->start_mark.column + 1;
    if (strcmp(key, "<<") == 0 && *defaults == NULL) {
        *defaults = value;
        return true;
    }
    return loader_put(l, map, key, value);
}

static struct mh_config *
load_map(struct loader *l, const yaml_event_t *start, unsigned depth)
{
    CLEANUP(node_freep) struct mh_config *map = new_node(l, MH_NODE_MAP, start->start_mark);
    CLEANUP(node_freep) struct mh_config *defaults = NULL;
    yaml_event_t event;
    if (map == NULL)
        return NULL;
    for (;;) {
        if (!next_event(l, &event))
            return NULL;
        bool end = event.type == YAML_MAPPING_END_EVENT;
        bool good = end || load_member(l, map, &defaults, &event, depth);
        yaml_event_delete(&event);
        if (!good)
            return NULL;
        if (end)
            break;
    }
    if (defaults != NULL && !loader_merge_defaults(l, map, take(defaults)))
        return NULL;
    return take(map);
}

static struct mh_config *
load_list(struct loader *l, const yaml_event_t *start, unsigned depth)
{
    CLEANUP(node_freep) struct mh_config *list = new_node(l, MH_NODE_LIST, start->start_mark);
    yaml_event_t event;
    if (list == NULL)
        return NULL;
    for (;;) {
        if (!next_event(l, &event))
            return NULL;
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        struct mh_config *value = end ? NULL : load_value(l, &event, depth + 1);
        yaml_event_delete(&event);
        if (end)
            return take(list);
        if (value == NULL)
            return NULL;
        value->key_line = value->line;
        value->key_column = value->column;
        int r = node_add(list, NULL, value);
        if (r == -E2BIG)
            loader_error(l, start->start_mark, "a mapping or list has more than %u members",
                         CONFIG_MAX_MEMBERS);
        if (r < 0)
            return NULL;
    }
}

static struct mh_config *
load_collection(struct loader *l, const yaml_event_t *event, unsigned depth)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *anchor =
        is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag =
        is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    size_t index = l->n_anchors;
    if (!check_tag(l, event, tag) || !remember_anchor(l, anchor))
        return NULL;
    struct mh_config *node = is_map ? load_map(l, event, depth) : load_list(l, event, depth);
    if (anchor != NULL && node != NULL)
        l->anchors[index].node = anchor_copy(l, node);
    return node;
}

static struct mh_config *
load_value(struct loader *l, const yaml_event_t *event, unsigned depth)
{
    if (depth > CONFIG_MAX_DEPTH) {
        loader_error(l, event->start_mark, "more than %u levels are nested here", CONFIG_MAX_DEPTH);
        return NULL;
    }
    if (event->type == YAML_ALIAS_EVENT)
        return load_alias(l, event, depth);
    if (event->type != YAML_SCALAR_EVENT)
        return load_collection(l, event, depth);
    size_t index = l->n_anchors;
    if (!remember_anchor(l, event->data.scalar.anchor))
        return NULL;
    struct mh_config *node = load_scalar(l, event);
    if (event->data.scalar.anchor != NULL && node != NULL)
        l->anchors[index].node = anchor_copy(l, node);
    return node;
}

/* Documents */

/* The first document; a second one is refused, because dropping it silently would lose settings. */
static struct mh_config *
load_document(struct loader *l)
{
    CLEANUP(node_freep) struct mh_config *root = NULL;
    yaml_event_t event;
    bool end = false;
    while (!end) {
        if (!next_event(l, &event))
            return NULL;
        end = event.type == YAML_STREAM_END_EVENT;
        bool skip = event.type == YAML_STREAM_START_EVENT ||
                    event.type == YAML_DOCUMENT_START_EVENT ||
                    event.type == YAML_DOCUMENT_END_EVENT;
        bool good = true;
        if (!end && !skip && root != NULL) {
            loader_error(l, event.start_mark,
                         "a second document begins here; a file holds one only, "
                         "remove the line \"---\" above");
            good = false;
        } else if (!end && !skip) {
            root = load_value(l, &event, 0);
            good = root != NULL;
        }
        yaml_event_delete(&event);
        if (!good)
            return NULL;
    }
    return root != NULL ? take(root) : new_node(l, MH_NODE_NULL, (yaml_mark_t){0});
}

static void
loader_close(struct loader *l)
{
    for (size_t i = 0; i < l->n_anchors; i++) {
        free(l->anchors[i].name);
        config_node_free((struct mh_config *)l->anchors[i].node);
    }
    free(l->anchors);
    buf_free(&l->path);
    origin_unref(l->origin);
    yaml_parser_delete(&l->parser);
}

struct mh_config *
yaml_load(const char *text, size_t len, const char *name, struct diagnostics *d)
{
    struct loader l = {.d = d, .text = text, .len = len};
    uint32_t errors = d->n_errors;
    l.origin = origin_new(name);
    buf_add_text(&l.path, "");
    struct mh_config *root = NULL;
    if (l.origin != NULL && !l.path.failed && yaml_parser_initialize(&l.parser)) {
        yaml_parser_set_input_string(&l.parser, (const unsigned char *)text, len);
        root = load_document(&l);
    }
    if (root == NULL && d->n_errors == errors)
        report_file(d, true, name, "out of memory");
    loader_close(&l);
    return root;
}
