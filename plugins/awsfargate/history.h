/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.h - the samples of each container, this one and the one before, so that rates come from
 * our own differences.
 *
 * The endpoint takes its samples in a rhythm of its own. A sample that was there before (the same
 * time stamp) is not taken for a new one: no difference is made from it and it is not sent again.
 *
 * Names of interfaces outlive the answer they came in; the names of memory counters do not, so they
 * are there until the next history_new_answer() only, and what is needed of them later is kept as a
 * number.
 */
#ifndef AWSFARGATE_HISTORY_H
#define AWSFARGATE_HISTORY_H

#include "usage.h"

struct json_node;

/* One container. All zero (but the id): never sampled. */
struct past {
    char *id;
    struct usage samples[2];
    unsigned newest;    /* index of the last good sample */
    unsigned n_samples; /* how many of the two are good  */
    uint64_t seen_ns; /* monotonic, when the newest came first; it says what the container uses for
                         a while */
    uint64_t memory_used; /* of the newest sample, see usage_memory_used() and _anon() */
    uint64_t memory_rss;
    double cpu_cores; /* used between the last two samples */
    bool has_cpu_cores;
    uint64_t state_hash; /* of what the last document said besides usage */
    bool alive;          /* touched since the last sweep */
};

struct history {
    struct past *pasts;
    size_t n;
    char **names; /* of interfaces, each once */
    size_t n_names;
    const uint32_t *skip_majors; /* of the options; set by the owner */
    size_t n_skip_majors;
};

/* The past of a container, made when it is new. NULL: no memory. Valid until the next container
 * that is new, or a sweep. */
struct past *history_touch(struct history *history, const char *id);
/* Forgets containers that nobody touched since the last call. */
void history_sweep(struct history *history);
void history_free(struct history *history);

/* To be called before the texts of the answer that was read last go away. */
void history_new_answer(struct history *history);
/* Reads an entry of /task/stats. True: it is a new sample, now past_newest(). False: there is none,
 * or it is the old one. */
bool history_read(struct history *history, struct past *past, const struct json_node *entry,
                  uint64_t now_ns);
/* NULL: never sampled. */
const struct usage *past_newest(const struct past *past);
/* The sample before the newest. NULL: none, or the container was restarted between them. */
const struct usage *past_before(const struct past *past);

#endif
