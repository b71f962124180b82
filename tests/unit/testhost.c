/* SPDX-License-Identifier: Apache-2.0 */
/* testhost.c - see testhost.h. Failures of the test's own set-up abort: they are no result of the
 * plugin. */
#include "testhost.h"

#include "config/config.h"
#include "config/node.h"
#include "config/yaml.h"
#include "pipeline/instance.h"
#include "record/json.h"

#include <assert.h>

struct testhost {
    struct instance instance;
    struct instance_env env;
    struct instance_role role;
    const struct mh_plugin *plugin;
    struct mh_config *config;
    const char *const *metricsets;
    uint64_t period_ns;
    struct diagnostics findings;
    struct buf log;
    char *words;
    char *state_dir;
    struct mh_batch **batches; /* the last collect's, and all that were submitted since */
    uint32_t n_batches;
    bool taken; /* documents are taken, so that a collect drops none */
    bool frozen;
    uint64_t monotonic_ns;
    int64_t realtime_ns;
    bool created, running;
    void (*host_log)(const struct mh_host *, int32_t, const char *, size_t);
};

static struct testhost *
testhost_of(const struct instance *i)
{
    return (struct testhost *)(uintptr_t)i;
}

static uint64_t
clock_monotonic(const struct mh_host *host)
{
    struct testhost *t = testhost_of(instance_of(host));
    return t->frozen ? t->monotonic_ns : util_monotonic_ns();
}

static int64_t
clock_realtime(const struct mh_host *host)
{
    struct testhost *t = testhost_of(instance_of(host));
    return t->frozen ? t->realtime_ns : util_realtime_ns();
}

static void
keep_log(const struct mh_host *host, int32_t level, const char *text, size_t len)
{
    static const char *const names[] = {"?", "error", "warning", "info", "debug"};
    struct testhost *t = testhost_of(instance_of(host));
    pthread_mutex_lock(&t->instance.lock);
    buf_printf(&t->log, "%s: %.*s\n", names[level >= 1 && level <= 4 ? level : 0], (int)len, text);
    pthread_mutex_unlock(&t->instance.lock);
}

static uint64_t
role_period(const struct instance *i)
{
    return testhost_of(i)->period_ns;
}

static bool
role_enabled(const struct instance *i, uint32_t dataset)
{
    const struct testhost *t = testhost_of(i);
    if (dataset >= t->plugin->n_datasets)
        return false;
    for (const char *const *name = t->metricsets; name != NULL; name++) {
        if (*name == NULL)
            return false;
        if (strcmp(*name, t->plugin->datasets[dataset].metricset) == 0)
            return true;
    }
    return true;
}

static struct shape_set *
make_shapes(struct testhost *t)
{
    struct constants *constants = instance_constants(&t->instance);
    struct shape_set *set = shape_set_new(t->plugin->n_datasets);
    assert(set != NULL);
    for (uint32_t i = 0; i < set->n; i++)
        if (role_enabled(&t->instance, i))
            set->shapes[i] = shape_new(&t->plugin->datasets[i], "test", NULL, 0, constants);
    constants_unref(constants);
    return set;
}

static struct mh_batch *
role_new_batch(struct instance *i)
{
    struct testhost *t = testhost_of(i);
    struct shape_set *set = make_shapes(t);
    struct mh_batch *batch = batch_new(set);
    shape_set_unref(set);
    if (batch != NULL && t->frozen)
        batch->start_realtime_ns = t->realtime_ns;
    return batch;
}

static int32_t
role_submit(struct instance *i, struct mh_batch *batch)
{
    struct testhost *t = testhost_of(i);
    pthread_mutex_lock(&i->lock);
    t->batches = realloc(t->batches, (t->n_batches + 1u) * sizeof(struct mh_batch *));
    assert(t->batches != NULL);
    batch_sweep(batch);
    t->batches[t->n_batches++] = batch;
    pthread_mutex_unlock(&i->lock);
    return MH_OK;
}

struct testhost *
testhost_new(const struct mh_plugin *plugin, const char *yaml)
{
    struct testhost *t = calloc(1, sizeof *t);
    assert(t != NULL);
    t->plugin = plugin;
    t->period_ns = 10 * MH_NS_PER_S;
    t->role = (struct instance_role){.period_ns = role_period,
                                     .dataset_enabled = role_enabled,
                                     .new_batch = role_new_batch,
                                     .submit = role_submit};
    t->env = (struct instance_env){.version = "0.0.0-test",
                                   .monotonic_ns = util_monotonic_ns,
                                   .realtime_ns = util_realtime_ns};
    if (yaml == NULL || yaml[0] == '\0')
        yaml = "{}";
    t->config = yaml_load(yaml, strlen(yaml), "test.yml", &t->findings);
    assert(t->config != NULL);
    return t;
}

static void
drop_batches(struct testhost *t)
{
    for (uint32_t i = 0; i < t->n_batches; i++)
        batch_free(t->batches[i]);
    free(take(t->batches));
    t->n_batches = 0;
}

void
testhost_free(struct testhost *t)
{
    if (t->running)
        testhost_stop(t);
    drop_batches(t);
    if (t->created)
        instance_destroy(&t->instance);
    else
        config_node_free(t->config);
    diagnostics_free(&t->findings);
    buf_free(&t->log);
    free(t->words);
    free(t->state_dir);
    free(t);
}

const struct mh_host *
testhost_host(struct testhost *t)
{
    return &t->instance.host;
}

void *
testhost_self(struct testhost *t)
{
    return t->instance.self;
}

static int32_t
fail(struct testhost *t, int32_t r)
{
    if (r != MH_OK && t->instance.name != NULL) {
        free(t->words);
        t->words = instance_take_words(&t->instance, r);
    }
    return r;
}

/* The instance fills its table and calls create() at once, so the table's clocks and log are put in
 * place by a create() of our own, which then calls the plugin's. */
static const struct mh_plugin *under_test;

static int32_t
create_with_test_table(const struct mh_host *host, const struct mh_config *config, void **self)
{
    struct mh_host *table = (struct mh_host *)(uintptr_t)host;
    table->monotonic_ns = clock_monotonic;
    table->realtime_ns = clock_realtime;
    table->log = keep_log;
    return under_test->create(host, config, self);
}

int32_t
testhost_create(struct testhost *t)
{
    static struct mh_plugin wrapped;
    struct key_set keys = {t->plugin->keys, t->plugin->n_keys, sizeof(struct mh_key)};
    if (config_bind(t->config, &keys, 1, t->plugin->name, &t->findings) != 0)
        return MH_ERR_CONFIG;
    under_test = t->plugin;
    wrapped = *t->plugin;
    wrapped.create = create_with_test_table;
    struct mh_config *config = take(t->config);
    int r =
        instance_create(&t->instance, "test", &wrapped, config, &t->role, &t->env, &t->findings);
    t->instance.plugin = r == 0 ? t->plugin : NULL;
    t->created = r == 0;
    return r == 0 ? MH_OK : MH_ERR_CONFIG;
}

int32_t
testhost_start(struct testhost *t)
{
    int32_t r = instance_start(&t->instance);
    t->running = r == MH_OK;
    return fail(t, r);
}

void
testhost_stop(struct testhost *t)
{
    instance_stop(&t->instance);
    t->running = false;
}

int32_t
testhost_collect_until(struct testhost *t, uint64_t deadline_ns)
{
    pthread_mutex_lock(&t->instance.lock);
    if (!t->taken)
        drop_batches(t);
    pthread_mutex_unlock(&t->instance.lock);
    struct mh_batch *batch = role_new_batch(&t->instance);
    int32_t r = instance_collect(&t->instance, batch, deadline_ns);
    role_submit(&t->instance, batch);
    return fail(t, r);
}

int32_t
testhost_collect(struct testhost *t)
{
    return testhost_collect_until(t, clock_monotonic(&t->instance.host) + 10 * MH_NS_PER_S);
}

static void
print_batch(struct mh_batch *batch, const char *dataset, struct buf *to)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        if (dataset != NULL && strcmp(shape_dataset(batch->records[i]->shape), dataset) != 0)
            continue;
        record_to_json(batch->records[i], to);
        buf_add_char(to, '\n');
    }
}

char *
testhost_documents_of(struct testhost *t, const char *dataset)
{
    struct buf json = {0};
    pthread_mutex_lock(&t->instance.lock);
    for (uint32_t i = 0; i < t->n_batches; i++)
        print_batch(t->batches[i], dataset, &json);
    pthread_mutex_unlock(&t->instance.lock);
    return buf_detach(&json);
}

char *
testhost_take_documents(struct testhost *t)
{
    struct buf json = {0};
    pthread_mutex_lock(&t->instance.lock);
    t->taken = true;
    for (uint32_t i = 0; i < t->n_batches; i++)
        print_batch(t->batches[i], NULL, &json);
    drop_batches(t);
    pthread_mutex_unlock(&t->instance.lock);
    return buf_detach(&json);
}

char *
testhost_documents(struct testhost *t)
{
    return testhost_documents_of(t, NULL);
}

uint32_t
testhost_n_documents(struct testhost *t)
{
    uint32_t n = 0;
    pthread_mutex_lock(&t->instance.lock);
    for (uint32_t i = 0; i < t->n_batches; i++)
        n += t->batches[i]->n;
    pthread_mutex_unlock(&t->instance.lock);
    return n;
}

void
testhost_metricsets(struct testhost *t, const char *const *names)
{
    t->metricsets = names;
}

void
testhost_period(struct testhost *t, uint64_t period_ns)
{
    t->period_ns = period_ns;
}

void
testhost_set_clocks(struct testhost *t, uint64_t monotonic_ns, int64_t realtime_ns)
{
    t->frozen = true;
    t->monotonic_ns = monotonic_ns;
    t->realtime_ns = realtime_ns;
}

void
testhost_advance(struct testhost *t, uint64_t ns)
{
    t->monotonic_ns += ns;
    t->realtime_ns += (int64_t)ns;
}

void
testhost_wake(struct testhost *t)
{
    instance_wake(&t->instance);
}

void
testhost_state_dir(struct testhost *t, const char *folder)
{
    free(t->state_dir);
    t->state_dir = strdup(folder);
    t->env.state_dir = t->state_dir;
}

void
testhost_worker(struct testhost *t, uint32_t index, uint32_t n)
{
    t->instance.host.worker_index = index;
    t->instance.host.n_workers = n;
}

/* A record of an empty dataset shows exactly its constants. */
static char *
constants_json(struct constants *constants)
{
    static const struct mh_dataset empty = {.name = "", .field_stride = sizeof(struct mh_field)};
    struct buf json = {0};
    struct mh_batch *batch = batch_new(NULL);
    struct shape *shape = shape_new(&empty, "test", NULL, 0, constants);
    record_to_json(batch_add_record(batch, shape, 1), &json);
    batch_free(batch);
    shape_unref(shape);
    return buf_detach(&json);
}

char *
testhost_constants(struct testhost *t)
{
    struct constants *constants = instance_constants(&t->instance);
    char *json = constants_json(constants);
    constants_unref(constants);
    return json;
}

static const char *
text_of(struct buf *b)
{
    buf_add_char(b, '\0');
    b->len--;
    return b->data;
}

const char *
testhost_log(struct testhost *t)
{
    pthread_mutex_lock(&t->instance.lock);
    const char *text = text_of(&t->log);
    pthread_mutex_unlock(&t->instance.lock);
    return text;
}

bool
testhost_has_logged(struct testhost *t, const char *words)
{
    pthread_mutex_lock(&t->instance.lock);
    bool found = strstr(text_of(&t->log), words) != NULL;
    pthread_mutex_unlock(&t->instance.lock);
    return found;
}

const char *
testhost_words(struct testhost *t)
{
    return t->words != NULL ? t->words : "";
}

const char *
testhost_findings(struct testhost *t)
{
    return text_of(&t->findings.text);
}

int64_t
testhost_statistic(struct testhost *t, const char *name)
{
    for (unsigned i = 0; i < atomic_load(&t->instance.n_statistics); i++)
        if (strcmp(t->instance.statistics[i].name, name) == 0)
            return atomic_load(&t->instance.statistics[i].value);
    return 0;
}

static struct constants *
batch_constants(const struct mh_dataset *dataset)
{
    struct mh_value test = mh_text("test", 4);
    struct mh_value name = mh_text(dataset->name, strlen(dataset->name));
    struct constants *none = constants_new();
    struct constants *one = constants_with(none, "agent.name", 10, &test);
    struct constants *two = constants_with(one, "event.dataset", 13, &name);
    constants_unref(none);
    constants_unref(one);
    return two;
}

struct mh_batch *
testhost_batch(const struct mh_dataset *dataset, uint32_t n,
               void (*fill)(const struct mh_record_ops *, struct mh_record *, uint32_t, void *),
               void *ctx)
{
    struct constants *constants = batch_constants(dataset);
    struct shape_set *set = shape_set_new(1);
    set->shapes[0] = shape_new(dataset, "test", NULL, 0, constants);
    struct mh_batch *batch = batch_new(set);
    for (uint32_t i = 0; i < n; i++)
        fill(&record_ops, record_ops.add(batch, 0, 0), i, ctx);
    batch_identify(batch);
    shape_set_unref(set);
    constants_unref(constants);
    return batch;
}

void
testhost_free_batch(struct mh_batch *batch)
{
    batch_free(batch);
}

int32_t
testhost_write(struct testhost *t, struct mh_batch *batch)
{
    return fail(t, instance_write(&t->instance, batch, util_monotonic_ns() + 30 * MH_NS_PER_S));
}

int32_t
testhost_process(struct testhost *t, struct mh_batch *batch)
{
    return fail(t, instance_process(&t->instance, batch));
}

int32_t
testhost_status(struct mh_batch *batch, uint32_t i, const char **ret_reason)
{
    if (ret_reason != NULL)
        *ret_reason = batch->records[i]->reason;
    return batch->records[i]->status;
}

char *
testhost_batch_documents(struct mh_batch *batch)
{
    struct buf json = {0};
    print_batch(batch, NULL, &json);
    return buf_detach(&json);
}
