/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the program. Everything else is in the library that the tests link too. */
#include "cli/cli.h"

int
main(int argc, char **argv)
{
    return cli_main(argc, (const char *const *)argv);
}
