/* SPDX-License-Identifier: Apache-2.0 */
/* plugins.c - `metrichost plugins list`: what is installed, and why some of it cannot be used. */
#include "cli/commands.h"
#include "plugin/registry.h"

static const char *
kind_name(uint32_t kind)
{
    static const char *const names[] = {
        [MH_KIND_INPUT] = "input", [MH_KIND_PROCESSOR] = "processor", [MH_KIND_OUTPUT] = "output"};
    return kind < COUNT_OF(names) && names[kind] != NULL ? names[kind] : "-";
}

static void
print_entry(const struct plugin_entry *e)
{
    char built[16], needs[16];
    snprintf(built, sizeof built, "%u.%u", e->abi_major, e->abi_minor);
    snprintf(needs, sizeof needs, "%u.%u", e->abi_major, e->needs_minor);
    printf("%-10s %-20s %-10s %-5s %-5s %s\n", kind_name(e->kind), e->name,
           *e->version != '\0' ? e->version : "-", built, needs, e->file);
    if (e->refusal != NULL)
        printf("           refused: %s\n", e->refusal);
}

static void
print_folders(const struct paths *paths)
{
    printf("No plugins found. Searched:\n");
    for (size_t i = 0; i < paths->n_plugins; i++)
        printf("  %s\n", paths->plugins[i]);
}

/* The folders are needed even when the rest of the configuration is wrong. */
static int
find_folders(const struct command_line *line, struct paths *ret)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    int r = settings_paths(&line->config, ret, &d);
    return r < 0 && cli_report(&d) == 0 ? cli_fail("out of memory") : r < 0;
}

static int
run_plugins_list(const struct command_line *line)
{
    CLEANUP(paths_free) struct paths paths = {0};
    struct registry *registry = NULL;
    if (find_folders(line, &paths) != 0)
        return 1;
    if (registry_open((const char *const *)paths.plugins, paths.n_plugins, &registry) < 0)
        return cli_fail("out of memory");
    if (registry_count(registry) == 0)
        print_folders(&paths);
    else
        printf("%-10s %-20s %-10s %-5s %-5s %s\n", "KIND", "NAME", "VERSION", "ABI", "NEEDS",
               "FILE");
    for (size_t i = 0; i < registry_count(registry); i++)
        print_entry(registry_at(registry, i));
    registry_close(registry);
    return 0;
}

const struct cli_command command_plugins_list = {
    .name = "plugins list",
    .arguments = "",
    .summary = "Lists the installed plugins",
    .details = "For each its kind, name, version, the ABI it was built with and the one it needs, "
               "and its file. No\n"
               "code of a plugin is run. Plugins that cannot be used are listed with the reason.",
    .run = run_plugins_list,
};
