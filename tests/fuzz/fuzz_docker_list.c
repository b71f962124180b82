/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_docker_list.c - any bytes as two answers of GET /containers/json, parted by a zero byte: the
 * table stays sorted, without doubles and with nothing but ids for ids.
 */
#include "container.h"
#include "fuzz_docker.h"

static struct json *json;

static void
check_table(const struct containers *containers)
{
    for (size_t n = 0; n < containers->n; n++) {
        const struct container *container = containers->list[n];
        if (!container_is_id(container->id) ||
            containers_find(containers, container->id) != container)
            abort();
        if (n > 0 && strcmp(containers->list[n - 1]->id, container->id) >= 0)
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct containers containers = {.dedot = true};
    struct machine machine = {0};
    const char *text = (const char *)data;
    const char *end = memchr(text, '\0', size);
    size_t first = end == NULL ? size : (size_t)(end - text);
    json = json == NULL ? json_new(NULL) : json;
    if (json_parse(json, text, first) == 0)
        containers_read_list(&containers, &machine, json_root(json));
    check_table(&containers);
    if (end != NULL && json_parse(json, end + 1, size - first - 1) == 0)
        containers_read_list(&containers, &machine, json_root(json));
    check_table(&containers);
    containers_free(&containers, &machine);
    return 0;
}
