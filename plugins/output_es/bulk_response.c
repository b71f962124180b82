/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk_response.c - a yajl handler that knows where it is by depth and by the keys above.
 *
 * depth 1 {"items":            2 [
 *             3 {"create":         4 {"status":, "_index":, "error":   5 {"type":, "reason":,
 * ...}}}]} The error of a whole answer: 1 {"error": 2 {"type":, "reason":}}. Everything else is
 * skipped.
 */
#include "bulk_response.h"

#include <errno.h>
#include <yajl/yajl_parse.h>

#include "support.h"

#define MAX_DEPTH 64
#define MAX_TEXT 512

enum key { KEY_OTHER, KEY_ITEMS, KEY_ERROR, KEY_STATUS, KEY_INDEX, KEY_TYPE, KEY_REASON };

struct bulk_response {
    yajl_handle parser;
    struct bulk_item *items;
    size_t max_items, n_items;
    struct bulk_item whole; /* error of the answer as a whole */
    unsigned depth;
    enum key keys[MAX_DEPTH + 1]; /* last key at each depth */
    bool seen_items, ended_object, too_many, no_memory;
    const char *problem;
};

static bool
in_items(const struct bulk_response *r)
{
    return r->depth >= 2 && r->keys[1] == KEY_ITEMS;
}

/* The item whose members are being read, or NULL. */
static struct bulk_item *
current(struct bulk_response *r)
{
    return in_items(r) && r->depth >= 3 && r->n_items > 0 ? &r->items[r->n_items - 1] : NULL;
}

static int
enter(struct bulk_response *r)
{
    if (r->depth >= MAX_DEPTH)
        return 0;
    r->keys[++r->depth] = KEY_OTHER;
    return 1;
}

static int
on_open_map(void *ctx)
{
    struct bulk_response *r = ctx;
    if (in_items(r) && r->depth == 2) {
        if (r->n_items == r->max_items) {
            r->too_many = true;
            return 0;
        }
        r->n_items++;
    }
    return enter(r);
}

static int
on_open_array(void *ctx)
{
    struct bulk_response *r = ctx;
    if (r->depth == 1 && r->keys[1] == KEY_ITEMS)
        r->seen_items = true;
    return r->depth == 0 ? 0 : enter(r);
}

static int
on_close(void *ctx)
{
    struct bulk_response *r = ctx;
    r->depth--;
    r->ended_object = r->depth == 0;
    return 1;
}

static int
on_key(void *ctx, const unsigned char *key, size_t len)
{
    static const struct {
        const char *name;
        enum key key;
    } known[] = {{"items", KEY_ITEMS},  {"error", KEY_ERROR}, {"status", KEY_STATUS},
                 {"_index", KEY_INDEX}, {"type", KEY_TYPE},   {"reason", KEY_REASON}};
    struct bulk_response *r = ctx;
    r->keys[r->depth] = KEY_OTHER;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strlen(known[i].name) == len && memcmp(known[i].name, key, len) == 0)
            r->keys[r->depth] = known[i].key;
    return 1;
}

/* Keeps the first text; a long one is cut between characters. */
static int
keep_text(struct bulk_response *r, char **to, const unsigned char *text, size_t len)
{
    if (*to != NULL)
        return 1;
    if (len > MAX_TEXT)
        for (len = MAX_TEXT; len > 0 && (text[len] & 0xc0) == 0x80; len--)
            ;
    *to = strndup((const char *)text, len);
    r->no_memory = *to == NULL;
    return *to != NULL;
}

static int
on_string(void *ctx, const unsigned char *text, size_t len)
{
    struct bulk_response *r = ctx;
    struct bulk_item *item = current(r);
    enum key key = r->keys[r->depth];
    unsigned error_depth = item == NULL ? 2 : 5;
    if (item == NULL)
        item = &r->whole;
    else if (r->depth == 4 && key == KEY_INDEX)
        return keep_text(r, &item->index, text, len);
    if (r->depth == error_depth - 1 && key == KEY_ERROR && r->depth != 0)
        return keep_text(r, &item->reason, text, len);
    if (r->depth != error_depth || r->keys[error_depth - 1] != KEY_ERROR)
        return r->depth != 0;
    if (key == KEY_TYPE)
        return keep_text(r, &item->type, text, len);
    return key == KEY_REASON ? keep_text(r, &item->reason, text, len) : 1;
}

static int
on_integer(void *ctx, long long number)
{
    struct bulk_response *r = ctx;
    struct bulk_item *item = current(r);
    if (item != NULL && r->depth == 4 && r->keys[4] == KEY_STATUS && number >= 100 && number <= 999)
        item->status = (int)number;
    return r->depth != 0;
}

static int
on_double(void *ctx, double number)
{
    (void)number;
    return ((struct bulk_response *)ctx)->depth != 0;
}

static int
on_boolean(void *ctx, int truth)
{
    (void)truth;
    return ((struct bulk_response *)ctx)->depth != 0;
}

static int
on_null(void *ctx)
{
    return ((struct bulk_response *)ctx)->depth != 0;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_integer = on_integer,
    .yajl_double = on_double,
    .yajl_string = on_string,
    .yajl_start_map = on_open_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_close,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close,
};

struct bulk_response *
bulk_response_new(size_t max_items)
{
    struct bulk_response *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->max_items = max_items;
    r->items = calloc(max_items == 0 ? 1 : max_items, sizeof *r->items);
    r->parser = yajl_alloc(&callbacks, NULL, r);
    if (r->items == NULL || r->parser == NULL) {
        bulk_response_free(r);
        return NULL;
    }
    return r;
}

static void
free_item(struct bulk_item *item)
{
    free(item->index);
    free(item->type);
    free(item->reason);
}

void
bulk_response_free(struct bulk_response *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; r->items != NULL && i < r->n_items; i++)
        free_item(&r->items[i]);
    free_item(&r->whole);
    free(r->items);
    if (r->parser != NULL)
        yajl_free(r->parser);
    free(r);
}

static int
judge(struct bulk_response *r, yajl_status status)
{
    if (status == yajl_status_ok && r->problem == NULL)
        return 0;
    if (r->no_memory)
        return -ENOMEM;
    if (r->problem == NULL)
        r->problem = r->too_many ? "it has more items than documents were sent"
                                 : "it is not the JSON of a bulk answer";
    return -EBADMSG;
}

int
bulk_response_feed(struct bulk_response *r, const char *bytes, size_t len)
{
    if (r->problem != NULL || r->no_memory)
        return judge(r, yajl_status_error);
    return judge(r, yajl_parse(r->parser, (const unsigned char *)bytes, len));
}

int
bulk_response_end(struct bulk_response *r)
{
    int code = r->problem != NULL || r->no_memory ? judge(r, yajl_status_error)
                                                  : judge(r, yajl_complete_parse(r->parser));
    if (code != 0)
        return code;
    if (!r->ended_object)
        r->problem = "it is empty or not an object";
    else if (!r->seen_items)
        r->problem = "it has no items";
    else if (r->n_items != r->max_items)
        r->problem = "it has fewer items than documents were sent";
    for (size_t i = 0; r->problem == NULL && i < r->n_items; i++)
        if (r->items[i].status == 0)
            r->problem = "it has an item without a status";
    return r->problem == NULL ? 0 : -EBADMSG;
}

const struct bulk_item *
bulk_response_item(const struct bulk_response *r, size_t i)
{
    return i < r->n_items ? &r->items[i] : NULL;
}

const char *
bulk_response_error_type(const struct bulk_response *r)
{
    return r->whole.type;
}

const char *
bulk_response_error_reason(const struct bulk_response *r)
{
    return r->whole.reason;
}

const char *
bulk_response_problem(const struct bulk_response *r)
{
    return r->problem == NULL ? "" : r->problem;
}
