/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore_seal.h - the cryptography of the keystore, for host/config only.
 */
#ifndef MH_CONFIG_KEYSTORE_SEAL_H
#define MH_CONFIG_KEYSTORE_SEAL_H

#include "util/util.h"

/* "v1" and base64 of salt, nonce and sealed bytes. Return 0, -ENOMEM, -EBADMSG (damaged, or not
 * ours) or -EIO. */
int seal_open(const char *text, size_t len, struct buf *plain);
int seal_close(const char *plain, size_t len, struct buf *text);

/* Appends base64 with padding. Failure shows in `to`. */
void seal_base64_encode(const void *bytes, size_t len, struct buf *to);
/* Appends what the text stands for. Returns 0, -ENOMEM or -EBADMSG. */
int seal_base64_decode(const char *text, size_t len, struct buf *to);

#endif
