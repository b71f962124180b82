/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.h - readers of values that only host/config needs, beside those of config.h.
 */
#ifndef MH_CONFIG_VALUES_H
#define MH_CONFIG_VALUES_H

#include "config/config.h"

/* Return 0 or -EINVAL. */
int parse_int(const char *text, int64_t *ret);
int parse_double(const char *text, double *ret);

#endif
