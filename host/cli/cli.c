/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.c - the way from the arguments to a command, and what all commands share.
 */
#include "cli/cli.h"

const struct cli_option cli_global_options[] = {
    {NULL, 'E', "key=value", "Overrides a setting; may be repeated, the last wins"},
    {"c", 'c', "FILE", "Configuration file, below path.config; may be repeated, later ones win"},
    {NULL, 'd', "SELECTORS", "Debug lines of these parts (comma separated, \"*\": all)"},
    {NULL, 'e', NULL, "Logs to standard error and nowhere else"},
    {NULL, 'v', NULL, "Logs at least at level info"},
    {"environment", 0, "NAME",
     "Where it runs: default, systemd or container; chooses where the log goes"},
    {"path.home", 0, "FOLDER", "Program's own files; the other folders are below it then"},
    {"path.config", 0, "FOLDER", "Configuration files"},
    {"path.data", 0, "FOLDER", "Queue, identity, keystore"},
    {"path.logs", 0, "FOLDER", "Log files"},
    {"path.plugins", 0, "FOLDER", "Plugins, before the built-in folder; may be repeated"},
    {"strict.perms", 0, NULL, "Refuses configuration files that others may write (default true)"},
    {"help", 'h', NULL, "Help on the command"},
    {NULL, 0, NULL, NULL},
};

int
cli_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CLEANUP(buf_free) struct buf text = {0};
    buf_vprintf(&text, format, args);
    va_end(args);
    fprintf(stderr, "Exiting: %s\n", text.failed ? "out of memory" : text.data);
    return 1;
}

static bool
is_error_line(const char *line, size_t len)
{
    const char *error = memmem(line, len, "error: ", 7);
    const char *warning = memmem(line, len, "warning: ", 9);
    return error != NULL && (warning == NULL || error < warning);
}

/* With a single error that line itself is the reason to exit; with several the last line counts
 * them. */
int
cli_report(const struct diagnostics *d)
{
    const char *p = d->text.data, *end = p != NULL ? p + d->text.len : NULL;
    const char *single = NULL;
    size_t single_len = 0;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((newline != NULL ? newline : end) - p);
        if (d->n_errors == 1 && is_error_line(p, len)) {
            single = p;
            single_len = len;
        } else {
            fprintf(stderr, "%.*s\n", (int)len, p);
        }
        p += len + 1;
    }
    if (single != NULL)
        return cli_fail("%.*s", (int)single_len, single);
    if (d->n_errors > 0)
        return cli_fail("%u errors in the configuration, listed above", d->n_errors);
    return 0;
}

struct settings *
cli_load_settings(const struct command_line *line, const struct config_options *options)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    struct settings *s = NULL;
    int r = settings_load(options != NULL ? options : &line->config, &d, &s);
    if (cli_report(&d) == 0 && r < 0)
        cli_fail("out of memory");
    return s;
}

static int
run_command(const struct command_line *line)
{
    if (line->command == NULL && line->n_words > 0)
        cli_help_group(stdout, line->words[0]);
    else if (cli_switch(line, "help", false))
        cli_help(stdout, line->is_bare ? NULL : line->command);
    else
        return line->command->run(line);
    return 0;
}

int
cli_main(int argc, const char *const *argv)
{
    CLEANUP(command_line_free) struct command_line line;
    if (cli_parse(argc, argv, &line) != 0) {
        cli_help(stderr, line.command);
        return 1;
    }
    int code = run_command(&line);
    if (fflush(stdout) != 0 || ferror(stdout))
        return cli_fail("standard output cannot be written");
    return code;
}
