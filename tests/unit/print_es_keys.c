/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_es_keys.c - the options of the Elasticsearch output as the part of metrichost-output-es(7)
 * that follows from them. Not a test by itself: tests/integration/es-manual.py compares it with the
 * page.
 */
#include "options.h"
#include "print_keys.h"

int
main(void)
{
    print_keys(es_keys, ES_N_KEYS);
    return 0;
}
