/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.c - see shape.h. The cache of derived shapes is the only part that changes after creation,
 * and has a lock. A shape owns its derived shapes; those do not refer back, so there is no cycle.
 */
#include "record/shape.h"

#include "record/constants.h"
#include "record/layout.h"
#include "record/wire.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

enum { SHAPE_FORMAT = 1, SHAPE_MAX_SLOTS = 4096, SHAPE_MAX_DERIVED = 256 };

struct derived {
    char *key; /* '+' or '-' and the path */
    struct shape *shape;
};

struct shape {
    atomic_uint refs;
    char *dataset;
    char *instance;
    struct slot *slots; /* paths are owned */
    uint32_t n_slots;
    struct constants *constants;
    struct layout layout;
    uint64_t hash;
    pthread_mutex_t lock; /* of the two below */
    struct derived *derived;
    size_t n_derived;
};

static void
slot_init(struct slot *slot, char *path, uint16_t type)
{
    const char *star = strchr(path, '*');
    *slot = (struct slot){.path = path, .type = type};
    if (star == NULL)
        return;
    slot->flags = SLOT_FAMILY;
    slot->star = (uint32_t)(star - path);
}

static struct shape *
shape_empty(const char *dataset, const char *instance, uint32_t n_slots,
            struct constants *constants)
{
    struct shape *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    atomic_init(&s->refs, 1);
    pthread_mutex_init(&s->lock, NULL);
    s->dataset = strdup(dataset);
    s->instance = strdup(instance);
    s->slots = calloc(n_slots + 1u, sizeof *s->slots);
    s->constants = constants_ref(constants);
    if (s->dataset != NULL && s->instance != NULL && s->slots != NULL)
        return s;
    shape_unref(s);
    return NULL;
}

static bool
shape_add_slot(struct shape *s, const char *path, size_t path_len, uint16_t type)
{
    char *copy = strndup(path, path_len);
    if (copy == NULL)
        return false;
    slot_init(&s->slots[s->n_slots++], copy, type);
    return true;
}

/* Compiles what has been put together. Consumes s on failure. */
static struct shape *
shape_finish(struct shape *s, bool complete)
{
    CLEANUP(buf_free) struct buf encoded = {0};
    if (complete && layout_build(s->slots, s->n_slots, s->constants, &s->layout) == 0 &&
        shape_encode(s, &encoded) == 0) {
        s->hash = util_hash(encoded.data, encoded.len);
        return s;
    }
    shape_unref(s);
    return NULL;
}

struct shape *
shape_new(const struct mh_dataset *dataset, const char *instance, const char *extra_path,
          uint16_t extra_type, struct constants *constants)
{
    struct shape *s = shape_empty(dataset->name, instance, dataset->n_fields + 1, constants);
    if (s == NULL)
        return NULL;
    const char *field = (const char *)dataset->fields;
    bool ok = true;
    for (uint32_t i = 0; ok && i < dataset->n_fields; i++, field += dataset->field_stride) {
        const struct mh_field *f = (const struct mh_field *)(const void *)field;
        ok = shape_add_slot(s, f->name, strlen(f->name), f->type);
    }
    if (ok && extra_path != NULL)
        ok = shape_add_slot(s, extra_path, strlen(extra_path), extra_type);
    return shape_finish(s, ok);
}

struct shape *
shape_ref(struct shape *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void
shape_unref(struct shape *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < s->n_derived; i++) {
        free(s->derived[i].key);
        shape_unref(s->derived[i].shape);
    }
    free(s->derived);
    for (uint32_t i = 0; i < s->n_slots; i++)
        free((char *)s->slots[i].path);
    free(s->slots);
    layout_free(&s->layout);
    constants_unref(s->constants);
    pthread_mutex_destroy(&s->lock);
    free(s->dataset);
    free(s->instance);
    free(s);
}

const char *
shape_dataset(const struct shape *s)
{
    return s->dataset;
}

const char *
shape_instance(const struct shape *s)
{
    return s->instance;
}

uint32_t
shape_n_slots(const struct shape *s)
{
    return s->n_slots;
}

const struct slot *
shape_slot(const struct shape *s, uint32_t i)
{
    return &s->slots[i];
}

const struct constants *
shape_constants(const struct shape *s)
{
    return s->constants;
}

const struct layout *
shape_layout(const struct shape *s)
{
    return &s->layout;
}

uint64_t
shape_hash(const struct shape *s)
{
    return s->hash;
}

/* A copy with other constants and room for one slot more. */
static struct shape *
shape_copy(const struct shape *s, struct constants *constants)
{
    struct shape *copy = shape_empty(s->dataset, s->instance, s->n_slots + 1, constants);
    for (uint32_t i = 0; copy != NULL && i < s->n_slots; i++) {
        const struct slot *slot = &s->slots[i];
        if (shape_add_slot(copy, slot->path, strlen(slot->path), slot->type))
            continue;
        shape_unref(copy);
        return NULL;
    }
    return copy;
}

static bool
slot_is_placed(const struct layout *layout, uint32_t slot)
{
    for (uint32_t i = 0; i < layout->n_nodes; i++)
        if (layout->nodes[i].slot == slot)
            return true;
    return false;
}

static int
make_with_slot(struct shape *s, const char *path, size_t path_len, struct shape **ret)
{
    if (path_len == 0 || memchr(path, '*', path_len) != NULL || s->n_slots >= SHAPE_MAX_SLOTS)
        return -EINVAL;
    struct shape *made = shape_copy(s, s->constants);
    if (made == NULL)
        return -ENOMEM;
    made = shape_finish(made, shape_add_slot(made, path, path_len, 0));
    if (made == NULL)
        return -ENOMEM;
    if (!slot_is_placed(&made->layout, made->n_slots - 1)) {
        shape_unref(made);
        return -EINVAL;
    }
    *ret = made;
    return 0;
}

static int
make_without(struct shape *s, const char *path, size_t path_len, struct shape **ret)
{
    struct constants *constants = constants_without(s->constants, path, path_len);
    if (constants == NULL)
        return -ENOMEM;
    struct shape *made = shape_copy(s, constants);
    constants_unref(constants);
    if (made != NULL)
        made = shape_finish(made, true);
    *ret = made;
    return made != NULL ? 0 : -ENOMEM;
}

static struct shape *
derived_find(const struct shape *s, const char *key)
{
    for (size_t i = 0; i < s->n_derived; i++)
        if (strcmp(s->derived[i].key, key) == 0)
            return shape_ref(s->derived[i].shape);
    return NULL;
}

/* Keeps a derived shape for the next record. Not keeping it (no memory, too many) costs time only.
 */
static void
derived_keep(struct shape *s, char **key, struct shape *made)
{
    if (s->n_derived >= SHAPE_MAX_DERIVED)
        return;
    struct derived *grown = realloc(s->derived, (s->n_derived + 1) * sizeof *grown);
    if (grown == NULL)
        return;
    s->derived = grown;
    s->derived[s->n_derived++] = (struct derived){.key = take(*key), .shape = shape_ref(made)};
}

static int
derive(struct shape *s, char kind, const char *path, size_t path_len, struct shape **ret)
{
    CLEANUP_FREE char *key = util_printf("%c%.*s", kind, (int)path_len, path);
    if (key == NULL)
        return -ENOMEM;
    int r = 0;
    pthread_mutex_lock(&s->lock);
    *ret = derived_find(s, key);
    if (*ret == NULL) {
        r = kind == '+' ? make_with_slot(s, path, path_len, ret)
                        : make_without(s, path, path_len, ret);
        if (r == 0)
            derived_keep(s, &key, *ret);
    }
    pthread_mutex_unlock(&s->lock);
    return r;
}

int
shape_derive_slot(struct shape *s, const char *path, size_t path_len, struct shape **ret)
{
    return derive(s, '+', path, path_len, ret);
}

int
shape_derive_without(struct shape *s, const char *path, size_t path_len, struct shape **ret)
{
    return derive(s, '-', path, path_len, ret);
}

int
shape_encode(const struct shape *s, struct buf *to)
{
    wire_put_u64(to, SHAPE_FORMAT);
    wire_put_text(to, s->dataset, strlen(s->dataset));
    wire_put_text(to, s->instance, strlen(s->instance));
    wire_put_u64(to, s->n_slots);
    for (uint32_t i = 0; i < s->n_slots; i++) {
        wire_put_text(to, s->slots[i].path, strlen(s->slots[i].path));
        wire_put_u64(to, s->slots[i].type);
    }
    wire_put_u64(to, constants_count(s->constants));
    for (size_t i = 0; i < constants_count(s->constants); i++) {
        const struct constant *c = constants_at(s->constants, i);
        wire_put_text(to, c->path, strlen(c->path));
        wire_put_value(to, &c->value);
    }
    return to->failed ? -ENOMEM : 0;
}

/* Reads one constant's value; an array's members go to *members, which the caller frees. */
static struct mh_value
get_constant_value(struct wire_reader *r, struct mh_value **members)
{
    uint8_t type = wire_get_byte(r);
    if (type != MH_VALUE_ARRAY)
        return wire_get_scalar(r, type);
    struct mh_value array = {.type = MH_VALUE_ARRAY};
    uint64_t n = wire_get_u64(r);
    if (n > (uint64_t)(r->end - r->at)) {
        r->failed = true;
        return array;
    }
    *members = calloc(n + 1, sizeof **members);
    if (*members == NULL)
        r->failed = true;
    for (uint64_t i = 0; i < n && !r->failed; i++)
        (*members)[array.len++] = wire_get_scalar(r, wire_get_byte(r));
    array.u.a = *members;
    return array;
}

static struct constants *
decode_constants(struct wire_reader *r)
{
    uint64_t n = wire_get_u64(r);
    struct constants *set = constants_new();
    for (uint64_t i = 0; i < n && !r->failed && set != NULL; i++) {
        CLEANUP_FREE struct mh_value *members = NULL;
        uint32_t path_len;
        const char *path = wire_get_text(r, &path_len);
        struct mh_value value = get_constant_value(r, &members);
        struct constants *bigger = r->failed ? NULL : constants_with(set, path, path_len, &value);
        constants_unref(set);
        set = bigger;
    }
    return set;
}

static bool
decode_slots(struct wire_reader *r, struct shape *s, uint64_t n)
{
    for (uint64_t i = 0; i < n && !r->failed; i++) {
        uint32_t path_len;
        const char *path = wire_get_text(r, &path_len);
        uint64_t type = wire_get_u64(r);
        if (r->failed || type > MH_TYPE_FLATTENED || memchr(path, '\0', path_len) != NULL ||
            !shape_add_slot(s, path, path_len, (uint16_t)type))
            return false;
    }
    return !r->failed;
}

/* Reads dataset, instance and slots into a shape that has no constants yet. */
static struct shape *
decode_head(struct wire_reader *r)
{
    uint32_t dataset_len, instance_len;
    if (wire_get_u64(r) != SHAPE_FORMAT)
        return NULL;
    const char *dataset_text = wire_get_text(r, &dataset_len);
    const char *instance_text = wire_get_text(r, &instance_len);
    uint64_t n_slots = wire_get_u64(r);
    CLEANUP_FREE char *dataset = strndup(dataset_text, dataset_len);
    CLEANUP_FREE char *instance = strndup(instance_text, instance_len);
    struct constants *none = constants_new();
    struct shape *s = NULL;
    if (!r->failed && n_slots <= SHAPE_MAX_SLOTS && dataset != NULL && instance != NULL &&
        none != NULL)
        s = shape_empty(dataset, instance, (uint32_t)n_slots, none);
    constants_unref(none);
    if (s == NULL || decode_slots(r, s, n_slots))
        return s;
    shape_unref(s);
    return NULL;
}

int
shape_decode(const uint8_t *bytes, size_t len, struct shape **ret)
{
    struct wire_reader r = {.at = bytes, .end = bytes + len};
    struct shape *s = decode_head(&r);
    if (s == NULL)
        return -EBADMSG;
    struct constants *constants = decode_constants(&r);
    if (constants == NULL || r.failed || r.at != r.end) {
        constants_unref(constants);
        shape_unref(s);
        return -EBADMSG;
    }
    constants_unref(s->constants);
    s->constants = constants;
    *ret = shape_finish(s, true);
    return *ret != NULL ? 0 : -ENOMEM;
}
