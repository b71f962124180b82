/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processors.h - a chain of processors that batches pass in order. The global chain is shared by
 * all inputs; calls to one processor never overlap, and one that only sets constants costs nothing
 * per batch.
 */
#ifndef MH_PROCESSORS_H
#define MH_PROCESSORS_H

#include "pipeline/instance.h"

struct registry;

struct processor {
    struct instance instance; /* first */
    pthread_mutex_t call;
    atomic_uint *generation; /* grows when its constants change */
    bool running;
    bool failing;
};

struct processors {
    struct processor **list;
    size_t n;
};

/* Appends one from its configuration: a map with one member, `name: options`. Loads the plugin and
 * calls create. generation is counted up whenever its constants change. Findings go to the
 * diagnostics. Returns 0, -EINVAL or -ENOMEM. Control thread. */
int processors_add(struct processors *chain, const struct mh_config *node,
                   struct registry *registry, atomic_uint *generation,
                   const struct instance_env *env, struct diagnostics *d);
/* One that fails to start is logged and left out; the others go on. */
void processors_start(struct processors *chain);
void processors_run(struct processors *chain, struct mh_batch *batch);
void processors_stop(struct processors *chain);
void processors_free(struct processors *chain);

/* base with the constants of the chain over it. Consumes base. NULL: no memory. */
struct constants *processors_constants(struct processors *chain, struct constants *base);

#endif
