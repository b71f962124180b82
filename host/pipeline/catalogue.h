/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogue.h - all dataset schemas of the installed plugins, and the fields that the host adds to every document.
 * What `setup`, `export` and the manual are made from. Immutable after creation.
 */
#ifndef MH_CATALOGUE_H
#define MH_CATALOGUE_H

#include <metrichost/ext/catalogue.h>
#include <metrichost/plugin.h>

#include "util/util.h"

struct registry;
struct catalogue {
    struct mh_catalogue_v1 table; /* priv points back here */
    const struct mh_dataset **datasets;
    uint32_t n;
};

/* Opens every installed plugin that is not refused; one that cannot be opened is left out with a log line. NULL: no memory.
 * Control thread. The registry must outlive it. */
struct catalogue *catalogue_new(struct registry *registry);
void catalogue_free(struct catalogue *c); /* NULL is fine */

/* The fields of the envelope: the dataset named "". */
extern const struct mh_dataset catalogue_common;

#endif
