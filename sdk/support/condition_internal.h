/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition_internal.h - the tree that condition_compile.c builds and condition.c judges by.
 */
#ifndef MH_SUPPORT_CONDITION_INTERNAL_H
#define MH_SUPPORT_CONDITION_INTERNAL_H

#include <regex.h>

#include "condition.h"
#include "support.h"

enum condition_kind { EQUALS, CONTAINS, REGEXP, RANGE, NETWORK, HAS_FIELDS, AND, OR, NOT };

/* Numbers a range allows; both ends may be open or missing (infinite). */
struct range {
    double low, high;
    bool low_open, high_open;
};

/* An address block; IPv4 is mapped into IPv6. */
struct network {
    unsigned char address[16];
    unsigned bits;
};

/* One comparison: a field with its constant. */
struct test {
    char *path; /* its own */
    const char *text;
    regex_t regex;
    struct range range;
    struct network *networks;
    size_t n_networks;
    bool has_regex;
};

struct condition {
    enum condition_kind kind;
    struct test *tests;
    size_t n_tests;
    struct condition **children;
    size_t n_children;
};

/* An address or block, "10.0.0.0/8" or "::1". False: it is none. */
bool condition_parse_network(const char *text, struct network *network);
/* The blocks behind a name such as "private", ended by NULL. NULL: no such name. */
const char *const *condition_named_networks(const char *name);
/* True when the address (mapped into IPv6) is inside. */
bool condition_in_network(const struct network *network, const unsigned char *address);

#endif
