/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - the command line: options, commands, help, and the words of errors.
 *
 * A command is an entry of the table in commands.c and one file; an option is an entry of a table
 * too, from which parsing, help and the manual follow. Exit codes: 0 success, 1 every failure.
 */
#ifndef MH_CLI_H
#define MH_CLI_H

#include "config/config.h"

/* One option. Long names are accepted with one dash as well. */
struct cli_option {
    const char *name;     /* "path.home"; NULL: only the letter */
    char letter;          /* 'E', or 0 */
    const char *argument; /* "key=value"; NULL: a switch, which also takes =true and =false */
    const char *summary;
};

struct cli_command;

/* The parsed command line. */
struct command_line {
    const struct cli_command *command;
    const char *const *words; /* what follows the command's name */
    size_t n_words;
    bool is_bare; /* no command was named */
    struct config_options config;
    struct cli_given *given; /* options in order */
    size_t n_given;
    const char **lists; /* memory of the arrays in config */
};

struct cli_command {
    const char *name;                 /* "modules enable" */
    const char *arguments;            /* "MODULE..." for the usage line; "" when there are none */
    const char *summary;              /* one line */
    const char *details;              /* more for `help`, or NULL */
    const struct cli_option *options; /* its own, ended by an empty one; or NULL */
    uint32_t max_words;               /* how many arguments it takes at most */
    int (*run)(const struct command_line *line); /* returns the exit code */
};

extern const struct cli_command *const cli_commands[]; /* ended by NULL */
extern const struct cli_option cli_global_options[];   /* ended by an empty one */

/* One option as given; value NULL for a bare switch. */
struct cli_given {
    const struct cli_option *option;
    const char *value;
};

/* Runs the program. Returns the exit code. */
int cli_main(int argc, const char *const *argv);

/* Fills in `line` (the texts stay the caller's). Returns 0, or 1 after saying on stderr what is
 * wrong. */
int cli_parse(int argc, const char *const *argv, struct command_line *line);
void command_line_free(struct command_line *line);

/* The last value given for an option by name or letter; NULL: not given. */
const char *cli_value(const struct command_line *line, const char *name);
/* Whether a switch is on. */
bool cli_switch(const struct command_line *line, const char *name, bool otherwise);

/* Prints "Exiting: ..." on stderr; returns 1. */
int cli_fail(const char *format, ...) PRINTF_LIKE(1, 2);
/* Prints the findings on stderr, the last error as "Exiting: ..."; returns 1 when there are errors,
 * else 0. */
int cli_report(const struct diagnostics *d);
/* settings_load and cli_report. NULL: reported. */
struct settings *cli_load_settings(const struct command_line *line,
                                   const struct config_options *options);

/* Help on a command (or, NULL, the program). */
void cli_help(FILE *to, const struct cli_command *command);
/* True when the names of some commands begin with this word and a space. */
bool cli_is_group(const char *word);
/* All commands whose names begin with this word. */
void cli_help_group(FILE *to, const char *group);

/* Starts logging as the settings and -e, -v, -d, --environment say. Returns 0 or -errno. */
int cli_open_log(const struct settings *s, const struct command_line *line);

#endif
