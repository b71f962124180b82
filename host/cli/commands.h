/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands.h - the commands, each in a file of its own.
 */
#ifndef MH_CLI_COMMANDS_H
#define MH_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command command_doctor;
extern const struct cli_command command_export_config;
extern const struct cli_command command_export_fields;
extern const struct cli_command command_export_ilm_policy;
extern const struct cli_command command_export_template;
extern const struct cli_command command_help;
extern const struct cli_command command_keystore_add;
extern const struct cli_command command_keystore_create;
extern const struct cli_command command_keystore_list;
extern const struct cli_command command_keystore_remove;
extern const struct cli_command command_modules_disable;
extern const struct cli_command command_modules_enable;
extern const struct cli_command command_modules_list;
extern const struct cli_command command_plugins_list;
extern const struct cli_command command_run;
extern const struct cli_command command_setup;
extern const struct cli_command command_status;
extern const struct cli_command command_test_config;
extern const struct cli_command command_test_modules;
extern const struct cli_command command_test_output;
extern const struct cli_command command_version;

#endif
