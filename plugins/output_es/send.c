/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send.c - makes bulk requests of the open records and gives each record the fate that the server
 * decided.
 *
 * Invariant: a record becomes DONE or REJECTED only through a whole, valid answer that has an item
 * for it. Whatever goes wrong, an open record stays open and is sent again later under the same
 * identity.
 */
#include "worker.h"

#include <errno.h>

#include "bulk_response.h"
#include "support.h"
#include "verdict.h"

/* Times that records are sent again within one write(). */
#define MAX_ROUNDS 5

/* One request. */
struct request {
    struct worker *w;
    struct client *client;
    struct mh_batch *batch;
    uint64_t deadline_ns;
    enum fate pass;    /* which records are sent: FATE_OPEN or FATE_LATE */
    uint32_t most;     /* records per request now; shrinks with 413 */
    uint32_t next;     /* first record not looked at */
    uint32_t n;        /* records in the request */
    unsigned n_rounds; /* times that records were sent again at once */
    size_t plain;
    int status;
    struct bulk_response *answer;
    bool answer_is_bad;
};

/* Gives a record up, with the reason. */
static void
reject(struct request *r, uint32_t i, const struct json_text *words)
{
    struct worker *w = r->w;
    const struct mh_record_ops *ops = w->host->record;
    w->fates[i] = FATE_REJECTED;
    w->n_refused++;
    ops->set_status(ops->at(r->batch, i), MH_STATUS_REJECTED,
                    words->failed ? "refused" : words->data,
                    words->failed ? 7 : (uint32_t)words->len);
}

static void
reject_with(struct request *r, uint32_t i, const char *reason)
{
    json_text_reset(&r->w->words);
    json_add_literal(&r->w->words, reason);
    json_terminate(&r->w->words);
    reject(r, i, &r->w->words);
}

/* ---- making a request ---- */

/* Index of a record. False: it has none, and is rejected. */
static bool
pick_index(struct request *r, uint32_t i, const struct mh_record *record)
{
    struct worker *w = r->w;
    const struct selector *s = group_target(w->group) == TARGET_DAILY ? w->daily : w->index;
    const char *missing = NULL;
    if (r->pass == FATE_LATE) {
        json_text_reset(&w->name);
        json_add_literal(&w->name, w->o->late_index);
        return true;
    }
    if (selector_pick(s, &w->name, w->host->record, record, &missing) == 0)
        return true;
    json_text_reset(&w->words);
    json_add_format(&w->words, "index: the record has no value at %s",
                    missing == NULL ? "that path" : missing);
    json_terminate(&w->words);
    reject(r, i, &w->words);
    return false;
}

/* {"create":{"_index":"x","pipeline":"p","_id":"..."}} */
static void
add_action(struct request *r, struct json_text *to, const struct mh_record *record)
{
    struct worker *w = r->w;
    const char *missing, *id = w->host->record->id(record);
    json_add(to, "{\"create\":{\"_index\":", 20);
    json_add_string(to, w->name.data, w->name.len);
    if (!selector_is_empty(w->pipeline) &&
        selector_pick(w->pipeline, &w->pipeline_name, w->host->record, record, &missing) == 0) {
        json_add(to, ",\"pipeline\":", 12);
        json_add_string(to, w->pipeline_name.data, w->pipeline_name.len);
    }
    if (id != NULL && (!w->without_id || r->pass == FATE_LATE)) {
        json_add(to, ",\"_id\":\"", 8);
        json_add_literal(to, id);
        json_add(to, "\"", 1);
    }
    json_add(to, "}}\n", 3);
}

static int
add_record(struct request *r, uint32_t i)
{
    struct worker *w = r->w;
    const struct mh_record *record = w->host->record->at(r->batch, i);
    struct json_text *to = body_text(w->body);
    if (!pick_index(r, i, record))
        return 0;
    add_action(r, to, record);
    if (json_write_record(to, w->host->record, record) != 0)
        return -ENOMEM;
    json_add(to, "\n", 1);
    w->sent[r->n++] = i;
    return body_added(w->body);
}

/* Fills the body from r->next on. 0 or -ENOMEM. */
static int
fill(struct request *r)
{
    struct worker *w = r->w;
    uint32_t n = w->host->record->count(r->batch);
    uint64_t most_bytes = atomic_load(&w->pacing.bytes);
    body_begin(w->body);
    body_text(w->body)->escape_html = w->o->escape_html;
    for (r->n = 0; r->next < n && r->n < r->most && body_plain_size(w->body) < most_bytes;
         r->next++)
        if (w->fates[r->next] == r->pass && add_record(r, r->next) != 0)
            return -ENOMEM;
    r->plain = body_plain_size(w->body);
    return 0;
}

/* ---- reading the answer ---- */

static int
on_status(void *ctx, int status)
{
    ((struct request *)ctx)->status = status;
    return 0;
}

/* A bad answer is read to its end all the same, so that the connection can be used again. */
static int
on_chunk(void *ctx, const char *bytes, size_t len)
{
    struct request *r = ctx;
    if (bulk_response_feed(r->answer, bytes, len) != 0)
        r->answer_is_bad = true;
    return 0;
}

static void
note_refusal(struct request *r, const char *words)
{
    struct worker *w = r->w;
    uint64_t now = http_monotonic_ns();
    if (strncmp(w->said, words, sizeof w->said - 1) == 0 && now - w->said_ns < 60 * MH_NS_PER_S)
        return;
    snprintf(w->said, sizeof w->said, "%s", words);
    w->said_ns = now;
    mh_log(w->host, MH_LOG_WARNING,
           "%s refused a document for good, it goes to the dead letters: %s",
           client_name(r->client), words);
}

static const char *
target_name(const struct request *r)
{
    if (r->pass == FATE_LATE)
        return r->w->o->late_index;
    return json_terminate(&r->w->name) == NULL ? "" : r->w->name.data;
}

static void
refuse(struct request *r, uint32_t i, const struct bulk_item *item)
{
    verdict_words(&r->w->words, item, item->index != NULL ? item->index : target_name(r));
    note_refusal(r, r->w->words.failed ? "no memory for the reason" : r->w->words.data);
    reject(r, i, &r->w->words);
}

static enum outcome
fail_with(struct request *r, const char *text)
{
    json_text_reset(&r->w->words);
    json_add_literal(&r->w->words, text);
    json_terminate(&r->w->words);
    return OUTCOME_FAILED;
}

/* What happened to the documents of one request, counted. */
struct tally {
    uint32_t n_done, n_again, n_busy, n_waiting;
    const struct bulk_item *first_waiting;
};

static void
judge_item(struct request *r, uint32_t i, const struct bulk_item *item, struct tally *tally)
{
    struct worker *w = r->w;
    switch (verdict_of(item)) {
    case VERDICT_DONE:
        w->fates[i] = FATE_DONE;
        tally->n_done++;
        if (item->status == 409)
            worker_count(w, "duplicates", 1);
        break;
    case VERDICT_BUSY:
        tally->n_busy++;
        break;
    case VERDICT_LATE:
        if (r->pass == FATE_LATE || w->o->late_index == NULL)
            refuse(r, i, item);
        else
            w->fates[i] = FATE_LATE;
        break;
    case VERDICT_WITHOUT_ID:
        w->without_id = true;
        tally->n_again++;
        break;
    case VERDICT_AGAIN:
        tally->n_again++;
        break;
    case VERDICT_REFUSED:
        refuse(r, i, item);
        break;
    case VERDICT_WAIT:
        if (tally->n_waiting++ == 0)
            tally->first_waiting = item;
        break;
    }
}

static enum outcome
judge_items(struct request *r)
{
    struct worker *w = r->w;
    struct tally tally = {0};
    for (uint32_t i = 0; i < r->n; i++)
        judge_item(r, w->sent[i], bulk_response_item(r->answer, i), &tally);
    worker_count(w, "documents", tally.n_done);
    if (tally.n_waiting > 0) {
        CLEANUP(json_text_free) struct json_text why = {0};
        verdict_words(&why, tally.first_waiting, target_name(r));
        json_text_reset(&w->words);
        json_add_format(&w->words, "%s does not take documents now: %s", client_name(r->client),
                        why.failed ? "no memory" : why.data);
        return OUTCOME_FAILED;
    }
    if (tally.n_busy > 0) {
        worker_count(w, "too_many", tally.n_busy);
        pacing_overloaded(&w->pacing, r->n);
        json_text_reset(&w->words);
        json_add_format(&w->words, "%s is overloaded: it put off %u of %u documents (429)",
                        client_name(r->client), tally.n_busy, r->n);
        return OUTCOME_BUSY;
    }
    pacing_worked(&w->pacing);
    /* Those to be sent again are still open: from the first one on. They stay in the queue when it
     * does not help. */
    if (tally.n_again == 0)
        return OUTCOME_OK;
    if (r->n_rounds++ == MAX_ROUNDS)
        return fail_with(r, "documents were put off again and again");
    r->next = 0;
    return OUTCOME_OK;
}

/* 413: half as many from the same place on; one alone is refused for good. */
static enum outcome
judge_too_large(struct request *r)
{
    struct worker *w = r->w;
    pacing_too_large(&w->pacing, r->plain);
    worker_count(w, "too_large", 1);
    if (r->n == 1) {
        reject_with(r, w->sent[0],
                    "the server takes no request of this size (413): http.max_content_length, or a "
                    "proxy's limit");
        note_refusal(r, w->words.failed ? "too large" : w->words.data);
        return OUTCOME_OK;
    }
    r->next = w->sent[0];
    r->most = r->n / 2;
    return OUTCOME_OK;
}

static enum outcome
judge_status(struct request *r)
{
    struct worker *w = r->w;
    struct http_error error;
    const char *reason = bulk_response_error_reason(r->answer);
    CLEANUP(json_text_free) struct json_text detail = {0};
    struct bulk_item whole = {.status = r->status,
                              .type = (char *)bulk_response_error_type(r->answer),
                              .reason = (char *)reason};
    verdict_words(&detail, &whole, "_bulk");
    http_status_error(&error, client_http(r->client), "POST /_bulk", r->status,
                      reason == NULL || detail.failed ? NULL : detail.data);
    fail_with(r, error.text);
    if (r->status != 429 && r->status != 503)
        return OUTCOME_FAILED;
    worker_count(w, "too_many", r->n);
    pacing_overloaded(&w->pacing, r->n);
    return r->status == 429 ? OUTCOME_BUSY : OUTCOME_FAILED;
}

static enum outcome
judge_answer(struct request *r)
{
    char text[256];
    if (r->status == 413)
        return judge_too_large(r);
    if (r->status != 200)
        return judge_status(r);
    if (bulk_response_end(r->answer) == 0 && !r->answer_is_bad)
        return judge_items(r);
    snprintf(text, sizeof text, "%s gave an answer to POST /_bulk that cannot be trusted: %s",
             client_name(r->client), bulk_response_problem(r->answer));
    return fail_with(r, text);
}

/* ---- one request ---- */

static int
post(struct request *r, const void *body, size_t len, struct http_error *error)
{
    static const struct http_header headers[] = {{"Accept", "application/json"},
                                                 {"Content-Type", "application/x-ndjson"},
                                                 {"Content-Encoding", "gzip"}};
    struct http_response response = {0};
    struct http_request request = {
        .method = "POST",
        .path = r->w->bulk_path,
        .headers = headers,
        .n_headers = r->w->o->compression_level > 0 ? 3 : 2,
        .body = body,
        .body_len = len,
        .deadline_ns = r->deadline_ns,
        .on_chunk = on_chunk,
        .on_status = on_status,
        .ctx = r,
    };
    int code = client_send(r->client, &request, &response, error);
    http_response_free(&response);
    return code;
}

static enum outcome
send_request(struct request *r)
{
    struct worker *w = r->w;
    struct http_error error;
    const void *body;
    size_t len;
    int code;
    if (body_end(w->body, &body, &len) != 0)
        return fail_with(r, "no memory for a bulk request");
    r->answer = bulk_response_new(r->n);
    r->answer_is_bad = false;
    if (r->answer == NULL)
        return fail_with(r, "no memory for a bulk answer");
    worker_count(w, "requests", 1);
    worker_count(w, "bytes", (int64_t)len);
    code = post(r, body, len, &error);
    if (code == -ECANCELED)
        return OUTCOME_CANCELED;
    return code == 0 ? judge_answer(r) : fail_with(r, error.text);
}

static enum outcome
send_pass(struct worker *w, struct client *client, struct mh_batch *batch, uint64_t deadline_ns,
          enum fate pass)
{
    struct request r = {
        .w = w, .client = client, .batch = batch, .deadline_ns = deadline_ns, .pass = pass};
    uint32_t n = w->host->record->count(batch);
    enum outcome outcome = OUTCOME_OK;
    r.most = n;
    while (outcome == OUTCOME_OK && r.next < n) {
        if (fill(&r) != 0)
            return fail_with(&r, "no memory for a bulk request");
        if (r.n == 0)
            continue;
        outcome = send_request(&r);
        bulk_response_free(take(r.answer));
    }
    body_trim(w->body);
    return outcome;
}

static bool
has_late(const struct worker *w, uint32_t n)
{
    return memchr(w->fates, FATE_LATE, n) != NULL;
}

enum outcome
worker_send(struct worker *w, struct client *client, struct mh_batch *batch, uint64_t deadline_ns)
{
    uint32_t n = w->host->record->count(batch);
    enum outcome outcome = send_pass(w, client, batch, deadline_ns, FATE_OPEN);
    if (outcome == OUTCOME_OK && has_late(w, n)) {
        outcome = send_pass(w, client, batch, deadline_ns, FATE_LATE);
        worker_count(w, "late", 1);
    }
    return outcome;
}
