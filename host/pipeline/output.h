/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - the output with its workers: each takes batches from the queue, gives them to its own
 * instance of the plugin, and settles every record as delivered, dead-lettered or to be tried
 * again. Nothing is given up because of the receiver.
 */
#ifndef MH_OUTPUT_H
#define MH_OUTPUT_H

#include "pipeline/dead_letter.h"
#include "pipeline/instance.h"
#include "pipeline/ledger.h"
#include "queue/queue.h"

struct registry;

enum output_phase {
    OUTPUT_RUN,   /* deliver, for ever */
    OUTPUT_DRAIN, /* deliver what there is, then end; a durable queue may keep what cannot be sent
                     now */
    OUTPUT_STOP,  /* end now; what is not settled stays in the queue */
};

struct output_env {
    struct instance_env *instance;
    struct queue *queue;
    struct ledger *ledger;
    struct dead_letter *dead_letter;
};

struct output;
struct output_worker {
    struct instance instance; /* first */
    struct output *output;
    pthread_t thread;
    bool has_thread;
    atomic_bool finished;
    struct mh_batch *batch;
    enum queue_fate *fates; /* room for the entries of a lease */
    uint32_t *entry_of;     /* and for the records' way back to them */
    uint32_t room;
    uint64_t pause_ns; /* before the next attempt; 0: the last one worked */
    uint64_t failing_since_ns;
    uint64_t attempts;
};

struct output {
    struct output_env *env;
    const struct mh_plugin *plugin;
    char *name;
    struct mh_config *configured; /* as configured, for comparing at a reload */
    struct output_worker **workers;
    uint32_t n_workers;
    uint64_t write_timeout_ns;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* the phase */
    atomic_int phase;
};

/* Creates the workers' instances from the bound configuration (cloned for each). Returns 0, -EINVAL
 * or -ENOMEM. */
int output_create(const char *name, const struct mh_plugin *plugin, const struct mh_config *node,
                  struct output_env *env, struct diagnostics *d, struct output **ret);
int output_start(struct output *o);
void output_set_phase(struct output *o, enum output_phase phase);
/* Waits for all workers until deadline_ns. False: one still runs. */
bool output_join(struct output *o, uint64_t deadline_ns);
/* Interrupts what the workers are doing. */
void output_wake(struct output *o);
void output_free(struct output *o); /* NULL is fine */

#endif
