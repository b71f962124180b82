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

#include "http_tls.h"

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
    return tls_is_pem(source) ? "the inline PEM" : source;
}

static BIO *
open_pem(struct tls *tls, const char *option, const char *source)
{
    BIO *bio = tls_is_pem(source) ? BIO_new_mem_buf(source, -1) : BIO_new_file(source, "r");
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
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Else libcurl keeps the first connection's trust for all later ones. */
    if (tls->n_authorities > 0)
        curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
    if (curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_up_context) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, tls) != CURLE_OK)
        return http_fail(
            error, HTTP_ERROR_OPTIONS,
            "TLS options need a libcurl that was built with OpenSSL; this one has another library");
    return 0;
}
