/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.h - the Authorization header, from the configuration or from a file that may change.
 */
#ifndef OUTPUT_ES_AUTH_H
#define OUTPUT_ES_AUTH_H

#include "options.h"

struct auth; /* opaque; one thread */

/* NULL: no memory. The options must outlive it. */
struct auth *auth_new(const struct es_options *o, const struct endpoint *endpoint);
void auth_free(struct auth *auth); /* NULL is fine */

/* Value of the Authorization header, or NULL when there is none; valid until the next call. A file
 * that changed is read again. When the file cannot be read *ret_problem (if not NULL) gets -errno,
 * and the last known secret is used. */
const char *auth_header(struct auth *auth, int *ret_problem);
/* After a 401: reads the file again whatever its times say. True when the secret is another one
 * now. */
bool auth_reload(struct auth *auth);

#endif
