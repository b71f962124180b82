/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.c - reading the codec's keys and applying them. See codec.h.
 */
#include "codec.h"

#include "indent.h"

#include <errno.h>

static int32_t
read_flag(const struct mh_host *host, const struct mh_config *config, const char *key, bool *ret)
{
    int32_t truth = 0;
    int32_t rc = host->config->get_bool(config, key, &truth);
    *ret = truth != 0;
    return rc;
}

static int32_t
read_format(struct codec *codec, const struct mh_host *host, const struct mh_config *config)
{
    const char *key = "codec.format.string";
    const char *text = NULL;
    const char *problem;
    int32_t rc = host->config->get_string(config, key, &text);

    if (rc != MH_OK || text == NULL)
        return rc;
    if (host->config->find(config, "codec.json") != NULL)
        return mh_config_error(host, config, key,
                               "and codec.json cannot both be set; remove one of them");
    switch (format_string_compile(text, &codec->format, &problem)) {
    case 0:
        format_string_allow_missing(codec->format);
        return MH_OK;
    case -EINVAL:
        return mh_config_error(host, config, key, "%s", problem);
    default:
        return MH_ERR_NOMEM;
    }
}

int32_t
codec_init(struct codec *codec, const struct mh_host *host, const struct mh_config *config)
{
    int32_t rc;
    *codec = (struct codec){0};
    rc = read_flag(host, config, "codec.json.pretty", &codec->pretty);
    if (rc == MH_OK)
        rc = read_flag(host, config, "codec.json.escape_html", &codec->escape_html);
    if (rc == MH_OK)
        rc = read_format(codec, host, config);
    codec->json.escape_html = codec->escape_html;
    return rc;
}

void
codec_free(struct codec *codec)
{
    format_string_free(codec->format);
    json_text_free(&codec->json);
    *codec = (struct codec){0};
}

static void
encode_pretty(struct codec *codec, struct json_text *line, const struct mh_record_ops *ops,
              const struct mh_record *record)
{
    json_text_reset(&codec->json);
    if (json_write_record(&codec->json, ops, record) != 0)
        line->failed = true;
    else
        indent_json(line, codec->json.data, codec->json.len);
}

bool
codec_encode(struct codec *codec, struct json_text *line, const struct mh_record_ops *ops,
             const struct mh_record *record)
{
    json_text_reset(line);
    line->escape_html = codec->escape_html;
    if (codec->format != NULL)
        format_string_add(codec->format, line, ops, record, NULL);
    else if (codec->pretty)
        encode_pretty(codec, line, ops, record);
    else if (json_write_record(line, ops, record) != 0)
        line->failed = true;
    json_add_literal(line, "\n");
    return !line->failed;
}
