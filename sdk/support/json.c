/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.c - builds the tree of json.h from yajl's callbacks.
 *
 * yajl checks the grammar and the UTF-8; this file only allocates nodes from an arena of blocks
 * that is emptied, not freed, between texts. Open containers are a stack of at most max_depth
 * entries, so that nothing recurses.
 */
#include "json.h"
#include "support.h"

#include <yajl/yajl_parse.h>

#include <errno.h>
#include <math.h>

#define DEFAULT_MAX_BYTES ((size_t)64 << 20)
#define DEFAULT_MAX_DEPTH 32
#define DEFAULT_MAX_NODES 1000000
#define BLOCK_BYTES ((size_t)16 << 10)
/* Above this much, memory of an unusually large text is given back before the next one. */
#define KEEP_BYTES ((size_t)1 << 20)
/* 2^53: below it every whole double is exact. */
#define EXACT_DOUBLE 9007199254740992.0

struct block {
    struct block *next;
    size_t size;
    size_t used;
    char bytes[];
};

struct open_container {
    struct json_node *node;
    struct json_node *last;
};

struct json {
    struct json_limits limits;
    struct block *blocks;  /* all, in order of use                        */
    struct block *current; /* the one to allocate from; NULL: none yet    */
    struct open_container *stack;
    unsigned depth;
    size_t n_nodes;
    const char *key; /* of the member whose value comes next              */
    size_t key_len;
    struct json_node *root;
    const char *limit_error; /* set by a callback that cancels            */
    char error[160];
};

static struct block *
new_block(struct json *json, size_t size)
{
    struct block *block = malloc(sizeof *block + size);
    if (block == NULL)
        return NULL;
    *block = (struct block){.size = size};
    if (json->current == NULL) {
        block->next = json->blocks;
        json->blocks = block;
    } else {
        block->next = json->current->next;
        json->current->next = block;
    }
    return block;
}

static struct block *
block_with_room(struct json *json, size_t size)
{
    struct block *block = json->current;
    if (block != NULL && block->size - block->used >= size)
        return block;
    block = block == NULL ? json->blocks : block->next;
    if (block == NULL || block->size < size)
        block = new_block(json, size > BLOCK_BYTES ? size : BLOCK_BYTES);
    if (block != NULL) {
        block->used = 0;
        json->current = block;
    }
    return block;
}

/* 8-byte aligned memory until the next text; sizes are bounded by max_bytes, so that they cannot
 * overflow. */
static void *
allocate(struct json *json, size_t size)
{
    size_t rounded = (size + 7) & ~(size_t)7;
    struct block *block = block_with_room(json, rounded);
    void *p;
    if (block == NULL)
        return NULL;
    p = block->bytes + block->used;
    block->used += rounded;
    return p;
}

static char *
copy_text(struct json *json, const void *bytes, size_t len)
{
    char *copy = allocate(json, len + 1);
    if (copy != NULL) {
        memcpy(copy, bytes, len);
        copy[len] = '\0';
    }
    return copy;
}

static void
free_blocks(struct json *json)
{
    struct block *block;
    while ((block = json->blocks) != NULL) {
        json->blocks = block->next;
        free(block);
    }
    json->current = NULL;
}

static void
forget_tree(struct json *json)
{
    size_t total = 0;
    for (const struct block *block = json->blocks; block != NULL; block = block->next)
        total += block->size;
    if (total > KEEP_BYTES)
        free_blocks(json);
    json->current = NULL;
    json->depth = 0;
    json->n_nodes = 0;
    json->key = NULL;
    json->root = NULL;
    json->limit_error = NULL;
    json->error[0] = '\0';
}

/* Cancels the parse; yajl's callbacks return 0 for that. */
static struct json_node *
refuse(struct json *json, const char *why)
{
    json->limit_error = why;
    return NULL;
}

static void
append(struct json *json, struct json_node *node)
{
    struct open_container *open;
    if (json->depth == 0) {
        json->root = node;
        return;
    }
    open = &json->stack[json->depth - 1];
    if (open->last == NULL)
        open->node->members.first = node;
    else
        open->last->next = node;
    open->last = node;
    open->node->members.count++;
}

static struct json_node *
add_node(struct json *json, enum json_type type)
{
    struct json_node *node;
    if (json->n_nodes >= json->limits.max_nodes)
        return refuse(json, "too many values");
    node = allocate(json, sizeof *node);
    if (node == NULL)
        return refuse(json, "out of memory");
    *node = (struct json_node){.type = type, .key = json->key, .key_len = (uint32_t)json->key_len};
    json->key = NULL;
    json->key_len = 0;
    json->n_nodes++;
    append(json, node);
    return node;
}

static int
on_null(void *ctx)
{
    return add_node(ctx, JSON_NULL) != NULL;
}

static int
on_boolean(void *ctx, int truth)
{
    struct json_node *node = add_node(ctx, JSON_BOOL);
    if (node == NULL)
        return 0;
    node->boolean = truth != 0;
    return 1;
}

/* Reads a whole number exactly when it fits 64 bits. */
static bool
set_whole(struct json_node *node, const char *text)
{
    char *end;
    errno = 0;
    node->i = strtoll(text, &end, 10);
    node->type = JSON_INT;
    if (*end != '\0')
        return false;
    if (errno == 0)
        return true;
    errno = 0;
    node->u = strtoull(text, &end, 10);
    node->type = JSON_UINT;
    return errno == 0 && text[0] != '-';
}

static int
on_number(void *ctx, const char *digits, size_t len)
{
    struct json_node *node = add_node(ctx, JSON_DOUBLE);
    const char *text;
    if (node == NULL)
        return 0;
    text = copy_text(ctx, digits, len);
    if (text == NULL)
        return refuse(ctx, "out of memory") != NULL;
    if (set_whole(node, text))
        return 1;
    node->type = JSON_DOUBLE;
    node->d = strtod(text, NULL);
    return 1;
}

static int
on_string(void *ctx, const unsigned char *bytes, size_t len)
{
    struct json_node *node = add_node(ctx, JSON_STRING);
    if (node == NULL)
        return 0;
    node->text.bytes = copy_text(ctx, bytes, len);
    node->text.len = len;
    return node->text.bytes != NULL || refuse(ctx, "out of memory") != NULL;
}

static int
on_key(void *ctx, const unsigned char *bytes, size_t len)
{
    struct json *json = ctx;
    json->key = copy_text(json, bytes, len);
    json->key_len = len;
    return json->key != NULL || refuse(json, "out of memory") != NULL;
}

static int
open_container(struct json *json, enum json_type type)
{
    struct json_node *node;
    if (json->depth >= json->limits.max_depth)
        return refuse(json, "nested too deeply") != NULL;
    node = add_node(json, type);
    if (node == NULL)
        return 0;
    json->stack[json->depth++] = (struct open_container){.node = node};
    return 1;
}

static int
on_start_map(void *ctx)
{
    return open_container(ctx, JSON_OBJECT);
}

static int
on_start_array(void *ctx)
{
    return open_container(ctx, JSON_ARRAY);
}

static int
on_end(void *ctx)
{
    ((struct json *)ctx)->depth--;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};

struct json *
json_new(const struct json_limits *limits)
{
    struct json *json = calloc(1, sizeof *json);
    if (json == NULL)
        return NULL;
    if (limits != NULL)
        json->limits = *limits;
    if (json->limits.max_bytes == 0)
        json->limits.max_bytes = DEFAULT_MAX_BYTES;
    if (json->limits.max_depth == 0)
        json->limits.max_depth = DEFAULT_MAX_DEPTH;
    if (json->limits.max_nodes == 0)
        json->limits.max_nodes = DEFAULT_MAX_NODES;
    json->stack = calloc(json->limits.max_depth, sizeof *json->stack);
    if (json->stack == NULL) {
        free(json);
        return NULL;
    }
    return json;
}

void
json_free(struct json *json)
{
    if (json == NULL)
        return;
    free_blocks(json);
    free(json->stack);
    free(json);
}

void
json_freep(struct json **json)
{
    json_free(*json);
}

static int
fail(struct json *json, int code, const char *what, size_t at)
{
    snprintf(json->error, sizeof json->error, "%s at byte %zu", what, at);
    json->root = NULL;
    return code;
}

/* yajl's own words are fixed texts without content of the document ("lexical error: invalid char in
 * json text"). */
static int
explain(struct json *json, yajl_handle yajl, const char *text, size_t len)
{
    size_t at = yajl_get_bytes_consumed(yajl);
    unsigned char *words;
    char what[96];
    if (json->limit_error != NULL)
        return fail(json, strcmp(json->limit_error, "out of memory") == 0 ? -ENOMEM : -E2BIG,
                    json->limit_error, at);
    words = yajl_get_error(yajl, 0, (const unsigned char *)text, len);
    snprintf(what, sizeof what, "not JSON (%.*s)",
             words == NULL ? 0 : (int)strcspn((char *)words, "\n"),
             words == NULL ? "" : (char *)words);
    if (words != NULL)
        yajl_free_error(yajl, words);
    return fail(json, -EBADMSG, what, at);
}

int
json_parse(struct json *json, const char *text, size_t len)
{
    yajl_handle yajl;
    int result = 0;
    forget_tree(json);
    if (len > json->limits.max_bytes)
        return fail(json, -E2BIG, "text is too long", json->limits.max_bytes);
    yajl = yajl_alloc(&callbacks, NULL, json);
    if (yajl == NULL)
        return fail(json, -ENOMEM, "out of memory", 0);
    if (yajl_parse(yajl, (const unsigned char *)text, len) != yajl_status_ok ||
        yajl_complete_parse(yajl) != yajl_status_ok)
        result = explain(json, yajl, text, len);
    else if (json->root == NULL)
        result = fail(json, -EBADMSG, "not JSON (empty)", 0);
    yajl_free(yajl);
    return result;
}

const struct json_node *
json_root(const struct json *json)
{
    return json->root;
}

const char *
json_error(const struct json *json)
{
    return json->error;
}

static const struct json_node *
member_of_length(const struct json_node *node, const char *name, size_t len)
{
    const struct json_node *found = NULL;
    if (node == NULL || node->type != JSON_OBJECT)
        return NULL;
    for (const struct json_node *m = node->members.first; m != NULL; m = m->next)
        if (m->key_len == len && memcmp(m->key, name, len) == 0)
            found = m;
    return found;
}

const struct json_node *
json_member(const struct json_node *node, const char *name)
{
    return member_of_length(node, name, strlen(name));
}

const struct json_node *
json_at(const struct json_node *node, const char *path)
{
    while (node != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");
        node = member_of_length(node, path, len);
        path += len + (path[len] == '.');
    }
    return node;
}

bool
json_get_int64(const struct json_node *node, const char *path, int64_t *ret)
{
    node = json_at(node, path);
    if (node != NULL && node->type == JSON_INT) {
        *ret = node->i;
        return true;
    }
    if (node == NULL || node->type != JSON_DOUBLE || !(fabs(node->d) <= EXACT_DOUBLE) ||
        node->d != floor(node->d))
        return false;
    *ret = (int64_t)node->d;
    return true;
}

bool
json_get_uint64(const struct json_node *node, const char *path, uint64_t *ret)
{
    int64_t i;
    node = json_at(node, path);
    if (node != NULL && node->type == JSON_UINT) {
        *ret = node->u;
        return true;
    }
    if (!json_get_int64(node, "", &i) || i < 0)
        return false;
    *ret = (uint64_t)i;
    return true;
}

bool
json_get_double(const struct json_node *node, const char *path, double *ret)
{
    node = json_at(node, path);
    if (node == NULL)
        return false;
    if (node->type == JSON_INT)
        *ret = (double)node->i;
    else if (node->type == JSON_UINT)
        *ret = (double)node->u;
    else if (node->type == JSON_DOUBLE && isfinite(node->d))
        *ret = node->d;
    else
        return false;
    return true;
}

bool
json_get_bool(const struct json_node *node, const char *path, bool *ret)
{
    node = json_at(node, path);
    if (node == NULL || node->type != JSON_BOOL)
        return false;
    *ret = node->boolean;
    return true;
}

const char *
json_get_text(const struct json_node *node, const char *path)
{
    node = json_at(node, path);
    return node != NULL && node->type == JSON_STRING ? node->text.bytes : NULL;
}
