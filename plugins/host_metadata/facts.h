/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h - what this machine says of itself, for host.*.
 *
 * Files are looked up below a root folder, so that tests can bring their own.
 */
#ifndef HOST_METADATA_FACTS_H
#define HOST_METADATA_FACTS_H

#include <stdbool.h>
#include <stddef.h>

/* Texts are NULL where the machine does not say. All owned. All zero is an empty one. */
struct facts {
    char *hostname;     /* as the kernel has it */
    char *architecture; /* x86_64, aarch64      */
    char *kernel;       /* release              */
    char *id;           /* machine-id           */
    char *os_platform;  /* amzn, debian         */
    char *os_family;    /* redhat, debian       */
    char *os_name;
    char *os_version;
    char *os_codename;
    char *os_build;
    bool containerized;
};

/* Fills an empty struct. Returns 0 or -ENOMEM; facts_free() in both cases. root: "" for the
 * machine's own files. */
int facts_read(struct facts *facts, const char *root);
void facts_free(struct facts *facts);

/* A list of texts. All zero is an empty one. */
struct texts {
    char **items;
    size_t n;
};

/* Addresses of the machine's interfaces. */
struct addresses {
    struct texts ip;  /* IPv4 and IPv6, without prefix length */
    struct texts mac; /* 02-42-AC-11-00-02, sorted, each once */
};

/* Interfaces that are up and not loopback. Ports of a bridge are left out: on a container host
 * these are the far ends of the containers' cables, one more for each container, and the bridge
 * itself has their addresses. Returns 0 or -errno. */
int addresses_read(struct addresses *addresses);
void addresses_free(struct addresses *addresses);
bool addresses_equal(const struct addresses *a, const struct addresses *b);

#endif
