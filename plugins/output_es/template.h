/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.h - the bodies that setup sends: index template, lifecycle policy, first index of an
 * alias.
 */
#ifndef OUTPUT_ES_TEMPLATE_H
#define OUTPUT_ES_TEMPLATE_H

#include <metrichost/ext/catalogue.h>

#include "group.h"
#include "json_write.h"
#include "options.h"
#include "target.h"

/* What a template is for. */
struct template_kind {
    enum target_mode mode;
    bool legacy; /* PUT /_template, of servers before 7.8 */
    bool late;   /* of o->late_index: the same without time series */
};

/* Appends the body. It holds a hash of itself in mappings._meta.hash, by which a later setup sees
 * whether it is still right; the hash is copied to ret_hash (17 bytes). Returns 0, -ENOMEM, or
 * -EINVAL when the user's own template cannot be read. */
int template_write(struct json_text *to, const struct es_options *o,
                   const struct mh_catalogue_v1 *catalogue, const struct features *f,
                   const struct template_kind *kind, char *ret_hash);
/* Name of the template. NULL: no memory. The caller frees. */
char *template_name_of(const struct es_options *o, const struct template_kind *kind);

/* Appends the lifecycle policy, in ILM's or ISM's form. Returns 0, -ENOMEM or -EINVAL
 * (setup.ilm.policy_file). */
int policy_write(struct json_text *to, const struct es_options *o, const struct features *f);

/* Reads a JSON file of the user's. 0, or -errno (-EBADMSG: it is not JSON). */
int template_read_file(const char *path, struct json_text *to);

#endif
