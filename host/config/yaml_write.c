/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_write.c - nodes as YAML, through libyaml's emitter.
 */
#include "config/yaml.h"

#include <errno.h>
#include <yaml.h>

static int
append(void *data, unsigned char *bytes, size_t size)
{
    struct buf *to = data;
    buf_add(to, bytes, size);
    return to->failed ? 0 : 1;
}

static bool
emit_text(yaml_emitter_t *e, const char *text, bool quoted)
{
    yaml_event_t event;
    return yaml_scalar_event_initialize(
               &event, NULL, NULL, (yaml_char_t *)text, (int)strlen(text), !quoted, 1,
               quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE) &&
           yaml_emitter_emit(e, &event);
}

static bool
emit_node(yaml_emitter_t *e, const struct mh_config *node)
{
    yaml_event_t event;
    bool is_map = node->kind == MH_NODE_MAP;
    if (node->kind == MH_NODE_NULL)
        return emit_text(e, "null", false);
    if (node->kind == MH_NODE_SCALAR)
        return emit_text(e, node->text, (node->flags & NODE_QUOTED) != 0);
    int made = is_map ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                                            YAML_BLOCK_MAPPING_STYLE)
                      : yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                             YAML_BLOCK_SEQUENCE_STYLE);
    if (!made || !yaml_emitter_emit(e, &event))
        return false;
    for (size_t i = 0; i < node->n_members; i++)
        if ((is_map && !emit_text(e, node->members[i].key, false)) ||
            !emit_node(e, node->members[i].node))
            return false;
    made = is_map ? yaml_mapping_end_event_initialize(&event)
                  : yaml_sequence_end_event_initialize(&event);
    return made && yaml_emitter_emit(e, &event);
}

static bool
emit_document(yaml_emitter_t *e, const struct mh_config *node)
{
    yaml_event_t event;
    return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) &&
           yaml_emitter_emit(e, &event) &&
           yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) &&
           yaml_emitter_emit(e, &event) && emit_node(e, node) &&
           yaml_document_end_event_initialize(&event, 1) && yaml_emitter_emit(e, &event) &&
           yaml_stream_end_event_initialize(&event) && yaml_emitter_emit(e, &event);
}

int
yaml_write(const struct mh_config *node, struct buf *to)
{
    yaml_emitter_t e;
    if (!yaml_emitter_initialize(&e))
        return -ENOMEM;
    yaml_emitter_set_output(&e, append, to);
    yaml_emitter_set_unicode(&e, 1);
    yaml_emitter_set_width(&e, -1);
    bool good = emit_document(&e, node);
    yaml_emitter_delete(&e);
    return good ? 0 : to->failed ? -ENOMEM : -EIO;
}
