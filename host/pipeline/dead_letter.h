/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dead_letter.h - the file where records go that the receiver refused for good: one JSON object a
 * line with the reason, the identity and the whole document, so that nothing is lost and an
 * operator can repair and send it again.
 *
 * Mode 0600. At max_bytes the file is moved to NAME.1 (replacing an older one). Thread-safe.
 */
#ifndef MH_DEAD_LETTER_H
#define MH_DEAD_LETTER_H

#include "record/batch.h"

struct dead_letter;

/* Opens nothing yet. path: copied. NULL: no memory. */
struct dead_letter *dead_letter_new(const char *path, uint64_t max_bytes);
void dead_letter_free(struct dead_letter *d); /* NULL is fine */
/* Appends one record. Returns 0 or -errno; then the record is not in the file. */
int dead_letter_write(struct dead_letter *d, const struct mh_record *record, const char *output,
                      const char *reason);

#endif
