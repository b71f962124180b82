/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.h - how a record becomes text: JSON on one line, JSON for human readers, or a format of the
 * operator's. Both outputs have the same keys for it.
 */
#ifndef OUTPUT_FILE_CODEC_H
#define OUTPUT_FILE_CODEC_H

#include <metrichost/host.h>

#include "format_string.h"
#include "json_write.h"

#include <metrichost/schema.h>

struct codec {
    struct format_string *format; /* NULL: JSON */
    bool pretty;                  /* JSON over several lines */
    bool escape_html;
    struct json_text json; /* scratch of the pretty form */
};

/* The codec's keys in a plugin's schema. */
#define CODEC_KEYS                                                                                 \
    {"codec.json.pretty", "false", NULL, "Lays each document out over several lines.",             \
     MH_KEY_BOOL,         0},                                                                      \
        {"codec.json.escape_html",                                                                 \
         "false",                                                                                  \
         NULL,                                                                                     \
         "Writes <, > and & in texts as \\u003c, \\u003e and \\u0026.",                            \
         MH_KEY_BOOL,                                                                              \
         0},                                                                                       \
    {                                                                                              \
        "codec.format.string", NULL, NULL,                                                         \
            "Writes a line of this form instead of JSON, for example '%{[@timestamp]} "            \
            "%{[container.name]:-}'.",                                                             \
            MH_KEY_STRING, 0                                                                       \
    }

/* [control] Reads the keys. On an error nothing is left to free. */
int32_t codec_init(struct codec *codec, const struct mh_host *host, const struct mh_config *config);
void codec_free(struct codec *codec);

/* [worker] Replaces the content of `line` by the record's text with its line end. False: out of
 * memory. */
bool codec_encode(struct codec *codec, struct json_text *line, const struct mh_record_ops *ops,
                  const struct mh_record *record);

#endif
