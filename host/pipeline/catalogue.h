/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogue.h - all dataset schemas of the installed plugins, and the fields that the host adds to
 * every document. What `setup`, `export` and the manual are made from. Immutable after creation.
 */
#ifndef MH_CATALOGUE_H
#define MH_CATALOGUE_H

#include <metrichost/ext/catalogue.h>
#include <metrichost/plugin.h>

#include "util/util.h"

struct registry;

/* The table over this registry's plugins, made at the first call and kept until exit. Opens every
 * installed plugin that is not refused; one that cannot be opened is left out with a log line.
 * NULL: no memory. Thread-safe. */
const struct mh_catalogue_v1 *catalogue_table(struct registry *registry);

/* Held around every use of the registry, which is not thread-safe, once workers run. Recursive. */
void registry_lock(void);
void registry_unlock(void);

/* The fields of the envelope: the dataset named "". */
extern const struct mh_dataset catalogue_common;

#endif
