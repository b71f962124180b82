/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logging.c - where the log goes and what is in it, from the settings and the command line.
 */
#include "cli/cli.h"
#include "log/log.h"

#include <errno.h>
#include <strings.h>

static enum log_level
level_of(const char *name)
{
    static const char *const names[] = {[LOG_LEVEL_ERROR] = "error",
                                        [LOG_LEVEL_WARNING] = "warning",
                                        [LOG_LEVEL_INFO] = "info",
                                        [LOG_LEVEL_DEBUG] = "debug"};
    for (size_t i = 1; name != NULL && i < COUNT_OF(names); i++)
        if (strcmp(name, names[i]) == 0)
            return (enum log_level)i;
    return LOG_LEVEL_INFO;
}

static bool
flag_of(const struct mh_config *root, const char *path)
{
    int32_t truth = 0;
    config_ops.get_bool(root, path, &truth);
    return truth != 0;
}

static uint64_t
number_of(const struct mh_config *root, const char *path, uint64_t max)
{
    int64_t n = 0;
    config_ops.get_int(root, path, &n);
    if (n < 0)
        return 0;
    return (uint64_t)n > max ? max : (uint64_t)n;
}

/* -e, then the settings; without either a service and a container write to stderr, and so does
 * everything else: journald and the container engine keep it, and a first run shows what happens.
 */
static void
choose_destination(const struct mh_config *root, const struct command_line *line,
                   struct log_options *o)
{
    if (cli_switch(line, "e", false)) {
        o->to_stderr = true;
        return;
    }
    o->to_stderr = flag_of(root, "logging.to_stderr");
    o->to_syslog = flag_of(root, "logging.to_syslog");
    o->to_files = flag_of(root, "logging.to_files");
    if (!o->to_syslog && !o->to_files)
        o->to_stderr = true;
}

static void
choose_level(const struct mh_config *root, const struct command_line *line, struct log_options *o)
{
    const char *name = NULL;
    config_ops.get_string(root, "logging.level", &name);
    o->level = level_of(name);
    if (cli_switch(line, "v", false) && o->level < LOG_LEVEL_INFO)
        o->level = LOG_LEVEL_INFO;
    if (cli_value(line, "d") != NULL)
        o->level = LOG_LEVEL_DEBUG;
}

static enum log_format
format_of(const struct mh_config *root)
{
    const char *name = NULL;
    if (flag_of(root, "logging.json"))
        return LOG_FORMAT_JSON;
    config_ops.get_string(root, "logging.format", &name);
    if (name == NULL || strcmp(name, "auto") == 0)
        return LOG_FORMAT_AUTO;
    return strcmp(name, "json") == 0 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT;
}

static uint32_t
file_mode(const struct mh_config *root)
{
    const char *text = NULL;
    config_ops.get_string(root, "logging.files.permissions", &text);
    unsigned long mode = text != NULL ? strtoul(text, NULL, 8) : 0;
    return mode > 0 && mode <= 0777 ? (uint32_t)mode : 0600;
}

static void
choose_files(const struct settings *s, struct log_options *o)
{
    const struct mh_config *root = s->root;
    config_ops.get_string(root, "logging.files.path", &o->file_dir);
    config_ops.get_string(root, "logging.files.name", &o->file_name);
    config_ops.get_bytes(root, "logging.files.rotateeverybytes", &o->rotate_bytes);
    o->keep_files = (uint32_t)number_of(root, "logging.files.keepfiles", 1024);
    o->file_mode = file_mode(root);
    if (o->file_dir == NULL)
        o->file_dir = s->paths.logs;
}

struct selector_list {
    const char **names;
    size_t n;
    struct buf memory; /* of the parts of -d a,b */
};

static int
add_selector(struct selector_list *list, const char *name)
{
    const char **names = reallocarray(list->names, list->n + 1, sizeof *names);
    if (names == NULL)
        return -ENOMEM;
    list->names = names;
    list->names[list->n++] = name;
    return 0;
}

static void
copy_parts(struct selector_list *list, const struct command_line *line)
{
    for (size_t i = 0; i < line->n_given; i++) {
        if (line->given[i].option->letter != 'd')
            continue;
        for (const char *p = line->given[i].value; *p != '\0';) {
            size_t len = strcspn(p, ",");
            buf_add(&list->memory, p, len);
            buf_add(&list->memory, "", 1);
            p += len + (p[len] == ',');
        }
    }
}

static int
collect_selectors(struct selector_list *list, const struct mh_config *root,
                  const struct command_line *line)
{
    const struct mh_config *set = config_ops.find(root, "logging.selectors");
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < config_ops.count(set); i++) {
        const char *name = NULL;
        config_ops.get_string(config_ops.at(set, i), NULL, &name);
        r = name != NULL ? add_selector(list, name) : 0;
    }
    copy_parts(list, line);
    for (size_t at = 0; r == 0 && at < list->memory.len; at += strlen(list->memory.data + at) + 1)
        if (list->memory.data[at] != '\0')
            r = add_selector(list, list->memory.data + at);
    return list->memory.failed ? -ENOMEM : r;
}

int
cli_open_log(const struct settings *s, const struct command_line *line)
{
    struct log_options o = {.format = format_of(s->root)};
    struct selector_list selectors = {0};
    choose_destination(s->root, line, &o);
    choose_level(s->root, line, &o);
    choose_files(s, &o);
    int r = collect_selectors(&selectors, s->root, line);
    o.selectors = selectors.names;
    o.n_selectors = selectors.n;
    if (r == 0)
        r = log_open(&o);
    free(selectors.names);
    buf_free(&selectors.memory);
    return r;
}
