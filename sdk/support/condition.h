/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition.h - `when:` conditions over records, compiled from the configuration.
 *
 * equals, contains, regexp, range, network, has_fields, and, or, not. One kind per condition:
 * several side by side are refused, because nobody can say what they mean together. Regular
 * expressions are POSIX extended ones.
 */
#ifndef MH_SUPPORT_CONDITION_H
#define MH_SUPPORT_CONDITION_H

#include <metrichost/host.h>

#include <stdbool.h>

struct condition; /* opaque, constant once compiled */

/* [control] MH_OK, MH_ERR_CONFIG (reported at its position) or MH_ERR_NOMEM. The node must outlive
 * the condition. */
int32_t condition_compile(const struct mh_host *host, const struct mh_config *node,
                          struct condition **ret);
void condition_free(struct condition *condition); /* NULL is fine */

/* [worker] A value that is missing makes a comparison false. */
bool condition_holds(const struct condition *condition, const struct mh_record_ops *ops,
                     const struct mh_record *record);

#endif
