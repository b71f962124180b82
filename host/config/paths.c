/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paths.c - the folders of the program: command line before configuration before what was built in.
 */
#include "config/config.h"
#include "config/node.h"

#include <errno.h>

void
paths_free(struct paths *p)
{
    free(p->home);
    free(p->config);
    free(p->data);
    free(p->logs);
    for (size_t i = 0; i < p->n_plugins; i++)
        free(p->plugins[i]);
    free(p->plugins);
    *p = (struct paths){0};
}

static const char *
text_of(const struct mh_config *root, const char *path)
{
    const struct mh_config *node = root != NULL ? node_given(root, path) : NULL;
    return node != NULL && node->kind == MH_NODE_SCALAR ? node->text : NULL;
}

/* Relative folders are meant below the current one, at this moment: a daemon may change it later.
 */
static char *
absolute(const char *path)
{
    if (path[0] == '/')
        return strdup(path);
    CLEANUP_FREE char *here = getcwd(NULL, 0);
    if (here == NULL)
        return strdup(path);
    return strcmp(path, ".") == 0 ? strdup(here) : util_printf("%s/%s", here, path);
}

/* flag, then setting, then below home where home was chosen, then what was built in. */
static char *
choose(const char *flag, const char *setting, const char *home, const char *below,
       const char *built_in)
{
    if (flag != NULL)
        return absolute(flag);
    if (setting != NULL)
        return absolute(setting);
    if (home == NULL)
        return strdup(built_in);
    return *below != '\0' ? util_printf("%s/%s", home, below) : strdup(home);
}

static int
add_folder(struct paths *p, const char *folder)
{
    char **folders = reallocarray(p->plugins, p->n_plugins + 1, sizeof *folders);
    if (folders == NULL)
        return -ENOMEM;
    p->plugins = folders;
    p->plugins[p->n_plugins] = absolute(folder);
    return p->plugins[p->n_plugins++] != NULL ? 0 : -ENOMEM;
}

static int
add_plugin_folders(const struct config_options *options, const struct mh_config *root,
                   struct paths *p)
{
    const struct mh_config *list = root != NULL ? node_given(root, "path.plugins") : NULL;
    int r = 0;
    for (size_t i = 0; r == 0 && i < options->n_plugin_folders; i++)
        r = add_folder(p, options->plugin_folders[i]);
    for (uint32_t i = 0; r == 0 && i < config_ops.count(list); i++) {
        const struct mh_config *member = config_ops.at(list, i);
        if (member->kind == MH_NODE_SCALAR)
            r = add_folder(p, member->text);
    }
    return r == 0 ? add_folder(p, MH_PLUGIN_DIR) : r;
}

int
paths_resolve(const struct config_options *options, const struct mh_config *root, struct paths *ret,
              struct diagnostics *d)
{
    struct paths p = {0};
    const char *chosen_home =
        options->path_home != NULL ? options->path_home : text_of(root, "path.home");
    /* The settled settings hold the built-in home too, for ${path.home}; the other folders are not
     * below that one. */
    if (chosen_home != NULL && strcmp(chosen_home, MH_HOME_DIR) == 0)
        chosen_home = NULL;
    p.home = choose(options->path_home, text_of(root, "path.home"), NULL, "", MH_HOME_DIR);
    const char *below = chosen_home != NULL ? p.home : NULL;
    p.config = choose(options->path_config, text_of(root, "path.config"), below, "", MH_CONFIG_DIR);
    p.data = choose(options->path_data, text_of(root, "path.data"), below, "data", MH_DATA_DIR);
    p.logs = choose(options->path_logs, text_of(root, "path.logs"), below, "logs", MH_LOG_DIR);
    int r = add_plugin_folders(options, root, &p);
    if (r < 0 || p.home == NULL || p.config == NULL || p.data == NULL || p.logs == NULL) {
        paths_free(&p);
        config_report(d, true, NULL, NULL, "out of memory");
        return -ENOMEM;
    }
    *ret = p;
    return 0;
}
