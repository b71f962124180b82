/* SPDX-License-Identifier: Apache-2.0 */
/* uptime.h - the engine's words for how long a container has been up, kept fresh between two
 * readings of the list. */
#ifndef DOCKER_UPTIME_H
#define DOCKER_UPTIME_H

#include <stdint.h>

/*
 * "Up 7 minutes (healthy)" for a container that was started lived_s seconds ago, with what stands
 * in brackets taken from the words of the list. NULL when listed is not of that form, or there is
 * no memory; the caller frees.
 */
char *uptime_words(const char *listed, int64_t lived_s);

#endif
