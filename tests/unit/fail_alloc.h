/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fail_alloc.h - makes the n-th allocation of the host's code fail. Link with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup,--wrap=strndup.
 */
#ifndef MH_TEST_FAIL_ALLOC_H
#define MH_TEST_FAIL_ALLOC_H

#include <stdbool.h>

/* From now on allocation number n (from 1) of this thread fails, once; 0: none. */
void fail_alloc_at(unsigned n);
/* True when that allocation has come; switches failing off. */
bool fail_alloc_happened(void);

#endif
