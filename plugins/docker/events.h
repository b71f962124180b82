/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - the engine's event stream: a thread that holds it open for ever, sends docker.event
 * records as they come and tells the worker what changed.
 *
 * The stream is resumed from the last event seen, and what the engine then repeats is recognised,
 * so that nothing is lost or doubled while the engine keeps its (256) last events.
 */
#ifndef DOCKER_EVENTS_H
#define DOCKER_EVENTS_H

#include "exits.h"

/* Something that the worker must act on. All flags may be set. */
struct note {
    struct note *next;
    char *id;                   /* of the container; NULL: none in particular      */
    bool list;                  /* the list of containers has changed              */
    bool inspect;               /* what an inspection tells has changed            */
    bool probed;                /* a process in it ended, perhaps its health check */
    uint64_t at_ns;             /* monotonic                                      */
    struct inspected inspected; /* known: already inspected, since it was started */
};

struct notes {
    struct note *first;
    bool lost;         /* there were too many to keep: anything may have changed */
    bool connected;    /* the stream is open                                    */
    bool opened;       /* since the last call: the list may have changed before it */
    bool reopened;     /* not for the first time: anything may have happened       */
    int64_t cursor_ns; /* time of the last event, 0: none; for the state of the instance */
};

struct events; /* opaque */

/* since_ns: resume behind this event (nanoseconds since 1970 UTC), 0: only what happens from now
 * on. Returns 0 or -errno. */
int events_start(struct events **ret, const struct mh_host *host, const struct settings *settings,
                 struct exits *exits, int64_t since_ns);
void events_stop(struct events *events); /* NULL is fine; joins the thread */
/* [any] Hands over what has come since the last call; free with notes_free(). */
void events_take_notes(struct events *events, struct notes *ret);
void notes_free(struct notes *notes);

/* What an event means. For events.c and tests. */
struct event_meaning {
    bool list, inspect, probed; /* as in struct note */
    bool started, died, oom;
};
struct event_meaning event_meaning(const char *type, const char *action);

/* Recognises events that were seen before: the last ones by their content. All zero is empty. */
#define EVENTS_SEEN 512
struct events_seen {
    uint64_t hash[EVENTS_SEEN];
    unsigned next;
};
/* True: seen before; false: it is remembered now. */
bool events_seen(struct events_seen *seen, const struct json_node *event);

#endif
