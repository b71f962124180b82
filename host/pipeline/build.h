/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.h - from the configuration to instances that are created and not yet started: what `run`, a
 * reload and `test config` have in common. Every finding goes to the diagnostics; one wrong block
 * does not hide the others.
 */
#ifndef MH_BUILD_H
#define MH_BUILD_H

#include "pipeline/input.h"
#include "pipeline/output.h"

struct registry;

struct built {
    struct processors *processors; /* the global chain */
    struct input **inputs;
    size_t n_inputs;
    struct output *output; /* NULL with without_output */
};

struct build_env {
    struct registry *registry;
    struct input_env *input;
    struct output_env *output;
    bool without_output;
    bool without_inputs; /* nor processors */
    /* A module whose plugin is installed and refused is left out, and the others go on: for a
     * start, where an old plugin file must not take down everything. Not for a reload, which keeps
     * what runs. A processor is never left out: it may be there to take something out of the
     * records. */
    bool leave_out_refused;
};

/* Returns 0, -EINVAL when there were findings of weight, or -ENOMEM; then *ret is empty. Control
 * thread. */
int build_all(struct settings *s, const struct build_env *env, struct diagnostics *d,
              struct built *ret);
void built_free(struct built *b);

#endif
