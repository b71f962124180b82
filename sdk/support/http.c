/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.c - clients: their options, their life, and the calls for a single exchange.
 *
 * One multi handle per client holds the connections and the cache of names. http_run.c drives it.
 */
#include "http.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>

#include "http_internal.h"

#define SECOND UINT64_C(1000000000)
#define DEFAULT_MAX_AGE (120 * SECOND)
#define DEFAULT_MAX_IDLE (60 * SECOND)
#define IDLE_CONNECTIONS 16L

uint64_t
http_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void
http_response_free(struct http_response *response)
{
    free(response->body);
    memset(response, 0, sizeof *response);
}

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_state;

static void
init_curl(void)
{
    curl_state = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* A copy, or NULL of NULL. *ok becomes false when there is no memory. */
static char *
copy_text(const char *text, bool *ok)
{
    char *copy = text == NULL ? NULL : strdup(text);
    if (text != NULL && copy == NULL)
        *ok = false;
    return copy;
}

/* "https://es:9200/prefix" is known to operators as "https://es:9200". */
static char *
name_of_url(const char *url)
{
    const char *host = strstr(url, "://");
    host = host == NULL ? url : host + 3;
    return strndup(url, (size_t)(host - url) + strcspn(host, "/?#"));
}

static char *
name_of_socket(const char *path)
{
    size_t size = strlen(path) + sizeof "unix://";
    char *name = malloc(size);
    if (name != NULL)
        snprintf(name, size, "unix://%s", path);
    return name;
}

static void
cut_slashes(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '/')
        text[--len] = '\0';
}

static const char *
environment(const char *name, const char *name_in_capitals)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : getenv(name_in_capitals);
}

/* libcurl ignores HTTP_PROXY in capitals, and would send loopback addresses to a proxy; operators
 * expect neither. */
static bool
choose_environment_proxy(struct http_client *client)
{
    bool ok = true, is_https = strncmp(client->base, "https://", 8) == 0;
    const char *proxy = is_https ? environment("https_proxy", "HTTPS_PROXY")
                                 : environment("http_proxy", "HTTP_PROXY");
    const char *except = environment("no_proxy", "NO_PROXY");
    size_t size = (except == NULL ? 0 : strlen(except)) + sizeof ",localhost,127.0.0.1,::1";
    client->proxy = copy_text(proxy == NULL ? "" : proxy, &ok);
    client->no_proxy = malloc(size);
    if (!ok || client->no_proxy == NULL)
        return false;
    if (except != NULL && strcmp(except, "*") == 0)
        snprintf(client->no_proxy, size, "*");
    else
        snprintf(client->no_proxy, size, "%s%slocalhost,127.0.0.1,::1",
                 except == NULL ? "" : except, except == NULL ? "" : ",");
    return true;
}

static bool
choose_proxy(struct http_client *client, const struct http_options *options)
{
    bool ok = true;
    if (options->proxy_disable || options->unix_socket != NULL) {
        client->proxy = copy_text("", &ok);
        return ok;
    }
    if (options->proxy_url == NULL || options->proxy_url[0] == '\0')
        return choose_environment_proxy(client);
    client->proxy = copy_text(options->proxy_url, &ok);
    client->no_proxy = copy_text("", &ok);
    return ok;
}

static bool
copy_options(struct http_client *client, const struct http_options *options)
{
    bool ok = true;
    client->base =
        copy_text(options->base_url != NULL ? options->base_url : "http://localhost", &ok);
    client->socket = copy_text(options->unix_socket, &ok);
    client->user_agent = copy_text(options->user_agent, &ok);
    if (!ok)
        return false;
    cut_slashes(client->base);
    client->name =
        client->socket != NULL ? name_of_socket(client->socket) : name_of_url(client->base);
    client->connect_timeout_ns = options->connect_timeout_ns;
    client->max_age_ns =
        options->max_connection_age_ns != 0 ? options->max_connection_age_ns : DEFAULT_MAX_AGE;
    client->max_idle_ns = options->max_idle_ns != 0 ? options->max_idle_ns : DEFAULT_MAX_IDLE;
    if (client->max_idle_ns < SECOND)
        client->max_idle_ns = SECOND;
    if (client->max_age_ns < SECOND)
        client->max_age_ns = SECOND;
    client->max_response = options->max_response;
    client->http1 = options->http1;
    client->accept_gzip = options->accept_gzip;
    return client->name != NULL &&
           http_header_list(&client->headers, options->headers, options->n_headers) == 0 &&
           http_header_list(&client->proxy_headers, options->proxy_headers,
                            options->n_proxy_headers) == 0 &&
           choose_proxy(client, options);
}

static int
check_base(const struct http_options *options, struct http_error *error)
{
    const char *url = options->base_url;
    const char *host;
    if (url == NULL)
        return options->unix_socket != NULL
                   ? 0
                   : http_fail(error, HTTP_ERROR_OPTIONS, "no address of a server");
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return http_fail(error, HTTP_ERROR_OPTIONS,
                         "an address must begin with http:// or https://");
    host = strstr(url, "://") + 3;
    if (memchr(host, '@', strcspn(host, "/?#")) != NULL)
        return http_fail(error, HTTP_ERROR_OPTIONS, "an address must not hold credentials");
    return 0;
}

bool
http_renew_connections(struct http_client *client)
{
    CURLM *multi = curl_multi_init();
    if (multi == NULL)
        return client->multi != NULL;
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
    if (client->multi != NULL)
        curl_multi_cleanup(client->multi);
    client->multi = multi;
    client->multi_since_ns = http_monotonic_ns();
    return true;
}

int
http_client_new(const struct http_options *options, struct http_client **ret,
                struct http_error *error)
{
    CLEANUP(http_client_freep) struct http_client *client = NULL;
    int code = check_base(options, error);
    *ret = NULL;
    if (code != 0)
        return code;
    pthread_once(&curl_once, init_curl);
    client = calloc(1, sizeof *client);
    if (client == NULL)
        return http_fail(error, HTTP_ERROR_NOMEM, "no memory for an HTTP client");
    client->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (client->wake_fd < 0 || curl_state != CURLE_OK || !copy_options(client, options) ||
        !http_renew_connections(client))
        return http_fail(error, HTTP_ERROR_NOMEM, "no memory or descriptors for an HTTP client");
    if (options->tls != NULL && (code = tls_new(options->tls, &client->tls, error)) != 0)
        return code;
    *ret = take(client);
    return 0;
}

void
http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    for (size_t i = 0; i < client->n_idle; i++)
        curl_easy_cleanup(client->idle[i]);
    free(client->idle);
    if (client->multi != NULL)
        curl_multi_cleanup(client->multi);
    if (client->wake_fd >= 0)
        close(client->wake_fd);
    tls_free(client->tls);
    curl_slist_free_all(client->headers);
    curl_slist_free_all(client->proxy_headers);
    free(client->base);
    free(client->name);
    free(client->socket);
    free(client->user_agent);
    free(client->proxy);
    free(client->no_proxy);
    free(client);
}

void
http_client_freep(struct http_client **client)
{
    http_client_free(*client);
}

void
http_client_wake(struct http_client *client)
{
    uint64_t one = 1;
    atomic_store(&client->woken, true);
    if (write(client->wake_fd, &one, sizeof one) < 0) {
        /* Full: it wakes already. */
    }
}

void
http_client_clear_wake(struct http_client *client)
{
    uint64_t count;
    if (read(client->wake_fd, &count, sizeof count) < 0) {
        /* Empty: nobody woke it. */
    }
    atomic_store(&client->woken, false);
}

void
http_client_disconnect(struct http_client *client)
{
    http_renew_connections(client);
}

const char *
http_client_name(const struct http_client *client)
{
    return client->name;
}

void
http_last_probe(const struct http_client *client, struct http_probe *ret)
{
    *ret = client->probe;
}

/* Where http_send keeps the outcome of its one exchange. */
struct single {
    int code;
    struct http_response *response;
    struct http_error *error;
};

static int
single_done(void *ctx, size_t index, int code, struct http_response *response,
            const struct http_error *error)
{
    struct single *single = ctx;
    (void)index;
    single->code = code;
    if (single->error != NULL)
        *single->error = *error;
    if (single->response != NULL) {
        *single->response = *response;
        response->body = NULL;
    }
    return 0;
}

int
http_send(struct http_client *client, const struct http_request *request,
          struct http_response *response, struct http_error *error)
{
    struct single single = {.code = -ENOMEM, .response = response, .error = error};
    if (response != NULL)
        memset(response, 0, sizeof *response);
    if (http_many(client, request, 1, 1, single_done, &single) == -ENOMEM)
        return http_fail(error, HTTP_ERROR_NOMEM, "no memory for a request to %s", client->name);
    return single.code;
}

int
http_get(struct http_client *client, const char *path, uint64_t deadline_ns,
         struct http_response *response, struct http_error *error)
{
    struct http_request request = {.path = path, .deadline_ns = deadline_ns};
    return http_send(client, &request, response, error);
}

int
http_stream(struct http_client *client, const char *path, http_status_fn on_status,
            http_chunk_fn on_chunk, void *ctx, uint64_t idle_ns, struct http_error *error)
{
    struct http_request request = {
        .path = path,
        .idle_ns = idle_ns,
        .max_response = SIZE_MAX,
        .on_status = on_status,
        .on_chunk = on_chunk,
        .ctx = ctx,
    };
    struct http_response response;
    int code = http_send(client, &request, &response, error);
    http_response_free(&response);
    return code;
}
