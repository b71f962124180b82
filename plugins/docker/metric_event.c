/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metric_event.c - docker.event: one record an event.
 *
 * New engines no longer send id, status and from; they are filled from what is still there, for the
 * kinds of object for which old engines sent them.
 */
#include "json.h"
#include "metrics.h"
#include "support.h"

static const char *
first_text(const struct json_node *event, const char *path, const char *instead)
{
    const char *text = json_get_text(event, path);
    if (text == NULL)
        text = json_get_text(event, instead);
    return text;
}

static void
emit_attributes(const struct emitter *emitter, struct mh_record *record,
                const struct json_node *event)
{
    struct label *attributes;
    size_t n;
    if (labels_read(json_at(event, "Actor.Attributes"), emitter->settings->dedot, &attributes, &n) <
        0)
        return;
    emit_labels(emitter, record, EVENT_ATTRIBUTES, attributes, n);
    labels_free(attributes, n);
}

static void
emit_old_names(const struct emitter *emitter, struct mh_record *record,
               const struct json_node *event, const char *type)
{
    if (type == NULL || (strcmp(type, "container") != 0 && strcmp(type, "image") != 0))
        return;
    emit_text(emitter, record, EVENT_ID, first_text(event, "id", "Actor.ID"));
    emit_text(emitter, record, EVENT_STATUS, first_text(event, "status", "Action"));
    emit_text(emitter, record, EVENT_FROM, first_text(event, "from", "Actor.Attributes.image"));
}

void
emit_event(const struct emitter *emitter, const struct json_node *event)
{
    const char *type = json_get_text(event, "Type");
    struct mh_record *record =
        emitter->host->record->add(emitter->batch, DATASET_EVENT, emitter->timestamp_ns);
    if (record == NULL)
        return;
    emit_old_names(emitter, record, event, type);
    emit_text(emitter, record, EVENT_TYPE, type);
    emit_text(emitter, record, EVENT_ACTION, json_get_text(event, "Action"));
    emit_text(emitter, record, EVENT_ACTOR_ID, json_get_text(event, "Actor.ID"));
    emit_attributes(emitter, record, event);
}
