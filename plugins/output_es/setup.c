/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup.c - `setup` and `export`: the index management on the first host that answers, and its
 * artefacts on paper.
 */
#include "setup.h"

#include <errno.h>

#include "indent.h"
#include "manage.h"
#include "mapping.h"
#include "support.h"
#include "template.h"

static const struct mh_catalogue_v1 *
catalogue_of(const struct worker *w)
{
    return w->host->get_interface(w->host, MH_EXT_CATALOGUE);
}

/* The first host that answers. NULL: none did; each was told. */
static struct client *
first_host(struct worker *w, const struct mh_report_v1 *report, uint64_t deadline_ns,
           struct features *features)
{
    for (size_t i = 0; i < w->o->n_endpoints; i++) {
        struct http_error error;
        int code = features_ask(w->o, w->clients[i], deadline_ns, features, &error);
        if (code == 0)
            return w->clients[i];
        report->step(report->ctx, 0, MH_STEP_ERROR, client_name(w->clients[i]),
                     code == -ENOMEM ? "no memory" : error.text);
        features_free(features);
    }
    return NULL;
}

static const char *
product_name(const struct server *server)
{
    if (!server->known)
        return "unknown (the key may not ask)";
    return server->opensearch   ? "OpenSearch"
           : server->serverless ? "Elasticsearch serverless"
                                : "Elasticsearch";
}

static int32_t
manage_indices(struct worker *w, const struct mh_report_v1 *report, bool force,
               uint64_t deadline_ns)
{
    CLEANUP(features_free) struct features features = {0};
    CLEANUP(json_text_free) struct json_text heading = {0};
    struct management m = {.o = w->o,
                           .catalogue = catalogue_of(w),
                           .features = &features,
                           .report = report,
                           .force = force,
                           .deadline_ns = deadline_ns};
    if (m.catalogue == NULL)
        return mh_fail(w->host, MH_ERR_UNSUPPORTED, "this host offers no catalogue of fields");
    m.client = first_host(w, report, deadline_ns, &features);
    if (m.client == NULL)
        return mh_fail(w->host, MH_ERR_RETRY, "none of the hosts answered");
    m.mode = target_mode_of(w->o, &features);
    json_add_format(&heading, "%s: %s %s", client_name(m.client), product_name(&features.server),
                    features.server.version);
    report->step(report->ctx, 0, MH_STEP_GROUP,
                 json_terminate(&heading) == NULL ? "" : heading.data, NULL);
    if (manage(&m) == 0)
        return MH_OK;
    return mh_fail(w->host, MH_ERR_RETRY, "%u steps of the index management failed", m.n_failed);
}

int32_t
setup_run(void *self, const struct mh_report_v1 *report, uint32_t flags, uint64_t deadline_ns)
{
    struct worker *w = self;
    uint32_t parts = flags & (MH_SETUP_INDEX_MANAGEMENT | MH_SETUP_DASHBOARDS);
    int32_t code = MH_OK;
    if (parts == 0 || (parts & MH_SETUP_INDEX_MANAGEMENT) != 0)
        code = manage_indices(w, report, (flags & MH_SETUP_FORCE) != 0, deadline_ns);
    if (parts == 0 || (parts & MH_SETUP_DASHBOARDS) != 0)
        report->step(report->ctx, 0, MH_STEP_SKIPPED, "dashboards", "none are installed");
    return code;
}

/* ---- export ---- */

static int32_t
write_json(struct worker *w, const struct mh_report_v1 *report, int code,
           const struct json_text *json)
{
    CLEANUP(json_text_free) struct json_text pretty = {0};
    if (code == -EINVAL)
        return mh_fail(w->host, MH_ERR_CONFIG,
                       "the file that is named for it cannot be read, or is not JSON");
    if (code == 0)
        indent_json(&pretty, json->data, json->len);
    json_add_literal(&pretty, "\n");
    if (code != 0 || pretty.failed)
        return MH_ERR_NOMEM;
    report->write(report->ctx, pretty.data, pretty.len);
    return MH_OK;
}

/* What a server of this version would be found to offer. */
static void
assume(const struct server *server, struct features *f)
{
    f->server = *server;
    f->ism = server->opensearch;
    f->ilm = !server->opensearch && !server->serverless;
    f->streams = server->opensearch || server_at_least(server, 7, 9);
}

static int32_t
export_template(struct worker *w, const struct mh_report_v1 *report, const struct features *f)
{
    CLEANUP(json_text_free) struct json_text body = {0};
    struct template_kind kind = {.mode = target_mode_of(w->o, f),
                                 .legacy =
                                     !f->server.opensearch && !server_at_least(&f->server, 7, 8)};
    char hash[17];
    int code = template_write(&body, w->o, catalogue_of(w), f, &kind, hash);
    return write_json(w, report, code, &body);
}

static int32_t
export_policy(struct worker *w, const struct mh_report_v1 *report, const struct features *f)
{
    CLEANUP(json_text_free) struct json_text body = {0};
    return write_json(w, report, policy_write(&body, w->o, f), &body);
}

static int32_t
export_fields(struct worker *w, const struct mh_report_v1 *report)
{
    CLEANUP(json_text_free) struct json_text fields = {0};
    mapping_write_fields(&fields, catalogue_of(w));
    if (fields.failed)
        return MH_ERR_NOMEM;
    report->write(report->ctx, fields.data, fields.len);
    return MH_OK;
}

int32_t
setup_export(void *self, const struct mh_report_v1 *report, const char *what, const char *version)
{
    struct worker *w = self;
    struct features features = {0};
    struct server server;
    if (catalogue_of(w) == NULL)
        return mh_fail(w->host, MH_ERR_UNSUPPORTED, "this host offers no catalogue of fields");
    if (!server_of_version(version, &server))
        return mh_fail(w->host, MH_ERR_CONFIG,
                       "'%s' is no version; 8.10.3, opensearch-2.19.1 and serverless are", version);
    assume(&server, &features);
    if (strcmp(what, "template") == 0)
        return export_template(w, report, &features);
    if (strcmp(what, "ilm-policy") == 0)
        return export_policy(w, report, &features);
    if (strcmp(what, "fields") == 0)
        return export_fields(w, report);
    return mh_fail(w->host, MH_ERR_UNSUPPORTED, "known are template, ilm-policy and fields");
}
