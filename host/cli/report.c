/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - see report.h. */
#include "cli/report.h"

#include "pipeline/pipeline.h"

#include <errno.h>
#include <signal.h>

struct word {
    const char *text;
    const char *colour; /* terminal escape; NULL: none */
};

static const struct word words[] = {
    [MH_STEP_GROUP] = {"", NULL},
    [MH_STEP_OK] = {"OK", "32"},
    [MH_STEP_WARN] = {"WARN", "33"},
    [MH_STEP_ERROR] = {"ERROR", "31"},
    [MH_STEP_CREATED] = {"created", "32"},
    [MH_STEP_UPDATED] = {"updated", "32"},
    [MH_STEP_UNCHANGED] = {"unchanged", NULL},
    [MH_STEP_SKIPPED] = {"skipped", NULL},
    [MH_STEP_INFO] = {"", NULL},
};

static void
print_word(const struct word *word)
{
    if (word->colour != NULL && isatty(STDOUT_FILENO))
        printf(" \033[%sm%s\033[0m", word->colour, word->text);
    else if (word->text[0] != '\0')
        printf(" %s", word->text);
}

/* "    dial up... OK", "  version: 8.10.3" or a heading, "connection...". */
static void
print_step(void *ctx, uint32_t depth, uint32_t result, const char *name, const char *text)
{
    struct cli_steps *steps = ctx;
    if (result >= COUNT_OF(words))
        result = MH_STEP_INFO;
    printf("%*s%s%s", (int)(2 * depth), "", name, result == MH_STEP_INFO ? ":" : "...");
    print_word(&words[result]);
    if (text != NULL && text[0] != '\0')
        printf(" %s", text);
    putchar('\n');
    fflush(stdout);
    if (result == MH_STEP_ERROR)
        steps->n_errors++;
}

static void
print_bytes(void *ctx, const char *bytes, size_t len)
{
    (void)ctx;
    fwrite(bytes, 1, len, stdout);
}

void
cli_steps_init(struct cli_steps *steps)
{
    *steps = (struct cli_steps){.report = {.ctx = steps, .step = print_step, .write = print_bytes}};
}

int
cli_with_output(const struct command_line *line, int (*use)(struct instance *, void *), void *ctx)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    struct settings *s = cli_load_settings(line, NULL);
    if (s == NULL)
        return 1;
    signal(SIGPIPE, SIG_IGN); /* a server that hangs up is an error of one step, not the end */
    int r = pipeline_with_output(s, PACKAGE_VERSION, use, ctx, &d);
    settings_free(s);
    if (cli_report(&d) != 0)
        return 1;
    return r == -ENOMEM ? cli_fail("out of memory") : r != 0;
}
