/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.h - the last documents of containers that end, also of those that live for less than a
 * period.
 *
 * A thread waits for the containers' first processes to exit (pidfd). In the moment between that
 * and the removal of the cgroup it reads the final counters: the totals of the container's life.
 * The container's own document follows with the engine's "die" event, which knows the exit code.
 * Where the kernel or the engine allows no pidfd, only that document is sent.
 */
#ifndef DOCKER_EXITS_H
#define DOCKER_EXITS_H

#include "metrics.h"

struct exits; /* opaque */

/* Starts the thread. with_cgroups: this machine's cgroups can be read. Returns 0 or -errno. */
int exits_start(struct exits **ret, const struct mh_host *host, const struct settings *settings,
                bool with_cgroups);
void exits_stop(struct exits *exits); /* NULL is fine; joins the thread */

/* [any] Watches a container from now on; what is needed of it is copied. sampled: it has been
 * measured before. */
void exits_watch(struct exits *exits, const struct container *container, bool sampled);
/* [any] A collect has begun: who is watched now has been measured before its end. */
void exits_note_collect(struct exits *exits);
/* [any] Lack of memory killed a process in the container. */
void exits_note_oom(struct exits *exits, const char *id);
/* [any] The engine says that the container has ended. identity: what the event says of it; used
 * when it was not watched. */
void exits_died(struct exits *exits, const struct container *identity, int64_t exit_code);

#endif
