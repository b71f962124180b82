/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - the identity of a record: 15 bytes that no other record ever has, growing with time.
 *
 * Layout, big endian: 6 bytes milliseconds since 1970, 5 bytes random per process, 4 bytes counter.
 * Growing ids keep Elasticsearch's _id look-ups cheap; the random part keeps hosts and restarts
 * apart.
 */
#ifndef MH_IDENTITY_H
#define MH_IDENTITY_H

#include "util/util.h"

/* [any] A new identity into 15 bytes. */
void identity_make(uint8_t id[15]);
/* As 20 characters of base64url, terminated. */
void identity_text(const uint8_t id[15], char text[21]);

#endif
