/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_run.c - the loop that drives exchanges until they end, their deadline passes or somebody
 * wakes the client.
 *
 * It waits in curl_multi_wait() on libcurl's sockets and on an eventfd, which http_client_wake()
 * writes. That works with every libcurl; curl_multi_wakeup() came later.
 */
#include <errno.h>

#include "http_internal.h"

/* Before each call: connections that must not be used again are closed. */
static void
refresh_connections(struct http_client *client)
{
    bool renew = client->tls != NULL && tls_files_changed(client->tls);
#if LIBCURL_VERSION_NUM < 0x075000
    if (http_monotonic_ns() - client->multi_since_ns > client->max_age_ns)
        renew = true;
#endif
    if (renew)
        http_renew_connections(client);
}

/* A set of exchanges that run side by side. */
struct run {
    struct http_client *client;
    struct transfer *slots;
    unsigned n_slots;
    unsigned n_active;
    const struct http_request *requests;
    size_t n_requests;
    size_t next;
    http_done_fn done;
    void *ctx;
    bool canceled;
    bool woken; /* canceled by http_client_wake() */
    bool timed_out;
};

/* Ends one exchange and tells the caller. */
static void
finish(struct run *run, struct transfer *t, CURLcode result, struct http_response *response)
{
    struct http_error error;
    int code = transfer_end(t, result, &error);
    run->n_active--;
    if (code == -ETIMEDOUT)
        run->timed_out = true;
    if (run->done(run->ctx, t->index, code, response, &error) != 0)
        run->canceled = true;
    http_response_free(response);
    free(response);
}

/* Starts the next request in a free slot; one that cannot start has ended. */
static void
start_next(struct run *run, struct transfer *slot)
{
    struct http_error error;
    size_t index = run->next++;
    struct http_response empty = {0};
    struct http_response *response = calloc(1, sizeof *response);
    int code = response == NULL
                   ? http_fail(&error, HTTP_ERROR_NOMEM, "no memory for a request")
                   : transfer_begin(slot, run->client, &run->requests[index], response, &error);
    slot->index = index;
    if (code == 0) {
        run->n_active++;
        return;
    }
    if (run->done(run->ctx, index, code, &empty, &error) != 0)
        run->canceled = true;
    free(response);
}

static void
fill_slots(struct run *run)
{
    for (unsigned i = 0; i < run->n_slots; i++)
        while (!run->canceled && run->slots[i].easy == NULL && run->next < run->n_requests)
            start_next(run, &run->slots[i]);
}

static void
collect_finished(struct run *run)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(run->client->multi, &left)) != NULL) {
        struct transfer *t = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        finish(run, t, message->data.result, t->response);
    }
}

/* Ends all that still runs; the results say why. */
static void
cancel_active(struct run *run)
{
    for (unsigned i = 0; i < run->n_slots; i++) {
        if (run->slots[i].easy == NULL)
            continue;
        run->slots[i].ended_by_callback = true;
        finish(run, &run->slots[i], CURLE_ABORTED_BY_CALLBACK, run->slots[i].response);
    }
}

static void
end_idle(struct run *run)
{
    uint64_t now = http_monotonic_ns();
    for (unsigned i = 0; i < run->n_slots; i++)
        if (run->slots[i].easy != NULL && transfer_is_idle(&run->slots[i], now))
            finish(run, &run->slots[i], CURLE_OPERATION_TIMEDOUT, run->slots[i].response);
}

/* Milliseconds that the loop may sleep. */
static int
longest_wait(const struct run *run)
{
    uint64_t now = http_monotonic_ns();
    long ms = 1000;
    for (unsigned i = 0; i < run->n_slots; i++) {
        const struct transfer *t = &run->slots[i];
        if (t->easy == NULL || t->request->idle_ns == 0)
            continue;
        long left = http_ms_until(t->last_byte_ns + t->request->idle_ns, now);
        ms = left < ms ? left : ms;
    }
    return (int)ms;
}

static void
drive(struct run *run)
{
    struct http_client *client = run->client;
    struct curl_waitfd wake = {.fd = client->wake_fd, .events = CURL_WAIT_POLLIN};
    int running;
    fill_slots(run);
    while (run->n_active > 0) {
        curl_multi_perform(client->multi, &running);
        collect_finished(run);
        end_idle(run);
        run->woken = atomic_load(&client->woken);
        if (run->woken || run->canceled)
            break;
        fill_slots(run);
        if (run->n_active > 0 && running > 0)
            curl_multi_wait(client->multi, &wake, 1, longest_wait(run), NULL);
    }
    cancel_active(run);
}

/* Tells the caller of the requests that never began. */
static void
refuse_rest(struct run *run)
{
    struct http_error error;
    http_fail(&error, HTTP_ERROR_CANCELED, "the request to %s was canceled", run->client->name);
    while (run->next < run->n_requests) {
        struct http_response empty = {0};
        run->done(run->ctx, run->next++, -ECANCELED, &empty, &error);
    }
}

int
http_many(struct http_client *client, const struct http_request *requests, size_t n,
          unsigned max_parallel, http_done_fn done, void *ctx)
{
    struct run run = {
        .client = client, .requests = requests, .n_requests = n, .done = done, .ctx = ctx};
    CLEANUP_FREE struct transfer *slots = NULL;
    run.n_slots = n < max_parallel ? (unsigned)n : max_parallel;
    if (n == 0)
        return 0;
    if (run.n_slots == 0)
        run.n_slots = 1;
    slots = calloc(run.n_slots, sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    run.slots = slots;
    refresh_connections(client);
    if (client->tls != NULL)
        tls_clear_words(client->tls);
    memset(&client->probe, 0, sizeof client->probe);
    run.woken = atomic_load(&client->woken);
    if (!run.woken)
        drive(&run);
    refuse_rest(&run);
    /* A wake that came too late for this call is for the next one. */
    if (run.woken)
        http_client_clear_wake(client);
    /* A peer that fell silent keeps a multiplexed connection; the next request shall not wait on it
     * again. */
    if (run.timed_out)
        http_renew_connections(client);
    return run.canceled || run.woken ? -ECANCELED : 0;
}
