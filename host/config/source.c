/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.c - finding, checking and reading the configuration files.
 */
#include "config/source.h"
#include "config/tree.h"
#include "config/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* A file that others may write lets them run plugins with our rights. */
static void
report_access(const char *path, const struct stat *st, bool strict, struct diagnostics *d)
{
    char mode[] = "rwxrwxrwx";
    for (int i = 0; i < 9; i++)
        if ((st->st_mode & (0400u >> i)) == 0)
            mode[i] = '-';
    if (st->st_uid != 0 && st->st_uid != geteuid())
        report_file(
            d, strict, path,
            "must be owned by root or by the user that runs metrichost (uid %u), but is owned by "
            "uid %u; run: chown %u %s",
            (unsigned)geteuid(), (unsigned)st->st_uid, (unsigned)geteuid(), path);
    if ((st->st_mode & 0022) != 0)
        report_file(
            d, strict, path,
            "may only be writable by its owner, but its permissions are -%s; run: chmod go-w %s "
            "(or start with --strict.perms=false)",
            mode, path);
}

static int
open_checked(const char *path, bool strict, struct diagnostics *d)
{
    struct stat st;
    uint32_t errors = d->n_errors;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        report_file(d, true, path, "cannot be read: %s", strerror(errno));
        util_closep(&fd);
        return -1;
    }
    if (S_ISREG(st.st_mode))
        report_access(path, &st, strict, d);
    if (d->n_errors > errors) {
        close(fd);
        return -1;
    }
    return fd;
}

struct mh_config *
source_load(const char *path, bool strict_perms, struct diagnostics *d)
{
    CLEANUP_FREE char *text = NULL;
    size_t len = 0;
    CLEANUP_FD int fd = open_checked(path, strict_perms, d);
    if (fd < 0)
        return NULL;
    int r = util_read_fd(fd, CONFIG_MAX_BYTES, &text, &len);
    if (r == -EFBIG)
        report_file(d, true, path, "is larger than %zu MiB", CONFIG_MAX_BYTES >> 20);
    else if (r < 0)
        report_file(d, true, path, "cannot be read: %s", strerror(-r));
    return r == 0 ? yaml_load(text, len, path, d) : NULL;
}

char *
source_folder(const struct config_options *options)
{
    if (options->path_config != NULL)
        return strdup(options->path_config);
    return strdup(options->path_home != NULL ? options->path_home : MH_CONFIG_DIR);
}

/* A relative -c is meant below the folder of the configuration, or, as the shell completes it,
 * below the current folder. */
static char *
find_named(const char *folder, const char *name, struct diagnostics *d)
{
    if (name[0] == '/')
        return strdup(name);
    char *path = util_printf("%s/%s", folder, name);
    if (path == NULL || access(path, F_OK) == 0)
        return path;
    if (access(name, F_OK) == 0) {
        free(path);
        return strdup(name);
    }
    report_file(d, true, name, "no such file, neither in %s nor in the current folder", folder);
    free(path);
    return NULL;
}

static char *
find_default(const char *folder, struct diagnostics *d)
{
    static const char *const names[] = {"metrichost.yml", "metricbeat.yml"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *path = util_printf("%s/%s", folder, names[i]);
        if (path == NULL || access(path, F_OK) == 0)
            return path;
        free(path);
    }
    report_file(
        d, true, folder,
        "no configuration file: the folder holds neither metrichost.yml nor metricbeat.yml; "
        "name a file with -c FILE, or the folder with --path.config FOLDER");
    return NULL;
}

static int
add_file(struct mh_config *root, const char *path, bool strict, struct diagnostics *d)
{
    CLEANUP(node_freep) struct mh_config *tree = source_load(path, strict, d);
    if (tree == NULL)
        return 0; /* reported */
    if (root->origin == NULL)
        root->origin = origin_ref(tree->origin); /* what is missing is missing in the first file */
    if (tree->kind == MH_NODE_NULL) {
        config_report(d, false, tree, NULL, "the file holds no settings");
    } else if (tree->kind != MH_NODE_MAP) {
        config_report(d, true, tree, NULL, "expected settings (name: value), found %s",
                      node_kind_name(tree));
    } else {
        int r = tree_rename_legacy(tree, d);
        return r == 0 ? tree_merge(root, take(tree)) : r;
    }
    return 0;
}

static bool
is_repeat(const struct config_options *options, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(options->files[i], options->files[j]) == 0)
            return true;
    return false;
}

static int
add_files(struct mh_config *root, const struct config_options *options, struct diagnostics *d)
{
    CLEANUP_FREE char *folder = source_folder(options);
    int r = folder != NULL ? 0 : -ENOMEM;
    if (r == 0 && options->n_files == 0) {
        CLEANUP_FREE char *path = find_default(folder, d);
        r = path != NULL ? add_file(root, path, options->strict_perms, d) : 0;
    }
    for (size_t i = 0; r == 0 && i < options->n_files; i++) {
        CLEANUP_FREE char *path =
            is_repeat(options, i) ? NULL : find_named(folder, options->files[i], d);
        r = path != NULL ? add_file(root, path, options->strict_perms, d) : 0;
    }
    return r;
}

struct mh_config *
source_load_main(const struct config_options *options, struct diagnostics *d)
{
    CLEANUP(node_freep) struct mh_config *root = node_new(MH_NODE_MAP);
    if (root == NULL || add_files(root, options, d) < 0)
        return NULL;
    for (size_t i = 0; i < options->n_overrides; i++)
        if (tree_override(root, options->overrides[i], d) == -ENOMEM)
            return NULL;
    return take(root);
}
