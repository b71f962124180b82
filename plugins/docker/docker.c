/* SPDX-License-Identifier: Apache-2.0 */
/* docker.c - the entry point of docker.so. */
#include "plugin.h"

MH_PLUGIN(docker_plugin, input, "docker", PACKAGE_VERSION)
