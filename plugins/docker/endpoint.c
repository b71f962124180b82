/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.c - see endpoint.h. */
#include "endpoint.h"
#include "support.h"

#include <errno.h>

static const char *
after_prefix(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static int
finish(struct endpoint *endpoint, bool complete)
{
    if (complete)
        return 0;
    endpoint_free(endpoint);
    return -ENOMEM;
}

static int
set_socket(const char *path, struct endpoint *ret, const char **ret_error)
{
    if (path[0] != '/') {
        *ret_error = "must name an absolute path, as in unix:///var/run/docker.sock";
        return -EINVAL;
    }
    ret->socket = strdup(path);
    ret->address = strdup(path);
    return finish(ret, ret->socket != NULL && ret->address != NULL);
}

static int
set_url(const char *scheme, const char *host, struct endpoint *ret, const char **ret_error)
{
    if (host[0] == '\0' || host[0] == '/' || strchr(host, '@') != NULL) {
        *ret_error = "must name a host without credentials, as in tcp://docker.example:2376";
        return -EINVAL;
    }
    if (asprintf(&ret->url, "%s://%s", scheme, host) < 0)
        ret->url = NULL;
    ret->address = strndup(host, strcspn(host, "/"));
    return finish(ret, ret->url != NULL && ret->address != NULL);
}

int
endpoint_parse(const char *text, bool tls, struct endpoint *ret, const char **ret_error)
{
    const char *rest;
    *ret = (struct endpoint){0};
    if ((rest = after_prefix(text, "unix://")) != NULL)
        return set_socket(rest, ret, ret_error);
    if (text[0] == '/')
        return set_socket(text, ret, ret_error);
    if ((rest = after_prefix(text, "https://")) != NULL)
        return set_url("https", rest, ret, ret_error);
    if ((rest = after_prefix(text, "http://")) != NULL ||
        (rest = after_prefix(text, "tcp://")) != NULL)
        return set_url(tls ? "https" : "http", rest, ret, ret_error);
    if (strstr(text, "://") == NULL)
        return set_url(tls ? "https" : "http", text, ret, ret_error);
    *ret_error = "must begin with unix://, tcp://, http:// or https://";
    return -EINVAL;
}

void
endpoint_free(struct endpoint *endpoint)
{
    free(endpoint->socket);
    free(endpoint->url);
    free(endpoint->address);
    *endpoint = (struct endpoint){0};
}
