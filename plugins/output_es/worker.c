/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.c - makes an instance, and takes a batch from host to host until one has answered.
 */
#include "worker.h"

#include <errno.h>

#include "prepare.h"
#include "support.h"

/* Small answers that can still be counted: a status for each document, words only for errors. */
#define BULK_PATH                                                                                  \
    "/_bulk?filter_path=errors,error.type,error.reason,items.*.status,items.*.error.type,items.*." \
    "error.reason"

void
worker_count(const struct worker *w, const char *name, int64_t n)
{
    if (w->statistics != NULL && n != 0)
        w->statistics->add(w->host, name, n);
}

void
worker_free(struct worker *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; w->clients != NULL && i < w->o->n_endpoints; i++)
        client_free(w->clients[i]);
    free(w->clients);
    group_leave(w->group);
    selector_free(w->index);
    selector_free(w->daily);
    selector_free(w->pipeline);
    body_free(w->body);
    free(w->bulk_path);
    free(w->fates);
    free(w->sent);
    json_text_free(&w->name);
    json_text_free(&w->pipeline_name);
    json_text_free(&w->words);
    es_options_free(w->o);
    free(w);
}

static void
worker_freep(struct worker **w)
{
    worker_free(*w);
}

static int32_t
make_clients(struct worker *w)
{
    w->clients = calloc(w->o->n_endpoints, sizeof(struct client *));
    if (w->clients == NULL)
        return MH_ERR_NOMEM;
    for (size_t i = 0; i < w->o->n_endpoints; i++) {
        struct http_error error = {0};
        int code = client_new(w->o, &w->o->endpoints[i], &w->clients[i], &error);
        if (code == -EINVAL)
            return mh_config_error(w->host, w->o->config, "hosts", "%s", error.text);
        if (code != 0)
            return MH_ERR_NOMEM;
    }
    return MH_OK;
}

static char *
daily_format(const struct es_options *o)
{
    size_t size = (o->target == NULL ? 0 : strlen(o->target)) + sizeof "-%{+yyyy.MM.dd}";
    char *text = malloc(size);
    if (text != NULL)
        snprintf(text, size, "%s-%%{+yyyy.MM.dd}", o->target == NULL ? "" : o->target);
    return text;
}

static int32_t
make_selectors(struct worker *w)
{
    struct es_options *o = w->o;
    CLEANUP_FREE char *daily = daily_format(o);
    const char *rest = o->target != NULL ? o->target : es_text(o, "index");
    int32_t code;
    if (daily == NULL)
        return MH_ERR_NOMEM;
    if ((code = selector_compile(o, "indices", "index", rest, true, &w->index)) != MH_OK ||
        (code = selector_compile(o, "indices", "index", daily, true, &w->daily)) != MH_OK)
        return code;
    code =
        selector_compile(o, "pipelines", "pipeline", es_text(o, "pipeline"), false, &w->pipeline);
    return code == MH_OK && o->unreadable ? MH_ERR_CONFIG : code;
}

static int32_t
make_buffers(struct worker *w)
{
    size_t size = sizeof BULK_PATH + strlen(w->o->parameters);
    w->bulk_path = malloc(size);
    w->body = body_new(w->o->compression_level);
    if (w->bulk_path == NULL || w->body == NULL)
        return MH_ERR_NOMEM;
    snprintf(w->bulk_path, size, "%s%s", BULK_PATH, w->o->parameters);
    return MH_OK;
}

int32_t
worker_new(const struct mh_host *host, const struct mh_config *config, struct worker **ret)
{
    CLEANUP(worker_freep) struct worker *w = calloc(1, sizeof *w);
    int32_t code;
    *ret = NULL;
    if (w == NULL)
        return MH_ERR_NOMEM;
    w->host = host;
    w->statistics = host->get_interface(host, MH_EXT_STATISTICS);
    if ((code = es_options_read(host, config, &w->o)) != MH_OK ||
        (code = make_clients(w)) != MH_OK || (code = make_selectors(w)) != MH_OK ||
        (code = make_buffers(w)) != MH_OK)
        return code;
    pacing_init(&w->pacing, w->o->max_records, w->o->max_bytes);
    w->group = group_join(w->o);
    if (w->group == NULL)
        return MH_ERR_NOMEM;
    *ret = take(w);
    return MH_OK;
}

void
worker_wake(struct worker *w)
{
    for (size_t i = 0; i < w->o->n_endpoints; i++)
        client_wake(w->clients[i]);
}

/* ---- delivering ---- */

static bool
begin_batch(struct worker *w, uint32_t n)
{
    if (n > w->n_room) {
        uint8_t *fates = support_realloc_array(w->fates, n, sizeof *fates);
        uint32_t *sent;
        if (fates == NULL)
            return false;
        w->fates = fates;
        sent = support_realloc_array(w->sent, n, sizeof *sent);
        if (sent == NULL)
            return false;
        w->sent = sent;
        w->n_room = n;
    }
    memset(w->fates, FATE_OPEN, n);
    w->n_refused = 0;
    return true;
}

static const char *
words_of(const struct worker *w)
{
    return w->words.failed || w->words.len == 0 ? "not sent" : w->words.data;
}

static enum outcome
try_host(struct worker *w, int host, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct client *client = w->clients[host];
    enum outcome outcome = prepare_target(w, client, deadline_ns);
    if (outcome == OUTCOME_OK)
        outcome = worker_send(w, client, batch, deadline_ns);
    if (outcome == OUTCOME_OK)
        group_worked(w->group, w->o, host);
    if (outcome == OUTCOME_FAILED || outcome == OUTCOME_BUSY) {
        json_terminate(&w->words);
        group_failed(w->group, w->o, host, words_of(w));
        worker_count(w, "failures", 1);
    }
    return outcome;
}

/* Goes from host to host until one has taken the batch or there is no use in trying another. */
static enum outcome
try_hosts(struct worker *w, struct mh_batch *batch, uint64_t deadline_ns)
{
    enum outcome outcome = OUTCOME_FAILED;
    uint64_t tried = 0;
    int host;
    while (outcome == OUTCOME_FAILED && http_monotonic_ns() < deadline_ns &&
           (host = group_pick(w->group, w->o, w->host->worker_index, tried)) >= 0) {
        outcome = try_host(w, host, batch, deadline_ns);
        tried |= UINT64_C(1) << host;
    }
    if (outcome == OUTCOME_OK)
        group_relaxed(w->group);
    if (outcome == OUTCOME_BUSY)
        group_overloaded(w->group);
    return outcome;
}

/* The result for the host: whole where it can be, record by record where not. */
static int32_t
conclude(struct worker *w, struct mh_batch *batch, uint32_t n)
{
    const struct mh_record_ops *ops = w->host->record;
    uint32_t n_done = 0, n_settled = 0;
    for (uint32_t i = 0; i < n; i++) {
        n_done += w->fates[i] == FATE_DONE;
        n_settled += w->fates[i] == FATE_DONE || w->fates[i] == FATE_REJECTED;
    }
    if (n_done == n)
        return MH_OK;
    if (n_settled == 0)
        return mh_fail(w->host, MH_ERR_RETRY, "%s", words_of(w));
    for (uint32_t i = 0; i < n; i++)
        if (w->fates[i] == FATE_DONE)
            ops->set_status(ops->at(batch, i), MH_STATUS_DELIVERED, NULL, 0);
    return mh_fail(w->host, MH_ERR_PARTIAL, "%s",
                   n_settled < n ? words_of(w) : "some documents were refused");
}

static void
clear_wakes(struct worker *w)
{
    for (size_t i = 0; i < w->o->n_endpoints; i++)
        client_clear_wake(w->clients[i]);
}

int32_t
worker_write(struct worker *w, struct mh_batch *batch, uint64_t deadline_ns)
{
    uint32_t n = w->host->record->count(batch);
    if (n == 0)
        return MH_OK;
    if (!begin_batch(w, n))
        return MH_ERR_NOMEM;
    if (!group_may_send(w->group, w->o, w->host->worker_index))
        return mh_fail(w->host, MH_ERR_RETRY,
                       "this connection rests while the servers are overloaded");
    json_text_reset(&w->words);
    if (try_hosts(w, batch, deadline_ns) == OUTCOME_CANCELED)
        clear_wakes(w);
    return conclude(w, batch, n);
}
