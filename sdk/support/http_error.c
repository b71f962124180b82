/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_error.c - from libcurl's codes to a decision and words for the operator.
 *
 * Invariant: no word comes from a place that could hold credentials. libcurl's own text is used
 * only for codes whose texts name hosts and protocol states, never for those that quote URLs.
 */
#include <errno.h>
#include <stdarg.h>

#include "http_internal.h"

static const int code_of_kind[] = {
    [HTTP_ERROR_NONE] = 0,
    [HTTP_ERROR_OPTIONS] = -EINVAL,
    [HTTP_ERROR_NOMEM] = -ENOMEM,
    [HTTP_ERROR_DNS] = -EHOSTUNREACH,
    [HTTP_ERROR_CONNECT] = -ECONNREFUSED,
    [HTTP_ERROR_PROXY] = -ECONNREFUSED,
    [HTTP_ERROR_TLS] = -EPROTO,
    [HTTP_ERROR_TIMEOUT] = -ETIMEDOUT,
    [HTTP_ERROR_RESET] = -ECONNRESET,
    [HTTP_ERROR_PROTOCOL] = -EPROTO,
    [HTTP_ERROR_TOO_LARGE] = -EFBIG,
    [HTTP_ERROR_CANCELED] = -ECANCELED,
    [HTTP_ERROR_STATUS] = -EREMOTEIO,
};

int
http_fail(struct http_error *error, enum http_error_kind kind, const char *format, ...)
{
    va_list args;
    if (error == NULL)
        return code_of_kind[kind];
    memset(error, 0, sizeof *error);
    error->kind = kind;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return code_of_kind[kind];
}

static enum http_error_kind
kind_of_result(CURLcode result)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HTTP_ERROR_DNS;
    case CURLE_COULDNT_CONNECT:
        return HTTP_ERROR_CONNECT;
#if LIBCURL_VERSION_NUM >= 0x074900
    case CURLE_PROXY:
        return HTTP_ERROR_PROXY;
#endif
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_ERROR_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_ENGINE_INITFAILED:
        return HTTP_ERROR_TLS;
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
        return HTTP_ERROR_PROTOCOL;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return HTTP_ERROR_OPTIONS;
    case CURLE_OUT_OF_MEMORY:
        return HTTP_ERROR_NOMEM;
    default:
        return HTTP_ERROR_RESET;
    }
}

/* What to do about a failed connect. */
static const char *
connect_advice(const struct http_client *client, int os_errno)
{
    if (client->socket == NULL)
        return "check that the server listens there and that no firewall is between";
    if (os_errno == EACCES || os_errno == EPERM)
        return "let the user that metrichost runs as open the socket, for example by its group";
    return "check that the service behind the socket runs";
}

static int
fail_connect(const struct transfer *t, struct http_error *error)
{
    const struct http_client *client = t->client;
    long os_errno = 0;
    int code;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno);
    if (os_errno == 0 && client->socket != NULL && access(client->socket, F_OK) != 0)
        os_errno = errno;
    if (os_errno != 0)
        code = http_fail(error, HTTP_ERROR_CONNECT, "cannot connect to %s: %s; %s", client->name,
                         strerror((int)os_errno), connect_advice(client, (int)os_errno));
    else
        code = http_fail(error, HTTP_ERROR_CONNECT, "cannot connect to %s; %s", client->name,
                         connect_advice(client, 0));
    if (error != NULL)
        error->os_errno = (int)os_errno;
    return code;
}

/* The fix for the usual TLS failures, found by what OpenSSL and libcurl say. */
static const char *
tls_advice(const char *text)
{
    static const struct {
        const char *part, *advice;
    } known[] = {
        {"unable to get local issuer", "; give its CA in ssl.certificate_authorities"},
        {"self-signed", "; give its CA in ssl.certificate_authorities"},
        {"self signed", "; give its CA in ssl.certificate_authorities"},
        {"has expired", "; renew the server's certificate, and check the clock of this machine"},
        {"not yet valid", "; check the clock of this machine"},
        {"does not match",
         "; use a name that the certificate holds, or ssl.verification_mode: certificate"},
        {"no alternative certificate",
         "; use a name that the certificate holds, or ssl.verification_mode: certificate"},
        {"certificate required",
         "; the server wants a client certificate: set ssl.certificate and ssl.key"},
        {"bad certificate",
         "; the server refused the client certificate: check ssl.certificate and ssl.key"},
        {"wrong version number",
         "; the server does not speak TLS on this port: use http:// or another port"},
        {"packet length too long",
         "; the server does not speak TLS on this port: use http:// or another port"},
        {"protocol version", "; the server offers none of the versions in ssl.supported_protocols"},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strstr(text, known[i].part) != NULL)
            return known[i].advice;
    return "";
}

static int
fail_tls(const struct transfer *t, struct http_error *error)
{
    const char *words = t->client->tls == NULL ? "" : tls_last_words(t->client->tls);
    if (words[0] == '\0')
        words = t->curl_text[0] == '\0' ? "the handshake failed" : t->curl_text;
    return http_fail(error, HTTP_ERROR_TLS, "TLS with %s: %s%s", t->client->name, words,
                     tls_advice(words));
}

static int
fail_timeout(const struct transfer *t, struct http_error *error)
{
    double begun = 0;
    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME, &begun);
    return http_fail(error, HTTP_ERROR_TIMEOUT,
                     begun > 0 ? "%s did not answer in time"
                               : "no connection to %s in time; check the address and firewalls",
                     t->client->name);
}

/* A callback of ours ended the exchange. */
static int
fail_own(const struct transfer *t, struct http_error *error)
{
    const char *name = t->client->name;
    if (t->too_large)
        return http_fail(error, HTTP_ERROR_TOO_LARGE, "the answer of %s is larger than allowed",
                         name);
    if (t->no_memory)
        return http_fail(error, HTTP_ERROR_NOMEM, "no memory for the answer of %s", name);
    return http_fail(error, HTTP_ERROR_CANCELED, "the request to %s was canceled", name);
}

int
http_fail_transfer(const struct transfer *t, CURLcode result, struct http_error *error)
{
    const char *name = t->client->name;
    enum http_error_kind kind = kind_of_result(result);
    if (t->too_large || t->no_memory || t->ended_by_callback)
        return fail_own(t, error);
    switch (kind) {
    case HTTP_ERROR_DNS:
        return http_fail(error, kind,
                         "cannot resolve the %s of %s; check the name and the DNS servers",
                         result == CURLE_COULDNT_RESOLVE_PROXY ? "proxy" : "host name", name);
    case HTTP_ERROR_CONNECT:
        return fail_connect(t, error);
    case HTTP_ERROR_PROXY:
        return http_fail(error, kind, "the proxy refused a connection to %s; check proxy_url",
                         name);
    case HTTP_ERROR_TLS:
        return fail_tls(t, error);
    case HTTP_ERROR_TIMEOUT:
        return fail_timeout(t, error);
    case HTTP_ERROR_OPTIONS:
        return http_fail(error, kind, "the address of %s cannot be used", name);
    case HTTP_ERROR_NOMEM:
        return http_fail(error, kind, "no memory for a request to %s", name);
    case HTTP_ERROR_PROTOCOL:
        return http_fail(error, kind, "%s answered with what is not HTTP: %s", name,
                         curl_easy_strerror(result));
    default:
        return http_fail(error, kind, "the connection to %s broke: %s", name,
                         t->curl_text[0] != '\0' ? t->curl_text : curl_easy_strerror(result));
    }
}

static const char *
status_phrase(int status)
{
    switch (status) {
    case 400:
        return "400 Bad Request";
    case 401:
        return "401 Unauthorized";
    case 403:
        return "403 Forbidden";
    case 404:
        return "404 Not Found";
    case 413:
        return "413 Payload Too Large";
    case 429:
        return "429 Too Many Requests";
    case 500:
        return "500 Internal Server Error";
    case 502:
        return "502 Bad Gateway";
    case 503:
        return "503 Service Unavailable";
    case 504:
        return "504 Gateway Timeout";
    default:
        return NULL;
    }
}

void
http_status_error(struct http_error *error, const struct http_client *client, const char *what,
                  int status, const char *detail)
{
    const char *phrase = status_phrase(status);
    char number[16];
    snprintf(number, sizeof number, "%d", status);
    http_fail(error, HTTP_ERROR_STATUS, "%s at %s: %s%s%s", what, client->name,
              phrase != NULL ? phrase : number, detail == NULL ? "" : ": ",
              detail == NULL ? "" : detail);
    if (error != NULL)
        error->status = status;
}
