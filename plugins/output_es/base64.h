/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.h - standard base64 with padding, strict, over OpenSSL's codec.
 */
#ifndef OUTPUT_ES_BASE64_H
#define OUTPUT_ES_BASE64_H

#include <stddef.h>

/* New terminated text; NULL: no memory. */
char *base64_encode(const void *bytes, size_t len);
/* *ret is terminated beyond its *ret_len bytes; the caller frees. Returns 0, -EINVAL (not base64),
 * -ENOMEM. */
int base64_decode(const char *text, size_t len, char **ret, size_t *ret_len);

#endif
