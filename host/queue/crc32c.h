/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32c.h - CRC-32C (Castagnoli polynomial 0x1EDC6F41, reflected; RFC 3720 appendix B.4), by the
 * processor's own instruction where it has one.
 */
#ifndef MH_QUEUE_CRC32C_H
#define MH_QUEUE_CRC32C_H

#include "util/util.h"

/* Continues from `crc` (0 at the start). Any other start value makes sums of their own, which fit
 * no other start. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);
/* The same by tables, on every processor; for tests. */
uint32_t crc32c_portable(uint32_t crc, const void *bytes, size_t len);

#endif
