/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.c - arguments into options and words.
 *
 * Options may stand anywhere. "-name" is "--name" when it is longer than one letter, as
 * Metricbeat's operators write it, so letters cannot be glued together. "--" ends the options.
 */
#include "cli/cli.h"

#include <errno.h>
#include <strings.h>

struct parser {
    int argc;
    const char *const *argv;
    int at;
    struct command_line *line;
    const char **words;
    size_t n_words;
};

void
command_line_free(struct command_line *line)
{
    free(line->given);
    free((void *)line->words);
    free(line->lists);
    *line = (struct command_line){0};
}

static bool
is_end(const struct cli_option *o)
{
    return o->name == NULL && o->letter == 0;
}

static bool
has_name(const struct cli_option *o, const char *name, size_t len)
{
    if (len == 1 && o->letter == name[0])
        return true;
    return o->name != NULL && strlen(o->name) == len && strncmp(o->name, name, len) == 0;
}

static const struct cli_option *
find_in(const struct cli_option *options, const char *name, size_t len)
{
    for (; options != NULL && !is_end(options); options++)
        if (has_name(options, name, len))
            return options;
    return NULL;
}

/* The command is not known yet: its options may come before its name. */
static const struct cli_option *
find_anywhere(const char *name, size_t len)
{
    const struct cli_option *found = find_in(cli_global_options, name, len);
    for (size_t i = 0; found == NULL && cli_commands[i] != NULL; i++)
        found = find_in(cli_commands[i]->options, name, len);
    return found;
}

static void
collect_names(const struct cli_option *options, const char **names, size_t max, size_t *n)
{
    for (; options != NULL && !is_end(options); options++)
        if (options->name != NULL && options->name[1] != '\0' && *n < max)
            names[(*n)++] = options->name;
}

static int
fail_unknown(const char *argument, const char *name, size_t len)
{
    const char *names[128];
    size_t n = 0;
    CLEANUP_FREE char *word = strndup(name, len);
    collect_names(cli_global_options, names, COUNT_OF(names), &n);
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        collect_names(cli_commands[i]->options, names, COUNT_OF(names), &n);
    const struct cli_option *glued = len > 1 ? find_anywhere(name, 1) : NULL;
    const char *near = word != NULL ? util_near_name(word, names, n) : NULL;
    if (near != NULL)
        cli_fail("unknown flag: %.*s; did you mean --%s?", (int)strcspn(argument, "="), argument,
                 near);
    else if (glued != NULL && glued->argument != NULL && argument[1] != '-')
        cli_fail("unknown flag: -%.*s; put a space after -%c", (int)len, name, name[0]);
    else
        cli_fail("unknown flag: %.*s", (int)strcspn(argument, "="), argument);
    return 1;
}

static int
add_given(struct command_line *line, const struct cli_option *option, const char *value)
{
    struct cli_given *given = reallocarray(line->given, line->n_given + 1, sizeof *given);
    if (given == NULL)
        return cli_fail("out of memory");
    line->given = given;
    line->given[line->n_given++] = (struct cli_given){option, value};
    return 0;
}

static int
check_switch(const char *argument, const char *value)
{
    bool truth;
    if (value == NULL || parse_bool(value, &truth) == 0)
        return 0;
    return cli_fail("%s: a switch takes =true or =false", argument);
}

static int
parse_option(struct parser *p)
{
    const char *argument = p->argv[p->at];
    const char *name = argument + (argument[1] == '-' ? 2 : 1);
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    const struct cli_option *option = len > 0 ? find_anywhere(name, len) : NULL;
    /* One letter with two dashes is no option: "--E". */
    if (option == NULL || (len == 1 && argument[1] == '-'))
        return fail_unknown(argument, name, len);
    if (option->argument == NULL && check_switch(argument, value) != 0)
        return 1;
    if (option->argument != NULL && value == NULL) {
        if (p->at + 1 >= p->argc)
            return cli_fail("flag needs an argument: %s %s", argument, option->argument);
        value = p->argv[++p->at];
    }
    return add_given(p->line, option, value);
}

static int
split_arguments(struct parser *p)
{
    bool only_words = false;
    for (p->at = 1; p->at < p->argc; p->at++) {
        const char *argument = p->argv[p->at];
        if (!only_words && strcmp(argument, "--") == 0) {
            only_words = true;
        } else if (!only_words && argument[0] == '-' && argument[1] != '\0') {
            if (parse_option(p) != 0)
                return 1;
        } else {
            p->words[p->n_words++] = argument;
        }
    }
    return 0;
}

const char *
cli_value(const struct command_line *line, const char *name)
{
    for (size_t i = line->n_given; i > 0; i--)
        if (has_name(line->given[i - 1].option, name, strlen(name)))
            return line->given[i - 1].value != NULL ? line->given[i - 1].value : "true";
    return NULL;
}

bool
cli_switch(const struct command_line *line, const char *name, bool otherwise)
{
    const char *value = cli_value(line, name);
    bool truth = otherwise;
    if (value != NULL)
        parse_bool(value, &truth);
    return truth;
}

/* Commands */

static size_t
count_words(const char *name)
{
    size_t n = 1;
    for (; *name != '\0'; name++)
        n += *name == ' ';
    return n;
}

/* True when the words begin with the command's name. */
static bool
is_called(const struct cli_command *c, const struct parser *p)
{
    const char *name = c->name;
    for (size_t i = 0; *name != '\0'; i++) {
        size_t len = strcspn(name, " ");
        if (i >= p->n_words || strlen(p->words[i]) != len || strncmp(p->words[i], name, len) != 0)
            return false;
        name += len + (name[len] == ' ');
    }
    return true;
}

/* "modules enabel": the candidates are the second words of the group. */
static int
fail_unknown_command(const struct parser *p)
{
    const char *group = p->n_words > 1 && cli_is_group(p->words[0]) ? p->words[0] : "";
    size_t skip = *group != '\0' ? strlen(group) + 1 : 0;
    const char *word = p->words[skip > 0 ? 1 : 0];
    const char *names[128];
    char *copies[128];
    size_t n = 0;
    for (size_t i = 0; cli_commands[i] != NULL && n < COUNT_OF(names); i++) {
        const char *name = cli_commands[i]->name;
        if (skip > 0 && (strncmp(name, group, skip - 1) != 0 || name[skip - 1] != ' '))
            continue;
        copies[n] = strndup(name + skip, strcspn(name + skip, " "));
        if (copies[n] != NULL)
            n++;
    }
    for (size_t i = 0; i < n; i++)
        names[i] = copies[i];
    const char *near = util_near_name(word, names, n);
    cli_fail("unknown command \"%s\" for \"metrichost%s%s\"%s%s%s", word, skip > 0 ? " " : "",
             group, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
             near != NULL ? "\"?" : "");
    for (size_t i = 0; i < n; i++)
        free(copies[i]);
    return 1;
}

/* The longest name that fits. A bare program means `run`; a bare group (command NULL) its help. */
static int
find_command(struct parser *p)
{
    size_t best = 0;
    p->line->is_bare = p->n_words == 0;
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        const struct cli_command *c = cli_commands[i];
        size_t words = count_words(c->name);
        if ((p->n_words == 0 && strcmp(c->name, "run") == 0) || (words > best && is_called(c, p))) {
            p->line->command = c;
            best = p->n_words == 0 ? 0 : words;
        }
    }
    if (p->line->command == NULL && p->n_words > 0 &&
        !(p->n_words == 1 && cli_is_group(p->words[0])))
        return fail_unknown_command(p);
    size_t skip = p->line->command != NULL ? best : 0;
    memmove(p->words, p->words + skip, (p->n_words - skip) * sizeof *p->words);
    p->line->words = p->words;
    p->line->n_words = p->n_words - skip;
    return 0;
}

static int
check_command(const struct command_line *line)
{
    const struct cli_command *c = line->command;
    if (c == NULL || cli_switch(line, "help", false))
        return 0;
    for (size_t i = 0; i < line->n_given; i++) {
        const struct cli_option *o = line->given[i].option;
        const char letter[] = {o->letter, '\0'};
        const char *name = o->name != NULL ? o->name : letter;
        if (find_in(cli_global_options, name, strlen(name)) == NULL &&
            find_in(c->options, name, strlen(name)) == NULL)
            return cli_fail("unknown flag: --%s is not a flag of \"%s\"", name, c->name);
    }
    if (line->n_words > c->max_words)
        return cli_fail("unexpected argument \"%s\" for \"metrichost %s\"",
                        line->words[c->max_words], c->name);
    return 0;
}

/* The configuration's options */

static size_t
copy_values(struct command_line *line, const char *name, const char **to)
{
    size_t n = 0;
    for (size_t i = 0; i < line->n_given; i++)
        if (has_name(line->given[i].option, name, strlen(name)))
            to[n++] = line->given[i].value;
    return n;
}

static bool
perms_by_environment(void)
{
    const char *value = getenv("METRICHOST_STRICT_PERMS");
    bool strict = true;
    if (value == NULL)
        value = getenv("BEAT_STRICT_PERMS");
    if (value != NULL)
        parse_bool(value, &strict);
    return strict;
}

static int
fill_config_options(struct command_line *line)
{
    struct config_options *o = &line->config;
    line->lists = calloc(3 * line->n_given + 1, sizeof *line->lists);
    if (line->lists == NULL)
        return cli_fail("out of memory");
    o->files = line->lists;
    o->n_files = copy_values(line, "c", line->lists);
    o->overrides = o->files + o->n_files;
    o->n_overrides = copy_values(line, "E", line->lists + o->n_files);
    o->plugin_folders = o->overrides + o->n_overrides;
    o->n_plugin_folders =
        copy_values(line, "path.plugins", line->lists + o->n_files + o->n_overrides);
    o->path_home = cli_value(line, "path.home");
    o->path_config = cli_value(line, "path.config");
    o->path_data = cli_value(line, "path.data");
    o->path_logs = cli_value(line, "path.logs");
    o->strict_perms = cli_switch(line, "strict.perms", perms_by_environment());
    return 0;
}

static int
check_environment(const struct command_line *line)
{
    static const char *const known[] = {"default", "systemd", "container", "macos_service",
                                        "windows_service"};
    const char *value = cli_value(line, "environment");
    if (value == NULL)
        return 0;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcasecmp(value, known[i]) == 0)
            return 0;
    const char *near = util_near_name(value, known, COUNT_OF(known));
    return cli_fail("invalid argument \"%s\" for --environment%s%s%s", value,
                    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                    near != NULL ? "?" : "");
}

int
cli_parse(int argc, const char *const *argv, struct command_line *line)
{
    *line = (struct command_line){0};
    struct parser p = {.argc = argc, .argv = argv, .line = line};
    p.words = calloc((size_t)argc + 1, sizeof *p.words);
    if (p.words == NULL)
        return cli_fail("out of memory");
    line->words = p.words;
    if (split_arguments(&p) != 0 || find_command(&p) != 0 || check_command(line) != 0)
        return 1;
    return check_environment(line) != 0 ? 1 : fill_config_options(line);
}
