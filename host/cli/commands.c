/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands.c - the table of commands, in the order of the help.
 */
#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &command_run,
    &command_modules_list,
    &command_modules_enable,
    &command_modules_disable,
    &command_plugins_list,
    &command_test_config,
    &command_test_modules,
    &command_test_output,
    &command_setup,
    &command_status,
    &command_doctor,
    &command_export_config,
    &command_export_template,
    &command_export_ilm_policy,
    &command_export_fields,
    &command_keystore_create,
    &command_keystore_add,
    &command_keystore_list,
    &command_keystore_remove,
    &command_version,
    &command_help,
    NULL,
};
