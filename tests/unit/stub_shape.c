/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_shape.c - stands in for record/shape.c. The encoded form is the name with a mark before it.
 */
#include "stub_shape.h"

#include <errno.h>
#include <stdatomic.h>

#define MARK 'S'

struct shape {
    atomic_int refs;
    char *name;
};

static atomic_int n_alive;

static struct shape *
new_shape(const char *name, size_t len)
{
    struct shape *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->name = strndup(name, len);
    if (s->name == NULL) {
        free(s);
        return NULL;
    }
    atomic_store(&s->refs, 1);
    atomic_fetch_add(&n_alive, 1);
    return s;
}

struct shape *
stub_shape_new(const char *name)
{
    return new_shape(name, strlen(name));
}

const char *
stub_shape_name(const struct shape *s)
{
    return s->name;
}

int
stub_shapes_alive(void)
{
    return atomic_load(&n_alive);
}

struct shape *
shape_ref(struct shape *s)
{
    atomic_fetch_add(&s->refs, 1);
    return s;
}

void
shape_unref(struct shape *s)
{
    if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    free(s->name);
    free(s);
    atomic_fetch_sub(&n_alive, 1);
}

const char *
shape_instance(const struct shape *s)
{
    return s->name;
}

const char *
shape_dataset(const struct shape *s)
{
    return s->name;
}

int
shape_encode(const struct shape *s, struct buf *to)
{
    buf_add_char(to, MARK);
    buf_add_text(to, s->name);
    return to->failed ? -ENOMEM : 0;
}

int
shape_decode(const uint8_t *bytes, size_t len, struct shape **ret)
{
    if (len < 1 || bytes[0] != MARK || memchr(bytes, '\0', len) != NULL)
        return -EBADMSG;
    *ret = new_shape((const char *)bytes + 1, len - 1);
    return *ret == NULL ? -ENOMEM : 0;
}

uint64_t
shape_hash(const struct shape *s)
{
    return util_hash(s->name, strlen(s->name));
}
