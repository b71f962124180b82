/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapping.c - dotted names become a tree, the tree becomes JSON. Families ("docker.memory.stats.*")
 * become dynamic templates, label maps one flattened field, so that no label can conflict with
 * another or fill the mapping.
 */
#include "mapping.h"

#include <errno.h>

#include "support.h"

/* One path element. */
struct node {
    const char *name; /* points into a field's name */
    size_t name_len;
    const struct mh_field *field; /* NULL: only an object */
    struct node *first, *next;
};

static void
free_node(struct node *node)
{
    while (node != NULL) {
        struct node *next = node->next;
        free_node(node->first);
        free(node);
        node = next;
    }
}

static void
free_nodep(struct node **node)
{
    free_node(*node);
}

/* The child of this name, made where it is missing; children are kept in the order of their names,
 * so that the same plugins give the same text. NULL: no memory. */
static struct node *
child_of(struct node *parent, const char *name, size_t len)
{
    struct node **at = &parent->first, *child;
    for (; *at != NULL; at = &(*at)->next) {
        size_t shorter = len < (*at)->name_len ? len : (*at)->name_len;
        int order = memcmp((*at)->name, name, shorter);
        if (order == 0 && (*at)->name_len == len)
            return *at;
        if (order > 0 || (order == 0 && (*at)->name_len > len))
            break;
    }
    child = calloc(1, sizeof *child);
    if (child == NULL)
        return NULL;
    child->name = name;
    child->name_len = len;
    child->next = *at;
    *at = child;
    return child;
}

static bool
is_family(const char *name)
{
    return strchr(name, '*') != NULL;
}

struct collector {
    struct node *root;
    struct json_text *templates; /* NULL: not wanted */
    const struct dialect *dialect;
    struct json_text seen; /* families that have a template already, each with a line end */
};

static const char *
plain_type(uint32_t type)
{
    switch (type) {
    case MH_TYPE_LONG:
        return "long";
    case MH_TYPE_DOUBLE:
        return "double";
    case MH_TYPE_TEXT:
        return "text";
    case MH_TYPE_BOOLEAN:
        return "boolean";
    case MH_TYPE_DATE:
        return "date";
    case MH_TYPE_IP:
        return "ip";
    case MH_TYPE_FLATTENED:
        return "flattened";
    default:
        return "keyword";
    }
}

static const char *
metric_name(uint32_t metric)
{
    return metric == MH_METRIC_COUNTER ? "counter" : metric == MH_METRIC_GAUGE ? "gauge" : NULL;
}

static bool
is_number(const struct mh_field *field)
{
    return field->type == MH_TYPE_LONG || field->type == MH_TYPE_DOUBLE;
}

static void
write_meta(struct json_text *to, const struct mh_field *field)
{
    const char *metric = metric_name(field->metric);
    if (field->unit == NULL && metric == NULL)
        return;
    json_add_literal(to, ",\"meta\":{");
    if (field->unit != NULL)
        json_add_format(to, "\"unit\":\"%s\"%s", field->unit, metric == NULL ? "" : ",");
    if (metric != NULL)
        json_add_format(to, "\"metric_type\":\"%s\"", metric);
    json_add_literal(to, "}");
}

static void
write_flattened(struct json_text *to, const struct dialect *dialect)
{
    if (dialect->flattened == NULL)
        json_add_literal(to, "{\"type\":\"object\",\"enabled\":false}");
    else if (strcmp(dialect->flattened, "flattened") == 0)
        json_add_literal(to, "{\"type\":\"flattened\",\"ignore_above\":1024}");
    else
        json_add_format(to, "{\"type\":\"%s\"}", dialect->flattened);
}

/* {"type":"long","meta":{...},"time_series_metric":"gauge"} */
static void
write_field(struct json_text *to, const struct mh_field *field, const struct dialect *dialect)
{
    bool dimension = dialect->time_series && (field->flags & MH_FIELD_DIMENSION) != 0;
    if (field->type == MH_TYPE_FLATTENED) {
        write_flattened(to, dialect);
        return;
    }
    json_add_format(to, "{\"type\":\"%s\"", plain_type(field->type));
    if (field->type == MH_TYPE_KEYWORD && !dimension)
        json_add_literal(to, ",\"ignore_above\":1024");
    if (dialect->meta)
        write_meta(to, field);
    if (dialect->time_series_metric && is_number(field) && field->metric != MH_METRIC_NONE)
        json_add_format(to, ",\"time_series_metric\":\"%s\"", metric_name(field->metric));
    if (dimension)
        json_add_literal(to, ",\"time_series_dimension\":true");
    json_add_literal(to, "}");
}

/* True the first time that this family is seen. */
static bool
note_family(struct collector *c, const char *name)
{
    size_t len = strlen(name);
    const char *seen = json_terminate(&c->seen);
    for (const char *at = seen; at != NULL && (at = strstr(at, name)) != NULL; at += len)
        if ((at == seen || at[-1] == '\n') && at[len] == '\n')
            return false;
    json_add(&c->seen, name, len);
    json_add(&c->seen, "\n", 1);
    return true;
}

static void
write_family(struct collector *c, const struct mh_field *field)
{
    struct json_text *to = c->templates;
    if (to == NULL || !note_family(c, field->name))
        return;
    json_add_format(to, "{\"%s\":{\"path_match\":\"%s\",\"match_mapping_type\":\"*\",\"mapping\":",
                    field->name, field->name);
    write_field(to, field, c->dialect);
    json_add_literal(to, "}},");
}

static int
collect_field(void *ctx, const struct mh_dataset *dataset, const struct mh_field *field)
{
    struct collector *c = ctx;
    struct node *node = c->root;
    (void)dataset;
    if (is_family(field->name)) {
        write_family(c, field);
        return 0;
    }
    for (const char *at = field->name; node != NULL;) {
        size_t len = strcspn(at, ".");
        node = child_of(node, at, len);
        if (at[len] == '\0')
            break;
        at += len + 1;
    }
    if (node == NULL)
        return -ENOMEM;
    if (node->field == NULL)
        node->field = field;
    return 0;
}

int
mapping_each_field(const struct mh_catalogue_v1 *catalogue,
                   int (*fn)(void *ctx, const struct mh_dataset *dataset,
                             const struct mh_field *field),
                   void *ctx)
{
    for (uint32_t i = 0; i < catalogue->n_datasets(catalogue->priv); i++) {
        const struct mh_dataset *dataset = catalogue->dataset(catalogue->priv, i);
        for (uint32_t k = 0; k < dataset->n_fields; k++) {
            const char *at = (const char *)dataset->fields + (size_t)k * dataset->field_stride;
            int code = fn(ctx, dataset, (const struct mh_field *)(const void *)at);
            if (code != 0)
                return code;
        }
    }
    return 0;
}

/* A name that is a field and has fields below it must be an object: the values below win. */
static void
write_properties(struct json_text *to, const struct node *node, const struct dialect *dialect)
{
    json_add_literal(to, "{");
    for (; node != NULL; node = node->next) {
        json_add_string(to, node->name, node->name_len);
        json_add_literal(to, ":");
        if (node->first == NULL) {
            write_field(to, node->field, dialect);
        } else {
            json_add_literal(to, "{\"properties\":");
            write_properties(to, node->first, dialect);
            json_add_literal(to, "}");
        }
        if (node->next != NULL)
            json_add_literal(to, ",");
    }
    json_add_literal(to, "}");
}

struct dialect
dialect_of(const struct es_options *o, const struct server *s)
{
    struct dialect d = {.meta = s->opensearch || server_at_least(s, 7, 6)};
    if (s->opensearch)
        d.flattened = server_at_least(s, 2, 7) ? "flat_object" : NULL;
    else
        d.flattened = server_at_least(s, 7, 3) && !s->open_core ? "flattened" : NULL;
    d.time_series_metric = !s->opensearch && server_at_least(s, 8, 7);
    d.time_series = o->time_series && d.time_series_metric;
    return d;
}

/* setup.template.append_fields: [{name, type}] */
static int
add_appended(const struct es_options *o, struct node *root, struct mh_field *fields, uint32_t n)
{
    const struct mh_config_ops *ops = o->host->config;
    const struct mh_config *list = ops->find(o->config, "setup.template.append_fields");
    struct collector c = {.root = root};
    for (uint32_t i = 0; i < n; i++) {
        static const char *const types[] = {"",        "long", "double", "keyword",  "text",
                                            "boolean", "date", "ip",     "flattened"};
        const char *type = NULL;
        ops->get_string(ops->at(list, i), "name", &fields[i].name);
        ops->get_string(ops->at(list, i), "type", &type);
        fields[i].type = MH_TYPE_KEYWORD;
        for (uint16_t k = 1; type != NULL && k < COUNT_OF(types); k++)
            if (strcmp(types[k], type) == 0)
                fields[i].type = k;
        if (fields[i].name != NULL && !is_family(fields[i].name) &&
            collect_field(&c, NULL, &fields[i]) != 0)
            return -ENOMEM;
    }
    return 0;
}

int
mapping_write(struct json_text *to, const struct es_options *o,
              const struct mh_catalogue_v1 *catalogue, const struct dialect *dialect)
{
    struct node root = {0};
    const struct mh_config *list = o->host->config->find(o->config, "setup.template.append_fields");
    uint32_t n = o->host->config->kind(list) == MH_NODE_LIST ? o->host->config->count(list) : 0;
    CLEANUP_FREE struct mh_field *appended = calloc(n + 1, sizeof *appended);
    struct collector c = {.root = &root, .templates = to, .dialect = dialect};
    int code;
    json_add_literal(to, "\"date_detection\":false,\"dynamic_templates\":[");
    code = appended == NULL ? -ENOMEM : mapping_each_field(catalogue, collect_field, &c);
    json_text_free(&c.seen);
    if (code == 0)
        code = add_appended(o, &root, appended, n);
    json_add_literal(to, "{\"strings_as_keyword\":{\"match_mapping_type\":\"string\",\"mapping\":{"
                         "\"type\":\"keyword\","
                         "\"ignore_above\":1024}}}],\"properties\":");
    CLEANUP(free_nodep) struct node *first = root.first;
    write_properties(to, first, dialect);
    return code != 0 ? code : to->failed ? -ENOMEM : 0;
}

/* ---- lists of fields ---- */

struct lister {
    struct json_text *to;
    bool comma;
    const struct mh_dataset *dataset;
};

static int
list_dimension(void *ctx, const struct mh_dataset *dataset, const struct mh_field *field)
{
    struct lister *l = ctx;
    (void)dataset;
    if ((field->flags & MH_FIELD_DIMENSION) == 0 || field->type != MH_TYPE_KEYWORD ||
        is_family(field->name))
        return 0;
    if (l->comma)
        json_add_literal(l->to, ",");
    json_add_string(l->to, field->name, strlen(field->name));
    l->comma = true;
    return 0;
}

void
mapping_write_routing(struct json_text *to, const struct mh_catalogue_v1 *catalogue)
{
    struct lister l = {.to = to};
    json_add_literal(to, "[");
    mapping_each_field(catalogue, list_dimension, &l);
    json_add_literal(to, "]");
}

/* JSON strings are YAML scalars, whatever they hold. */
static void
list_member(struct json_text *to, const char *key, const char *value)
{
    if (value == NULL)
        return;
    json_add_format(to, "    %s: ", key);
    json_add_string(to, value, strlen(value));
    json_add_literal(to, "\n");
}

static int
list_field(void *ctx, const struct mh_dataset *dataset, const struct mh_field *field)
{
    struct lister *l = ctx;
    if (dataset != l->dataset)
        json_add_format(l->to, "- dataset: \"%s\"\n  fields:\n", dataset->name);
    l->dataset = dataset;
    json_add_literal(l->to, "  - name: ");
    json_add_string(l->to, field->name, strlen(field->name));
    json_add_literal(l->to, "\n");
    list_member(l->to, "type", plain_type(field->type));
    list_member(l->to, "unit", field->unit);
    list_member(l->to, "metric_type", metric_name(field->metric));
    if ((field->flags & MH_FIELD_DIMENSION) != 0)
        json_add_literal(l->to, "    dimension: true\n");
    list_member(l->to, "description", field->doc);
    return 0;
}

void
mapping_write_fields(struct json_text *to, const struct mh_catalogue_v1 *catalogue)
{
    struct lister l = {.to = to};
    mapping_each_field(catalogue, list_field, &l);
}
