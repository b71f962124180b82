/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue.c - see catalogue.h. */
#include "pipeline/catalogue.h"

#include "log/log.h"
#include "plugin/registry.h"

#include <pthread.h>

struct catalogue {
    struct mh_catalogue_v1 table; /* priv points back here */
    const struct mh_dataset **datasets;
    uint32_t n;
};

#define KEYWORD(n, d)                                                                              \
    {                                                                                              \
        .name = (n), .type = MH_TYPE_KEYWORD, .doc = (d)                                           \
    }

static const struct mh_field common_fields[] = {
    {.name = "@timestamp", .type = MH_TYPE_DATE, .doc = "When the sample was taken, UTC."},
    KEYWORD("agent.id", "Identity of this installation, kept in path.data."),
    KEYWORD("agent.ephemeral_id", "Identity of this run of the daemon."),
    KEYWORD("agent.name", "The setting `name`, or the host's name."),
    KEYWORD("agent.type", "Always metrichost."),
    KEYWORD("agent.version", "Version of the daemon."),
    KEYWORD("ecs.version", "Version of the Elastic Common Schema that the names follow."),
    {.name = "error.message", .type = MH_TYPE_TEXT, .doc = "Why a collection failed."},
    KEYWORD("event.dataset", "Dataset, for instance docker.cpu."),
    KEYWORD("event.module", "Module, for instance docker."),
    {.name = "event.duration",
     .type = MH_TYPE_LONG,
     .unit = "nanos",
     .metric = MH_METRIC_GAUGE,
     .doc = "From the start of the collection until this record was made."},
    {.name = "host.name",
     .type = MH_TYPE_KEYWORD,
     .flags = MH_FIELD_DIMENSION,
     .doc = "Name of the host that the daemon runs on."},
    KEYWORD("metricset.name", "Metricset, for instance cpu."),
    {.name = "metricset.period",
     .type = MH_TYPE_LONG,
     .unit = "ms",
     .metric = MH_METRIC_GAUGE,
     .doc = "Configured period."},
    {.name = "service.address",
     .type = MH_TYPE_KEYWORD,
     .flags = MH_FIELD_DIMENSION,
     .doc = "Endpoint that the sample comes from, without credentials."},
    KEYWORD("service.name", "The option service.name of the module."),
    KEYWORD("service.type", "Kind of the service, normally the module."),
    KEYWORD("tags", "The setting `tags` of the daemon and the module."),
};

const struct mh_dataset catalogue_common = {
    .name = "",
    .module = "",
    .metricset = "",
    .doc = "Fields of every document.",
    .fields = common_fields,
    .n_fields = COUNT_OF(common_fields),
    .field_stride = sizeof(struct mh_field),
};

static uint32_t
table_count(const void *priv)
{
    return ((const struct catalogue *)priv)->n;
}

static const struct mh_dataset *
table_dataset(const void *priv, uint32_t i)
{
    const struct catalogue *c = priv;
    return i < c->n ? c->datasets[i] : NULL;
}

static bool
catalogue_add(struct catalogue *c, const struct mh_dataset *dataset)
{
    const struct mh_dataset **grown = realloc(c->datasets, (c->n + 1u) * sizeof *grown);
    if (grown == NULL)
        return false;
    c->datasets = grown;
    c->datasets[c->n++] = dataset;
    return true;
}

/* The registry has copied the datasets with the host's own stride. */
static bool
catalogue_add_plugin(struct catalogue *c, struct registry *registry,
                     const struct plugin_entry *entry)
{
    CLEANUP_FREE char *reason = NULL;
    const struct plugin_entry *loaded = registry_load(registry, entry->kind, entry->name, &reason);
    if (loaded == NULL) {
        log_warning("catalogue", "the fields of %s are left out: %s", entry->name, reason);
        return true;
    }
    for (uint32_t i = 0; i < loaded->plugin->n_datasets; i++)
        if (!catalogue_add(c, &loaded->plugin->datasets[i]))
            return false;
    return true;
}

static void
catalogue_free(struct catalogue *c)
{
    if (c == NULL)
        return;
    free(c->datasets);
    free(c);
}

static struct catalogue *
catalogue_new(struct registry *registry)
{
    struct catalogue *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->table = (struct mh_catalogue_v1){table_count, table_dataset, c};
    bool ok = catalogue_add(c, &catalogue_common);
    for (size_t i = 0; ok && i < registry_count(registry); i++) {
        const struct plugin_entry *entry = registry_at(registry, i);
        if (entry->refusal == NULL && entry->kind != MH_KIND_OUTPUT)
            ok = catalogue_add_plugin(c, registry, entry);
    }
    if (ok)
        return c;
    catalogue_free(c);
    return NULL;
}

static pthread_mutex_t lock;
static pthread_once_t lock_once = PTHREAD_ONCE_INIT;

static void
lock_init(void)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &attr);
    pthread_mutexattr_destroy(&attr);
}

void
registry_lock(void)
{
    pthread_once(&lock_once, lock_init);
    pthread_mutex_lock(&lock);
}

void
registry_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

const struct mh_catalogue_v1 *
catalogue_table(struct registry *registry)
{
    static struct catalogue *only;
    registry_lock();
    if (only == NULL)
        only = catalogue_new(registry);
    registry_unlock();
    return only != NULL ? &only->table : NULL;
}
