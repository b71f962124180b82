/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.h - what the server's word about one document means for it.
 */
#ifndef OUTPUT_ES_VERDICT_H
#define OUTPUT_ES_VERDICT_H

#include "bulk_response.h"
#include "json_write.h"

enum verdict {
    VERDICT_DONE,       /* stored, or it was there already                                    */
    VERDICT_AGAIN,      /* at once: two requests added the same new field at the same time   */
    VERDICT_BUSY,       /* not now: the server is overloaded                                  */
    VERDICT_WAIT,       /* not until somebody mends something: a privilege, an index, a disk  */
    VERDICT_LATE,       /* a time series stream takes no document of this time any more       */
    VERDICT_WITHOUT_ID, /* a time series stream makes the identity itself                     */
    VERDICT_REFUSED,    /* never                                                              */
};

enum verdict verdict_of(const struct bulk_item *item);

/* Replaces `to` by words for a refusal: index, type, field and reason, without anything that could
 * be the content of the document (quoted values, previews). Terminated unless to->failed. index:
 * where it was sent. */
void verdict_words(struct json_text *to, const struct bulk_item *item, const char *index);

#endif
