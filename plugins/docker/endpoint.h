/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h - the address of a Docker engine as operators write it: unix:///var/run/docker.sock,
 * tcp://host:2376, http(s)://host:port.
 */
#ifndef DOCKER_ENDPOINT_H
#define DOCKER_ENDPOINT_H

#include <stdbool.h>

/* What the configuration and the environment do not give. */
#define ENDPOINT_DEFAULT "unix:///var/run/docker.sock"

struct endpoint {
    char *socket;  /* path of a unix socket; NULL: TCP                                    */
    char *url;     /* "http://host:2375"; NULL with a socket                              */
    char *address; /* service.address: the socket's path, or host:port as written         */
};

/* tls: a tcp:// address speaks TLS. Returns 0, -ENOMEM or -EINVAL; then *ret_error says what is
 * wrong, in constant words. */
int endpoint_parse(const char *text, bool tls, struct endpoint *ret, const char **ret_error);
void endpoint_free(struct endpoint *endpoint);

#endif
