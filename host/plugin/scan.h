/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h - finds the plugin files in the plugin folders and reads what they say they provide,
 * without running them.
 *
 * A file that cannot be used is found too, with a refusal: it is named by its file name then, and
 * of no kind, when it does not say more.
 */
#ifndef MH_SCAN_H
#define MH_SCAN_H

#include "plugin/loader.h"
#include "plugin/registry.h"

struct found {
    struct plugin_entry entry; /* first: the registry hands out pointers to it */
    struct file_identity identity;
    size_t folder; /* number of the folder, in path order                                 */
};

struct found_list {
    struct found **items; /* in order of folder, file name, line in the file */
    size_t n;
};

/* Folders that do not exist are skipped. Returns 0 or -ENOMEM; the list is to be freed in any case.
 */
int scan_folders(const char *const *folders, size_t n_folders, struct found_list *ret);

void found_free(struct found *f);
void found_list_free(struct found_list *list);

#endif
