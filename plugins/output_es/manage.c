/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manage.c - the steps of the index management. Each looks first, then writes only what is missing
 * or differs, and says what it did. A step that is refused names the privilege that it needs; the
 * next ones are tried all the same, so that one run shows all.
 */
#include "manage.h"

#include <errno.h>

#include "json.h"
#include "path.h"
#include "support.h"
#include "template.h"

/* What an answer to a management request is. */
struct reply {
    int status;
    struct http_response response;
};

static void
reply_free(struct reply *r)
{
    http_response_free(&r->response);
}

static void
tell(const struct management *m, uint32_t result, const char *name, const char *text)
{
    m->report->step(m->report->ctx, 1, result, name, text);
}

static void
tell_error(struct management *m, const char *name, const char *text)
{
    m->n_failed++;
    tell(m, MH_STEP_ERROR, name, text);
}

/* The server's own reason; {"error":{"reason":...}} or {"error":"..."}. */
static void
add_reason(struct json_text *to, const struct http_response *response)
{
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    const char *reason;
    if (reader == NULL || response->body == NULL ||
        json_parse(reader, response->body, response->body_len) != 0)
        return;
    reason = json_get_text(json_root(reader), "error.reason");
    if (reason == NULL)
        reason = json_get_text(json_root(reader), "error");
    if (reason != NULL)
        json_add_format(to, ": %.400s", reason);
}

/* A request that failed by its status. privilege: what it takes. */
static void
tell_status(struct management *m, const char *name, const char *what, const struct reply *r,
            const char *privilege)
{
    CLEANUP(json_text_free) struct json_text text = {0};
    json_add_format(&text, "%s: HTTP status %d", what, r->status);
    if (r->status == 401)
        json_add_literal(&text, ": check user, password or key");
    if (r->status == 403)
        json_add_format(&text, ": the user or key lacks %s", privilege);
    add_reason(&text, &r->response);
    json_terminate(&text);
    tell_error(m, name, text.failed ? what : text.data);
}

/* Sends; a failure of the connection ends the whole management. 0 or -errno. */
static int
request(struct management *m, const char *name, const char *method, const char *path,
        const struct json_text *body, struct reply *ret)
{
    struct http_error error;
    int code = client_json(m->client, method, path, body == NULL ? NULL : body->data,
                           body == NULL ? 0 : body->len, m->deadline_ns, &ret->response, &error);
    ret->status = ret->response.status;
    if (code == 0)
        return 0;
    m->code = code;
    tell_error(m, name, error.text);
    return code;
}

/* ---- policy ---- */

/* ISM takes an update only with the numbers of what it replaces. */
static int
policy_path(struct management *m, struct json_text *path)
{
    CLEANUP(json_freep) struct json *reader = NULL;
    int64_t seq = -1, term = -1;
    const char *prefix = m->features->ism ? "/_plugins/_ism/policies/" : "/_ilm/policy/";
    if (path_of(path, prefix, m->o->policy_name, NULL) != 0)
        return -ENOMEM;
    if (!m->features->ism || m->features->policy == NULL)
        return 0;
    reader = json_new(NULL);
    if (reader != NULL &&
        json_parse(reader, m->features->policy, strlen(m->features->policy)) == 0) {
        json_get_int64(json_root(reader), "_seq_no", &seq);
        json_get_int64(json_root(reader), "_primary_term", &term);
    }
    json_add_format(path, "?if_seq_no=%lld&if_primary_term=%lld", (long long)seq, (long long)term);
    return json_terminate(path) == NULL ? -ENOMEM : 0;
}

static int
put_policy(struct management *m, const char *name)
{
    CLEANUP(json_text_free) struct json_text path = {0};
    CLEANUP(json_text_free) struct json_text body = {0};
    CLEANUP(reply_free) struct reply reply = {0};
    int code = policy_write(&body, m->o, m->features);
    if (code == -EINVAL) {
        tell_error(m, name, "setup.ilm.policy_file cannot be read, or is not JSON");
        return 0;
    }
    if (code != 0 || policy_path(m, &path) != 0)
        return -ENOMEM;
    code = request(m, name, "PUT", path.data, &body, &reply);
    if (code != 0)
        return code;
    if (reply.status >= 300)
        tell_status(m, name, "PUT of the policy", &reply,
                    m->features->ism ? "cluster:admin/opendistro/ism/policy/write"
                                     : "the cluster privilege manage_ilm");
    else
        tell(m, m->features->policy_exists ? MH_STEP_UPDATED : MH_STEP_CREATED, name, NULL);
    return 0;
}

static int
manage_policy(struct management *m)
{
    CLEANUP(json_text_free) struct json_text name = {0};
    const struct features *f = m->features;
    json_add_format(&name, "lifecycle policy %s", m->o->policy_name);
    if (json_terminate(&name) == NULL)
        return -ENOMEM;
    if (!m->o->policy_enabled)
        tell(m, MH_STEP_SKIPPED, name.data, "setup.ilm.enabled is false");
    else if (!m->o->check_exists)
        tell(m, MH_STEP_SKIPPED, name.data, "setup.ilm.check_exists is false");
    else if (f->server.serverless)
        tell(m, MH_STEP_SKIPPED, name.data, "serverless: the data stream has its own lifecycle");
    else if (!f->ilm && !f->ism)
        tell(m, MH_STEP_SKIPPED, name.data, "this server has no lifecycle policies");
    else if (m->mode == TARGET_DAILY || m->mode == TARGET_CUSTOM)
        tell(m, MH_STEP_SKIPPED, name.data, "the target does not roll over");
    else if (f->policy_exists && !m->o->policy_overwrite && !m->force)
        tell(m, MH_STEP_UNCHANGED, name.data, NULL);
    else
        return put_policy(m, name.data);
    return 0;
}

/* ---- template ---- */

static bool
has_composable(const struct management *m)
{
    return m->features->server.opensearch || server_at_least(&m->features->server, 7, 8);
}

/* The hash that an existing template carries is looked for as text: its place differs between kinds
 * of servers and templates. */
static bool
carries_hash(const struct http_response *response, const char *hash)
{
    return response->body != NULL && strstr(response->body, hash) != NULL;
}

/* Whether what exists is left alone. */
static bool
keep_template(struct management *m, const char *name, const struct reply *there, const char *hash)
{
    if (there->status != 200 || m->force)
        return false;
    if (m->only_missing && !m->o->template_overwrite)
        return true;
    if (!carries_hash(&there->response, hash))
        return false;
    tell(m, MH_STEP_UNCHANGED, name, NULL);
    return true;
}

static int
put_template(struct management *m, const char *name, const char *path, const struct json_text *body,
             bool exists)
{
    CLEANUP(reply_free) struct reply reply = {0};
    int code = request(m, name, "PUT", path, body, &reply);
    if (code != 0)
        return code;
    if (reply.status >= 300)
        tell_status(m, name, "PUT of the template", &reply,
                    "the cluster privilege manage_index_templates");
    else
        tell(m, exists ? MH_STEP_UPDATED : MH_STEP_CREATED, name,
             exists ? "new fields take effect with the next index: at rollover" : NULL);
    return 0;
}

static int
sync_template(struct management *m, const struct template_kind *kind, const char *template_name)
{
    CLEANUP(json_text_free) struct json_text name = {0};
    CLEANUP(json_text_free) struct json_text path = {0};
    CLEANUP(json_text_free) struct json_text body = {0};
    CLEANUP(reply_free) struct reply there = {0};
    char hash[17] = "";
    int code;
    json_add_format(&name, "index template %s", template_name);
    if (json_terminate(&name) == NULL ||
        path_of(&path, kind->legacy ? "/_template/" : "/_index_template/", template_name, NULL) !=
            0)
        return -ENOMEM;
    code = template_write(&body, m->o, m->catalogue, m->features, kind, hash);
    if (code == -EINVAL)
        tell_error(m, name.data, "setup.template.json.path cannot be read, or is not JSON");
    if (code != 0)
        return code == -EINVAL ? 0 : code;
    code = request(m, name.data, "GET", path.data, NULL, &there);
    if (code != 0)
        return code;
    if (there.status == 403 || there.status == 401) {
        tell_status(m, name.data, "GET of the template", &there,
                    "the cluster privilege manage_index_templates");
        return 0;
    }
    if (keep_template(m, name.data, &there, hash))
        return 0;
    return put_template(m, name.data, path.data, &body, there.status == 200);
}

static int
manage_template(struct management *m, bool late)
{
    struct template_kind kind = {
        .mode = late ? TARGET_STREAM : m->mode, .legacy = !has_composable(m), .late = late};
    CLEANUP_FREE char *name = template_name_of(m->o, &kind);
    if (name == NULL)
        return -ENOMEM;
    if (!m->o->template_enabled) {
        tell(m, MH_STEP_SKIPPED, "index template", "setup.template.enabled is false");
        return 0;
    }
    return sync_template(m, &kind, name);
}

/* ---- target ---- */

static int
put_stream(struct management *m, const char *stream)
{
    CLEANUP(json_text_free) struct json_text name = {0};
    CLEANUP(json_text_free) struct json_text path = {0};
    CLEANUP(reply_free) struct reply reply = {0};
    int code;
    json_add_format(&name, "data stream %s", stream);
    if (json_terminate(&name) == NULL || path_of(&path, "/_data_stream/", stream, NULL) != 0)
        return -ENOMEM;
    code = request(m, name.data, "PUT", path.data, NULL, &reply);
    if (code != 0)
        return code;
    if (reply.status < 300)
        tell(m, MH_STEP_CREATED, name.data, NULL);
    else if (reply.status == 400 && reply.response.body != NULL &&
             strstr(reply.response.body, "resource_already_exists") != NULL)
        tell(m, MH_STEP_UNCHANGED, name.data, NULL);
    else
        tell_status(m, name.data, "PUT of the data stream", &reply,
                    "the index privilege create_index (or manage) on it");
    return 0;
}

static int
manage_stream(struct management *m)
{
    CLEANUP(json_text_free) struct json_text name = {0};
    json_add_format(&name, "data stream %s", m->o->target);
    if (json_terminate(&name) == NULL)
        return -ENOMEM;
    if (m->features->stream_exists) {
        if (!m->only_missing)
            tell(m, MH_STEP_UNCHANGED, name.data, NULL);
        return 0;
    }
    if (!m->o->template_enabled || (m->o->own_template && !m->o->own_template_stream)) {
        tell(m, MH_STEP_SKIPPED, name.data, "its template is not managed here");
        return 0;
    }
    return put_stream(m, m->o->target);
}

/* "<alias-{now/d}-000001>": the server puts the day in. */
static int
first_index_path(struct management *m, struct json_text *path)
{
    CLEANUP(json_text_free) struct json_text index = {0};
    json_add_format(&index, "<%s-%s>", m->o->rollover_alias,
                    m->o->rollover_pattern == NULL ? "{now/d}-000001" : m->o->rollover_pattern);
    return json_terminate(&index) == NULL ? -ENOMEM : path_of(path, "/", index.data, NULL);
}

static int
put_first_index(struct management *m, const char *name)
{
    CLEANUP(json_text_free) struct json_text path = {0};
    CLEANUP(json_text_free) struct json_text body = {0};
    CLEANUP(reply_free) struct reply reply = {0};
    int code;
    json_add_literal(&body, "{\"aliases\":{");
    json_add_string(&body, m->o->rollover_alias, strlen(m->o->rollover_alias));
    json_add_literal(&body, ":{\"is_write_index\":true}}}");
    if (first_index_path(m, &path) != 0 || body.failed)
        return -ENOMEM;
    code = request(m, name, "PUT", path.data, &body, &reply);
    if (code != 0)
        return code;
    if (reply.status < 300)
        tell(m, MH_STEP_CREATED, name, NULL);
    else if (reply.response.body != NULL &&
             strstr(reply.response.body, "resource_already_exists") != NULL)
        tell(m, MH_STEP_UNCHANGED, name, "made by somebody else in this moment");
    else
        tell_status(m, name, "PUT of the first index", &reply, "the index privilege manage on it");
    return 0;
}

static int
manage_alias(struct management *m)
{
    CLEANUP(json_text_free) struct json_text name = {0};
    CLEANUP(json_text_free) struct json_text path = {0};
    CLEANUP(reply_free) struct reply alias = {0};
    CLEANUP(reply_free) struct reply index = {0};
    int code;
    json_add_format(&name, "alias %s", m->o->rollover_alias);
    if (json_terminate(&name) == NULL ||
        path_of(&path, "/_alias/", m->o->rollover_alias, NULL) != 0)
        return -ENOMEM;
    if ((code = request(m, name.data, "GET", path.data, NULL, &alias)) != 0)
        return code;
    if (alias.status == 200) {
        if (!m->only_missing)
            tell(m, MH_STEP_UNCHANGED, name.data, NULL);
        return 0;
    }
    if (path_of(&path, "/", m->o->rollover_alias, NULL) != 0)
        return -ENOMEM;
    if ((code = request(m, name.data, "HEAD", path.data, NULL, &index)) != 0)
        return code;
    if (index.status == 200) {
        tell_error(m, name.data,
                   "an index of that name exists, but it is not an alias: remove or rename it");
        return 0;
    }
    return put_first_index(m, name.data);
}

static int
manage_target(struct management *m)
{
    switch (m->mode) {
    case TARGET_STREAM:
        return manage_stream(m);
    case TARGET_ALIAS:
        return manage_alias(m);
    case TARGET_DAILY:
        if (!m->only_missing)
            tell(m, MH_STEP_SKIPPED, "data stream",
                 "this server has none: there will be an index a day");
        return 0;
    default:
        if (!m->only_missing)
            tell(m, MH_STEP_SKIPPED, "data stream", "the index depends on the document");
        return 0;
    }
}

static int
manage_late(struct management *m)
{
    int code;
    if (m->o->late_index == NULL || m->mode != TARGET_STREAM || !m->o->time_series)
        return 0;
    code = manage_template(m, true);
    return code != 0 ? code : put_stream(m, m->o->late_index);
}

int
manage(struct management *m)
{
    int code;
    if ((code = manage_policy(m)) != 0 || (code = manage_template(m, false)) != 0 ||
        (code = manage_target(m)) != 0 || (code = manage_late(m)) != 0) {
        if (code == -ENOMEM)
            tell_error(m, "index management", "no memory");
        return code;
    }
    return m->n_failed == 0 ? 0 : -EACCES;
}
