/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_setup.c - reads the target of the documents and what is to be managed for it: template,
 * policy, alias.
 *
 * Names may hold %{[agent.version]} and the like, which stand for the daemon here, because no
 * record is at hand in `setup`.
 */
#include "options.h"

#include "format_string.h"
#include "support.h"

static const char *
lookup_daemon(void *ctx, const char *path)
{
    const struct es_options *o = ctx;
    static const char *const versions[] = {"agent.version", "beat.version", "observer.version"};
    for (size_t i = 0; i < COUNT_OF(versions); i++)
        if (strcmp(versions[i], path) == 0)
            return o->host->version;
    return strcmp(path, "agent.type") == 0 || strcmp(path, "agent.name") == 0 ? "metrichost" : NULL;
}

/* Expands a name. *ret NULL with MH_OK: it depends on the record or the time. */
static int32_t
expand(struct es_options *o, const char *path, const char *text, bool must_be_static, char **ret)
{
    struct format_string *format = NULL;
    struct json_text name = {0};
    const char *problem = NULL;
    int code = format_string_compile(text, &format, &problem);
    *ret = NULL;
    if (problem != NULL)
        return mh_config_error(o->host, o->config, path, "%s", problem);
    if (code != 0)
        return MH_ERR_NOMEM;
    code = strstr(text, "%{+") != NULL
               ? -1
               : format_string_add_with(format, &name, lookup_daemon, o, 0, NULL);
    format_string_free(format);
    if (code == 0) {
        if (json_terminate(&name) == NULL)
            return MH_ERR_NOMEM;
        *ret = name.data;
        return MH_OK;
    }
    json_text_free(&name);
    if (must_be_static)
        return mh_config_error(o->host, o->config, path, "may only hold %%{[agent.version]}");
    return MH_OK;
}

static int32_t
expand_option(struct es_options *o, const char *path, const char *fallback, char **ret)
{
    const char *text = es_text(o, path);
    int32_t code = MH_OK;
    if (text != NULL)
        return expand(o, path, text, true, ret);
    *ret = fallback == NULL ? NULL : strdup(fallback);
    if (fallback != NULL && *ret == NULL)
        code = MH_ERR_NOMEM;
    return code;
}

static void
make_lower(char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text |= 0x20;
}

static char *
default_target(const struct es_options *o)
{
    const char *version = o->host->version == NULL ? "0" : o->host->version;
    size_t size = sizeof "metrichost-" + strlen(version);
    char *target = malloc(size);
    if (target != NULL)
        snprintf(target, size, "metrichost-%s", version);
    return target;
}

/* An index that depends on time or record is written as it says; a template for it must be named,
 * as its pattern is unknown. */
static int32_t
read_target(struct es_options *o)
{
    const char *index = es_text(o, "index");
    int32_t code = index == NULL ? MH_OK : expand(o, "index", index, false, &o->target);
    if (code != MH_OK)
        return code;
    o->own_index = index != NULL && o->target == NULL;
    if (o->own_index && es_bool(o, "setup.template.enabled") &&
        (es_text(o, "setup.template.name") == NULL || es_text(o, "setup.template.pattern") == NULL))
        return mh_config_error(o->host, o->config, "index",
                               "setup.template.name and setup.template.pattern have to be set if "
                               "index name is modified");
    if (o->target == NULL && !o->own_index && (o->target = default_target(o)) == NULL)
        return MH_ERR_NOMEM;
    make_lower(o->target);
    return MH_OK;
}

static int32_t
read_late_index(struct es_options *o)
{
    int32_t code = expand_option(o, "late_index", NULL, &o->late_index);
    if (code != MH_OK || o->late_index != NULL || !o->time_series || o->target == NULL)
        return code;
    o->late_index = malloc(strlen(o->target) + sizeof "-late");
    if (o->late_index == NULL)
        return MH_ERR_NOMEM;
    snprintf(o->late_index, strlen(o->target) + sizeof "-late", "%s-late", o->target);
    return MH_OK;
}

static int32_t
read_template(struct es_options *o)
{
    const char *fallback = o->target == NULL ? "metrichost" : o->target;
    int32_t code = expand_option(o, "setup.template.name", fallback, &o->template_name);
    if (code == MH_OK)
        code = expand_option(o, "setup.template.pattern", fallback, &o->template_pattern);
    o->template_enabled = es_bool(o, "setup.template.enabled");
    o->template_overwrite = es_bool(o, "setup.template.overwrite");
    o->template_priority = es_int(o, "setup.template.priority");
    o->template_order = es_int(o, "setup.template.order");
    o->own_template = es_bool(o, "setup.template.json.enabled");
    o->own_template_stream = es_bool(o, "setup.template.json.data_stream");
    o->template_path = es_text(o, "setup.template.json.path");
    if (code == MH_OK && o->own_template && o->template_path == NULL)
        code = mh_config_error(o->host, o->config, "setup.template.json.path", "is missing");
    if (code == MH_OK && o->own_template && es_text(o, "setup.template.json.name") != NULL) {
        free(o->template_name);
        code = expand_option(o, "setup.template.json.name", NULL, &o->template_name);
    }
    return code;
}

static int32_t
read_policy(struct es_options *o)
{
    const char *enabled = es_text(o, "setup.ilm.enabled");
    o->policy_enabled = enabled == NULL || strcmp(enabled, "false") != 0;
    if (enabled != NULL && strcmp(enabled, "true") != 0 && strcmp(enabled, "false") != 0 &&
        strcmp(enabled, "auto") != 0)
        return mh_config_error(o->host, o->config, "setup.ilm.enabled",
                               "must be true, false or auto");
    o->check_exists = es_bool(o, "setup.ilm.check_exists");
    o->policy_overwrite = es_bool(o, "setup.ilm.overwrite");
    o->policy_path = es_text(o, "setup.ilm.policy_file");
    o->delete_after = es_text(o, "setup.ilm.delete_after");
    o->rollover_pattern = es_text(o, "setup.ilm.pattern");
    if (o->delete_after != NULL &&
        strspn(o->delete_after, "0123456789") + 1 != strlen(o->delete_after))
        return mh_config_error(o->host, o->config, "setup.ilm.delete_after",
                               "must be an age such as 90d or 12h");
    return expand_option(o, "setup.ilm.policy_name", "metrichost", &o->policy_name);
}

int32_t
es_options_read_setup(struct es_options *o)
{
    int32_t code;
    o->time_series = es_bool(o, "setup.template.time_series");
    if ((code = read_target(o)) != MH_OK || (code = read_late_index(o)) != MH_OK ||
        (code = read_template(o)) != MH_OK || (code = read_policy(o)) != MH_OK)
        return code;
    return expand_option(o, "setup.ilm.rollover_alias", o->target, &o->rollover_alias);
}
