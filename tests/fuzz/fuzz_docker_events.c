/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_docker_events.c - any bytes as lines of the event stream: what they mean, whether they were
 * seen before, their attributes. A line with a time that is read again is always recognised.
 */
#include "events.h"
#include "fuzz_docker.h"

static struct json *json;

static void
read_line(struct events_seen *seen, const char *line, size_t len)
{
    const struct json_node *event;
    struct label *labels;
    size_t n_labels;
    int64_t time_ns = 0;
    if (json_parse(json, line, len) < 0)
        return;
    event = json_root(json);
    event_meaning(json_get_text(event, "Type"), json_get_text(event, "Action"));
    events_seen(seen, event);
    if (json_get_int64(event, "timeNano", &time_ns) && time_ns != 0 && !events_seen(seen, event))
        abort();
    if (labels_read(json_at(event, "Actor.Attributes"), true, &labels, &n_labels) == 0)
        labels_free(labels, n_labels);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct events_seen seen = {0};
    const char *line = (const char *)data, *end = line + size;
    json = json == NULL ? json_new(NULL) : json;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t len = (size_t)((newline == NULL ? end : newline) - line);
        read_line(&seen, line, len);
        line += len + 1;
    }
    return 0;
}
