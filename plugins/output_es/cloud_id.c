/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud_id.c - decodes a cloud.id. See cloud_id.h for its form.
 */
#include "cloud_id.h"

#include <errno.h>

#include "base64.h"
#include "support.h"

/* A piece of a text that is not terminated. */
struct piece {
    const char *s;
    size_t len;
};

void
cloud_id_free(struct cloud_id *id)
{
    free(id->elasticsearch);
    free(id->kibana);
    memset(id, 0, sizeof *id);
}

static const char *
last_of(struct piece p, char c)
{
    return p.len == 0 ? NULL : memrchr(p.s, c, p.len);
}

/* Cuts ":PORT" off; without one the port stays what it is. */
static void
split_port(struct piece *p, struct piece *port)
{
    const char *colon = last_of(*p, ':');
    if (colon == NULL)
        return;
    *port = (struct piece){colon + 1, (size_t)(p->s + p->len - colon - 1)};
    p->len = (size_t)(colon - p->s);
}

/* Takes the text up to the next `$` out of *rest. False when there is no further part. */
static bool
next_part(struct piece *rest, struct piece *part)
{
    const char *end;
    if (rest->s == NULL)
        return false;
    end = rest->len == 0 ? NULL : memchr(rest->s, '$', rest->len);
    *part = *rest;
    if (end == NULL) {
        rest->s = NULL;
        return true;
    }
    part->len = (size_t)(end - rest->s);
    rest->len -= part->len + 1;
    rest->s = end + 1;
    return true;
}

static char *
make_url(struct piece id, struct piece host, struct piece port)
{
    size_t size = sizeof "https://.:" + id.len + host.len + port.len;
    char *url = malloc(size);
    if (url != NULL)
        snprintf(url, size, "https://%.*s.%.*s:%.*s", (int)id.len, id.s, (int)host.len, host.s,
                 (int)port.len, port.s);
    return url;
}

/* A zero byte or a blank inside would make a URL that means something else. */
static bool
is_printable(struct piece p)
{
    for (size_t i = 0; i < p.len; i++)
        if (p.s[i] <= ' ' || p.s[i] == 0x7f || strchr("/?#@\\", p.s[i]) != NULL)
            return false;
    return true;
}

static int
read_parts(struct piece text, struct cloud_id *ret, const char **ret_problem)
{
    struct piece host, es, kibana, port = {"443", 3};
    if (!next_part(&text, &host) || !next_part(&text, &es) || !next_part(&text, &kibana)) {
        *ret_problem = "expected at least 3 parts between $ in its base64 text";
        return -EINVAL;
    }
    split_port(&host, &port);
    struct piece es_port = port, kibana_port = port;
    split_port(&es, &es_port);
    split_port(&kibana, &kibana_port);
    if (!is_printable(host) || !is_printable(es) || !is_printable(kibana) ||
        !is_printable(es_port) || !is_printable(kibana_port)) {
        *ret_problem = "its base64 text holds characters that no host name has";
        return -EINVAL;
    }
    ret->elasticsearch = make_url(es, host, es_port);
    ret->kibana = make_url(kibana, host, kibana_port);
    if (ret->elasticsearch != NULL && ret->kibana != NULL)
        return 0;
    cloud_id_free(ret);
    return -ENOMEM;
}

int
cloud_id_decode(const char *text, size_t len, struct cloud_id *ret, const char **ret_problem)
{
    struct piece all = {text, len};
    const char *colon = last_of(all, ':');
    const char *encoded = colon == NULL ? text : colon + 1;
    CLEANUP_FREE char *decoded = NULL;
    size_t decoded_len = 0;
    int code = base64_decode(encoded, (size_t)(text + len - encoded), &decoded, &decoded_len);
    *ret_problem = NULL;
    memset(ret, 0, sizeof *ret);
    if (code == -EINVAL)
        *ret_problem = "base64 decoding failed on the part after its last colon";
    if (code != 0)
        return code;
    return read_parts((struct piece){decoded, decoded_len}, ret, ret_problem);
}
