/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.h - what the workers of one output know together: which hosts are well, how many of them
 * may send at once, and what was learned about the servers. Any worker, any thread; a mutex inside.
 */
#ifndef OUTPUT_ES_GROUP_H
#define OUTPUT_ES_GROUP_H

#include "http.h"
#include "options.h"
#include "server.h"

struct group; /* opaque */

/* Where documents go on these servers. */
enum target_mode {
    TARGET_UNKNOWN,
    TARGET_STREAM, /* the data stream o->target */
    TARGET_ALIAS,  /* the alias o->rollover_alias */
    TARGET_DAILY,  /* o->target-yyyy.MM.dd */
    TARGET_CUSTOM, /* what `index` says */
};

/* The group of the workers with these options, made when there is none. NULL: no memory. */
struct group *group_join(const struct es_options *o);
void group_leave(struct group *group); /* NULL is fine */

/* The host that this worker should try now, not among those in the set `tried` (one bit each; the
 * first 64 hosts). -1: all are tried. Hosts that rest after a failure come last. */
int group_pick(struct group *group, const struct es_options *o, uint32_t worker, uint64_t tried);
/* A request to this host failed, or was answered. Each logs one line when the host's state changes,
 * and never otherwise. */
void group_failed(struct group *group, const struct es_options *o, int host, const char *words);
void group_worked(struct group *group, const struct es_options *o, int host);

/* Concurrency: may this worker send now? Fewer may while the servers say 429. */
bool group_may_send(struct group *group, const struct es_options *o, uint32_t worker);
void group_overloaded(struct group *group);
void group_relaxed(struct group *group);

/* What was learned. TARGET_UNKNOWN until somebody set it. */
enum target_mode group_target(struct group *group);
void group_set_target(struct group *group, enum target_mode mode);
/* Serialises preparation: one worker prepares, the others wait for it here. */
void group_lock_preparation(struct group *group);
void group_unlock_preparation(struct group *group);

#endif
