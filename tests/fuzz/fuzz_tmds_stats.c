/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_tmds_stats.c - any bytes as the /task/stats answer of the metadata endpoint, in two periods:
 * the input is cut at a newline into two answers, so that differences, repeated samples and
 * containers that come and go are met too.
 */
#include "fuzz_tmds.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char task[] =
        "{\"TaskARN\":\"arn:aws:ecs:eu-west-1:123456789012:task/c/t\",\"LaunchType\":\"EC2\","
        "\"Limits\":{\"CPU\":1,\"Memory\":512},\"Containers\":[{\"DockerId\":\"a\",\"Name\":\"a\","
        "\"KnownStatus\":\"RUNNING\",\"Labels\":{\"x.y\":\"z\"},\"Limits\":{\"CPU\":256}},"
        "{\"DockerId\":\"b\",\"Name\":\"b\",\"Networks\":[{\"NetworkMode\":\"awsvpc\"}]}]}";
    const uint8_t *cut = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t first = cut != NULL ? (size_t)(cut - data) : size;
    fuzz_period(task, sizeof task - 1, (const char *)data, first);
    if (cut != NULL)
        fuzz_period(task, sizeof task - 1, (const char *)cut + 1, size - first - 1);
    fuzz_end();
    return 0;
}
