/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_keys.h - settings as the part of a manual page that follows from them, so that tests can
 * hold pages against schemas.
 */
#ifndef PRINT_KEYS_H
#define PRINT_KEYS_H

#include <metrichost/schema.h>

/* Prints one paragraph for each key to standard output. */
void print_keys(const struct mh_key *keys, uint32_t n_keys);

#endif
