/* SPDX-License-Identifier: Apache-2.0 */
/* events_internal.h - what events.c and events_act.c share. */
#ifndef DOCKER_EVENTS_INTERNAL_H
#define DOCKER_EVENTS_INTERNAL_H

#include "api.h"
#include "events.h"

#include <pthread.h>

struct events {
    const struct mh_host *host;
    const struct settings *settings;
    struct exits *exits;
    struct api stream;  /* holds the stream           */
    struct api inspect; /* inspects while it is held  */
    struct json *json;
    pthread_t thread;
    bool running;

    char *line; /* what has come of the next line */
    size_t line_len, line_cap;
    bool skip_line; /* it is too long */
    struct events_seen seen;
    int status;

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t stop_changed;
    bool stop;
    bool was_open; /* the stream, once */
    struct notes notes;
    struct note **last;
    unsigned n_notes;
};

/* [any] Takes the note; NULL says that there was no memory for one. */
void events_add_note(struct events *events, struct note *note);
/* Does what an event asks for. */
void events_act(struct events *events, const struct json_node *event);

#endif
