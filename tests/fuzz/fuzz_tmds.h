/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_tmds.h - the awsfargate collector between an endpoint in memory and a host that checks what
 * it is given.
 */
#ifndef FUZZ_TMDS_H
#define FUZZ_TMDS_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One period with these two answers. The collector lives on until fuzz_end(). */
void fuzz_period(const char *task, size_t task_len, const char *stats, size_t stats_len);
void fuzz_end(void);

#endif
