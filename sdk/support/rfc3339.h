/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rfc3339.h - time stamps as Docker and the task metadata endpoint write them
 * ("2025-02-27T05:22:49.186680233Z").
 */
#ifndef MH_SUPPORT_RFC3339_H
#define MH_SUPPORT_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a time stamp with Z or an offset and any number of fraction digits (those after the ninth
 * are cut) into nanoseconds since 1970-01-01 UTC. False, and *ret unchanged: NULL, not a time
 * stamp, before 1970 (Go's zero time "0001-01-01T00:00:00Z" means "never"), or after 2261, where 64
 * bits end. */
bool rfc3339_parse(const char *text, int64_t *ret_ns);

#endif
