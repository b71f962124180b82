/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help.c - help and usage, made from the tables of commands and options.
 */
#include "cli/cli.h"
#include "cli/commands.h"

static void
print_options(FILE *to, const struct cli_option *options)
{
    for (; options->name != NULL || options->letter != 0; options++) {
        char left[64];
        char letter[] = {options->letter, '\0'};
        bool has_long = options->name != NULL && options->name[1] != '\0';
        snprintf(left, sizeof left, "%s%s%s%s%s%s%s", options->letter != 0 ? "-" : "    ", letter,
                 options->letter != 0 && has_long ? ", " : "", has_long ? "--" : "",
                 has_long ? options->name : "", options->argument != NULL ? " " : "",
                 options->argument != NULL ? options->argument : "");
        fprintf(to, "  %-26s %s\n", left, options->summary);
    }
}

static void
print_command_line(FILE *to, const struct cli_command *c)
{
    CLEANUP_FREE char *left = util_printf("%s %s", c->name, c->arguments);
    fprintf(to, "  %-26s %s\n", left != NULL ? left : c->name, c->summary);
}

bool
cli_is_group(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        if (strncmp(cli_commands[i]->name, word, len) == 0 && cli_commands[i]->name[len] == ' ')
            return true;
    return false;
}

void
cli_help_group(FILE *to, const char *group)
{
    size_t len = strlen(group);
    fprintf(to, "Usage: metrichost %s COMMAND\n\nCommands:\n", group);
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        if (strncmp(cli_commands[i]->name, group, len) == 0 && cli_commands[i]->name[len] == ' ')
            print_command_line(to, cli_commands[i]);
}

static void
print_program(FILE *to)
{
    fprintf(to, "Usage: metrichost [COMMAND] [FLAGS]\n\n"
                "Collects metrics with plugins and ships them. Without a command it runs.\n\n"
                "Commands:\n");
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        print_command_line(to, cli_commands[i]);
    fprintf(to, "\nFlags:\n");
    print_options(to, cli_global_options);
    fprintf(to, "\n\"metrichost help COMMAND\" says more about a command.\n");
}

void
cli_help(FILE *to, const struct cli_command *c)
{
    if (c == NULL) {
        print_program(to);
        return;
    }
    fprintf(to, "Usage: metrichost %s%s%s [FLAGS]\n\n%s.\n", c->name, *c->arguments ? " " : "",
            c->arguments, c->summary);
    if (c->details != NULL)
        fprintf(to, "\n%s\n", c->details);
    if (c->options != NULL) {
        fprintf(to, "\nFlags of this command:\n");
        print_options(to, c->options);
    }
    fprintf(to, "\nFlags:\n");
    print_options(to, cli_global_options);
}

/* The command whose name the words spell, or NULL. */
static const struct cli_command *
find_named(const char *name)
{
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

static int
run_help(const struct command_line *line)
{
    CLEANUP(buf_free) struct buf name = {0};
    for (size_t i = 0; i < line->n_words; i++)
        buf_printf(&name, "%s%s", i > 0 ? " " : "", line->words[i]);
    if (line->n_words == 0) {
        cli_help(stdout, NULL);
        return 0;
    }
    const struct cli_command *c = name.failed ? NULL : find_named(name.data);
    if (c != NULL)
        cli_help(stdout, c);
    else if (!name.failed && cli_is_group(name.data))
        cli_help_group(stdout, name.data);
    else
        return cli_fail("unknown command \"%s\"; \"metrichost help\" lists them",
                        name.failed ? "" : name.data);
    return 0;
}

const struct cli_command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "Help on a command",
    .max_words = 3,
    .run = run_help,
};
