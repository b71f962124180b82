/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c - see scan.h. The order of everything is fixed (folders as given, files by byte value), so
 * that the same installation always gives the same answer.
 */
#include "plugin/scan.h"

#include "plugin/negotiate.h"
#include "plugin/scan_file.h"

#include <dirent.h>
#include <errno.h>

struct names {
    char **items;
    size_t n;
};

static void
names_free(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->items[i]);
    free(names->items);
}

static void
closedirp(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

static bool
is_plugin_file(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > strlen(".so") && strcmp(name + len - strlen(".so"), ".so") == 0;
}

static int
add_name(struct names *names, const char *name)
{
    char **more = realloc(names->items, (names->n + 1) * sizeof *more);
    if (more == NULL)
        return -ENOMEM;
    names->items = more;
    more[names->n] = strdup(name);
    if (more[names->n] == NULL)
        return -ENOMEM;
    names->n++;
    return 0;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
list_files(const char *folder, struct names *ret)
{
    CLEANUP(closedirp) DIR *dir = opendir(folder);
    int rc = 0;
    if (dir == NULL)
        return 0;
    for (struct dirent *d; rc == 0 && (d = readdir(dir)) != NULL;)
        if (is_plugin_file(d->d_name))
            rc = add_name(ret, d->d_name);
    if (ret->n > 1)
        qsort(ret->items, ret->n, sizeof *ret->items, compare_names);
    return rc;
}

static int
scan_folder(const char *folder, size_t number, struct found_list *list)
{
    CLEANUP(names_free) struct names files = {0};
    struct stat st;
    CLEANUP_FREE char *absolute = realpath(folder, NULL);
    if (absolute == NULL || stat(absolute, &st) < 0)
        return errno == ENOMEM ? -ENOMEM : 0;
    const char *unsafe = NULL;
    if ((st.st_mode & S_IWOTH) != 0)
        unsafe =
            "its folder is writable by others, who could have the daemon run their code: chmod o-w "
            "the folder";
    int rc = list_files(absolute, &files);
    for (size_t i = 0; rc == 0 && i < files.n; i++) {
        CLEANUP_FREE char *path = util_printf("%s/%s", absolute, files.items[i]);
        struct scan_file s = {.list = list, .path = path, .folder = number, .unsafe = unsafe};
        rc = path != NULL ? scan_file(&s) : -ENOMEM;
    }
    return rc;
}

/* Of two that provide the same, the earlier wins, be it usable or not: a broken replacement shall
 * be seen, not passed over in silence. */
static int
refuse_repeated(const struct found *winner, struct found *loser)
{
    struct refusal why = {.file = loser->entry.file, .plugin = loser->entry.name};
    const char *kind = negotiate_kind_word(loser->entry.kind);
    if (winner->folder != loser->folder)
        refuse(&why, "hidden by %s, whose folder comes first in the plugin path",
               winner->entry.file);
    else if (strcmp(winner->entry.file, loser->entry.file) == 0)
        refuse(&why, "the file provides the %s %s twice", kind, loser->entry.name);
    else
        refuse(&why, "%s provides the %s %s too: remove one of the two files", winner->entry.file,
               kind, loser->entry.name);
    if (why.reason == NULL)
        return -ENOMEM;
    free(loser->entry.refusal);
    loser->entry.refusal = why.reason;
    return 0;
}

static bool
provide_the_same(const struct plugin_entry *a, const struct plugin_entry *b)
{
    return a->kind == b->kind && a->kind != 0 && strcmp(a->name, b->name) == 0;
}

static int
refuse_all_repeated(struct found_list *list)
{
    int rc = 0;
    for (size_t i = 1; rc == 0 && i < list->n; i++)
        for (size_t j = 0; j < i; j++)
            if (provide_the_same(&list->items[j]->entry, &list->items[i]->entry)) {
                rc = refuse_repeated(list->items[j], list->items[i]);
                break;
            }
    return rc;
}

static bool
is_same_folder(const char *a, const char *b)
{
    struct stat sa, sb;
    return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
           sa.st_ino == sb.st_ino;
}

/* A folder that the path names twice is no folder full of duplicates. */
static bool
is_scanned(const char *const *folders, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (is_same_folder(folders[j], folders[i]))
            return true;
    return false;
}

int
scan_folders(const char *const *folders, size_t n_folders, struct found_list *ret)
{
    int rc = 0;
    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; rc == 0 && i < n_folders; i++)
        if (!is_scanned(folders, i))
            rc = scan_folder(folders[i], i, ret);
    return rc == 0 ? refuse_all_repeated(ret) : rc;
}

void
found_free(struct found *f)
{
    if (f == NULL)
        return;
    free(f->entry.name);
    free(f->entry.version);
    free(f->entry.file);
    free(f->entry.refusal);
    free(f);
}

void
found_list_free(struct found_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        found_free(list->items[i]);
    free(list->items);
    memset(list, 0, sizeof *list);
}
