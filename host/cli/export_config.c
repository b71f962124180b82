/* SPDX-License-Identifier: Apache-2.0 */
/* export_config.c - `metrichost export config`. */
#include "cli/commands.h"

static int
run_export_config(const struct command_line *line)
{
    struct config_options options = line->config;
    CLEANUP(buf_free) struct buf text = {0};
    options.keep_references = true;
    struct settings *s = cli_load_settings(line, &options);
    if (s == NULL)
        return 1;
    int r = config_hide_secrets(s->root);
    if (r == 0)
        r = config_to_yaml(s->root, &text);
    settings_free(s);
    if (r < 0)
        return cli_fail("the configuration cannot be written: %s", strerror(-r));
    fwrite(text.data, 1, text.len, stdout);
    return 0;
}

const struct cli_command command_export_config = {
    .name = "export config",
    .arguments = "",
    .summary = "Prints the merged configuration, without secrets",
    .details = "All -c files and -E overrides as one YAML text. References such as ${VAR} stay as "
               "they are, and\n"
               "passwords, keys and tokens are printed as xxxxx.",
    .run = run_export_config,
};
