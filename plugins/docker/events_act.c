/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events_act.c - what is done about an event at once, in the thread of the stream: a container that
 * starts is inspected and watched, one that ends gets its last document, and the worker gets a
 * note.
 */
#include "events_internal.h"
#include "json.h"
#include "support.h"

#include <errno.h>

/* A container was started: its process is looked up at once, for it may not live until the next
 * collect. */
static void
inspect_started(struct events *events, struct container *container, struct note *note)
{
    CLEANUP_FREE char *path = NULL;
    const struct json_node *root;
    struct http_error error;
    uint64_t deadline_ns =
        events->host->monotonic_ns(events->host) + events->settings->request_timeout_ns;
    if (asprintf(&path, "/containers/%s/json", container->id) < 0) {
        path = NULL;
        return;
    }
    if (api_get(&events->inspect, path, deadline_ns, &root, &error) < 0 ||
        inspected_read(&container->inspected, root) < 0)
        return;
    container->own_network = container_has_own_network(root);
    exits_watch(events->exits, container, false);
    note->inspected = container->inspected;
    container->inspected = (struct inspected){0};
}

/* The attributes of an event are the labels of its container, its name and image, and what is
 * particular to the event. */
static int
read_identity(struct container *container, const struct json_node *event, bool dedot)
{
    static const char *const particular[] = {"name",         "image",  "exitCode",
                                             "execDuration", "execID", "signal"};
    const struct json_node *attributes = json_at(event, "Actor.Attributes");
    size_t kept = 0;
    if (container_set_text(&container->name, json_get_text(attributes, "name")) < 0 ||
        container_set_text(&container->image, json_get_text(attributes, "image")) < 0 ||
        labels_read(attributes, dedot, &container->labels, &container->n_labels) < 0)
        return -ENOMEM;
    for (size_t n = 0; n < container->n_labels; n++) {
        bool drop = false;
        for (size_t i = 0; i < COUNT_OF(particular); i++)
            drop = drop || strcmp(container->labels[n].key, particular[i]) == 0;
        if (drop) {
            free(container->labels[n].key);
            free(container->labels[n].value);
        } else {
            container->labels[kept++] = container->labels[n];
        }
    }
    container->n_labels = kept;
    return 0;
}

static void
handle_death(struct events *events, struct container *container, const struct json_node *event)
{
    const char *code = json_get_text(event, "Actor.Attributes.exitCode");
    if (code == NULL)
        code = json_get_text(event, "Actor.Attributes.containerExitCode");
    container->inspected.exit_code = code == NULL ? 0 : strtol(code, NULL, 10);
    container->inspected.known = code != NULL;
    exits_died(events->exits, container, container->inspected.exit_code);
}

static void
handle_container(struct events *events, const struct json_node *event, const char *id,
                 const struct event_meaning *meaning, struct note *note)
{
    struct container *container = container_new(id);
    if (container != NULL && read_identity(container, event, events->settings->dedot) == 0) {
        if (meaning->started)
            inspect_started(events, container, note);
        if (meaning->oom)
            exits_note_oom(events->exits, id);
        if (meaning->died)
            handle_death(events, container, event);
    }
    container_free(container, NULL);
}

void
events_act(struct events *events, const struct json_node *event)
{
    const char *id = json_get_text(event, "Actor.ID");
    const char *type = json_get_text(event, "Type");
    struct event_meaning meaning = event_meaning(type, json_get_text(event, "Action"));
    struct note *note;
    bool of_container = type == NULL || strcmp(type, "container") == 0;
    if (!meaning.list && !meaning.inspect && !meaning.probed)
        return;
    note = calloc(1, sizeof *note);
    if (note != NULL && of_container && container_is_id(id)) {
        note->id = strdup(id);
        handle_container(events, event, id, &meaning, note);
    }
    if (note != NULL) {
        note->list = meaning.list;
        note->inspect = meaning.inspect;
        note->probed = meaning.probed;
        note->at_ns = events->host->monotonic_ns(events->host);
    }
    events_add_note(events, note);
}
