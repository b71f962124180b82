/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - the choice of output and queue, for settings.c.
 */
#ifndef MH_CONFIG_OUTPUT_H
#define MH_CONFIG_OUTPUT_H

#include "config/config.h"

/* Sets output and output_name; they stay NULL when the configuration names none. Returns 0, -EINVAL
 * or -ENOMEM. */
int output_choose(struct settings *s, struct diagnostics *d);
/* Sets queue_in_memory. Returns 0 or -EINVAL. */
int queue_choose(struct settings *s, struct diagnostics *d);

#endif
