/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arn.h - names of AWS resources: "arn:partition:service:region:account:resource".
 */
#ifndef MH_SUPPORT_ARN_H
#define MH_SUPPORT_ARN_H

#include <stddef.h>

/* A piece of a longer text, which it borrows. */
struct span {
    const char *s; /* NULL: absent */
    size_t len;
};

/* The parts that matter here. All absent when the text is no ARN. */
struct arn {
    struct span region;
    struct span account;
    struct span resource;
};

/* text may be NULL. */
struct arn arn_split(const char *text);

/* What follows the last slash of a name or ARN; the whole text when there is none. text may be
 * NULL. */
struct span last_part(const char *text);

#endif
