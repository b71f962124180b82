/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepare.c - asks the first server that answers what it can do, and puts template, policy and
 * target in place when they are missing and the key may do that. A key that may only write is
 * enough: then they are taken to be there.
 */
#include "prepare.h"

#include <errno.h>

#include "manage.h"
#include "support.h"
#include "target.h"

static enum outcome
fail(struct worker *w, int code, const struct http_error *error)
{
    if (code == -ECANCELED)
        return OUTCOME_CANCELED;
    json_text_reset(&w->words);
    json_add_literal(&w->words, code == -ENOMEM ? "no memory" : error->text);
    json_terminate(&w->words);
    return OUTCOME_FAILED;
}

/* What is created goes to the log; the first step that fails is remembered. */
struct listener {
    struct worker *w;
    char problem[512];
};

static void
on_step(void *ctx, uint32_t depth, uint32_t result, const char *name, const char *text)
{
    struct listener *l = ctx;
    (void)depth;
    if (result == MH_STEP_CREATED || result == MH_STEP_UPDATED)
        mh_log(l->w->host, MH_LOG_INFO, "%s: %s", name,
               result == MH_STEP_CREATED ? "created" : "updated");
    if (result == MH_STEP_ERROR && l->problem[0] == '\0')
        snprintf(l->problem, sizeof l->problem, "%s: %s", name, text == NULL ? "failed" : text);
}

static void
on_write(void *ctx, const char *bytes, size_t len)
{
    (void)ctx;
    (void)bytes;
    (void)len;
}

/* Puts in place what is missing. Only a server that went away in between is a failure: what the key
 * may not do, an operator did or will. */
static enum outcome
put_in_place(struct worker *w, struct client *client, const struct features *features,
             uint64_t deadline_ns)
{
    struct listener listener = {.w = w};
    struct mh_report_v1 report = {&listener, on_step, on_write};
    struct management m = {
        .o = w->o,
        .catalogue = w->host->get_interface(w->host, MH_EXT_CATALOGUE),
        .client = client,
        .features = features,
        .mode = target_mode_of(w->o, features),
        .report = &report,
        .only_missing = true,
        .deadline_ns = deadline_ns,
    };
    struct http_error error = {0};
    if (m.catalogue == NULL || !w->o->template_enabled || !w->o->check_exists || manage(&m) == 0)
        return OUTCOME_OK;
    if (m.code != 0) {
        snprintf(error.text, sizeof error.text, "%s", listener.problem);
        return fail(w, m.code, &error);
    }
    mh_log(w->host, MH_LOG_WARNING,
           "%s; sending goes on. Run `metrichost setup` once with a key that may do this",
           listener.problem);
    return OUTCOME_OK;
}

static enum outcome
prepare(struct worker *w, struct client *client, uint64_t deadline_ns)
{
    CLEANUP(features_free) struct features features = {0};
    struct http_error error = {0};
    enum outcome outcome;
    int code = features_ask(w->o, client, deadline_ns, &features, &error);
    if (code != 0)
        return fail(w, code, &error);
    outcome = put_in_place(w, client, &features, deadline_ns);
    if (outcome == OUTCOME_OK)
        group_set_target(w->group, target_mode_of(w->o, &features));
    return outcome;
}

enum outcome
prepare_target(struct worker *w, struct client *client, uint64_t deadline_ns)
{
    enum outcome outcome = OUTCOME_OK;
    if (group_target(w->group) != TARGET_UNKNOWN)
        return OUTCOME_OK;
    group_lock_preparation(w->group);
    if (group_target(w->group) == TARGET_UNKNOWN)
        outcome = prepare(w, client, deadline_ns);
    group_unlock_preparation(w->group);
    return outcome;
}
