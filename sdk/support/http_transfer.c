/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_transfer.c - one exchange: options of the easy handle, the callbacks, the result.
 *
 * A transfer owns its easy handle, URL and header list from transfer_begin() to transfer_end(); the
 * answer's body belongs to the caller's response from the first byte on.
 */
#include <errno.h>
#include <openssl/ssl.h>
#include <strings.h>

#include "http_internal.h"

#define DEFAULT_MAX_RESPONSE ((size_t)16 << 20)

long
http_ms_until(uint64_t at_ns, uint64_t now_ns)
{
    uint64_t ms;
    if (at_ns <= now_ns)
        return 1;
    ms = (at_ns - now_ns + 999999) / 1000000;
    return ms > 3600000 ? 3600000 : (long)ms;
}

/* "Name: value"; an empty value is "Name;" for libcurl. */
static int
append_header(struct curl_slist **list, const char *name, const char *value)
{
    size_t size = strlen(name) + strlen(value) + 3;
    CLEANUP_FREE char *line = malloc(size);
    struct curl_slist *longer;
    if (line == NULL)
        return -ENOMEM;
    snprintf(line, size, value[0] == '\0' ? "%s;" : "%s: %s", name, value);
    longer = curl_slist_append(*list, line);
    if (longer == NULL)
        return -ENOMEM;
    *list = longer;
    return 0;
}

int
http_header_list(struct curl_slist **list, const struct http_header *headers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (append_header(list, headers[i].name, headers[i].value) != 0)
            return -ENOMEM;
    return 0;
}

/* True when a request header has the name of this line. */
static bool
is_overridden(const struct http_request *request, const char *line)
{
    size_t len = strcspn(line, ":;");
    for (size_t i = 0; i < request->n_headers; i++)
        if (strlen(request->headers[i].name) == len &&
            strncasecmp(request->headers[i].name, line, len) == 0)
            return true;
    return false;
}

static bool
names_content_type(const struct curl_slist *list)
{
    for (; list != NULL; list = list->next)
        if (strncasecmp(list->data, "content-type", 12) == 0)
            return true;
    return false;
}

static int
append_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL)
        return -ENOMEM;
    *list = longer;
    return 0;
}

/* "Expect:" and "Content-Type:" without value keep libcurl from adding its own. */
static int
build_headers(struct transfer *t)
{
    const struct http_request *request = t->request;
    for (const struct curl_slist *h = t->client->headers; h != NULL; h = h->next)
        if (!is_overridden(request, h->data) && append_line(&t->headers, h->data) != 0)
            return -ENOMEM;
    if (http_header_list(&t->headers, request->headers, request->n_headers) != 0)
        return -ENOMEM;
    if (!names_content_type(t->headers) && append_line(&t->headers, "Content-Type:") != 0)
        return -ENOMEM;
    return append_line(&t->headers, "Expect:");
}

static int
build_url(struct transfer *t)
{
    const char *path = t->request->path == NULL ? "/" : t->request->path;
    size_t size = strlen(t->client->base) + strlen(path) + 1;
    t->url = malloc(size);
    if (t->url == NULL)
        return -ENOMEM;
    snprintf(t->url, size, "%s%s", t->client->base, path);
    return 0;
}

static size_t
limit_of(const struct transfer *t)
{
    if (t->request->max_response != 0)
        return t->request->max_response;
    return t->client->max_response != 0 ? t->client->max_response : DEFAULT_MAX_RESPONSE;
}

/* Room for `more` bytes and an end. */
static bool
reserve_body(struct transfer *t, size_t more)
{
    struct http_response *r = t->response;
    size_t want = r->body_len + more + 1;
    size_t cap = t->body_cap == 0 ? 4096 : t->body_cap;
    char *body;
    if (want <= t->body_cap)
        return true;
    while (cap < want)
        cap *= 2;
    body = realloc(r->body, cap);
    if (body == NULL)
        return false;
    r->body = body;
    t->body_cap = cap;
    return true;
}

static int
status_of(const struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static bool
tell_status(struct transfer *t)
{
    if (t->status_told || t->request->on_status == NULL)
        return true;
    t->status_told = true;
    return t->request->on_status(t->request->ctx, status_of(t)) == 0;
}

static size_t
on_body(char *bytes, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    size_t len = size * n;
    t->last_byte_ns = http_monotonic_ns();
    if (limit_of(t) != SIZE_MAX && len > limit_of(t) - t->n_received) {
        t->too_large = true;
        return 0;
    }
    t->n_received += limit_of(t) == SIZE_MAX ? 0 : len;
    if (!tell_status(t)) {
        t->ended_by_callback = true;
        return 0;
    }
    if (t->request->on_chunk != NULL) {
        t->ended_by_callback = t->request->on_chunk(t->request->ctx, bytes, len) != 0;
        return t->ended_by_callback ? 0 : len;
    }
    if (!reserve_body(t, len)) {
        t->no_memory = true;
        return 0;
    }
    memcpy(t->response->body + t->response->body_len, bytes, len);
    t->response->body_len += len;
    t->response->body[t->response->body_len] = '\0';
    return len;
}

/* The TLS version can only be asked while the connection is in use. */
static void
note_tls_version(struct transfer *t)
{
    struct curl_tlssessioninfo *info = NULL;
    if (curl_easy_getinfo(t->easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL)
        return;
    if (info->backend == CURLSSLBACKEND_OPENSSL && info->internals != NULL)
        snprintf(t->client->probe.tls_version, sizeof t->client->probe.tls_version, "%s",
                 SSL_get_version(info->internals));
}

/* Copies a header's value without blanks around it, as far as it fits. */
static void
copy_value(char *to, size_t size, const char *value, size_t len)
{
    while (len > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        len--;
    }
    while (len > 0 && (unsigned char)value[len - 1] <= ' ')
        len--;
    snprintf(to, size, "%.*s", (int)(len < size ? len : size - 1), value);
}

static bool
is_header(const char *line, size_t len, const char *name)
{
    size_t name_len = strlen(name);
    return len > name_len && line[name_len] == ':' && strncasecmp(line, name, name_len) == 0;
}

/* The empty line behind the final headers. An answer without an end may have no body for a long
 * time. */
static bool
ends_headers(const struct transfer *t, const char *line, size_t len)
{
    return len > 0 && (line[0] == '\r' || line[0] == '\n') && status_of(t) >= 200;
}

static size_t
on_header(char *line, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    struct http_response *r = t->response;
    size_t len = size * n;
    t->last_byte_ns = http_monotonic_ns();
    if (ends_headers(t, line, len) && !tell_status(t)) {
        t->ended_by_callback = true;
        return 0;
    }
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
        note_tls_version(t);
    else if (is_header(line, len, "x-elastic-product"))
        copy_value(r->product, sizeof r->product, line + 18, len - 18);
    else if (is_header(line, len, "server") && r->product[0] == '\0')
        copy_value(r->product, sizeof r->product, line + 7, len - 7);
    else if (is_header(line, len, "content-type"))
        copy_value(r->content_type, sizeof r->content_type, line + 13, len - 13);
    else if (is_header(line, len, "retry-after")) {
        char text[16];
        unsigned long seconds;
        copy_value(text, sizeof text, line + 12, len - 12);
        seconds = strtoul(text, NULL, 10);
        r->retry_after_ns = (seconds < 86400 ? seconds : 86400) * UINT64_C(1000000000);
    }
    return len;
}

static void
set_method(struct transfer *t)
{
    const struct http_request *request = t->request;
    const char *method = request->method == NULL ? "GET" : request->method;
    bool sends_body =
        request->body != NULL || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
    if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (sends_body) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, request->body == NULL ? "" : request->body);
    }
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void
set_limits(struct transfer *t)
{
    const struct http_client *client = t->client;
    uint64_t now = http_monotonic_ns();
    if (t->request->deadline_ns != 0)
        curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, http_ms_until(t->request->deadline_ns, now));
    if (client->connect_timeout_ns != 0)
        curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS,
                         http_ms_until(client->connect_timeout_ns, 0));
#if LIBCURL_VERSION_NUM >= 0x074100
    curl_easy_setopt(t->easy, CURLOPT_MAXAGE_CONN, (long)(client->max_idle_ns / 1000000000));
#endif
#if LIBCURL_VERSION_NUM >= 0x075000
    curl_easy_setopt(t->easy, CURLOPT_MAXLIFETIME_CONN, (long)(client->max_age_ns / 1000000000));
#endif
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

static void
set_route(struct transfer *t)
{
    const struct http_client *client = t->client;
    curl_easy_setopt(t->easy, CURLOPT_URL, t->url);
    if (client->socket != NULL)
        curl_easy_setopt(t->easy, CURLOPT_UNIX_SOCKET_PATH, client->socket);
    if (client->proxy != NULL)
        curl_easy_setopt(t->easy, CURLOPT_PROXY, client->proxy);
    if (client->no_proxy != NULL)
        curl_easy_setopt(t->easy, CURLOPT_NOPROXY, client->no_proxy);
    curl_easy_setopt(t->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    if (client->proxy_headers != NULL)
        curl_easy_setopt(t->easy, CURLOPT_PROXYHEADER, client->proxy_headers);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
                     client->http1 ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
}

static void
set_content(struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    if (t->client->user_agent != NULL)
        curl_easy_setopt(t->easy, CURLOPT_USERAGENT, t->client->user_agent);
    if (t->client->accept_gzip)
        curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->curl_text);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    set_method(t);
}

static CURL *
take_easy(struct http_client *client)
{
    if (client->n_idle > 0)
        return client->idle[--client->n_idle];
    return curl_easy_init();
}

/* Keeps the handle for the next request; a reset leaves connections to the multi handle. */
static void
give_back_easy(struct http_client *client, CURL *easy)
{
    if (client->n_idle == client->cap_idle) {
        size_t cap = client->cap_idle == 0 ? 4 : client->cap_idle * 2;
        CURL **longer = support_realloc_array(client->idle, cap, sizeof *longer);
        if (longer == NULL) {
            curl_easy_cleanup(easy);
            return;
        }
        client->idle = longer;
        client->cap_idle = cap;
    }
    curl_easy_reset(easy);
    client->idle[client->n_idle++] = easy;
}

static void
release(struct transfer *t)
{
    if (t->easy != NULL)
        give_back_easy(t->client, t->easy);
    t->easy = NULL;
    free(take(t->url));
    curl_slist_free_all(take(t->headers));
}

int
transfer_begin(struct transfer *t, struct http_client *client, const struct http_request *request,
               struct http_response *response, struct http_error *error)
{
    memset(t, 0, sizeof *t);
    t->client = client;
    t->request = request;
    t->response = response;
    t->last_byte_ns = http_monotonic_ns();
    t->easy = take_easy(client);
    if (t->easy == NULL || build_url(t) != 0 || build_headers(t) != 0) {
        release(t);
        return http_fail(error, HTTP_ERROR_NOMEM, "no memory for a request to %s", client->name);
    }
    set_route(t);
    set_limits(t);
    set_content(t);
    if (client->tls != NULL && tls_apply(client->tls, t->easy, error) != 0) {
        release(t);
        return -EINVAL;
    }
    if (curl_multi_add_handle(client->multi, t->easy) != CURLM_OK) {
        release(t);
        return http_fail(error, HTTP_ERROR_NOMEM, "no memory for a request to %s", client->name);
    }
    return 0;
}

static void
note_probe(struct transfer *t)
{
    struct http_probe *probe = &t->client->probe;
    const char *address = NULL;
    double at = 0;
    curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &address);
    snprintf(probe->address, sizeof probe->address, "%s", address == NULL ? "" : address);
    curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME, &at);
    probe->reached = at > 0 || t->response->status != 0;
    curl_easy_getinfo(t->easy, CURLINFO_APPCONNECT_TIME, &at);
    probe->secured = at > 0 || probe->tls_version[0] != '\0';
}

int
transfer_end(struct transfer *t, CURLcode result, struct http_error *error)
{
    int code = 0;
    t->response->status = status_of(t);
    note_probe(t);
    if (result == CURLE_OK && !tell_status(t))
        t->ended_by_callback = true;
    if (result != CURLE_OK || t->ended_by_callback)
        code = http_fail_transfer(t, result, error);
    else if (error != NULL)
        memset(error, 0, sizeof *error);
    /* When TLS or HTTP failed there was a connection; libcurl forgets it. */
    if (code == -EPROTO)
        t->client->probe.reached = true;
    curl_multi_remove_handle(t->client->multi, t->easy);
    release(t);
    return code;
}

bool
transfer_is_idle(const struct transfer *t, uint64_t now_ns)
{
    return t->request->idle_ns != 0 && now_ns > t->last_byte_ns &&
           now_ns - t->last_byte_ns > t->request->idle_ns;
}
