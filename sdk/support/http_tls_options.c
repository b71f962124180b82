/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_tls_options.c - copies and checks TLS options, and watches the files that they name.
 */
#include <openssl/crypto.h>
#include <openssl/tls1.h>
#include <strings.h>

#include "http_tls.h"

bool
tls_is_pem(const char *text)
{
    return strncmp(text, "-----BEGIN", 10) == 0;
}

static bool
copy_list(char ***to, size_t *n_to, const char *const *from, size_t n)
{
    *to = n == 0 ? NULL : calloc(n, sizeof **to);
    if (n != 0 && *to == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        (*to)[i] = strdup(from[i]);
        if ((*to)[i] == NULL)
            return false;
        *n_to = i + 1;
    }
    return true;
}

static bool
copy_optional(char **to, const char *from)
{
    *to = from == NULL || from[0] == '\0' ? NULL : strdup(from);
    return *to != NULL || from == NULL || from[0] == '\0';
}

/* Appends ":name". */
static bool
join(char **list, const char *name)
{
    size_t old = *list == NULL ? 0 : strlen(*list);
    char *longer = realloc(*list, old + strlen(name) + 2);
    if (longer == NULL)
        return false;
    snprintf(longer + old, strlen(name) + 2, "%s%s", old == 0 ? "" : ":", name);
    *list = longer;
    return true;
}

/* Operators know names such as ECDHE-RSA-AES-128-GCM-SHA256; OpenSSL says
 * ECDHE-RSA-AES128-GCM-SHA256, and leaves out a plain RSA- and the CBC of old suites. */
static void
openssl_cipher_name(char *name)
{
    static const char *const cuts[][2] = {{"AES-128", "AES128"},
                                          {"AES-256", "AES256"},
                                          {"-CBC-", "-"},
                                          {"CHACHA20-POLY1205", "CHACHA20-POLY1305"},
                                          {"3DES-CBC3", "DES-CBC3"}};
    if (strncmp(name, "RSA-", 4) == 0)
        memmove(name, name + 4, strlen(name + 4) + 1);
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        char *at = strstr(name, cuts[i][0]);
        size_t old = strlen(cuts[i][0]), new = strlen(cuts[i][1]);
        if (at == NULL || new > old)
            continue;
        memmove(at + new, at + old, strlen(at + old) + 1);
        memcpy(at, cuts[i][1], new);
    }
}

static bool
copy_ciphers(struct tls *tls, const struct http_tls *options)
{
    for (size_t i = 0; i < options->n_ciphers; i++) {
        CLEANUP_FREE char *name = strdup(options->ciphers[i]);
        if (name == NULL)
            return false;
        bool is13 = strncmp(name, "TLS_", 4) == 0;
        if (!is13)
            openssl_cipher_name(name);
        for (char *c = name; is13 && *c != '\0'; c++)
            *c = *c == '-' ? '_' : *c;
        if (!join(is13 ? &tls->ciphers13 : &tls->ciphers, name))
            return false;
    }
    for (size_t i = 0; i < options->n_curves; i++)
        if (!join(&tls->curves, options->curves[i]))
            return false;
    return true;
}

static int
version_number(const char *name)
{
    static const struct {
        const char *name;
        int version;
    } known[] = {{"TLSv1", TLS1_VERSION},
                 {"TLSv1.0", TLS1_VERSION},
                 {"TLSv1.1", TLS1_1_VERSION},
                 {"TLSv1.2", TLS1_2_VERSION},
                 {"TLSv1.3", TLS1_3_VERSION}};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcasecmp(name, known[i].name) == 0)
            return known[i].version;
    return 0;
}

static int
read_versions(struct tls *tls, const struct http_tls *options, struct http_error *error)
{
    for (size_t i = 0; i < options->n_versions; i++) {
        int version = version_number(options->versions[i]);
        if (version == 0)
            return http_fail(
                error, HTTP_ERROR_OPTIONS,
                "ssl.supported_protocols: '%.32s' is not one of TLSv1.0, TLSv1.1, TLSv1.2, TLSv1.3",
                options->versions[i]);
        if (tls->min_version == 0 || version < tls->min_version)
            tls->min_version = version;
        if (version > tls->max_version)
            tls->max_version = version;
    }
    if (options->n_versions == 0)
        tls->min_version = TLS1_2_VERSION;
    return 0;
}

/* 64 hexadecimal digits, colons allowed. */
static int
read_fingerprint(struct tls *tls, const char *hex, struct http_error *error)
{
    size_t n = 0;
    for (; hex != NULL && *hex != '\0'; hex++) {
        static const char digits[] = "0123456789abcdef";
        const char *at = strchr(digits, *hex | 0x20);
        if (*hex == ':')
            continue;
        if (at == NULL || n == 64)
            n = 65;
        if (n > 64)
            break;
        tls->fingerprint[n / 2] = (unsigned char)(tls->fingerprint[n / 2] << 4 | (at - digits));
        n++;
    }
    tls->has_fingerprint = n == 64;
    if (n != 0 && n != 64)
        return http_fail(error, HTTP_ERROR_OPTIONS,
                         "ssl.ca_trusted_fingerprint must be a SHA-256 in hexadecimal: 64 digits");
    return 0;
}

static void
look_at(struct watched *file)
{
    struct stat st;
    if (stat(file->path, &st) != 0)
        memset(&st, 0, sizeof st);
    file->modified = st.st_mtim;
    file->inode = st.st_ino;
    file->size = st.st_size;
}

static void
watch(struct tls *tls, const char *path)
{
    if (path == NULL || tls_is_pem(path))
        return;
    tls->watched[tls->n_watched].path = path;
    look_at(&tls->watched[tls->n_watched++]);
}

static bool
watch_files(struct tls *tls)
{
    tls->watched = calloc(tls->n_authorities + 2, sizeof *tls->watched);
    if (tls->watched == NULL)
        return false;
    for (size_t i = 0; i < tls->n_authorities; i++)
        watch(tls, tls->authorities[i]);
    watch(tls, tls->certificate);
    watch(tls, tls->key);
    return true;
}

static void
tls_freep(struct tls **tls)
{
    tls_free(*tls);
}

int
tls_new(const struct http_tls *options, struct tls **ret, struct http_error *error)
{
    CLEANUP(tls_freep) struct tls *tls = calloc(1, sizeof *tls);
    int code;
    if (tls == NULL ||
        !copy_list(&tls->authorities, &tls->n_authorities, options->authorities,
                   options->n_authorities) ||
        !copy_list(&tls->pins, &tls->n_pins, options->ca_sha256, options->n_ca_sha256) ||
        !copy_optional(&tls->certificate, options->certificate) ||
        !copy_optional(&tls->key, options->key) ||
        !copy_optional(&tls->passphrase, options->key_passphrase) || !copy_ciphers(tls, options) ||
        !watch_files(tls))
        return http_fail(error, HTTP_ERROR_NOMEM, "no memory for TLS options");
    tls->verify = options->verify;
    if ((code = read_versions(tls, options, error)) != 0 ||
        (code = read_fingerprint(tls, options->ca_trusted_fingerprint, error)) != 0)
        return code;
    if (tls->certificate == NULL && tls->key != NULL)
        return http_fail(error, HTTP_ERROR_OPTIONS, "ssl.key needs ssl.certificate");
    *ret = take(tls);
    return 0;
}

static void
free_list(char **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

static void
free_secret(char *secret)
{
    if (secret != NULL)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}

void
tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    free_list(tls->authorities, tls->n_authorities);
    free_list(tls->pins, tls->n_pins);
    free(tls->certificate);
    free_secret(tls->key);
    free_secret(tls->passphrase);
    free(tls->ciphers);
    free(tls->ciphers13);
    free(tls->curves);
    free(tls->watched);
    free(tls);
}

bool
tls_files_changed(struct tls *tls)
{
    bool changed = false;
    for (size_t i = 0; i < tls->n_watched; i++) {
        struct watched now = {.path = tls->watched[i].path};
        look_at(&now);
        if (memcmp(&now.modified, &tls->watched[i].modified, sizeof now.modified) == 0 &&
            now.inode == tls->watched[i].inode && now.size == tls->watched[i].size)
            continue;
        tls->watched[i] = now;
        changed = true;
    }
    return changed;
}
