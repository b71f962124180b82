/* SPDX-License-Identifier: Apache-2.0 */
/* event_meaning.c - what the engine's events mean for the table of containers, and which of them
 * were seen before. */
#include "events.h"
#include "json.h"
#include "support.h"

#include <metrichost/record.h>

/* Actions of containers. Those with an argument ("health_status: healthy") are matched by their
 * beginning. Podman says "died". */
static const struct {
    const char *action;
    struct event_meaning meaning;
} container_actions[] = {
    {"start", {.list = true, .started = true}},
    {"die", {.list = true, .died = true}},
    {"died", {.list = true, .died = true}},
    {"destroy", {.list = true}},
    {"remove", {.list = true}},
    {"pause", {.list = true}},
    {"unpause", {.list = true}},
    {"rename", {.list = true}},
    {"update", {.list = true, .inspect = true}},
    {"health_status", {.list = true, .inspect = true}},
    {"oom", {.inspect = true, .oom = true}},
    {"exec_die", {.probed = true}},
    {"exec_died", {.probed = true}},
};

static bool
is_action(const char *action, const char *name)
{
    size_t len = strlen(name);
    return strncmp(action, name, len) == 0 && (action[len] == '\0' || action[len] == ':');
}

struct event_meaning
event_meaning(const char *type, const char *action)
{
    if (action == NULL)
        return (struct event_meaning){0};
    if (type != NULL && strcmp(type, "network") == 0)
        return (struct event_meaning){.list = is_action(action, "connect") ||
                                              is_action(action, "disconnect")};
    if (type != NULL && strcmp(type, "container") != 0)
        return (struct event_meaning){0};
    for (size_t n = 0; n < COUNT_OF(container_actions); n++)
        if (is_action(action, container_actions[n].action))
            return container_actions[n].meaning;
    return (struct event_meaning){0};
}

/* FNV-1a; the end of the text is part of it. */
static uint64_t
hash_text(uint64_t hash, const char *text)
{
    for (; text != NULL; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
        if (*text == '\0')
            break;
    }
    return hash;
}

bool
events_seen(struct events_seen *seen, const struct json_node *event)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    int64_t time_ns = 0;
    json_get_int64(event, "timeNano", &time_ns);
    hash = (hash ^ (uint64_t)time_ns) * UINT64_C(1099511628211);
    hash = hash_text(hash, json_get_text(event, "Type"));
    hash = hash_text(hash, json_get_text(event, "Action"));
    hash = hash_text(hash, json_get_text(event, "Actor.ID"));
    if (time_ns == 0)
        return false;
    for (unsigned n = 0; n < EVENTS_SEEN; n++)
        if (seen->hash[n] == hash)
            return true;
    seen->hash[seen->next++ % EVENTS_SEEN] = hash;
    return false;
}
