/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.c - index templates and lifecycle policies for every kind of server.
 */
#include "template.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "json.h"
#include "mapping.h"
#include "settings.h"
#include "support.h"

#define MAX_FILE ((size_t)16 << 20)

int
template_read_file(const char *path, struct json_text *to)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    char piece[8192];
    ssize_t n = 0;
    if (fd < 0)
        return -errno;
    while (to->len < MAX_FILE && (n = read(fd, piece, sizeof piece)) > 0)
        json_add(to, piece, (size_t)n);
    if (n < 0)
        return -errno;
    if (reader == NULL || json_terminate(to) == NULL)
        return -ENOMEM;
    return json_parse(reader, to->data, to->len) == 0 ? 0 : -EBADMSG;
}

char *
template_name_of(const struct es_options *o, const struct template_kind *kind)
{
    return strdup(kind->late ? o->late_index : o->template_name);
}

/* ---- settings ---- */

static void
set_limits(struct settings *s)
{
    settings_set(s, "index.mapping.total_fields.limit", "10000");
    settings_set(
        s, "index.query.default_field",
        "[\"message\",\"tags\",\"agent.name\",\"container.id\",\"container.name\",\"host.name\"]");
    settings_set_text(s, "index.refresh_interval", "5s");
}

/* Settings of storage belong to the operator's side of the server, which serverless does not have.
 */
static void
set_storage(struct settings *s)
{
    settings_set(s, "index.number_of_shards", "1");
    settings_set_text(s, "index.codec", "best_compression");
    settings_set(s, "index.max_docvalue_fields_search", "200");
}

static void
set_lifecycle(struct settings *s, const struct es_options *o, const struct features *f,
              enum target_mode mode)
{
    if (f->ilm && mode != TARGET_DAILY)
        settings_set_text(s, "index.lifecycle.name", o->policy_name);
    if (f->ilm && mode == TARGET_ALIAS)
        settings_set_text(s, "index.lifecycle.rollover_alias", o->rollover_alias);
    if (f->ism && mode == TARGET_ALIAS)
        settings_set_text(s, "index.plugins.index_state_management.rollover_alias",
                          o->rollover_alias);
}

static void
set_time_series(struct settings *s, const struct mh_catalogue_v1 *catalogue)
{
    CLEANUP(json_text_free) struct json_text routing = {0};
    mapping_write_routing(&routing, catalogue);
    settings_set_text(s, "index.mode", "time_series");
    settings_set(s, "index.routing_path", json_terminate(&routing));
}

static void
settings_freep(struct settings **s)
{
    settings_free(*s);
}

static int
write_settings(struct json_text *to, const struct es_options *o,
               const struct mh_catalogue_v1 *catalogue, const struct features *f,
               const struct template_kind *kind)
{
    CLEANUP(settings_freep) struct settings *s = settings_new();
    struct dialect dialect = dialect_of(o, &f->server);
    if (s == NULL)
        return -ENOMEM;
    set_limits(s);
    if (!f->server.serverless)
        set_storage(s);
    set_lifecycle(s, o, f, kind->mode);
    if (dialect.time_series && !kind->late && kind->mode == TARGET_STREAM)
        set_time_series(s, catalogue);
    settings_merge(s, o, "setup.template.settings");
    return settings_write(s, to);
}

/* ---- template ---- */

static uint64_t
fnv1a(const char *bytes, size_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static void
write_pattern(struct json_text *to, const struct es_options *o, const struct template_kind *kind)
{
    const char *pattern = kind->late ? o->late_index : o->template_pattern;
    bool open =
        (kind->mode == TARGET_ALIAS || kind->mode == TARGET_DAILY) && strchr(pattern, '*') == NULL;
    CLEANUP(json_text_free) struct json_text name = {0};
    json_add_format(&name, "%s%s", pattern, open ? "-*" : "");
    json_add_literal(to, "\"index_patterns\":[");
    json_add_string(to, name.data == NULL ? "" : name.data, name.len);
    json_add_literal(to, "]");
}

/* Everything but the hash: what it is computed over. */
static int
write_mappings(struct json_text *to, const struct es_options *o,
               const struct mh_catalogue_v1 *catalogue, const struct features *f,
               const struct template_kind *kind)
{
    struct dialect dialect = dialect_of(o, &f->server);
    dialect.time_series = dialect.time_series && !kind->late && kind->mode == TARGET_STREAM;
    return mapping_write(to, o, catalogue, &dialect);
}

/* {"index_patterns":..,"priority":..,"data_stream":{},"template":{"settings":..,"mappings":..}};
 * the legacy form has settings and mappings at its top. */
static void
write_envelope(struct json_text *to, const struct es_options *o, const struct features *f,
               const struct template_kind *kind, const struct json_text *settings,
               const struct json_text *mappings, const char *hash)
{
    json_add_literal(to, "{");
    write_pattern(to, o, kind);
    if (kind->legacy)
        json_add_format(to, ",\"order\":%" PRId64 ",", o->template_order);
    else
        json_add_format(to, ",\"priority\":%" PRId64 "%s,\"template\":{", o->template_priority,
                        kind->mode == TARGET_STREAM ? ",\"data_stream\":{}" : "");
    json_add_literal(to, "\"settings\":");
    json_add(to, settings->data, settings->len);
    json_add_format(to,
                    ",\"mappings\":{\"_meta\":{\"managed_by\":\"metrichost\",\"version\":\"%s\","
                    "\"hash\":\"%s\"},",
                    o->host->version == NULL ? "0" : o->host->version, hash);
    json_add(to, mappings->data, mappings->len);
    json_add_literal(to, "}");
    if (f->server.serverless && kind->mode == TARGET_STREAM && o->policy_enabled) {
        json_add_literal(to, ",\"lifecycle\":{");
        if (o->delete_after != NULL)
            json_add_format(to, "\"data_retention\":\"%s\"", o->delete_after);
        json_add_literal(to, "}");
    }
    json_add_literal(to, kind->legacy ? "}" : "}}");
}

static int
write_own_template(struct json_text *to, const struct es_options *o, char *ret_hash)
{
    int code = template_read_file(o->template_path, to);
    if (code == 0)
        snprintf(ret_hash, 17, "%016" PRIx64, fnv1a(to->data, to->len));
    return code == 0 || code == -ENOMEM ? code : -EINVAL;
}

int
template_write(struct json_text *to, const struct es_options *o,
               const struct mh_catalogue_v1 *catalogue, const struct features *f,
               const struct template_kind *kind, char *ret_hash)
{
    CLEANUP(json_text_free) struct json_text settings = {0};
    CLEANUP(json_text_free) struct json_text mappings = {0};
    CLEANUP(json_text_free) struct json_text whole = {0};
    if (o->own_template && !kind->late)
        return write_own_template(to, o, ret_hash);
    if (write_settings(&settings, o, catalogue, f, kind) != 0 ||
        write_mappings(&mappings, o, catalogue, f, kind) != 0)
        return -ENOMEM;
    write_envelope(&whole, o, f, kind, &settings, &mappings, "");
    snprintf(ret_hash, 17, "%016" PRIx64, fnv1a(whole.data, whole.len));
    write_envelope(to, o, f, kind, &settings, &mappings, ret_hash);
    return whole.failed || to->failed ? -ENOMEM : 0;
}

/* ---- policies ---- */

static void
write_ilm(struct json_text *to, const struct es_options *o, const struct features *f)
{
    json_add_format(to,
                    "{\"policy\":{\"phases\":{\"hot\":{\"actions\":{\"rollover\":{\"max_age\":"
                    "\"30d\",\"%s\":\"50gb\"}}}",
                    server_at_least(&f->server, 7, 13) ? "max_primary_shard_size" : "max_size");
    if (o->delete_after != NULL)
        json_add_format(to, ",\"delete\":{\"min_age\":\"%s\",\"actions\":{\"delete\":{}}}",
                        o->delete_after);
    json_add_literal(to, "}}}");
}

static void
write_ism(struct json_text *to, const struct es_options *o, const struct features *f)
{
    const char *suffix = f->streams || strchr(o->template_pattern, '*') != NULL ? "" : "-*";
    json_add_literal(to, "{\"policy\":{\"description\":\"metrichost\",\"default_state\":\"hot\","
                         "\"states\":[{\"name\":\"hot\","
                         "\"actions\":[{\"rollover\":{\"min_index_age\":\"30d\",\"min_size\":"
                         "\"50gb\"}}],\"transitions\":[");
    if (o->delete_after != NULL)
        json_add_format(to,
                        "{\"state_name\":\"delete\",\"conditions\":{\"min_rollover_age\":\"%s\"}}]}"
                        ",{\"name\":\"delete\","
                        "\"actions\":[{\"delete\":{}}],\"transitions\":[",
                        o->delete_after);
    json_add_format(
        to, "]}],\"ism_template\":[{\"index_patterns\":[\"%s%s\"],\"priority\":%" PRId64 "}]}}",
        o->template_pattern, suffix, o->template_priority);
}

int
policy_write(struct json_text *to, const struct es_options *o, const struct features *f)
{
    if (o->policy_path != NULL) {
        int code = template_read_file(o->policy_path, to);
        return code == 0 || code == -ENOMEM ? code : -EINVAL;
    }
    if (f->server.opensearch)
        write_ism(to, o, f);
    else
        write_ilm(to, o, f);
    return to->failed ? -ENOMEM : 0;
}
