/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_tls.h - what the two halves of the TLS support share: a copy of the options, and the state
 * of the files that they name.
 */
#ifndef MH_SUPPORT_HTTP_TLS_H
#define MH_SUPPORT_HTTP_TLS_H

#include <sys/stat.h>

#include "http_internal.h"

/* A file as it was when connections were made. */
struct watched {
    const char *path;
    struct timespec modified;
    ino_t inode;
    off_t size;
};

struct tls {
    char **authorities, **pins;
    size_t n_authorities, n_pins;
    char *certificate, *key, *passphrase;
    unsigned char fingerprint[32];
    bool has_fingerprint;
    char *ciphers;   /* for TLS 1.2 and older, colons between */
    char *ciphers13; /* for TLS 1.3 */
    char *curves;
    int min_version, max_version;
    enum http_verify verify;
    struct watched *watched;
    size_t n_watched;
    char words[256];
};

/* True for PEM text, which stands in place of a file name. */
bool tls_is_pem(const char *text);

#endif
