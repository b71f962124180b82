/* SPDX-License-Identifier: Apache-2.0 */
/* deliver.h - what an output worker does between start and stop. */
#ifndef MH_DELIVER_H
#define MH_DELIVER_H

#include "pipeline/output.h"

struct mh_output_limits;

/* Takes, writes and settles until the output's phase says to end. */
void deliver_until_stopped(struct output_worker *w);
/* The plugin's present limits, or the defaults. */
void output_limits(struct output_worker *w, struct mh_output_limits *ret);

#endif
