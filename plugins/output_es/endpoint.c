/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.c - reads an entry of `hosts`. Nothing is resolved or connected here.
 */
#include "endpoint.h"

#include <errno.h>
#include <strings.h>

#include "support.h"

/* Views into the entry. */
struct parts {
    const char *scheme;
    const char *user, *user_end; /* "user:pass" before the @, or NULL */
    const char *host, *host_end;
    const char *port, *port_end; /* NULL: none */
    const char *path;
};

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX; a sign that begins none stays. */
static char *
percent_decode(const char *from, const char *end)
{
    char *text = malloc((size_t)(end - from) + 1), *to = text;
    if (text == NULL)
        return NULL;
    while (from < end) {
        if (*from == '%' && end - from > 2 && hex_digit(from[1]) >= 0 && hex_digit(from[2]) >= 0) {
            *to++ = (char)(hex_digit(from[1]) << 4 | hex_digit(from[2]));
            from += 3;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return text;
}

static const char *
read_authority(const char *at, struct parts *p)
{
    const char *end = at + strcspn(at, "/?#");
    const char *sign = memrchr(at, '@', (size_t)(end - at));
    if (sign != NULL) {
        p->user = at;
        p->user_end = sign;
        at = sign + 1;
    }
    p->path = end;
    p->host = at;
    if (*at == '[') {
        const char *bracket = memchr(at, ']', (size_t)(end - at));
        if (bracket == NULL)
            return "has a [ without its ]";
        p->host_end = bracket + 1;
    } else {
        const char *colon = memchr(at, ':', (size_t)(end - at));
        p->host_end = colon == NULL ? end : colon;
    }
    if (p->host_end == p->host)
        return "has no host name";
    if (p->host_end == end)
        return NULL;
    if (*p->host_end != ':')
        return "has something other than :PORT after its ]";
    p->port = p->host_end + 1;
    p->port_end = end;
    return NULL;
}

static const char *
check_parts(const struct parts *p)
{
    long port = 0;
    if (strcmp(p->scheme, "http") != 0 && strcmp(p->scheme, "https") != 0)
        return "must begin with http:// or https://, or have no scheme";
    for (const char *c = p->host; c < p->host_end; c++)
        if ((unsigned char)*c <= ' ' || *c == '%')
            return "has a character in its host name that none may have";
    for (const char *c = p->port; c != NULL && c < p->port_end; c++) {
        if (*c < '0' || *c > '9' || port > 65535)
            return "has a port that is no number from 1 to 65535";
        port = port * 10 + *c - '0';
    }
    if (p->port != NULL && (port < 1 || port > 65535))
        return "has a port that is no number from 1 to 65535; an IPv6 address needs brackets";
    return strpbrk(p->path, " \t\r\n?#") != NULL ? "must not have a query; use parameters" : NULL;
}

static const char *
split(const char *entry, const char *scheme, struct parts *p)
{
    const char *problem, *sign = strstr(entry, "://");
    p->scheme = scheme == NULL || scheme[0] == '\0' ? "http" : scheme;
    if (sign != NULL) {
        if (sign - entry == 5 && strncasecmp(entry, "https", 5) == 0)
            p->scheme = "https";
        else if (sign - entry == 4 && strncasecmp(entry, "http", 4) == 0)
            p->scheme = "http";
        else
            return "must begin with http:// or https://, or have no scheme";
        entry = sign + 3;
    }
    problem = read_authority(entry, p);
    return problem != NULL ? problem : check_parts(p);
}

static size_t
length_without_slashes(const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '/')
        len--;
    return len;
}

static char *
make_url(const struct parts *p, const char *port, const char *path)
{
    const char *slash = path[0] == '\0' || path[0] == '/' ? "" : "/";
    size_t path_len = length_without_slashes(path);
    size_t size = strlen(p->scheme) + (size_t)(p->host_end - p->host) + strlen(port) + path_len +
                  sizeof "://:/";
    char *url = malloc(size);
    if (url != NULL)
        snprintf(url, size, "%s://%.*s:%s%s%.*s", p->scheme, (int)(p->host_end - p->host), p->host,
                 port, path_len == 0 ? "" : slash, (int)path_len, path);
    return url;
}

static bool
fill_credentials(const struct parts *p, struct endpoint *ret)
{
    const char *colon;
    if (p->user == NULL)
        return true;
    colon = memchr(p->user, ':', (size_t)(p->user_end - p->user));
    ret->username = percent_decode(p->user, colon == NULL ? p->user_end : colon);
    ret->password = percent_decode(colon == NULL ? p->user_end : colon + 1, p->user_end);
    return ret->username != NULL && ret->password != NULL;
}

static bool
fill(const struct parts *p, const char *path, struct endpoint *ret)
{
    bool bracketed = *p->host == '[';
    if (p->path[0] != '\0' && strcmp(p->path, "/") != 0)
        path = p->path;
    ret->tls = strcmp(p->scheme, "https") == 0;
    ret->host = strndup(p->host + bracketed, (size_t)(p->host_end - p->host) - 2 * bracketed);
    ret->port =
        p->port == NULL ? strdup("9200") : strndup(p->port, (size_t)(p->port_end - p->port));
    if (ret->host == NULL || ret->port == NULL || !fill_credentials(p, ret))
        return false;
    ret->url = make_url(p, ret->port, path == NULL ? "" : path);
    return ret->url != NULL;
}

int
endpoint_parse(const char *entry, const char *scheme, const char *path, struct endpoint *ret,
               const char **ret_problem)
{
    struct parts p = {0};
    memset(ret, 0, sizeof *ret);
    *ret_problem = split(entry, scheme, &p);
    if (*ret_problem != NULL)
        return -EINVAL;
    if (fill(&p, path, ret))
        return 0;
    endpoint_free(ret);
    return -ENOMEM;
}

void
endpoint_free(struct endpoint *e)
{
    free(e->url);
    free(e->host);
    free(e->port);
    free(e->username);
    free(e->password);
    memset(e, 0, sizeof *e);
}
