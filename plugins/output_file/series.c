/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series.c - names, order and number of an output's files. See series.h.
 */
#include "series.h"

#include "support.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>

#define SUFFIX ".ndjson"
#define DATE_DIGITS 8

void
series_free(struct series *series)
{
    free(series->members);
    *series = (struct series){0};
}

/* Reads up to max_digits decimal digits; returns how many there were. */
static size_t
read_digits(const char *text, size_t max_digits, uint32_t *ret)
{
    size_t n = 0;
    *ret = 0;
    while (n < max_digits && isdigit((unsigned char)text[n]))
        *ret = *ret * 10 + (uint32_t)(text[n++] - '0');
    return n;
}

bool
series_parse(const char *file, const char *name, struct series_member *ret)
{
    size_t len = strlen(name);
    size_t digits;

    *ret = (struct series_member){0};
    if (strncmp(file, name, len) != 0 || file[len] != '-')
        return false;
    file += len + 1;
    if (read_digits(file, DATE_DIGITS, &ret->date) != DATE_DIGITS)
        return false;
    file += DATE_DIGITS;
    if (*file == '-') {
        digits = read_digits(file + 1, 9, &ret->number);
        if (digits == 0 || file[1] == '0')
            return false;
        file += 1 + digits;
    }
    return strcmp(file, SUFFIX) == 0;
}

static int
compare_members(const void *a, const void *b)
{
    const struct series_member *x = a, *y = b;
    if (x->date != y->date)
        return x->date < y->date ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int
add_member(struct series *series, struct series_member member)
{
    struct series_member *grown =
        support_realloc_array(series->members, series->n + 1, sizeof *series->members);
    if (grown == NULL)
        return -ENOMEM;
    series->members = grown;
    series->members[series->n++] = member;
    return 0;
}

static int
read_members(DIR *dir, const char *name, struct series *series)
{
    const struct dirent *entry;
    int rc = 0;

    while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        struct series_member member;
        if (series_parse(entry->d_name, name, &member))
            rc = add_member(series, member);
    }
    return rc != 0 ? rc : -errno;
}

int
series_list(const char *folder, const char *name, struct series *ret)
{
    DIR *dir = opendir(folder);
    int rc;

    *ret = (struct series){0};
    if (dir == NULL)
        return -errno;
    rc = read_members(dir, name, ret);
    closedir(dir);
    if (rc != 0)
        series_free(ret);
    else if (ret->n > 1)
        qsort(ret->members, ret->n, sizeof *ret->members, compare_members);
    return rc;
}

static uint32_t
date_of(time_t now)
{
    struct tm tm;
    if (gmtime_r(&now, &tm) == NULL)
        return 19700101;
    return (uint32_t)((tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday);
}

struct series_member
series_next(const struct series *series, time_t now)
{
    struct series_member next = {date_of(now), 0};
    if (series->n > 0) {
        struct series_member newest = series->members[series->n - 1];
        if (newest.date >= next.date)
            next = (struct series_member){newest.date, newest.number + 1};
    }
    return next;
}

char *
series_path(const char *folder, const char *name, struct series_member member)
{
    char *path = NULL;
    int len;
    if (member.number == 0)
        len = asprintf(&path, "%s/%s-%08u" SUFFIX, folder, name, member.date);
    else
        len = asprintf(&path, "%s/%s-%08u-%u" SUFFIX, folder, name, member.date, member.number);
    return len < 0 ? NULL : path;
}

static int
remove_member(const char *folder, const char *name, struct series_member member)
{
    CLEANUP_FREE char *path = series_path(folder, name, member);
    if (path == NULL)
        return -ENOMEM;
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int
series_trim(const char *folder, const char *name, const struct series *series, size_t keep)
{
    int first_error = 0;
    for (size_t i = 0; i + keep < series->n; i++) {
        int rc = remove_member(folder, name, series->members[i]);
        if (first_error == 0)
            first_error = rc;
    }
    return first_error;
}
