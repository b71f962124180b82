/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules.c - `metrichost modules list|enable|disable`: module files are switched by renaming
 * NAME.yml.disabled to NAME.yml and back. Their content is never looked at, and no file is ever
 * overwritten.
 */
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>

#define SUFFIX ".yml"
#define DISABLED ".yml.disabled"

struct module_files {
    char *folder;
    glob_t enabled, disabled;
};

static void
module_files_free(struct module_files *m)
{
    free(m->folder);
    globfree(&m->enabled);
    globfree(&m->disabled);
}

static bool
ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);
    return len >= n && strcmp(text + len - n, end) == 0;
}

static char *
find_pattern(const struct command_line *line)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    char *pattern = settings_modules_glob(&line->config, &d);
    if (pattern == NULL) {
        if (cli_report(&d) == 0)
            cli_fail("out of memory");
    } else if (!ends_with(pattern, "*" SUFFIX)) {
        fprintf(stderr,
                "Error in modules manager: wrong settings for config.modules.path, it is expected "
                "to end "
                "with *.yml. Got: %s\n",
                pattern);
        free(pattern);
        return NULL;
    }
    return pattern;
}

/* Returns 0, or 1 after saying why not. */
static int
find_modules(const struct command_line *line, struct module_files *m)
{
    CLEANUP_FREE char *pattern = find_pattern(line);
    CLEANUP_FREE char *disabled = pattern != NULL ? util_printf("%s.disabled", pattern) : NULL;
    CLEANUP_FREE char *copy = pattern != NULL ? strdup(pattern) : NULL;
    *m = (struct module_files){0};
    if (disabled == NULL || copy == NULL)
        return 1;
    m->folder = strdup(dirname(copy));
    if (m->folder == NULL || glob(pattern, 0, NULL, &m->enabled) == GLOB_NOSPACE ||
        glob(disabled, 0, NULL, &m->disabled) == GLOB_NOSPACE)
        return cli_fail("out of memory");
    return 0;
}

/* The name that a path stands for: its base name without ending; the caller frees it. */
static char *
module_name(const char *path, const char *suffix)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    return strndup(base, strlen(base) - strlen(suffix));
}

static bool
holds(const glob_t *found, const char *name, const char *suffix)
{
    for (size_t i = 0; i < found->gl_pathc; i++) {
        CLEANUP_FREE char *other = module_name(found->gl_pathv[i], suffix);
        if (other != NULL && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

/* list */

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names are sorted as such: the paths of "a-b.yml" and "a.yml" would come the other way round. */
static void
print_names(const glob_t *found, const char *suffix, const glob_t *except)
{
    char **names = calloc(found->gl_pathc + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names != NULL && i < found->gl_pathc; i++) {
        char *name = module_name(found->gl_pathv[i], suffix);
        if (name != NULL && except != NULL && holds(except, name, SUFFIX))
            free(name);
        else if (name != NULL)
            names[n++] = name;
    }
    if (names != NULL)
        qsort(names, n, sizeof *names, compare_texts);
    for (size_t i = 0; i < n; i++) {
        printf("%s\n", names[i]);
        free(names[i]);
    }
    free(names);
}

static void
warn_of_pairs(const struct module_files *m)
{
    for (size_t i = 0; i < m->disabled.gl_pathc; i++) {
        CLEANUP_FREE char *name = module_name(m->disabled.gl_pathv[i], DISABLED);
        if (name != NULL && holds(&m->enabled, name, SUFFIX))
            fprintf(stderr, "%s: both %s.yml and %s.yml.disabled are in %s; %s.yml counts\n", name,
                    name, name, m->folder, name);
    }
}

static int
run_list(const struct command_line *line)
{
    CLEANUP(module_files_free) struct module_files m = {0};
    if (find_modules(line, &m) != 0)
        return 1;
    printf("Enabled:\n");
    print_names(&m.enabled, SUFFIX, NULL);
    printf("\nDisabled:\n");
    print_names(&m.disabled, DISABLED, &m.enabled);
    warn_of_pairs(&m);
    return 0;
}

/* enable and disable */

/* rename(2) that never replaces a file. Returns 0 or -errno. */
static int
rename_safely(const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
#endif
    /* Where the C library or the file system cannot: link(2) does not replace either. */
    if (link(from, to) < 0)
        return -errno;
    return unlink(from) < 0 ? -errno : 0;
}

/* Puts a file out of the way: FILE.old, or FILE.old.1 ... Returns 0 or -errno. */
static int
set_aside(const char *path, const char *name)
{
    for (unsigned n = 0; n < 1000; n++) {
        CLEANUP_FREE char *to =
            n == 0 ? util_printf("%s.old", path) : util_printf("%s.old.%u", path, n);
        if (to == NULL)
            return -ENOMEM;
        int r = rename_safely(path, to);
        if (r == 0)
            fprintf(stderr, "Module %s: kept the file %s that was there as %s\n", name, path, to);
        if (r != -EEXIST)
            return r;
    }
    return -EEXIST;
}

/* Moves FOLDER/name+from to FOLDER/name+to; a file in the way is kept under another name. */
static int
move(const struct module_files *m, const char *name, const char *from, const char *to)
{
    CLEANUP_FREE char *source = util_printf("%s/%s%s", m->folder, name, from);
    CLEANUP_FREE char *target = util_printf("%s/%s%s", m->folder, name, to);
    if (source == NULL || target == NULL)
        return -ENOMEM;
    int r = rename_safely(source, target);
    if (r == -EEXIST)
        r = set_aside(target, name);
    else
        return r;
    return r == 0 ? rename_safely(source, target) : r;
}

/* Returns 1 to stop. Streams and words are those of Metricbeat, which scripts look for. */
static int
enable(const struct module_files *m, const char *name)
{
    if (holds(&m->enabled, name, SUFFIX)) {
        printf("Module %s is already enabled\n", name);
        return 0;
    }
    if (!holds(&m->disabled, name, DISABLED)) {
        printf("Module %s doesn't exist!\n", name);
        return 1;
    }
    int r = move(m, name, DISABLED, SUFFIX);
    if (r < 0) {
        fprintf(stderr, "There was an error enabling module %s: enable failed: %s\n", name,
                strerror(-r));
        return 1;
    }
    printf("Enabled %s\n", name);
    return 0;
}

static int
disable(const struct module_files *m, const char *name)
{
    if (!holds(&m->enabled, name, SUFFIX)) {
        bool known = holds(&m->disabled, name, DISABLED);
        fprintf(stderr, known ? "Module %s is already disabled\n" : "Module %s doesn't exist!\n",
                name);
        return !known;
    }
    int r = move(m, name, SUFFIX, DISABLED);
    if (r < 0) {
        fprintf(stderr, "There was an error disabling module %s: disable failed: %s\n", name,
                strerror(-r));
        return 1;
    }
    printf("Disabled %s\n", name);
    return 0;
}

/* The files are looked up for each name anew: the same name may be given twice. */
static int
for_each_name(const struct command_line *line,
              int (*act)(const struct module_files *, const char *))
{
    for (size_t i = 0; i < line->n_words; i++) {
        CLEANUP(module_files_free) struct module_files m = {0};
        if (find_modules(line, &m) != 0 || act(&m, line->words[i]) != 0)
            return 1;
    }
    return 0;
}

static int
run_enable(const struct command_line *line)
{
    return for_each_name(line, enable);
}

static int
run_disable(const struct command_line *line)
{
    return for_each_name(line, disable);
}

const struct cli_command command_modules_list = {
    .name = "modules list",
    .arguments = "",
    .summary = "Lists the enabled and the disabled modules",
    .run = run_list,
};

const struct cli_command command_modules_enable = {
    .name = "modules enable",
    .arguments = "MODULE...",
    .summary = "Enables modules",
    .details = "Renames MODULE.yml.disabled to MODULE.yml in the folder of the module files. The "
               "main configuration\n"
               "need not be complete for that. A file is never overwritten.",
    .max_words = UINT32_MAX,
    .run = run_enable,
};

const struct cli_command command_modules_disable = {
    .name = "modules disable",
    .arguments = "MODULE...",
    .summary = "Disables modules",
    .details = "Renames MODULE.yml to MODULE.yml.disabled. When a file of that name is there "
               "already, it is kept as\n"
               "MODULE.yml.disabled.old.",
    .max_words = UINT32_MAX,
    .run = run_disable,
};
