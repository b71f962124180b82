/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore_seal.c - AES-256-GCM under a key derived with PBKDF2-HMAC-SHA512 (10000 rounds) from an
 * empty password.
 */
#include "config/keystore_seal.h"

#include <errno.h>
#include <limits.h>

#include <openssl/evp.h>

#define FORMAT "v1"
#define SALT 64
#define NONCE 12
#define TAG 16
#define ROUNDS 10000

static void
cipher_freep(EVP_CIPHER_CTX **c)
{
    EVP_CIPHER_CTX_free(*c);
}

void
seal_base64_encode(const void *bytes, size_t len, struct buf *to)
{
    size_t size = (len + 2) / 3 * 4;
    if (len > INT_MAX / 2 || !buf_reserve(to, size)) {
        to->failed = true;
        return;
    }
    EVP_EncodeBlock((unsigned char *)to->data + to->len, bytes, (int)len);
    to->len += size;
}

int
seal_base64_decode(const char *text, size_t len, struct buf *to)
{
    size_t padding = 0;
    while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
        padding++;
    if (len % 4 != 0 || len > INT_MAX)
        return -EBADMSG;
    if (!buf_reserve(to, len / 4 * 3))
        return -ENOMEM;
    int n =
        EVP_DecodeBlock((unsigned char *)to->data + to->len, (const unsigned char *)text, (int)len);
    if (n < 0 || (size_t)n < padding)
        return -EBADMSG;
    to->len += (size_t)n - padding;
    to->data[to->len] = '\0';
    return 0;
}

/* One pass over the cipher in either direction. */
static int
start(EVP_CIPHER_CTX *c, const unsigned char *salt, const unsigned char *nonce, int encrypt)
{
    unsigned char key[32];
    if (PKCS5_PBKDF2_HMAC("", 0, salt, SALT, ROUNDS, EVP_sha512(), sizeof key, key) != 1)
        return -EIO;
    int good = EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce, encrypt);
    OPENSSL_cleanse(key, sizeof key);
    return good == 1 ? 0 : -EIO;
}

static int
decrypt(const struct buf *raw, struct buf *plain)
{
    CLEANUP(cipher_freep) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    const unsigned char *p = (const unsigned char *)raw->data;
    size_t len = raw->len - SALT - NONCE - TAG;
    int n = 0, rest = 0;
    if (c == NULL || !buf_reserve(plain, len))
        return -ENOMEM;
    unsigned char *out = (unsigned char *)plain->data;
    if (start(c, p, p + SALT, 0) < 0)
        return -EIO;
    if (EVP_CipherUpdate(c, out, &n, p + SALT + NONCE, (int)len) != 1 ||
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(p + SALT + NONCE + len)) != 1 ||
        EVP_CipherFinal_ex(c, out + n, &rest) != 1)
        return -EBADMSG;
    plain->len = (size_t)n;
    plain->data[plain->len] = '\0';
    return 0;
}

int
seal_open(const char *text, size_t len, struct buf *plain)
{
    CLEANUP(buf_free) struct buf raw = {0};
    size_t skip = strlen(FORMAT);
    if (len < skip || strncmp(text, FORMAT, skip) != 0)
        return -EBADMSG;
    int r = seal_base64_decode(text + skip, len - skip, &raw);
    if (r < 0)
        return r;
    return raw.len > SALT + NONCE + TAG ? decrypt(&raw, plain) : -EBADMSG;
}

static int
encrypt_to(struct buf *raw, const char *plain, size_t len)
{
    CLEANUP(cipher_freep) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    unsigned char *p = (unsigned char *)raw->data;
    unsigned char *out = p + SALT + NONCE;
    int n = 0, rest = 0;
    if (c == NULL)
        return -ENOMEM;
    if (start(c, p, p + SALT, 1) < 0 ||
        EVP_CipherUpdate(c, out, &n, (const unsigned char *)plain, (int)len) != 1 ||
        EVP_CipherFinal_ex(c, out + n, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, out + len) != 1)
        return -EIO;
    raw->len = SALT + NONCE + len + TAG;
    return 0;
}

int
seal_close(const char *plain, size_t len, struct buf *text)
{
    CLEANUP(buf_free) struct buf raw = {0};
    if (len > INT_MAX / 4)
        return -EFBIG;
    if (!buf_reserve(&raw, SALT + NONCE + len + TAG))
        return -ENOMEM;
    util_random(raw.data, SALT + NONCE);
    int r = encrypt_to(&raw, plain, len);
    if (r < 0)
        return r;
    buf_add_text(text, FORMAT);
    seal_base64_encode(raw.data, raw.len, text);
    return text->failed ? -ENOMEM : 0;
}
