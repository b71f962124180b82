/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_tmds_task.c - any bytes as the /task answer of the metadata endpoint: parsed, read, its
 * identity set, and documents written from it. The host is one that only checks what it is given.
 */
#include "fuzz_tmds.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char stats[] =
        "{\"a\":{\"read\":\"2026-01-01T00:00:10Z\",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":1}"
        ","
        "\"system_cpu_usage\":9,\"online_cpus\":2},\"memory_stats\":{\"usage\":5},"
        "\"networks\":{\"eth1\":{\"rx_bytes\":1}}}}";
    fuzz_period((const char *)data, size, stats, sizeof stats - 1);
    fuzz_end();
    return 0;
}
