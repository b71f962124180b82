/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_host_keys.c - the host's own settings as the part of metrichost.yml(5) that follows from
 * them. Not a test by itself: tests/integration/manual.py compares it with the page.
 */
#include "config/config.h"
#include "print_keys.h"

int
main(void)
{
    print_keys(host_keys.keys, host_keys.n_keys);
    return 0;
}
