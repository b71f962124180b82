/* SPDX-License-Identifier: Apache-2.0 */
/* metric_image.c - docker.image: one record an image. */
#include "json.h"
#include "metrics.h"
#include "support.h"

static void
emit_tags(const struct emitter *emitter, struct mh_record *record, const struct json_node *tags)
{
    emitter->host->record->append(record, IMAGE_TAGS, NULL);
    if (tags == NULL || tags->type != JSON_ARRAY)
        return;
    for (const struct json_node *m = tags->members.first; m != NULL; m = m->next) {
        struct mh_value value = {0};
        if (m->type != JSON_STRING)
            continue;
        value = mh_text(m->text.bytes, m->text.len);
        emitter->host->record->append(record, IMAGE_TAGS, &value);
    }
}

static void
emit_image_labels(const struct emitter *emitter, struct mh_record *record,
                  const struct json_node *image)
{
    struct label *labels;
    size_t n_labels;
    if (labels_read(json_at(image, "Labels"), emitter->settings->dedot, &labels, &n_labels) < 0)
        return;
    emit_labels(emitter, record, IMAGE_LABELS, labels, n_labels);
    labels_free(labels, n_labels);
}

static void
emit_image(const struct emitter *emitter, const struct json_node *image)
{
    int64_t created_s = 0, size, virtual_size;
    const char *id = json_get_text(image, "Id");
    struct mh_record *record;
    if (id == NULL)
        return;
    record = emitter->host->record->add(emitter->batch, DATASET_IMAGE, emitter->timestamp_ns);
    if (record == NULL)
        return;
    emit_text(emitter, record, IMAGE_ID, id);
    emit_text(emitter, record, IMAGE_PARENT, json_get_text(image, "ParentId"));
    if (json_get_int64(image, "Created", &created_s) && created_s > 0 &&
        created_s < INT64_MAX / 1000000000)
        mh_set_date(emitter->host, record, IMAGE_CREATED, created_s * 1000000000);
    if (json_get_int64(image, "Size", &size)) {
        mh_set_int(emitter->host, record, IMAGE_SIZE, size);
        if (!json_get_int64(image, "VirtualSize", &virtual_size) || virtual_size <= 0)
            virtual_size = size;
        mh_set_int(emitter->host, record, IMAGE_SIZE_VIRTUAL, virtual_size);
    }
    emit_tags(emitter, record, json_at(image, "RepoTags"));
    emit_image_labels(emitter, record, image);
}

void
emit_images(const struct emitter *emitter, const struct json_node *images)
{
    if (images == NULL || images->type != JSON_ARRAY)
        return;
    for (const struct json_node *m = images->members.first; m != NULL; m = m->next)
        emit_image(emitter, m);
}
