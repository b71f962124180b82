/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_shape.h - shapes for tests of the queue: a name and a reference count. The queue must not
 * look inside a shape, so a stub is all it needs, and the tests can count what it forgets to
 * release.
 */
#ifndef STUB_SHAPE_H
#define STUB_SHAPE_H

#include "record/shape.h"

struct shape *stub_shape_new(const char *name);
const char *stub_shape_name(const struct shape *s);
/* Shapes that exist now, over all threads. */
int stub_shapes_alive(void);

#endif
