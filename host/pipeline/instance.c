/* SPDX-License-Identifier: Apache-2.0 */
/* instance.c - see instance.h. */
#include "pipeline/instance.h"

#include "log/log.h"

#include <assert.h>
#include <errno.h>

static void
table_log(const struct mh_host *host, int32_t level, const char *text, size_t len)
{
    if (level < MH_LOG_ERROR || level > MH_LOG_DEBUG)
        level = MH_LOG_INFO;
    if (log_enabled((enum log_level)level))
        log_line((enum log_level)level, instance_of(host)->name, "%.*s", (int)len, text);
}

static void
table_fail(const struct mh_host *host, int32_t code, const char *text, size_t len)
{
    struct instance *i = instance_of(host);
    (void)code;
    pthread_mutex_lock(&i->lock);
    free(i->fail_text);
    i->fail_text = strndup(text, len);
    pthread_mutex_unlock(&i->lock);
}

static uint64_t
table_monotonic(const struct mh_host *host)
{
    return instance_of(host)->env->monotonic_ns();
}

static int64_t
table_realtime(const struct mh_host *host)
{
    return instance_of(host)->env->realtime_ns();
}

static int32_t
table_stopping(const struct mh_host *host)
{
    return atomic_load(&instance_of(host)->stopping);
}

static uint64_t
table_period(const struct mh_host *host)
{
    const struct instance *i = instance_of(host);
    return i->role->period_ns != NULL ? i->role->period_ns(i) : 0;
}

static int32_t
table_dataset_enabled(const struct mh_host *host, uint32_t dataset)
{
    const struct instance *i = instance_of(host);
    return i->role->dataset_enabled != NULL && i->role->dataset_enabled(i, dataset);
}

static int32_t
table_set_constant(const struct mh_host *host, const char *path, uint32_t path_len,
                   const struct mh_value *value)
{
    struct instance *i = instance_of(host);
    pthread_mutex_lock(&i->lock);
    struct constants *set = constants_with(i->constants, path, path_len, value);
    if (set != NULL) {
        constants_unref(i->constants);
        i->constants = set;
    }
    pthread_mutex_unlock(&i->lock);
    if (set == NULL)
        return MH_ERR_NOMEM;
    if (i->role->constants_changed != NULL)
        i->role->constants_changed(i);
    return MH_OK;
}

static struct mh_batch *
table_new_batch(const struct mh_host *host)
{
    struct instance *i = instance_of(host);
    return i->role->new_batch != NULL ? i->role->new_batch(i) : NULL;
}

static int32_t
table_submit(const struct mh_host *host, struct mh_batch *batch)
{
    struct instance *i = instance_of(host);
    if (i->role->submit != NULL)
        return i->role->submit(i, batch);
    batch_free(batch);
    return MH_ERR_UNSUPPORTED;
}

static void
table_discard(const struct mh_host *host, struct mh_batch *batch)
{
    (void)host;
    batch_free(batch);
}

static void
table_request_collect(const struct mh_host *host)
{
    struct instance *i = instance_of(host);
    if (i->role->request_collect != NULL)
        i->role->request_collect(i);
}

static void
table_fill(struct instance *i)
{
    i->host = (struct mh_host){
        .struct_size = sizeof(struct mh_host),
        .abi_major = MH_ABI_MAJOR,
        .abi_minor = MH_ABI_MINOR,
        .priv = i,
        .version = i->env->version,
        .instance_name = i->name,
        .record = &record_ops,
        .config = &config_ops,
        .log = table_log,
        .fail = table_fail,
        .monotonic_ns = table_monotonic,
        .realtime_ns = table_realtime,
        .stopping = table_stopping,
        .period_ns = table_period,
        .dataset_enabled = table_dataset_enabled,
        .set_constant = table_set_constant,
        .new_batch = table_new_batch,
        .submit = table_submit,
        .discard = table_discard,
        .request_collect = table_request_collect,
        .worker_index = i->host.worker_index,
        .n_workers = i->host.n_workers != 0 ? i->host.n_workers : 1,
        .get_interface = host_interface,
    };
}

const char *
error_name(int32_t code)
{
    switch (code) {
    case MH_OK:
        return "no error";
    case MH_ERR_RETRY:
        return "not possible now";
    case MH_ERR_DROP:
        return "refused for good";
    case MH_ERR_PARTIAL:
        return "partly refused";
    case MH_ERR_CONFIG:
        return "wrong configuration";
    case MH_ERR_UNSUPPORTED:
        return "not supported here";
    case MH_ERR_NOMEM:
        return "out of memory";
    default:
        return "fatal error";
    }
}

char *
instance_take_words(struct instance *i, int32_t code)
{
    pthread_mutex_lock(&i->lock);
    char *words = take(i->fail_text);
    pthread_mutex_unlock(&i->lock);
    return words != NULL ? words : strdup(error_name(code));
}

/* One lock per plugin that asked for it, made when its first instance is; never freed, like the
 * plugin's code. */
static pthread_mutex_t *
serial_lock_of(const struct mh_plugin *plugin)
{
    static struct serial {
        struct serial *next;
        const struct mh_plugin *plugin;
        pthread_mutex_t lock;
    } * all;
    struct serial *s = all;
    if (((plugin->features_required | plugin->features_optional) & MH_FEATURE_SERIALIZE) == 0)
        return NULL;
    while (s != NULL && s->plugin != plugin)
        s = s->next;
    if (s == NULL && (s = calloc(1, sizeof *s)) != NULL) {
        pthread_mutex_init(&s->lock, NULL);
        s->plugin = plugin;
        s->next = all;
        all = s;
    }
    return s != NULL ? &s->lock : NULL;
}

/* Names the call that begins, for the watchdog. */
static void
call_begin(struct instance *i, const char *call, uint64_t deadline_ns)
{
    if (i->serial != NULL)
        pthread_mutex_lock(i->serial);
    atomic_store(&i->call_began_ns, util_monotonic_ns());
    atomic_store(&i->call_deadline_ns, deadline_ns);
    atomic_store(&i->call, call);
}

static void
call_end(struct instance *i)
{
    const char *call = atomic_exchange(&i->call, NULL);
    if (i->serial != NULL)
        pthread_mutex_unlock(i->serial);
    if (atomic_exchange(&i->reported_hung, false))
        log_info(i->name, "%s has come back after %.1f s", call,
                 (double)(util_monotonic_ns() - atomic_load(&i->call_began_ns)) / 1e9);
}

/* create() reports through config_ops.error; one that returns an error without a word gets one
 * here. */
static int
call_create(struct instance *i, struct diagnostics *d)
{
    uint32_t errors_before = d->n_errors;
    config_set_diagnostics(d);
    call_begin(i, "create", 0);
    int32_t r = i->plugin->create(&i->host, i->config, &i->self);
    call_end(i);
    config_set_diagnostics(NULL);
    if (r == MH_OK)
        return 0;
    CLEANUP_FREE char *words = instance_take_words(i, r);
    if (d->n_errors == errors_before)
        config_report(d, true, i->config, NULL, "%s: %s", i->name,
                      words != NULL ? words : error_name(r));
    return r == MH_ERR_NOMEM ? -ENOMEM : -EINVAL;
}

static void
instance_clear(struct instance *i)
{
    for (unsigned n = 0; n < atomic_load(&i->n_statistics); n++)
        free(i->statistics[n].name);
    constants_unref(take(i->constants));
    config_node_free(take(i->config));
    free(take(i->fail_text));
    free(take(i->name));
    pthread_mutex_destroy(&i->lock);
    atomic_store(&i->state, INSTANCE_GONE);
    i->plugin = NULL;
}

int
instance_create(struct instance *i, const char *name, const struct mh_plugin *plugin,
                struct mh_config *config, const struct instance_role *role,
                const struct instance_env *env, struct diagnostics *d)
{
    i->plugin = plugin;
    i->env = env;
    i->role = role;
    i->config = config;
    i->name = strdup(name);
    i->constants = constants_new();
    i->serial = serial_lock_of(plugin);
    pthread_mutex_init(&i->lock, NULL);
    int r = i->name != NULL && i->constants != NULL && config != NULL ? 0 : -ENOMEM;
    if (r == 0) {
        table_fill(i);
        r = call_create(i, d);
    }
    if (r != 0) {
        instance_clear(i);
        return r;
    }
    atomic_store(&i->state, INSTANCE_READY);
    return 0;
}

void
instance_destroy(struct instance *i)
{
    if (i->plugin == NULL)
        return;
    assert(atomic_load(&i->state) == INSTANCE_READY);
    call_begin(i, "destroy", 0);
    i->plugin->destroy(i->self);
    call_end(i);
    instance_clear(i);
}

int32_t
instance_start(struct instance *i)
{
    assert(atomic_load(&i->state) == INSTANCE_READY);
    call_begin(i, "start", 0);
    int32_t r = i->plugin->start != NULL ? i->plugin->start(i->self) : MH_OK;
    call_end(i);
    if (r == MH_OK)
        atomic_store(&i->state, INSTANCE_RUNNING);
    return r;
}

int32_t
instance_collect(struct instance *i, struct mh_batch *batch, uint64_t deadline_ns)
{
    assert(atomic_load(&i->state) == INSTANCE_RUNNING);
    call_begin(i, "collect", deadline_ns);
    int32_t r = i->plugin->collect(i->self, batch, deadline_ns);
    call_end(i);
    return r;
}

int32_t
instance_process(struct instance *i, struct mh_batch *batch)
{
    assert(atomic_load(&i->state) == INSTANCE_RUNNING);
    if (i->plugin->process == NULL)
        return MH_OK;
    call_begin(i, "process", 0);
    int32_t r = i->plugin->process(i->self, batch);
    call_end(i);
    return r;
}

int32_t
instance_write(struct instance *i, struct mh_batch *batch, uint64_t deadline_ns)
{
    assert(atomic_load(&i->state) == INSTANCE_RUNNING);
    call_begin(i, "write", deadline_ns);
    int32_t r = i->plugin->write(i->self, batch, deadline_ns);
    call_end(i);
    return r;
}

void
instance_stop(struct instance *i)
{
    assert(atomic_load(&i->state) == INSTANCE_RUNNING);
    call_begin(i, "stop", 0);
    if (i->plugin->stop != NULL)
        i->plugin->stop(i->self);
    call_end(i);
    atomic_store(&i->state, INSTANCE_READY);
}

void
instance_wake(struct instance *i)
{
    atomic_store(&i->stopping, true);
    if (i->plugin->wake != NULL)
        i->plugin->wake(i->self);
}

const void *
instance_interface(struct instance *i, const char *id)
{
    return i->plugin->get_interface != NULL ? i->plugin->get_interface(i->self, id) : NULL;
}

struct constants *
instance_constants(struct instance *i)
{
    pthread_mutex_lock(&i->lock);
    struct constants *set = constants_ref(i->constants);
    pthread_mutex_unlock(&i->lock);
    return set;
}
