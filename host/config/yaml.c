/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.c - libyaml events become nodes with positions; dotted keys become nested maps.
 *
 * A syntax error ends the document (what follows cannot be trusted); a duplicate key is reported
 * and reading goes on.
 */
#include "config/yaml.h"

#include <errno.h>
#include <yaml.h>

struct anchor {
    char *name;
    const struct mh_config *node; /* NULL while the node it names is still being read */
};

struct loader {
    yaml_parser_t parser;
    struct diagnostics *d;
    struct config_origin *origin;
    const char *text;
    size_t len;
    struct anchor *anchors;
    size_t n_anchors;
    size_t n_nodes;
    struct buf path; /* of the value being read, for messages */
};

static struct mh_config *load_value(struct loader *l, const yaml_event_t *event, unsigned depth);

/* Reports at a mark of libyaml, which counts from 0. */
static void PRINTF_LIKE(3, 4) report(struct loader *l, yaml_mark_t mark, const char *format, ...)
{
    struct mh_config at = {
        .origin = l->origin, .line = (uint32_t)mark.line + 1, .column = (uint32_t)mark.column + 1};
    va_list args;
    va_start(args, format);
    CLEANUP(buf_free) struct buf text = {0};
    buf_vprintf(&text, format, args);
    va_end(args);
    config_report(l->d, true, &at, NULL, "%s", text.failed ? format : text.data);
}

/* The mark of a byte offset: errors of the reader below libyaml's scanner come without one. */
static yaml_mark_t
mark_of_offset(const struct loader *l, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < l->len; i++) {
        bool newline = l->text[i] == '\n';
        mark.line += newline;
        mark.column = newline ? 0 : mark.column + ((l->text[i] & 0xc0) != 0x80);
    }
    return mark;
}

/* True when the line of the mark is indented with a tab, the mistake that libyaml words worst. */
static bool
find_tab_indent(const struct loader *l, yaml_mark_t *mark)
{
    const char *p = l->text, *end = l->text + l->len;
    for (size_t line = 0; line < mark->line && p < end; p++)
        line += *p == '\n';
    const char *start = p;
    while (p < end && *p == ' ')
        p++;
    if (p == end || *p != '\t')
        return false;
    mark->column = (size_t)(p - start);
    return true;
}

static const char *
hint_for(const char *problem)
{
    static const struct {
        const char *part, *hint;
    } hints[] = {
        {"mapping values are not allowed",
         "; check the indentation, and quote a text that holds \": \""},
        {"did not find expected key", "; check the indentation of this line and the lines above"},
        {"did not find expected '-' indicator", "; check the indentation of the list"},
        {"could not find expected ':'", "; a key needs a colon and a space after it"},
        {"cannot start any token", "; quote a text that begins with this character"},
        {"did not find expected alphabetic", "; quote a text that begins with * or &"},
        {"unexpected end of stream", "; a quote is not closed"},
        {"did not find expected ',' or",
         "; a bracket is not closed, or ${...} inside brackets lacks quotes"},
    };
    for (size_t i = 0; i < COUNT_OF(hints); i++)
        if (strstr(problem, hints[i].part) != NULL)
            return hints[i].hint;
    return "";
}

static void
report_syntax(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;
    const char *problem = p->problem != NULL ? p->problem : "out of memory";
    yaml_mark_t mark = p->problem_mark;
    /* What is not ended is noticed far below; the mistake is where it begins. */
    if (p->context != NULL && (strstr(problem, "could not find expected ':'") != NULL ||
                               strstr(problem, "unexpected end of stream") != NULL))
        mark = p->context_mark;
    if (p->error == YAML_READER_ERROR) {
        mark = mark_of_offset(l, p->problem_offset);
        report(l, mark, "not a YAML text: %s (byte %zu)", problem, p->problem_offset);
    } else if (find_tab_indent(l, &mark)) {
        report(l, mark, "a tab is used for indentation; YAML allows only spaces there");
    } else if (p->context != NULL && p->context_mark.line != mark.line) {
        report(l, mark, "YAML syntax: %s (%s that begins in line %zu)%s", problem, p->context,
               p->context_mark.line + 1, hint_for(problem));
    } else {
        report(l, mark, "YAML syntax: %s%s", problem, hint_for(problem));
    }
}

static bool
next_event(struct loader *l, yaml_event_t *event)
{
    if (yaml_parser_parse(&l->parser, event))
        return true;
    report_syntax(l);
    return false;
}

static struct mh_config *
new_node(struct loader *l, int32_t kind, yaml_mark_t mark)
{
    if (++l->n_nodes > CONFIG_MAX_NODES) {
        report(l, mark, "the file holds more than %u values", CONFIG_MAX_NODES);
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
        report(l, event->start_mark,
               anchor == NULL ? "alias *%s has no anchor &%s above it"
                              : "alias *%s lies inside its own anchor &%s",
               name, name);
        return NULL;
    }
    measure(anchor->node, depth, &nodes, &deepest);
    l->n_nodes += nodes;
    if (l->n_nodes > CONFIG_MAX_NODES || deepest > CONFIG_MAX_DEPTH) {
        report(l, event->start_mark,
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
    report(l, event->start_mark, "the tag %s is not supported", (const char *)tag);
    return false;
}

static bool
check_nul(struct loader *l, const yaml_event_t *event)
{
    if (strlen((const char *)event->data.scalar.value) == event->data.scalar.length)
        return true;
    report(l, event->start_mark, "the text holds a NUL byte");
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

/* Maps */

static bool put(struct loader *l, struct mh_config *map, const char *key, struct mh_config *value);

static void
report_duplicate(struct loader *l, const char *key, const struct mh_config *value,
                 const struct mh_config *first)
{
    yaml_mark_t mark = {.line = value->key_line - 1, .column = value->key_column - 1};
    report(l, mark, "duplicate key \"%s%s%s\": it is set in line %u already",
           l->path.len > 0 ? l->path.data : "", l->path.len > 0 ? "." : "", key, first->key_line);
}

/* Two halves of one map, of which a dotted key made at least one. */
static bool
join_maps(struct loader *l, const char *key, struct mh_config *into, struct mh_config *from)
{
    size_t len = l->path.len;
    bool good = true;
    buf_printf(&l->path, "%s%s", len > 0 ? "." : "", key);
    into->flags &= from->flags | ~NODE_IMPLICIT;
    while (good && from->n_members > 0) {
        CLEANUP_FREE char *name = strdup(from->members[0].key);
        struct mh_config *member = node_remove(from, 0);
        good = name != NULL && put(l, into, name, member);
    }
    l->path.len = len;
    l->path.data[len] = '\0';
    config_node_free(from);
    return good;
}

/* Puts a value under an undotted key; takes it over. False: no memory (a duplicate is only
 * reported). */
static bool
put(struct loader *l, struct mh_config *map, const char *key, struct mh_config *value)
{
    struct mh_config *old = node_member(map, key, strlen(key));
    if (strcmp(key, "<<") == 0) {
        config_report(l->d, true, value, NULL,
                      "<< stands for members of another mapping: once in a mapping, and alone");
        config_node_free(value);
        return false;
    }
    if (old == NULL) {
        int r = node_add(map, key, value);
        if (r == -E2BIG)
            report(l, (yaml_mark_t){.line = map->line - 1, .column = map->column - 1},
                   "a mapping or list has more than %u members", CONFIG_MAX_MEMBERS);
        return r == 0;
    }
    if (old->kind == MH_NODE_MAP && value->kind == MH_NODE_MAP &&
        ((old->flags | value->flags) & NODE_IMPLICIT) != 0)
        return join_maps(l, key, old, value);
    report_duplicate(l, key, value, old);
    config_node_free(value);
    return true;
}

/* Wraps a value in the maps that a dotted key stands for: "a.b.c" leaves key "a" and a value {b:
 * {c: value}}. */
static struct mh_config *
wrap(const char *key, struct mh_config *value)
{
    const char *dot = strrchr(key, '.');
    CLEANUP_FREE char *rest = NULL;
    while (dot != NULL) {
        struct mh_config *map = node_new(MH_NODE_MAP);
        if (map == NULL) {
            config_node_free(value);
            return NULL;
        }
        node_copy_position(map, value);
        map->flags = NODE_IMPLICIT;
        if (node_add(map, dot + 1, value) < 0) {
            config_node_free(map);
            return NULL;
        }
        value = map;
        char *shorter = strndup(key, (size_t)(dot - key));
        free(rest);
        rest = shorter;
        if (rest == NULL) {
            config_node_free(value);
            return NULL;
        }
        key = rest;
        dot = strrchr(key, '.');
    }
    return value;
}

static bool
put_dotted(struct loader *l, struct mh_config *map, const char *key, struct mh_config *value)
{
    struct mh_config *wrapped = wrap(key, value);
    CLEANUP_FREE char *first = strndup(key, strcspn(key, "."));
    if (wrapped != NULL && first != NULL)
        return put(l, map, first, wrapped);
    config_node_free(wrapped);
    return false;
}

static char *
load_key(struct loader *l, const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT) {
        report(l, event->start_mark, "a key must be a plain text");
        return NULL;
    }
    const char *key = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length, dots = 0;
    if (!check_nul(l, event))
        return NULL;
    for (size_t i = 0; i < len; i++)
        dots += key[i] == '.';
    if (len == 0 || key[0] == '.' || key[len - 1] == '.' || strstr(key, "..") != NULL) {
        report(l, event->start_mark, "the key \"%s\" has an empty part between dots", key);
        return NULL;
    }
    if (dots >= CONFIG_MAX_DEPTH) {
        report(l, event->start_mark, "the key has more than %u levels", CONFIG_MAX_DEPTH);
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

/* `<<`: the members of other maps, where the map does not set them itself. */
static bool
merge_defaults(struct loader *l, struct mh_config *map, struct mh_config *from)
{
    CLEANUP(node_freep) struct mh_config *owned = from;
    bool good = true;
    if (owned->kind == MH_NODE_LIST) {
        while (good && owned->n_members > 0)
            good = merge_defaults(l, map, node_remove(owned, 0));
        return good;
    }
    if (owned->kind != MH_NODE_MAP) {
        config_report(l->d, true, owned, NULL, "<< wants a mapping or a list of mappings");
        return false;
    }
    for (size_t i = owned->n_members; good && i > 0; i--) {
        const char *key = owned->members[i - 1].key;
        if (node_member(map, key, strlen(key)) != NULL)
            continue;
        CLEANUP_FREE char *copy = strdup(key);
        good = copy != NULL && node_add(map, copy, node_remove(owned, i - 1)) == 0;
    }
    return good;
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
    return put_dotted(l, map, key, value);
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
    if (defaults != NULL && !merge_defaults(l, map, take(defaults)))
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
        if (node_add(list, NULL, value) == -E2BIG) {
            report(l, start->start_mark, "a mapping or list has more than %u members",
                   CONFIG_MAX_MEMBERS);
            return NULL;
        }
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
        report(l, event->start_mark, "more than %u levels are nested here", CONFIG_MAX_DEPTH);
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
            report(l, event.start_mark,
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
