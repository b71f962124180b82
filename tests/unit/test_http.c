/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_http.c - the HTTP client against a server in a thread of this program, which answers each
 * connection with the next line of a script: bytes to send, then what to do with the connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#include "http.h"
#include "support.h"

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)

enum ending { KEEP, CLOSE, RESET_IT, HANG };

/* How the server answers one request. */
struct answer {
    const char *bytes;
    enum ending ending;
};

struct server {
    int listener;
    struct sockaddr_storage address;
    socklen_t address_len;
    pthread_t thread;
    const struct answer *answers;
    size_t n_answers;
    atomic_size_t n_answered;
    atomic_size_t n_connections;
    atomic_bool stop;
    char seen[8192]; /* the last request */
    char url[64];
    char dir[32];
    char path[64];
};

static void
wait_stop(struct server *s)
{
    while (!atomic_load(&s->stop))
        poll(NULL, 0, 5);
}

/* Reads until the request is whole: its head, and as many bytes of body as it says. False at the
 * end of the connection. */
static bool
read_request(struct server *s, int fd)
{
    size_t len = 0;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n;
        char *end, *length;
        if (atomic_load(&s->stop))
            return false;
        if (poll(&p, 1, 20) == 0)
            continue;
        n = recv(fd, s->seen + len, sizeof s->seen - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        s->seen[len] = '\0';
        end = strstr(s->seen, "\r\n\r\n");
        length = strstr(s->seen, "Content-Length: ");
        if (end != NULL &&
            (length == NULL || len >= (size_t)(end + 4 - s->seen) + strtoul(length + 16, NULL, 10)))
            return true;
    }
}

static void
serve_connection(struct server *s, int fd)
{
    while (read_request(s, fd)) {
        size_t i = atomic_fetch_add(&s->n_answered, 1);
        const struct answer *a = &s->answers[i < s->n_answers ? i : s->n_answers - 1];
        send(fd, a->bytes, strlen(a->bytes), MSG_NOSIGNAL);
        if (a->ending == HANG)
            wait_stop(s);
        if (a->ending == RESET_IT) {
            struct linger now = {1, 0};
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        }
        if (a->ending != KEEP)
            return;
    }
}

/* Each connection in its own thread, so that parallel requests are really parallel. */
struct served {
    struct server *server;
    int fd;
};

static void *
connection_main(void *ctx)
{
    struct served *c = ctx;
    serve_connection(c->server, c->fd);
    close(c->fd);
    free(c);
    return NULL;
}

static void *
server_main(void *ctx)
{
    struct server *s = ctx;
    pthread_t threads[64];
    size_t n = 0;
    while (!atomic_load(&s->stop)) {
        struct pollfd p = {.fd = s->listener, .events = POLLIN};
        if (poll(&p, 1, 20) <= 0)
            continue;
        struct served *c = malloc(sizeof *c);
        c->server = s;
        c->fd = accept(s->listener, NULL, NULL);
        atomic_fetch_add(&s->n_connections, 1);
        pthread_create(&threads[n++ % COUNT_OF(threads)], NULL, connection_main, c);
        assert_true(n < COUNT_OF(threads));
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    return NULL;
}

static void
server_listen(struct server *s, int family)
{
    s->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(s->listener >= 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&s->address, s->address_len), 0);
    assert_int_equal(listen(s->listener, 64), 0);
}

static void
server_start(struct server *s, const struct answer *answers, size_t n)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&s->address;
    memset(s, 0, sizeof *s);
    s->answers = answers;
    s->n_answers = n;
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->address_len = sizeof *in;
    server_listen(s, AF_INET);
    getsockname(s->listener, (struct sockaddr *)in, &s->address_len);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(in->sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static void
server_start_unix(struct server *s, const struct answer *answers, size_t n)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&s->address;
    memset(s, 0, sizeof *s);
    s->answers = answers;
    s->n_answers = n;
    snprintf(s->dir, sizeof s->dir, "/tmp/test_http.XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof s->path, "%s/socket", s->dir);
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, s->path, strlen(s->path) + 1);
    s->address_len = sizeof *un;
    server_listen(s, AF_UNIX);
    assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static void
server_stop(struct server *s)
{
    atomic_store(&s->stop, true);
    pthread_join(s->thread, NULL);
    close(s->listener);
    if (s->path[0] != '\0') {
        unlink(s->path);
        rmdir(s->dir);
    }
}

static struct http_client *
client_for(const struct server *s)
{
    struct http_options options = {
        .base_url = s->url, .user_agent = "test/1", .proxy_disable = true};
    struct http_client *client = NULL;
    assert_int_equal(http_client_new(&options, &client, NULL), 0);
    return client;
}

static uint64_t
soon(void)
{
    return http_monotonic_ns() + 10 * SECOND;
}

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"

static void
test_get(void **state)
{
    static const struct answer answers[] = {{OK_HELLO, KEEP}};
    struct server s;
    struct http_response r;
    struct http_error e;
    (void)state;
    server_start(&s, answers, 1);
    struct http_client *c = client_for(&s);
    assert_int_equal(http_get(c, "/a?b=c", soon(), &r, &e), 0);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "hello");
    assert_int_equal(r.body_len, 5);
    assert_string_equal(r.content_type, "text/plain");
    assert_int_equal(e.kind, HTTP_ERROR_NONE);
    assert_non_null(strstr(s.seen, "GET /a?b=c HTTP/1.1\r\n"));
    assert_non_null(strstr(s.seen, "User-Agent: test/1\r\n"));
    http_response_free(&r);
    assert_int_equal(http_get(c, "/again", soon(), &r, &e), 0);
    http_response_free(&r);
    assert_int_equal(atomic_load(&s.n_connections), 1);
    http_client_disconnect(c);
    assert_int_equal(http_get(c, "/again", soon(), &r, &e), 0);
    http_response_free(&r);
    assert_int_equal(atomic_load(&s.n_connections), 2);
    http_client_free(c);
    server_stop(&s);
}

static void
test_unix_socket(void **state)
{
    static const struct answer answers[] = {{OK_HELLO, KEEP}};
    struct server s;
    struct http_response r;
    struct http_error e;
    struct http_client *c = NULL;
    (void)state;
    server_start_unix(&s, answers, 1);
    struct http_options options = {.unix_socket = s.path};
    assert_int_equal(http_client_new(&options, &c, &e), 0);
    assert_int_equal(http_get(c, "/x", soon(), &r, &e), 0);
    assert_string_equal(r.body, "hello");
    http_response_free(&r);
    server_stop(&s);
    assert_int_equal(http_get(c, "/x", soon(), &r, &e), -ECONNREFUSED);
    assert_int_equal(e.os_errno, ENOENT);
    assert_non_null(strstr(e.text, "unix:///tmp/test_http."));
    assert_non_null(strstr(e.text, "No such file"));
    http_client_free(c);
}

static void
test_post_and_headers(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nRetry-After: 7\r\n"
         "X-elastic-product: Elasticsearch\r\n\r\n",
         KEEP}};
    const struct http_header common[] = {
        {"Authorization", "Basic x"}, {"X-Empty", ""}, {"Accept", "a/b"}};
    const struct http_header own[] = {{"accept", "c/d"}, {"Content-Type", "application/x-ndjson"}};
    struct server s;
    struct http_response r;
    struct http_client *c = NULL;
    (void)state;
    server_start(&s, answers, 1);
    struct http_options options = {
        .base_url = s.url, .headers = common, .n_headers = 3, .proxy_disable = true};
    assert_int_equal(http_client_new(&options, &c, NULL), 0);
    struct http_request request = {.method = "POST",
                                   .path = "/_bulk",
                                   .headers = own,
                                   .n_headers = 2,
                                   .body = "{}\n",
                                   .body_len = 3,
                                   .deadline_ns = soon()};
    assert_int_equal(http_send(c, &request, &r, NULL), 0);
    assert_int_equal(r.status, 201);
    assert_int_equal(r.retry_after_ns, 7 * SECOND);
    assert_string_equal(r.product, "Elasticsearch");
    assert_null(r.body);
    assert_non_null(strstr(s.seen, "Authorization: Basic x\r\n"));
    assert_non_null(strstr(s.seen, "X-Empty:\r\n"));
    assert_non_null(strstr(s.seen, "accept: c/d\r\n"));
    assert_null(strstr(s.seen, "Accept: a/b"));
    assert_null(strstr(s.seen, "Expect"));
    assert_null(strstr(s.seen, "x-www-form"));
    assert_non_null(strstr(s.seen, "\r\n\r\n{}\n"));
    http_response_free(&r);
    http_client_free(c);
    server_stop(&s);
}

/* Each fault: what the server sends, how it goes on, what the client must make of it. */
static void
test_faults(void **state)
{
    static const struct {
        struct answer answer;
        int code;
        enum http_error_kind kind;
    } cases[] = {
        {{"", CLOSE}, -ECONNRESET, HTTP_ERROR_RESET},
        {{"", RESET_IT}, -ECONNRESET, HTTP_ERROR_RESET},
        {{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", CLOSE},
         -ECONNRESET,
         HTTP_ERROR_RESET},
        {{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", HANG},
         -ETIMEDOUT,
         HTTP_ERROR_TIMEOUT},
        {{"", HANG}, -ETIMEDOUT, HTTP_ERROR_TIMEOUT},
        {{"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", CLOSE}, -ECONNRESET, HTTP_ERROR_RESET},
        {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", CLOSE},
         -ECONNRESET,
         HTTP_ERROR_RESET},
        {{"\x15\x03\x01 nonsense\r\n\r\n", CLOSE}, 0, HTTP_ERROR_PROTOCOL},
        {{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!", KEEP},
         -EPROTO,
         HTTP_ERROR_PROTOCOL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct server s;
        struct http_response r;
        struct http_error e;
        struct http_client *c = NULL;
        server_start(&s, &cases[i].answer, 1);
        struct http_options options = {
            .base_url = s.url, .accept_gzip = true, .proxy_disable = true};
        assert_int_equal(http_client_new(&options, &c, NULL), 0);
        int code = http_get(c, "/", http_monotonic_ns() + 200 * MS, &r, &e);
        http_response_free(&r);
        assert_true(code < 0);
        if (cases[i].code != 0) {
            assert_int_equal(code, cases[i].code);
            assert_int_equal(e.kind, cases[i].kind);
        }
        assert_non_null(strstr(e.text, s.url));
        http_client_free(c);
        server_stop(&s);
    }
}

static void
test_refused_and_unknown(void **state)
{
    struct server s;
    struct http_response r;
    struct http_error e;
    (void)state;
    static const struct answer answers[] = {{OK_HELLO, KEEP}};
    server_start(&s, answers, 1);
    struct http_client *c = client_for(&s);
    server_stop(&s);
    assert_int_equal(http_get(c, "/", soon(), &r, &e), -ECONNREFUSED);
    assert_int_equal(e.os_errno, ECONNREFUSED);
    http_client_free(c);

    struct http_options options = {.base_url = "http://no-such-host.invalid:9200",
                                   .proxy_disable = true};
    assert_int_equal(http_client_new(&options, &c, &e), 0);
    assert_int_equal(http_get(c, "/", soon(), &r, &e), -EHOSTUNREACH);
    assert_int_equal(e.kind, HTTP_ERROR_DNS);
    http_client_free(c);
}

static void
test_too_large(void **state)
{
    static const struct answer answers[] = {{OK_HELLO, KEEP}};
    struct server s;
    struct http_response r;
    struct http_error e;
    (void)state;
    server_start(&s, answers, 1);
    struct http_client *c = client_for(&s);
    struct http_request request = {.path = "/", .max_response = 4, .deadline_ns = soon()};
    assert_int_equal(http_send(c, &request, &r, &e), -EFBIG);
    assert_int_equal(e.kind, HTTP_ERROR_TOO_LARGE);
    http_response_free(&r);
    request.max_response = 5;
    assert_int_equal(http_send(c, &request, &r, &e), 0);
    http_response_free(&r);
    http_client_free(c);
    server_stop(&s);
}

/* Wakes the client as soon as its request has arrived. */
static void *
waker_main(void *ctx)
{
    void **args = ctx;
    struct server *s = args[0];
    while (atomic_load(&s->n_answered) == 0)
        poll(NULL, 0, 1);
    http_client_wake(args[1]);
    return NULL;
}

static void
test_wake(void **state)
{
    static const struct answer answers[] = {{"", HANG}};
    struct server s;
    struct http_response r;
    struct http_error e;
    pthread_t waker;
    (void)state;
    server_start(&s, answers, 1);
    struct http_client *c = client_for(&s);
    void *args[] = {&s, c};
    assert_int_equal(pthread_create(&waker, NULL, waker_main, args), 0);
    assert_int_equal(http_get(c, "/", 0, &r, &e), -ECANCELED);
    pthread_join(waker, NULL);
    http_client_wake(c);
    assert_int_equal(http_get(c, "/", 0, &r, &e), -ECANCELED);
    http_client_free(c);
    server_stop(&s);
}

static int
note_chunk(void *ctx, const char *bytes, size_t len)
{
    char *text = ctx;
    strncat(text, bytes, len);
    return strstr(text, "third") != NULL;
}

static int
note_status(void *ctx, int status)
{
    snprintf(ctx, 64, "%d ", status);
    return 0;
}

static void
test_stream(void **state)
{
    static const struct answer answers[] = {
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst \r\n5\r\nthird\r\n",
         HANG},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n0\r\n\r\n", KEEP},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n", HANG}};
    struct server s;
    struct http_error e;
    char text[64] = "";
    (void)state;
    server_start(&s, answers, 3);
    struct http_client *c = client_for(&s);
    assert_int_equal(http_stream(c, "/events", note_status, note_chunk, text, 5 * SECOND, &e),
                     -ECANCELED);
    assert_string_equal(text, "200 first third");
    assert_int_equal(http_stream(c, "/events", note_status, note_chunk, text, 0, &e), 0);
    assert_string_equal(text, "200 only");
    assert_int_equal(http_stream(c, "/events", note_status, note_chunk, text, 50 * MS, &e),
                     -ETIMEDOUT);
    http_client_free(c);
    server_stop(&s);
}

struct tally {
    size_t n_ok, n_failed;
    size_t stop_after;
};

static int
count_done(void *ctx, size_t index, int code, struct http_response *response,
           const struct http_error *error)
{
    struct tally *tally = ctx;
    (void)index;
    (void)error;
    if (code == 0 && response->status == 200 && response->body_len == 5)
        tally->n_ok++;
    else
        tally->n_failed++;
    return tally->stop_after != 0 && tally->n_ok == tally->stop_after;
}

static void
test_many(void **state)
{
    static const struct answer answers[] = {{OK_HELLO, KEEP}};
    struct http_request requests[40] = {{0}};
    struct tally tally = {0};
    struct server s;
    (void)state;
    server_start(&s, answers, 1);
    struct http_client *c = client_for(&s);
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        requests[i] = (struct http_request){.path = "/stats", .deadline_ns = soon()};
    assert_int_equal(http_many(c, requests, COUNT_OF(requests), 8, count_done, &tally), 0);
    assert_int_equal(tally.n_ok, 40);
    assert_true(atomic_load(&s.n_connections) <= 8);
    tally = (struct tally){.stop_after = 10};
    assert_int_equal(http_many(c, requests, COUNT_OF(requests), 4, count_done, &tally), -ECANCELED);
    assert_int_equal(tally.n_ok + tally.n_failed, 40);
    assert_true(tally.n_failed >= 26);
    http_client_free(c);
    server_stop(&s);
}

/* One silent container must not delay the others, nor they it. */
static void
test_many_with_own_deadlines(void **state)
{
    static const struct answer answers[] = {{"", HANG}, {OK_HELLO, KEEP}};
    struct http_request requests[10] = {{0}};
    struct tally tally = {0};
    struct server s;
    (void)state;
    server_start(&s, answers, 2);
    struct http_client *c = client_for(&s);
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        requests[i] =
            (struct http_request){.path = "/", .deadline_ns = http_monotonic_ns() + 300 * MS};
    assert_int_equal(http_many(c, requests, COUNT_OF(requests), 2, count_done, &tally), 0);
    assert_int_equal(tally.n_ok, 9);
    assert_int_equal(tally.n_failed, 1);
    http_client_free(c);
    server_stop(&s);
}

static void
test_options(void **state)
{
    struct http_client *c = NULL;
    struct http_error e;
    (void)state;
    assert_int_equal(http_client_new(&(struct http_options){.base_url = "ftp://x"}, &c, &e),
                     -EINVAL);
    assert_int_equal(
        http_client_new(&(struct http_options){.base_url = "http://u:secret@x"}, &c, &e), -EINVAL);
    assert_null(strstr(e.text, "secret"));
    assert_int_equal(http_client_new(&(struct http_options){0}, &c, &e), -EINVAL);
    const char *versions[] = {"TLSv1.2", "SSLv3"};
    struct http_tls tls = {.versions = versions, .n_versions = 2};
    assert_int_equal(
        http_client_new(&(struct http_options){.base_url = "https://x", .tls = &tls}, &c, &e),
        -EINVAL);
    assert_non_null(strstr(e.text, "SSLv3"));
    tls = (struct http_tls){.ca_trusted_fingerprint = "abc"};
    assert_int_equal(
        http_client_new(&(struct http_options){.base_url = "https://x", .tls = &tls}, &c, &e),
        -EINVAL);
    assert_null(c);
}

static void
test_proxy(void **state)
{
    static const struct answer answers[] = {{OK_HELLO, KEEP}};
    struct server s;
    struct http_response r;
    struct http_error e;
    struct http_client *c = NULL;
    (void)state;
    server_start(&s, answers, 1);
    struct http_options options = {.base_url = "http://es.invalid:9200", .proxy_url = s.url};
    assert_int_equal(http_client_new(&options, &c, NULL), 0);
    assert_int_equal(http_get(c, "/p", soon(), &r, &e), 0);
    assert_non_null(strstr(s.seen, "GET http://es.invalid:9200/p HTTP/1.1"));
    http_response_free(&r);
    http_client_free(c);

    setenv("HTTP_PROXY", s.url, 1);
    options.proxy_url = NULL;
    assert_int_equal(http_client_new(&options, &c, NULL), 0);
    assert_int_equal(http_get(c, "/env", soon(), &r, &e), 0);
    assert_non_null(strstr(s.seen, "GET http://es.invalid:9200/env HTTP/1.1"));
    http_response_free(&r);
    http_client_free(c);

    options.proxy_disable = true;
    assert_int_equal(http_client_new(&options, &c, NULL), 0);
    assert_int_equal(http_get(c, "/", soon(), &r, &e), -EHOSTUNREACH);
    http_client_free(c);
    unsetenv("HTTP_PROXY");

    options = (struct http_options){.base_url = "http://es.invalid:9200",
                                    .proxy_url = "http://user:secret@proxy.invalid:3128"};
    assert_int_equal(http_client_new(&options, &c, NULL), 0);
    assert_int_equal(http_get(c, "/", soon(), &r, &e), -EHOSTUNREACH);
    assert_null(strstr(e.text, "secret"));
    assert_non_null(strstr(e.text, "proxy"));
    http_client_free(c);
    server_stop(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_unix_socket),
        cmocka_unit_test(test_post_and_headers),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_refused_and_unknown),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_wake),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_many_with_own_deadlines),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
