/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.h - one instance of the docker input: one engine and the containers that it runs.
 *
 * A collect call brings the table of containers up to date (membership.c), takes one sample of each
 * (sampling.c) and writes the records of all datasets from it. Everything here belongs to the
 * instance's worker, but for what events.h shares.
 */
#ifndef DOCKER_INPUT_H
#define DOCKER_INPUT_H

#include "api.h"
#include "cgroup.h"
#include "container.h"
#include "events.h"
#include "exits.h"
#include "metrics.h"

#include <pthread.h>

struct input {
    const struct mh_host *host;
    struct settings settings;
    struct machine machine;
    bool has_cgroups; /* the machine's cgroups can be read here */
    struct api api;
    pthread_mutex_t wake_lock; /* guards the opening and closing of api against wake() */
    struct containers containers;
    bool list_is_stale;   /* an event said so, or no events come   */
    bool no_events;       /* the event stream is not open          */
    uint64_t list_due_ns; /* monotonic: read the list at the latest */

    struct usage usage; /* scratch of the sample being taken */
    struct rates rates;
    struct cgroup_scratch scratch;
    unsigned n_cgroup, n_api; /* containers measured by each source in this period */
    bool source_logged;

    struct exits *exits;
    struct events *events;
    int64_t saved_cursor_ns; /* of the event stream, as the host's state has it */
    uint64_t started_ns;     /* monotonic: start() */

    unsigned engine_failures;
    uint64_t engine_retry_ns;       /* monotonic: leave the engine alone before */
    struct http_error engine_error; /* words of the last failure                */
};

/* membership.c */
/* Brings the table up to date. Returns 0 or -errno; words in input->engine_error. */
int membership_update(struct input *input, uint64_t deadline_ns);
/* Where an earlier run of the instance stopped reading events; 0: unknown. */
int64_t membership_load_cursor(const struct input *input);
/* Remembers a failure of the engine and when to try again; false: it is too early to try. */
bool membership_engine_ready(const struct input *input);
void membership_engine_failed(struct input *input);
void membership_engine_worked(struct input *input);

/* sampling.c */
void sampling_collect(struct input *input, const struct emitter *emitter, uint64_t deadline_ns);

/* Opens the instance's connection. Returns 0 or -errno. */
int input_open_api(struct input *input, struct http_error *error);
/* Finds the machine's cgroups, unless they are not wanted. */
void input_open_machine(struct input *input);
/* What to add to the words of input->engine_error when the socket denies access; "" otherwise. */
void input_explain_permission(const struct input *input, char *ret, size_t size);
/* The words for a failure, with the fix for the commonest: no permission on the socket. */
int32_t input_fail(struct input *input);

#endif
