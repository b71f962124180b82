/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - a record as one line of JSON, for the host's own files (dead letters) and for tests. */
#ifndef MH_RECORD_JSON_H
#define MH_RECORD_JSON_H

#include "record/batch.h"

/* Appends the document with "@timestamp" first, without a line end. A failure shows in to->failed.
 */
void record_to_json(const struct mh_record *record, struct buf *to);
/* Appends one scalar. */
void value_to_json(const struct mh_value *value, struct buf *to);

#endif
