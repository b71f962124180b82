/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/ext/catalogue.h - "metrichost.catalogue/1", provided by the host: every dataset that the installed plugins
 * declare, and the fields that the host itself adds to every document. `setup` and `export` work from it.
 *
 * Frozen.
 */
#ifndef METRICHOST_EXT_CATALOGUE_H
#define METRICHOST_EXT_CATALOGUE_H

#include <metrichost/schema.h>

#define MH_EXT_CATALOGUE "metrichost.catalogue/1"

struct mh_catalogue_v1 {
    /* [control, worker] Number of datasets. The catalogue does not change while the instance lives. */
    uint32_t (*n_datasets)(const void *priv);
    /* [control, worker] Dataset number i; valid until exit. Its field_stride is sizeof (struct mh_field) of ABI 1.0 or more.
     * The first dataset, named "", holds the fields common to all documents (@timestamp, agent.*, host.*, event.*, ...). */
    const struct mh_dataset *(*dataset)(const void *priv, uint32_t i);
    const void *priv; /* pass to both */
};

#endif
