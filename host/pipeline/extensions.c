/* SPDX-License-Identifier: Apache-2.0 */
/* extensions.c - what get_interface() of the host table answers: catalogue, state and statistics.
 */
#include "pipeline/catalogue.h"
#include "pipeline/instance.h"

#include <metrichost/ext/state.h>
#include <metrichost/ext/statistics.h>

#include <ctype.h>
#include <errno.h>

enum { STATE_MAX = 64 * 1024 };

/* One file per instance and key. The instance's name may hold anything, so the file is named by its
 * hash. */
static char *
state_path(const struct mh_host *host, const char *key)
{
    const struct instance *i = instance_of(host);
    if (i->env->state_dir == NULL || key[0] == '\0')
        return NULL;
    for (const char *c = key; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
            return NULL;
    return util_printf("%s/%016llx-%s", i->env->state_dir,
                       (unsigned long long)util_hash(i->name, strlen(i->name)), key);
}

static int32_t
state_get(const struct mh_host *host, const char *key, char *buf, size_t size, size_t *ret_len)
{
    CLEANUP_FREE char *path = state_path(host, key);
    CLEANUP_FREE char *text = NULL;
    if (path == NULL || util_read_file(path, STATE_MAX, &text, ret_len) != 0)
        return MH_ERR_UNSUPPORTED;
    if (*ret_len >= size)
        return MH_ERR_NOMEM;
    memcpy(buf, text, *ret_len + 1);
    return MH_OK;
}

static int32_t
state_set(const struct mh_host *host, const char *key, const char *value, size_t len)
{
    CLEANUP_FREE char *path = state_path(host, key);
    if (path == NULL || len > STATE_MAX)
        return MH_ERR_UNSUPPORTED;
    if (value == NULL)
        return unlink(path) == 0 || errno == ENOENT ? MH_OK : MH_ERR_RETRY;
    int r = util_make_dirs(instance_of(host)->env->state_dir, 0700);
    if (r == 0)
        r = util_write_file_atomic(path, value, len, 0600);
    return r == 0 ? MH_OK : MH_ERR_RETRY;
}

/* Finds a statistic, or makes it. Entries never move and are never taken away, so readers need no
 * lock. */
static struct statistic *
statistic_named(struct instance *i, const char *name)
{
    unsigned n = atomic_load(&i->n_statistics);
    for (unsigned k = 0; k < n; k++)
        if (strcmp(i->statistics[k].name, name) == 0)
            return &i->statistics[k];
    return NULL;
}

static struct statistic *
statistic_make(struct instance *i, const char *name)
{
    pthread_mutex_lock(&i->lock);
    struct statistic *s = statistic_named(i, name);
    unsigned n = atomic_load(&i->n_statistics);
    if (s == NULL && n < INSTANCE_MAX_STATISTICS) {
        i->statistics[n].name = strdup(name);
        if (i->statistics[n].name != NULL) {
            s = &i->statistics[n];
            atomic_store(&i->n_statistics, n + 1);
        }
    }
    pthread_mutex_unlock(&i->lock);
    return s;
}

static struct statistic *
statistic_at(const struct mh_host *host, const char *name)
{
    struct instance *i = instance_of(host);
    struct statistic *s = statistic_named(i, name);
    return s != NULL ? s : statistic_make(i, name);
}

void
statistics_add(const struct mh_host *host, const char *name, int64_t delta)
{
    struct statistic *s = statistic_at(host, name);
    if (s != NULL)
        atomic_fetch_add(&s->value, delta);
}

void
statistics_set(const struct mh_host *host, const char *name, int64_t value)
{
    struct statistic *s = statistic_at(host, name);
    if (s != NULL)
        atomic_store(&s->value, value);
}

void
instance_statistics_json(struct instance *i, struct buf *to)
{
    unsigned n = atomic_load(&i->n_statistics);
    for (unsigned k = 0; k < n; k++) {
        if (k != 0)
            buf_add_char(to, ',');
        buf_add_json_string(to, i->statistics[k].name, strlen(i->statistics[k].name));
        buf_printf(to, ":%lld", atomic_load(&i->statistics[k].value));
    }
}

const void *
host_interface(const struct mh_host *host, const char *id)
{
    static const struct mh_state_v1 state = {state_get, state_set};
    static const struct mh_statistics_v1 statistics = {statistics_add, statistics_set};
    const struct instance *i = instance_of(host);
    if (strcmp(id, MH_EXT_STATISTICS) == 0)
        return &statistics;
    if (strcmp(id, MH_EXT_STATE) == 0 && i->env->state_dir != NULL)
        return &state;
    if (strcmp(id, MH_EXT_CATALOGUE) == 0 && i->env->registry != NULL)
        return catalogue_table(i->env->registry);
    return NULL;
}
