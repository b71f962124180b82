/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_file.h - a log file that is rotated by size: NAME, NAME.1 (the one before), NAME.2 ...
 *
 * Not thread-safe: log.c holds its lock.
 */
#ifndef MH_LOG_FILE_H
#define MH_LOG_FILE_H

#include "util/util.h"

struct log_file {
    char *path;
    int fd;
    uint64_t size;      /* bytes in the file */
    uint64_t max_bytes; /* rotate before it grows beyond; 0: never */
    uint32_t keep;      /* rotated files that are kept */
    uint32_t mode;
};

/* Creates the folder where needed and opens the file for appending. max_bytes, keep and mode are
 * set by the caller before. Returns 0 or -errno. */
int log_file_open(struct log_file *f, const char *folder, const char *name);
/* Opens the path again, after the file was moved away. On failure the old file stays in use. */
int log_file_reopen(struct log_file *f);
/* One line with one write(2). Returns 0 or -errno. */
int log_file_write(struct log_file *f, const char *line, size_t len);
void log_file_close(struct log_file *f);

#endif
