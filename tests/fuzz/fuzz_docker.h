/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_docker.h - what the fuzz targets of the docker input share. */
#ifndef FUZZ_DOCKER_H
#define FUZZ_DOCKER_H

#include "json.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
