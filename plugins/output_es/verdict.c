/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.c - judges items of a bulk answer.
 *
 * The rule: a document is refused for good only when the document itself is the reason. What an
 * operator can mend (a missing privilege, a closed index, a full disk) is waited for.
 */
#include "verdict.h"

#include "support.h"

#define MAX_REASON 300

static bool
says(const char *text, const char *part)
{
    return text != NULL && strstr(text, part) != NULL;
}

/* Refusals with status 400 that are about the state of the index, not about the document. */
static bool
is_mendable(const struct bulk_item *item)
{
    static const char *const types[] = {"index_closed_exception",
                                        "cluster_block_exception",
                                        "security_exception",
                                        "index_not_found_exception",
                                        "unavailable_shards_exception",
                                        "circuit_breaking_exception",
                                        "es_rejected_execution_exception"};
    static const char *const reasons[] = {"pipeline with id",    "no write index is defined",
                                          "maximum shards open", "maximum normal shards open",
                                          "no such index",       "is blocked by"};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (says(item->type, types[i]))
            return true;
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (says(item->reason, reasons[i]))
            return true;
    return false;
}

enum verdict
verdict_of(const struct bulk_item *item)
{
    int status = item->status;
    if ((status >= 200 && status < 300) || status == 409)
        return VERDICT_DONE;
    if (status == 429)
        return VERDICT_BUSY;
    if (status >= 500 || status == 401 || status == 403 || status == 404 || status < 400 ||
        is_mendable(item))
        return VERDICT_WAIT;
    if (says(item->reason, "cannot be changed from type"))
        return VERDICT_AGAIN;
    if (says(item->type, "timestamp_error") ||
        says(item->reason, "outside of ranges of currently writable"))
        return VERDICT_LATE;
    if (says(item->reason, "time_series mode") && says(item->reason, "_id"))
        return VERDICT_WITHOUT_ID;
    return VERDICT_REFUSED;
}

/* The field that a reason names first: "failed to parse field [docker.cpu] of type". */
static void
add_field(struct json_text *to, const char *reason)
{
    static const char *const before[] = {"field [", "mapper [", "mapping for ["};
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        const char *at = strstr(reason, before[i]);
        const char *end = at == NULL ? NULL : strchr(at, ']');
        if (end == NULL || (at >= reason + 5 && strncmp(at - 5, "date ", 5) == 0))
            continue;
        at += strlen(before[i]);
        json_add_format(to, "field=%.*s ", (int)(end - at), at);
        return;
    }
}

/* Copies a reason with what stands between quotes, or between brackets after words that quote a
 * value, left out. */
static void
add_reason(struct json_text *to, const char *reason)
{
    static const char *const quoting[] = {"date field [", "value [", "Invalid format: [", "input [",
                                          "token ["};
    const char *preview = strstr(reason, "Preview of field");
    const char *end = preview == NULL ? reason + strlen(reason) : preview;
    if (end - reason > MAX_REASON)
        end = reason + MAX_REASON;
    while (reason < end) {
        char closing = *reason == '"' || *reason == '\'' ? *reason : '\0';
        json_add(to, reason, 1);
        for (size_t i = 0; closing == '\0' && i < COUNT_OF(quoting); i++)
            if (strncmp(reason, quoting[i], strlen(quoting[i])) == 0) {
                json_add_literal(to, quoting[i] + 1);
                reason += strlen(quoting[i]) - 1;
                closing = ']';
            }
        reason++;
        if (closing == '\0')
            continue;
        while (reason < end && *reason != closing)
            reason++;
        json_add_literal(to, "...");
    }
}

/* A reason, and the names in it, come from elsewhere: a line end in them would begin a line of log
 * of its own. */
static void
make_one_line(struct json_text *to)
{
    for (size_t i = 0; i < to->len; i++)
        if ((unsigned char)to->data[i] < ' ' || to->data[i] == 0x7f)
            to->data[i] = ' ';
}

void
verdict_words(struct json_text *to, const struct bulk_item *item, const char *index)
{
    json_text_reset(to);
    json_add_format(to, "index=%s status=%d type=%.64s ", index, item->status,
                    item->type == NULL ? "unknown" : item->type);
    if (item->reason != NULL) {
        add_field(to, item->reason);
        json_add_literal(to, "reason: ");
        add_reason(to, item->reason);
    }
    make_one_line(to);
    json_terminate(to);
}
