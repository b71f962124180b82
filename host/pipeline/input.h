/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.h - an input instance (one module block, one host) with its worker thread.
 *
 * The worker samples once per period on a monotonic schedule. A late or failing endpoint affects
 * its own instance only. What it collects passes the processors and is handed to the queue, which
 * owns it from then on.
 */
#ifndef MH_INPUT_H
#define MH_INPUT_H

#include "pipeline/instance.h"
#include "pipeline/ledger.h"
#include "pipeline/processors.h"
#include "queue/queue.h"

/* What all inputs share. */
struct input_env {
    struct instance_env instance;
    struct queue *queue;
    struct ledger *ledger;
    struct processors *processors; /* the global chain */
    pthread_mutex_t lock;          /* of base */
    struct constants *base;        /* agent.*, ecs.*, host.name, global fields and tags */
    atomic_uint generation;        /* grows whenever any constant changes */
    uint64_t max_start_delay_ns;
};

struct input {
    struct instance instance; /* first */
    struct input_env *env;
    struct ledger_row *row;
    struct processors processors; /* of the module block */
    struct constants *fixed;      /* of the module block: fields, tags, service.name */
    struct mh_config *block;      /* the whole block as configured, for comparing at a reload */
    uint64_t period_ns;
    uint64_t timeout_ns;
    bool *enabled; /* per dataset of the plugin */

    pthread_t thread;
    bool has_thread;
    atomic_bool finished; /* the thread has ended */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    bool stop_requested;
    bool final_sample; /* collect once more before stopping */
    bool collect_requested;
    struct shape_set *shapes;
    unsigned shapes_generation;

    /* The worker's own. */
    struct mh_batch *batch;
    int32_t last_result;
    uint64_t failing_since_ns;
    bool queue_was_full;
};

extern const struct instance_role input_role;

/* Starts the worker. Returns 0 or -errno. */
int input_start(struct input *in);
/* Asks the worker to end, after one more sample when `final_sample`. Does not wait. */
void input_request_stop(struct input *in, bool final_sample);
/* Waits for the worker until deadline_ns (monotonic). False: it still runs (and must not be freed).
 */
bool input_join(struct input *in, uint64_t deadline_ns);
/* Frees one whose worker has ended or never ran. NULL is fine. */
void input_free(struct input *in);

/* Hands a batch to the queue: ledger, processors, identities, bytes. Waits for room until
 * deadline_ns; what does not fit is counted as dropped. Any thread; the batch is only read and
 * emptied. */
int input_accept(struct input *in, struct mh_batch *batch, uint64_t deadline_ns);
/* The shapes now in force; a new reference. NULL: no memory. */
struct shape_set *input_shapes(struct input *in);
/* A record that says why a collection failed. */
void input_add_error_record(struct input *in, struct mh_batch *batch, const char *words);

#endif
