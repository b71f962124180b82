/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepare.c - asks the first server that answers what it can do, and puts template, policy and
 * target in place when they are missing and the key may do that. A key that may only write is
 * enough: then they are taken to be there.
 */
#include "prepare.h"

#include <errno.h>

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

static enum outcome
prepare(struct worker *w, struct client *client, uint64_t deadline_ns)
{
    CLEANUP(features_free) struct features features = {0};
    struct http_error error = {0};
    int code = features_ask(w->o, client, deadline_ns, &features, &error);
    if (code != 0)
        return fail(w, code, &error);
    group_set_target(w->group, target_mode_of(w->o, &features));
    return OUTCOME_OK;
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
