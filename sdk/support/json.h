/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - reads JSON from strangers into a tree of bounded size.
 *
 * A reader owns one tree at a time and uses its memory again for the next text, so that a text a
 * second costs no allocation. What the text says is never trusted: bytes, depth and number of nodes
 * are limited, and the accessors treat null, a missing member, a wrong type and a number out of
 * range alike: as absent.
 *
 * A reader belongs to one thread at a time. Nodes and texts live until the next json_parse() or
 * json_free() of their reader.
 */
#ifndef MH_SUPPORT_JSON_H
#define MH_SUPPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,    /* a whole number that fits int64_t                                     */
    JSON_UINT,   /* a whole number above INT64_MAX that fits uint64_t                    */
    JSON_DOUBLE, /* every other number; may be infinite when the text overflows a double */
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* Fields are for reading. Members of arrays and objects: for (m = node->first; m; m = m->next). */
struct json_node {
    const struct json_node *next;
    const char *key; /* terminated; NULL outside objects                                 */
    uint32_t key_len;
    uint32_t type; /* enum json_type                                                     */
    union {
        bool boolean;
        int64_t i;
        uint64_t u;
        double d;
        struct {
            const char *bytes; /* UTF-8, terminated; may hold zero bytes of its own      */
            size_t len;
        } text;
        struct {
            const struct json_node *first;
            size_t count;
        } members;
    };
};

/* A member that is 0 stands for the default in brackets. */
struct json_limits {
    size_t max_bytes;   /* of one text [64 MiB]                                          */
    unsigned max_depth; /* of nesting [32]                                               */
    size_t max_nodes;   /* [1000000]                                                     */
};

struct json; /* opaque: a reader */

/* limits NULL: the defaults. NULL: no memory. */
struct json *json_new(const struct json_limits *limits);
void json_free(struct json *json);   /* NULL is fine */
void json_freep(struct json **json); /* for cleanup attributes */

/* Reads one whole text. Returns 0, or -EBADMSG (not JSON), -E2BIG (over a limit), -ENOMEM; then
 * there is no tree and json_error() says what is wrong and where. The text may be freed afterwards.
 */
int json_parse(struct json *json, const char *text, size_t len);
/* The tree of the last json_parse(); NULL after an error. */
const struct json_node *json_root(const struct json *json);
/* Words for the last error, without any content of the text: "not JSON at byte 17: ...". "" when
 * there was none. */
const char *json_error(const struct json *json);

/* Member of an object by its exact name, the last one when it is there twice; NULL: absent, or node
 * is no object (or NULL). */
const struct json_node *json_member(const struct json_node *node, const char *name);
/* Node at a dotted path of members ("State.Health.Log"); "" is the node itself. NULL: absent. */
const struct json_node *json_at(const struct json_node *node, const char *path);

/* Values at a path. False (and *ret unchanged): absent, null, of another type, negative for uint64,
 * or out of range. A whole number within a double's exact range also counts when it is written 1.0
 * or 1e3. */
bool json_get_int64(const struct json_node *node, const char *path, int64_t *ret);
bool json_get_uint64(const struct json_node *node, const char *path, uint64_t *ret);
bool json_get_double(const struct json_node *node, const char *path, double *ret); /* finite only */
bool json_get_bool(const struct json_node *node, const char *path, bool *ret);
/* Terminated text, or NULL: absent, null or no string. */
const char *json_get_text(const struct json_node *node, const char *path);

#endif
