/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_file.h - one plugin file of a scan.
 */
#ifndef MH_SCAN_FILE_H
#define MH_SCAN_FILE_H

#include "plugin/scan.h"

struct scan_file {
    struct found_list *list; /* entries are appended here                                        */
    const char *path;        /* absolute, ends in .so                                            */
    size_t folder;
    const char *unsafe; /* why nothing in this folder is to be trusted, or NULL             */
    struct file_identity identity; /* set by scan_file() */
};

/* Appends one entry for each plugin that the file promises, or one for a file that cannot be used.
 * Returns 0 or -ENOMEM. */
int scan_file(struct scan_file *s);

#endif
