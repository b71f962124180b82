/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapping.h - the Elasticsearch mapping of all fields that the installed plugins declare.
 */
#ifndef OUTPUT_ES_MAPPING_H
#define OUTPUT_ES_MAPPING_H

#include <metrichost/ext/catalogue.h>

#include "json_write.h"
#include "options.h"
#include "server.h"

/* Which parts of a mapping a server understands. */
struct dialect {
    const char *flattened;   /* type of a map of labels: "flattened", "flat_object" or NULL: such a
                                field is kept, not searched */
    bool meta;               /* takes unit and metric type as metadata of a field */
    bool time_series_metric; /* takes them as parameters */
    bool time_series;        /* the target is a time series stream: dimensions are marked */
};

struct dialect dialect_of(const struct es_options *o, const struct server *server);

/* Appends the members of a mappings object, without braces:
 * "date_detection":false,"dynamic_templates":[...],"properties":{...}. Returns 0 or -ENOMEM. */
int mapping_write(struct json_text *to, const struct es_options *o,
                  const struct mh_catalogue_v1 *catalogue, const struct dialect *dialect);

/* Appends ["path",...]: the keyword dimensions, which route a time series. */
void mapping_write_routing(struct json_text *to, const struct mh_catalogue_v1 *catalogue);
/* Appends a list of all fields as YAML: name, type, unit, metric type, dimension, description. */
void mapping_write_fields(struct json_text *to, const struct mh_catalogue_v1 *catalogue);

/* Calls fn for every field of the catalogue, until it returns non-zero; returns that. */
int mapping_each_field(const struct mh_catalogue_v1 *catalogue,
                       int (*fn)(void *ctx, const struct mh_dataset *dataset,
                                 const struct mh_field *field),
                       void *ctx);

#endif
