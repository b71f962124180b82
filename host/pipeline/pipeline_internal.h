/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_internal.h - the daemon's state, shared by the files that make it up: pipeline.c,
 * reload.c, watchdog.c, status.c. */
#ifndef MH_PIPELINE_INTERNAL_H
#define MH_PIPELINE_INTERNAL_H

#include "pipeline/agent.h"
#include "pipeline/build.h"
#include "pipeline/pipeline.h"

struct status_server;

struct pipeline {
    struct settings *settings;
    const struct run_options *options;
    struct registry *registry;
    struct agent agent;
    struct input_env input_env;
    struct output_env output_env;
    struct built built;
    char *state_dir, *ledger_path, *dead_letter_path, *lock_path;
    int lock_fd;
    uint64_t started_ns;
    uint64_t shutdown_timeout_ns;
    uint64_t metrics_period_ns; /* 0: no periodic line */
    uint64_t next_metrics_ns;
    uint64_t next_save_ns;
    uint64_t modules_period_ns; /* 0: changes in modules.d are not watched */
    uint64_t next_modules_ns;
    uint64_t modules_seen; /* fingerprint of modules.d */
    uint64_t lost_seen;    /* records that the queue lost and the ledger knows of */
    struct ledger_counts last_counts;
    struct status_server *status;
    pthread_mutex_t lock;                   /* of built, for status against reload */
    bool without_inputs, leave_out_refused; /* see build.h */
    bool hung; /* a worker could not be ended: memory must not be freed under it */
};

/* reload.c */
void pipeline_reload(struct pipeline *p);
/* Changes whenever a file of modules.d is added, removed or changed. */
uint64_t modules_fingerprint(const struct settings *s);

/* watchdog.c: names instances whose call is past its deadline, once each. */
void watchdog_look(struct pipeline *p);
/* Members of an object per instance, for status. */
void watchdog_state_json(const struct instance *i, struct buf *to);

/* metrics.c: the periodic log line and the one at the end. */
void metrics_log(struct pipeline *p, bool total);

/* status.c: answers every connection to path.data/metrichost.sock with the state as JSON. NULL: not
 * possible, and logged. */
struct status_server *status_open(struct pipeline *p);
void status_close(struct status_server *s); /* NULL is fine */
void status_json(struct pipeline *p, struct buf *to);

/* shutdown.c */
void pipeline_shutdown(struct pipeline *p);
/* Ends these inputs after a last sample, waiting at most until deadline_ns; one that hangs is named
 * and left. True: all ended. */
bool inputs_end(struct input **inputs, size_t n, uint64_t deadline_ns, bool final_sample);
/* Ends an output at once; what it holds goes back to the queue. False: it hangs. */
bool output_end(struct output *o, uint64_t deadline_ns);

#endif
