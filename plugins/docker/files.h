/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - small files of the kernel: reading them whole and taking numbers out of their text. */
#ifndef DOCKER_FILES_H
#define DOCKER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A text buffer for reading; all zero is an empty one. data is terminated after a read. */
struct file_text {
    char *data;
    size_t len;
    size_t cap;
};

void file_text_free(struct file_text *text);
/* Reads an open file from its beginning. Returns 0 or -errno (-ENODEV: its cgroup is gone; -EFBIG:
 * over 1 MiB). */
int file_read_fd(int fd, struct file_text *text);
/* Opens, reads, closes. */
int file_read(const char *path, struct file_text *text);

/* Reads digits at *text and moves it behind them. False: no digits, or over 64 bits. */
bool text_number(const char **text, uint64_t *ret);
/* The number that is the whole line; "max" and anything else: UINT64_MAX. */
uint64_t text_whole_number(const char *text);
/* Steps to the next line; NULL after the last. */
const char *text_next_line(const char *text);

#endif
