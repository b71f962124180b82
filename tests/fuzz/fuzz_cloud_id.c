/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cloud_id.c - any bytes as a cloud.id, as the decoded half of one, and as an entry of
 * `hosts`.
 *
 * Beyond not crashing: what is accepted is an https URL with a port that reads as a host entry
 * again, and what is refused has a reason.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base64.h"
#include "cloud_id.h"
#include "endpoint.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void
check_url(const char *url)
{
    require(strncmp(url, "https://", 8) == 0, "not https");
    for (const char *c = url; *c != '\0'; c++)
        require(*c > ' ' || *c < 0, "a blank in a URL");
    require(strrchr(url, ':') > url + 7, "a URL without a port");
}

static void
try_id(const char *text, size_t len)
{
    struct cloud_id id;
    const char *problem;
    int code = cloud_id_decode(text, len, &id, &problem);
    require(code == 0 || (code == -EINVAL && problem != NULL), "refused without a reason");
    if (code == 0) {
        check_url(id.elasticsearch);
        check_url(id.kibana);
    }
    cloud_id_free(&id);
}

static void
try_entry(const char *text)
{
    struct endpoint e, again;
    const char *problem;
    int code = endpoint_parse(text, "https", "prefix", &e, &problem);
    require(code == 0 || problem != NULL, "refused without a reason");
    if (code != 0)
        return;
    require(strchr(e.url + 8, '@') == NULL ||
                strchr(strstr(e.url, "://") + 3, '/') < strchr(e.url + 8, '@'),
            "credentials in a URL");
    code = endpoint_parse(e.url, NULL, NULL, &again, &problem);
    require(code == 0 && strcmp(e.url, again.url) == 0, "a URL that reads differently");
    endpoint_free(&again);
    endpoint_free(&e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *encoded = base64_encode(data, size);
    char *text = malloc(size + 1);
    try_id((const char *)data, size);
    try_id(encoded, strlen(encoded));
    memcpy(text, data, size);
    text[size] = '\0';
    try_entry(text);
    free(text);
    free(encoded);
    return 0;
}
