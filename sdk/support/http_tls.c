/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_tls.c - trust, keys and limits of a TLS connection, set on OpenSSL's context by libcurl's
 * hook.
 *
 * One way for every kind of option: files and inline PEM are read when a connection is made, so
 * that a new connection always uses what is on disk now, and the key is in memory no longer than
 * the handshake needs. When a file changes, connections made before are closed (tls_files_changed).
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <strings.h>
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

static bool
is_pem(const char *text)
{
    return strncmp(text, "-----BEGIN", 10) == 0;
}

/* ---- copying the options ---- */

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
    if (path == NULL || is_pem(path))
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

const char *
tls_last_words(const struct tls *tls)
{
    return tls->words;
}

void
tls_clear_words(struct tls *tls)
{
    tls->words[0] = '\0';
}

/* ---- setting up a context ---- */

/* A failure inside the hook: libcurl would only say "problem with the certificate". */
static bool PRINTF_LIKE(2, 3) complain(struct tls *tls, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(tls->words, sizeof tls->words, format, args);
    va_end(args);
    ERR_clear_error();
    return false;
}

static const char *
openssl_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == NULL ? "unknown format" : reason;
}

/* How a source is called in messages: inline PEM must not be shown. */
static const char *
shown(const char *source)
{
    return is_pem(source) ? "the inline PEM" : source;
}

static BIO *
open_pem(struct tls *tls, const char *option, const char *source)
{
    BIO *bio = is_pem(source) ? BIO_new_mem_buf(source, -1) : BIO_new_file(source, "r");
    if (bio == NULL)
        complain(tls, "ssl.%s: cannot read %s: %s", option, shown(source), strerror(errno));
    return bio;
}

static void
bio_freep(BIO **bio)
{
    BIO_free(*bio);
}

static void
store_freep(X509_STORE **store)
{
    X509_STORE_free(*store);
}

static bool
add_authority(struct tls *tls, X509_STORE *store, const char *source)
{
    CLEANUP(bio_freep) BIO *bio = open_pem(tls, "certificate_authorities", source);
    size_t n = 0;
    X509 *cert;
    if (bio == NULL)
        return false;
    for (; (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL; n++) {
        X509_STORE_add_cert(store, cert);
        X509_free(cert);
    }
    ERR_clear_error();
    return n > 0 ||
           complain(tls, "ssl.certificate_authorities: no certificate in %s", shown(source));
}

static bool
set_authorities(struct tls *tls, SSL_CTX *ctx)
{
    CLEANUP(store_freep) X509_STORE *store = X509_STORE_new();
    if (store == NULL)
        return complain(tls, "no memory");
    for (size_t i = 0; i < tls->n_authorities; i++)
        if (!add_authority(tls, store, tls->authorities[i]))
            return false;
    SSL_CTX_set_cert_store(ctx, take(store));
    return true;
}

static int
give_passphrase(char *buf, int size, int is_write, void *ctx)
{
    const char *passphrase = ctx;
    size_t len = passphrase == NULL ? 0 : strlen(passphrase);
    (void)is_write;
    if (len == 0 || len > (size_t)size)
        return -1;
    memcpy(buf, passphrase, len);
    return (int)len;
}

/* The first certificate is the client's own, the others its chain. */
static bool
set_certificate(struct tls *tls, SSL_CTX *ctx)
{
    CLEANUP(bio_freep) BIO *bio = open_pem(tls, "certificate", tls->certificate);
    X509 *cert = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    int ok;
    if (bio == NULL)
        return false;
    if (cert == NULL)
        return complain(tls, "ssl.certificate: no certificate in %s", shown(tls->certificate));
    ok = SSL_CTX_use_certificate(ctx, cert);
    X509_free(cert);
    if (ok != 1)
        return complain(tls, "ssl.certificate: %s: %s", shown(tls->certificate), openssl_reason());
    while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        if (SSL_CTX_add_extra_chain_cert(ctx, cert) != 1) {
            X509_free(cert);
            return complain(tls, "ssl.certificate: %s: %s", shown(tls->certificate),
                            openssl_reason());
        }
    ERR_clear_error();
    return true;
}

static bool
set_key(struct tls *tls, SSL_CTX *ctx)
{
    const char *source = tls->key != NULL ? tls->key : tls->certificate;
    CLEANUP(bio_freep) BIO *bio = open_pem(tls, "key", source);
    EVP_PKEY *key;
    int ok;
    if (bio == NULL)
        return false;
    key = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, tls->passphrase);
    if (key == NULL)
        return complain(tls,
                        "ssl.key: no readable private key in %s (%s); check ssl.key_passphrase",
                        shown(source), openssl_reason());
    ok = SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
    EVP_PKEY_free(key);
    return ok || complain(tls, "ssl.key: %s does not belong to ssl.certificate", shown(source));
}

static bool
set_limits(struct tls *tls, SSL_CTX *ctx)
{
    SSL_CTX_set_min_proto_version(ctx, tls->min_version);
    SSL_CTX_set_max_proto_version(ctx, tls->max_version);
    if (tls->ciphers != NULL && SSL_CTX_set_cipher_list(ctx, tls->ciphers) != 1)
        return complain(tls, "ssl.cipher_suites: none of them is known here");
    if (tls->ciphers13 != NULL && SSL_CTX_set_ciphersuites(ctx, tls->ciphers13) != 1)
        return complain(tls, "ssl.cipher_suites: an unknown TLS 1.3 suite");
    if (tls->curves != NULL && SSL_CTX_set1_curves_list(ctx, tls->curves) != 1)
        return complain(tls, "ssl.curve_types: an unknown curve");
    return true;
}

/* ---- checks beyond OpenSSL's own ---- */

static void
trust_fingerprint(const struct tls *tls, X509_STORE_CTX *chain, STACK_OF(X509) * trusted)
{
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(chain);
    for (int i = 0; i < sk_X509_num(sent); i++) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned len;
        if (X509_digest(sk_X509_value(sent, i), EVP_sha256(), digest, &len) == 1 &&
            memcmp(digest, tls->fingerprint, sizeof tls->fingerprint) == 0)
            sk_X509_push(trusted, sk_X509_value(sent, i));
    }
}

static bool
is_pinned(const struct tls *tls, X509 *cert)
{
    CLEANUP_FREE unsigned char *key = NULL;
    unsigned char digest[EVP_MAX_MD_SIZE], text[64];
    unsigned len;
    int key_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), NULL);
    unsigned char *end;
    if (key_len <= 0 || (key = malloc((size_t)key_len)) == NULL)
        return false;
    end = key;
    i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &end);
    if (EVP_Digest(key, (size_t)key_len, digest, &len, EVP_sha256(), NULL) != 1)
        return false;
    EVP_EncodeBlock(text, digest, (int)len);
    for (size_t i = 0; i < tls->n_pins; i++)
        if (strcmp((const char *)text, tls->pins[i]) == 0)
            return true;
    return false;
}

static bool
chain_is_pinned(const struct tls *tls, X509_STORE_CTX *chain)
{
    STACK_OF(X509) *certs = X509_STORE_CTX_get0_chain(chain);
    for (int i = 0; i < sk_X509_num(certs); i++)
        if (is_pinned(tls, sk_X509_value(certs, i)))
            return true;
    return false;
}

static bool
has_alternative_name(X509 *cert)
{
    return X509_get_ext_by_NID(cert, NID_subject_alt_name, -1) >= 0;
}

/* Takes OpenSSL's verification over when a fingerprint, pins or the strict mode ask for more. */
static int
verify_chain(X509_STORE_CTX *chain, void *ctx)
{
    struct tls *tls = ctx;
    STACK_OF(X509) *trusted = sk_X509_new_null();
    int ok;
    if (trusted != NULL && tls->has_fingerprint)
        trust_fingerprint(tls, chain, trusted);
    if (sk_X509_num(trusted) > 0) {
        X509_STORE_CTX_set0_trusted_stack(chain, trusted);
        X509_STORE_CTX_set_flags(chain, X509_V_FLAG_PARTIAL_CHAIN);
    }
    ok = X509_verify_cert(chain) == 1;
    sk_X509_free(trusted);
    if (ok && tls->n_pins > 0 && !chain_is_pinned(tls, chain))
        ok = complain(tls, "no certificate of the chain has a public key in ssl.ca_sha256");
    if (ok && tls->verify == HTTP_VERIFY_STRICT &&
        !has_alternative_name(X509_STORE_CTX_get0_cert(chain)))
        ok = complain(
            tls, "the certificate has no subject alternative name (ssl.verification_mode: strict)");
    if (!ok && X509_STORE_CTX_get_error(chain) == X509_V_OK)
        X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    return ok;
}

static CURLcode
set_up_context(CURL *easy, void *ssl_ctx, void *ctx)
{
    struct tls *tls = ctx;
    (void)easy;
    if (tls->n_authorities > 0 && !set_authorities(tls, ssl_ctx))
        return CURLE_SSL_CERTPROBLEM;
    if (tls->certificate != NULL && (!set_certificate(tls, ssl_ctx) || !set_key(tls, ssl_ctx)))
        return CURLE_SSL_CERTPROBLEM;
    if (!set_limits(tls, ssl_ctx))
        return CURLE_SSL_CIPHER;
    if (tls->verify != HTTP_VERIFY_NONE &&
        (tls->has_fingerprint || tls->n_pins > 0 || tls->verify == HTTP_VERIFY_STRICT))
        SSL_CTX_set_cert_verify_callback(ssl_ctx, verify_chain, tls);
    return CURLE_OK;
}

int
tls_apply(struct tls *tls, CURL *easy, struct http_error *error)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->verify == HTTP_VERIFY_NONE ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST,
                     tls->verify == HTTP_VERIFY_FULL || tls->verify == HTTP_VERIFY_STRICT ? 2L
                                                                                          : 0L);
    if (tls->n_authorities > 0 || tls->verify == HTTP_VERIFY_NONE) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_up_context) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, tls) != CURLE_OK)
        return http_fail(
            error, HTTP_ERROR_OPTIONS,
            "TLS options need a libcurl that was built with OpenSSL; this one has another library");
    return 0;
}
