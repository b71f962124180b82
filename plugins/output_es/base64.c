/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.c - OpenSSL's block codec behind checks that it lacks: its decoder skips blanks and keeps
 * the padding as zeros.
 */
#include "base64.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>

#include "support.h"

char *
base64_encode(const void *bytes, size_t len)
{
    char *text = len > INT_MAX / 2 ? NULL : malloc(4 * ((len + 2) / 3) + 1);
    if (text != NULL)
        EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
    return text;
}

static size_t
count_padding(const char *text, size_t len)
{
    size_t n = 0;
    while (n < 2 && n < len && text[len - 1 - n] == '=')
        n++;
    return n;
}

static bool
is_alphabet(const char *text, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\0' || strchr(alphabet, text[i]) == NULL)
            return false;
    return true;
}

int
base64_decode(const char *text, size_t len, char **ret, size_t *ret_len)
{
    size_t padding = count_padding(text, len);
    CLEANUP_FREE char *bytes = NULL;
    if (len % 4 != 0 || len > INT_MAX / 2 || !is_alphabet(text, len - padding))
        return -EINVAL;
    bytes = malloc(len / 4 * 3 + 1);
    if (bytes == NULL)
        return -ENOMEM;
    if (len > 0 &&
        EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)text, (int)len) < 0)
        return -EINVAL;
    *ret_len = len / 4 * 3 - padding;
    bytes[*ret_len] = '\0';
    *ret = take(bytes);
    return 0;
}
