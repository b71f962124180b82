/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series.h - the files of one output in one folder: <name>-YYYYMMDD.ndjson,
 * <name>-YYYYMMDD-1.ndjson, ...
 *
 * The order is that of (date, number), never that of modification times, so that copying or
 * touching files does not change which one is the newest. Anything else in the folder is not ours
 * and is never looked at again.
 */
#ifndef OUTPUT_FILE_SERIES_H
#define OUTPUT_FILE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct series_member {
    uint32_t date;   /* 20261122, UTC                 */
    uint32_t number; /* 0: the file without a number */
};

struct series {
    struct series_member *members; /* oldest first */
    size_t n;
};

/* All zero afterwards. */
void series_free(struct series *series);

/* [worker] Reads the folder. Returns 0 or -errno (-ENOENT: no such folder); the caller frees with
 * series_free. */
int series_list(const char *folder, const char *name, struct series *ret);

/* The member that follows the newest one, at this time. Its order is after all others also when the
 * clock was set back. */
struct series_member series_next(const struct series *series, time_t now);

/* Path of a member: new memory that the caller frees, or NULL. */
char *series_path(const char *folder, const char *name, struct series_member member);

/* [worker] Unlinks the oldest members until `keep` are left. Returns 0, or the first -errno (and
 * goes on). */
int series_trim(const char *folder, const char *name, const struct series *series, size_t keep);

/* Whether `file` belongs to the series, and which member it is. */
bool series_parse(const char *file, const char *name, struct series_member *ret);

#endif
