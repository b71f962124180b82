/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore.c - `metrichost keystore create|add|list|remove`. Values come from the terminal without
 * echo or from standard input, never from the command line, where every user of the machine could
 * read them.
 */
#include "cli/commands.h"
#include "config/keystore.h"

#include <errno.h>
#include <libgen.h>
#include <termios.h>

#include <openssl/crypto.h>

#define MAX_VALUE ((size_t)1 << 20)

static void
wipe_textp(char **text)
{
    if (*text != NULL)
        OPENSSL_cleanse(*text, strlen(*text));
    free(*text);
}

static void
keystore_freep(struct keystore **k)
{
    keystore_free(*k);
}

static char *
find_path(const struct command_line *line)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    char *path = settings_keystore_path(&line->config, &d);
    if (path == NULL && cli_report(&d) == 0)
        cli_fail("out of memory");
    return path;
}

/* 0: open; -ENOENT: there is none (nothing said); 1: said what is wrong. */
static int
open_store(const struct command_line *line, const char *path, struct keystore **ret)
{
    CLEANUP_FREE char *reason = NULL;
    int r = keystore_open(path, line->config.strict_perms, ret, &reason);
    if (r < 0 && r != -ENOENT)
        return cli_fail("%s", reason != NULL ? reason : strerror(-r));
    return r;
}

static int
save(const struct keystore *k, const char *path)
{
    CLEANUP_FREE char *copy = strdup(path);
    int r = copy != NULL ? util_make_dirs(dirname(copy), 0750) : -ENOMEM;
    if (r == 0)
        r = keystore_save(k, path);
    return r == 0 ? 0 : cli_fail("%s: cannot be written: %s", path, strerror(-r));
}

/* Asks on the terminal; no is the answer where nobody can be asked. */
static bool
confirm(const char *question)
{
    char answer[16] = "";
    if (!isatty(STDIN_FILENO))
        return false;
    printf("%s [y/N]: ", question);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static int
run_create(const struct command_line *line)
{
    CLEANUP_FREE char *path = find_path(line);
    CLEANUP(keystore_freep) struct keystore *k = keystore_new();
    if (path == NULL || k == NULL)
        return 1;
    if (access(path, F_OK) == 0 && !cli_switch(line, "force", false) &&
        !confirm("A keystore already exists, Overwrite?")) {
        printf("Exiting without creating keystore.\n");
        return 0;
    }
    if (save(k, path) != 0)
        return 1;
    printf("Created metrichost keystore\n");
    return 0;
}

/* All of standard input, without the newline that `echo` leaves at its end. NULL: said why. */
static char *
value_from_stdin(void)
{
    char *text = NULL;
    size_t len = 0;
    int r = util_read_fd(STDIN_FILENO, MAX_VALUE, &text, &len);
    if (r < 0) {
        cli_fail("the value cannot be read: %s", strerror(-r));
        return NULL;
    }
    if (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    if (strlen(text) == len)
        return text;
    wipe_textp(&text);
    cli_fail("the value holds a NUL byte");
    return NULL;
}

static char *
value_from_terminal(const char *key)
{
    struct termios before, silent;
    char *text = NULL;
    size_t size = 0;
    if (tcgetattr(STDIN_FILENO, &before) < 0) {
        cli_fail("standard input is no terminal; use --stdin to read the value from it");
        return NULL;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH,
              &silent); /* before the prompt: what is typed after it counts */
    printf("Enter value for %s: ", key);
    fflush(stdout);
    ssize_t len = getline(&text, &size, stdin);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    printf("\n");
    if (len <= 0) {
        free(text);
        cli_fail("no value was given");
        return NULL;
    }
    if (text[len - 1] == '\n')
        text[len - 1] = '\0';
    return text;
}

/* The store that a value is added to: an existing one, or a new one where that is wanted. */
static int
open_for_adding(const struct command_line *line, const char *path, struct keystore **ret)
{
    int r = open_store(line, path, ret);
    if (r != -ENOENT)
        return r;
    if (!cli_switch(line, "force", false) &&
        !confirm("The keystore does not exist. Do you want to create it?"))
        return cli_fail("the keystore %s does not exist; run `metrichost keystore create`, or use "
                        "--force",
                        path);
    *ret = keystore_new();
    if (*ret == NULL)
        return cli_fail("out of memory");
    printf("Created keystore\n");
    return 0;
}

static int
may_replace(const struct command_line *line, const struct keystore *k, const char *key)
{
    CLEANUP_FREE char *question = util_printf("Setting %s already exists, Overwrite?", key);
    if (keystore_get(k, key) == NULL || cli_switch(line, "force", false))
        return 0;
    if (cli_switch(line, "stdin", false) || !isatty(STDIN_FILENO))
        return cli_fail("the settings %s already exist in the keystore use `--force` to replace it",
                        key);
    if (question != NULL && confirm(question))
        return 0;
    printf("Exiting without modifying keystore.\n");
    return 1;
}

static int
run_add(const struct command_line *line)
{
    CLEANUP_FREE char *path = find_path(line);
    CLEANUP(keystore_freep) struct keystore *k = NULL;
    CLEANUP(wipe_textp) char *value = NULL;
    if (path == NULL)
        return 1;
    if (line->n_words != 1)
        return cli_fail("name one key: metrichost keystore add KEY");
    const char *key = line->words[0];
    if (open_for_adding(line, path, &k) != 0 || may_replace(line, k, key) != 0)
        return 1;
    value = cli_switch(line, "stdin", false) ? value_from_stdin() : value_from_terminal(key);
    if (value == NULL)
        return 1;
    if (keystore_set(k, key, value) < 0)
        return cli_fail("out of memory");
    if (save(k, path) != 0)
        return 1;
    printf("Successfully updated the keystore\n");
    return 0;
}

/* For list and remove. Returns 0, or 1 after saying why not. */
static int
open_existing(const struct command_line *line, const char *path, struct keystore **ret)
{
    int r = path != NULL ? open_store(line, path, ret) : 1;
    return r == -ENOENT
               ? cli_fail("the keystore %s does not exist; run `metrichost keystore create`", path)
               : r;
}

static int
run_list(const struct command_line *line)
{
    CLEANUP_FREE char *path = find_path(line);
    CLEANUP(keystore_freep) struct keystore *k = NULL;
    if (open_existing(line, path, &k) != 0)
        return 1;
    for (size_t i = 0; i < keystore_count(k); i++)
        printf("%s\n", keystore_name(k, i));
    return 0;
}

static int
run_remove(const struct command_line *line)
{
    CLEANUP_FREE char *path = find_path(line);
    CLEANUP(keystore_freep) struct keystore *k = NULL;
    if (open_existing(line, path, &k) != 0)
        return 1;
    if (line->n_words == 0)
        return cli_fail("name the keys: metrichost keystore remove KEY...");
    for (size_t i = 0; i < line->n_words; i++)
        if (keystore_get(k, line->words[i]) == NULL)
            return cli_fail("could not find key '%s' in the keystore", line->words[i]);
    for (size_t i = 0; i < line->n_words; i++)
        keystore_remove(k, line->words[i]);
    if (save(k, path) != 0)
        return 1;
    for (size_t i = 0; i < line->n_words; i++)
        printf("successfully removed key: %s\n", line->words[i]);
    return 0;
}

static const struct cli_option create_options[] = {
    {"force", 0, NULL, "Overwrites an existing keystore"},
    {NULL, 0, NULL, NULL},
};

static const struct cli_option add_options[] = {
    {"stdin", 0, NULL, "Reads the value from standard input"},
    {"force", 0, NULL, "Replaces a value, creates the keystore where there is none"},
    {NULL, 0, NULL, NULL},
};

const struct cli_command command_keystore_create = {
    .name = "keystore create",
    .arguments = "",
    .summary = "Creates an empty keystore",
    .options = create_options,
    .run = run_create,
};

const struct cli_command command_keystore_add = {
    .name = "keystore add",
    .arguments = "KEY",
    .summary = "Adds a secret, to be used as ${KEY} in the configuration",
    .details = "Asks for the value, or reads it with --stdin. One newline at its end is left out. "
               "Run it as the user\n"
               "that runs the service.",
    .options = add_options,
    .max_words = 1,
    .run = run_add,
};

const struct cli_command command_keystore_list = {
    .name = "keystore list",
    .arguments = "",
    .summary = "Lists the names of the secrets",
    .run = run_list,
};

const struct cli_command command_keystore_remove = {
    .name = "keystore remove",
    .arguments = "KEY...",
    .summary = "Removes secrets",
    .max_words = UINT32_MAX,
    .run = run_remove,
};
