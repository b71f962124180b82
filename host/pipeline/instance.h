/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instance.h - one instance of a plugin: its host table, configuration, constants, statistics, and
 * the single place through which every call into the plugin goes. That place asserts the state,
 * names the call for the watchdog and turns the plugin's words for an error into a log line.
 */
#ifndef MH_INSTANCE_H
#define MH_INSTANCE_H

#include <metrichost/plugin.h>

#include "config/config.h"
#include "record/batch.h"
#include "record/constants.h"

#include <pthread.h>
#include <stdatomic.h>

enum instance_state { INSTANCE_READY, INSTANCE_RUNNING, INSTANCE_GONE };
enum { INSTANCE_MAX_STATISTICS = 64 };

struct instance;
struct registry;

/* What a role (input, output, processor) adds to the host table. Any may be NULL. */
struct instance_role {
    uint64_t (*period_ns)(const struct instance *i);
    bool (*dataset_enabled)(const struct instance *i, uint32_t dataset);
    struct mh_batch *(*new_batch)(struct instance *i);
    int32_t (*submit)(struct instance *i, struct mh_batch *batch);
    void (*request_collect)(struct instance *i);
    void (*constants_changed)(struct instance *i);
};

/* What all instances share. */
struct instance_env {
    const char *version;       /* of the daemon */
    const char *state_dir;     /* for metrichost.state/1; NULL: no such extension */
    struct registry *registry; /* for metrichost.catalogue/1; NULL: no such extension */
    uint64_t (*monotonic_ns)(void);
    int64_t (*realtime_ns)(void);
};

struct statistic {
    char *name;
    atomic_llong value;
};

struct instance {
    struct mh_host host; /* what the plugin sees; priv points back here */
    const struct mh_plugin *plugin;
    const struct instance_env *env;
    const struct instance_role *role;
    char *name;
    void *self;
    struct mh_config *config; /* bound; owned */
    atomic_int state;         /* enum instance_state; written by its worker or the control thread */
    pthread_mutex_t *serial;  /* held around every call, for MH_FEATURE_SERIALIZE; else NULL */
    atomic_bool stopping;

    pthread_mutex_t lock; /* of all below */
    struct constants *constants;
    char *fail_text; /* the words for the next error */
    struct statistic statistics[INSTANCE_MAX_STATISTICS];
    atomic_uint n_statistics;

    /* The call under way, for the watchdog. */
    _Atomic(const char *) call;
    atomic_ullong call_began_ns;
    atomic_ullong call_deadline_ns; /* 0: none */
    atomic_bool reported_hung;
};

/* Fills in and calls create(). config is consumed in any case. Errors go to the diagnostics.
 * Returns 0, -EINVAL or -ENOMEM; after an error there is nothing to clean up but the memory of `i`
 * itself. */
int instance_create(struct instance *i, const char *name, const struct mh_plugin *plugin,
                    struct mh_config *config, const struct instance_role *role,
                    const struct instance_env *env, struct diagnostics *d);
/* destroy() and everything else. Does nothing on one that was not created. */
void instance_destroy(struct instance *i);

int32_t instance_start(struct instance *i);
int32_t instance_collect(struct instance *i, struct mh_batch *batch, uint64_t deadline_ns);
int32_t instance_process(struct instance *i, struct mh_batch *batch);
int32_t instance_write(struct instance *i, struct mh_batch *batch, uint64_t deadline_ns);
void instance_stop(struct instance *i);
/* Tells it to end soon: stopping() is true from now on, and wake() is called. From any thread. */
void instance_wake(struct instance *i);
const void *instance_interface(struct instance *i, const char *id);

/* The words for the last error, or a default for its code. The caller frees. NULL: no memory. */
char *instance_take_words(struct instance *i, int32_t code);
/* The code as operators read it: "will retry", "out of memory" ... */
const char *error_name(int32_t code);

/* A new reference to the constants now in force. */
struct constants *instance_constants(struct instance *i);
/* Members of a JSON object: "\"api_requests\":12,...". */
void instance_statistics_json(struct instance *i, struct buf *to);

/* extensions.c: what get_interface of the host table answers. */
const void *host_interface(const struct mh_host *host, const char *id);
void statistics_add(const struct mh_host *host, const char *name, int64_t delta);
void statistics_set(const struct mh_host *host, const char *name, int64_t value);

static inline struct instance *
instance_of(const struct mh_host *host)
{
    return (struct instance *)host->priv;
}

#endif
