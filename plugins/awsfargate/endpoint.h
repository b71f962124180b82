/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h - GETs from the task metadata endpoint, within the budget, judged strictly: only
 * status 200 with a JSON object is an answer. The endpoint reports errors as a JSON text, which
 * ends up in the words for the operator.
 *
 * Belongs to one thread at a time, except endpoint_wake().
 */
#ifndef AWSFARGATE_ENDPOINT_H
#define AWSFARGATE_ENDPOINT_H

#include <stdint.h>

struct endpoint; /* opaque */
struct json;
struct mh_host;

/* Opens no connection. uri: "http://169.254.170.2/v4/ID". 0, or -EINVAL or -ENOMEM with words
 * through mh_fail(). */
int endpoint_new(const struct mh_host *host, const char *uri, double requests_per_second,
                 struct endpoint **ret);
void endpoint_free(struct endpoint *endpoint); /* NULL is fine */

/*
 * GETs uri + path and parses the answer into reader; json_root() is then an object. Returns 0,
 * -EAGAIN when no request was made (the budget is spent, or the endpoint asked us to wait), or
 * another -errno when there is no usable answer; in both cases endpoint_error() has the words.
 */
int endpoint_get(struct endpoint *endpoint, const char *path, uint64_t deadline_ns,
                 struct json *reader);
const char *endpoint_error(const struct endpoint *endpoint);

/* [any] Ends a GET that runs now. */
void endpoint_wake(struct endpoint *endpoint);
void endpoint_clear_wake(struct endpoint *endpoint);

#endif
