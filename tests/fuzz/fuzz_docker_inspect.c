/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_docker_inspect.c - any bytes as an answer of GET /containers/{id}/json. */
#include "container.h"
#include "fuzz_docker.h"
#include "uptime.h"

static struct json *json;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct machine machine = {0};
    struct container *container = container_new("0123456789abcdef");
    struct inspected inspected = {0};
    json = json == NULL ? json_new(NULL) : json;
    if (container != NULL && json_parse(json, (const char *)data, size) == 0 &&
        inspected_read(&inspected, json_root(json)) == 0) {
        if (inspected.pid < 0 || inspected.cpu_limit < 0 ||
            (inspected.has_probe && inspected.probe.output == NULL))
            abort();
        container_has_own_network(json_root(json));
        free(uptime_words(json_get_text(json_root(json), "State.Status"), inspected.started_ns));
        container_take_inspected(container, &inspected);
    }
    container_free(container, &machine);
    return 0;
}
