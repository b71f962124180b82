/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - what all datasets share: the container's identity, and values that may be unknown. */
#include "metrics.h"
#include "support.h"

#include <math.h>

void
emit_count(const struct emitter *emitter, struct mh_record *record, uint32_t field, uint64_t value)
{
    if (value <= INT64_MAX)
        mh_set_int(emitter->host, record, field, (int64_t)value);
}

void
emit_double(const struct emitter *emitter, struct mh_record *record, uint32_t field, double value)
{
    if (isfinite(value))
        mh_set_double(emitter->host, record, field, value);
}

void
emit_member(const struct emitter *emitter, struct mh_record *record, uint32_t field,
            const char *key, size_t key_len, const struct mh_value *value)
{
    emitter->host->record->put(record, field, key, (uint32_t)key_len, value);
}

void
emit_text(const struct emitter *emitter, struct mh_record *record, uint32_t field, const char *text)
{
    mh_set_text(emitter->host, record, field, text);
}

void
emit_labels(const struct emitter *emitter, struct mh_record *record, uint32_t field,
            const struct label *labels, size_t n_labels)
{
    for (size_t n = 0; n < n_labels; n++) {
        struct mh_value value = mh_text(labels[n].value, strlen(labels[n].value));
        emit_member(emitter, record, field, labels[n].key, strlen(labels[n].key), &value);
    }
}

struct mh_record *
emit_container_record(const struct emitter *emitter, enum dataset dataset,
                      const struct container *container)
{
    struct mh_record *record =
        emitter->host->record->add(emitter->batch, (uint32_t)dataset, emitter->timestamp_ns);
    if (record == NULL)
        return NULL;
    emit_text(emitter, record, FIELD_ID, container->id);
    emit_text(emitter, record, FIELD_NAME, container->name);
    emit_text(emitter, record, FIELD_IMAGE, container->image);
    emit_text(emitter, record, FIELD_RUNTIME, "docker");
    emit_labels(emitter, record, FIELD_LABELS, container->labels, container->n_labels);
    return record;
}
