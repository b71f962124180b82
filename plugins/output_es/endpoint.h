/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h - one entry of `hosts` made into a base URL and its own credentials.
 */
#ifndef OUTPUT_ES_ENDPOINT_H
#define OUTPUT_ES_ENDPOINT_H

#include <stdbool.h>

struct endpoint {
    char *url;      /* "https://es.example:9200/prefix", no slash at its end, no credentials */
    char *host;     /* "es.example", without brackets                                        */
    char *port;     /* "9200"                                                                */
    char *username; /* from user:pass@ in the entry, decoded; or NULL                        */
    char *password;
    bool tls;
};

/*
 * entry: HOST, HOST:PORT or a URL; scheme and path fill in what it lacks (scheme "" is http); the
 * port is 9200 unless given. Returns 0, -EINVAL with *ret_problem (a constant text), or -ENOMEM.
 */
int endpoint_parse(const char *entry, const char *scheme, const char *path, struct endpoint *ret,
                   const char **ret_problem);
void endpoint_free(struct endpoint *e); /* also for cleanup attributes */

#endif
