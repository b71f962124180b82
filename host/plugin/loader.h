/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader.h - opens plugin files. The only file of the project that knows libltdl.
 *
 * libltdl's own loader binds lazily, so that a missing symbol kills the daemon at its first use,
 * and answers every failure with "file not found". Ours binds at once, keeps symbols local and
 * keeps the dynamic linker's words.
 *
 * What is open stays open until the process exits: threads and records may point into it. The
 * dynamic linker knows a file by its name, so a file that was replaced on disk since it was opened
 * is copied into memory and opened from there, beside the old one.
 *
 * All functions: control thread only (libltdl is not thread-safe).
 */
#ifndef MH_LOADER_H
#define MH_LOADER_H

#include "util/util.h"

#include <sys/stat.h>

/* Tells two states of a file apart. rpm, dpkg and install(1) give a new file a new inode. */
struct file_identity {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec modified;
};

struct file_identity file_identity_of(const struct stat *st);
bool file_identity_equal(const struct file_identity *a, const struct file_identity *b);

struct loader_module; /* one state of one file, open until the process exits */

/* Opens a file by its absolute name, or finds it among those that are open already and did not
 * change since. Returns 0 or -errno; then *ret_reason holds the dynamic linker's own words and a
 * hint, or NULL when memory was short. The caller frees it. */
int loader_open(const char *file, struct loader_module **ret, char **ret_reason);

/* The address of an exported function or object, or NULL. */
void *loader_symbol(struct loader_module *module, const char *name);

/* The state of the file when it was opened. */
const struct file_identity *loader_identity(const struct loader_module *module);

/* True when the module runs from a private copy because an older state of the same file was open.
 */
bool loader_is_copy(const struct loader_module *module);

#endif
