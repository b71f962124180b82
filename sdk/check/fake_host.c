/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_host.c - see fake_host.h.
 */
#include "fake_host_private.h"

#include <metrichost/ext/catalogue.h>
#include <metrichost/ext/state.h>
#include <metrichost/ext/statistics.h>

#include <sys/mman.h>

/* Sizes of the tables by ABI minor. A minor that appends a member adds a line. */
static const struct {
    size_t host, record, config;
} sizes[] = {
    {offsetof(struct mh_host, get_interface) + sizeof(void (*)(void)),
     offsetof(struct mh_record_ops, size_hint) + sizeof(void (*)(void)),
     offsetof(struct mh_config_ops, warn) + sizeof(void (*)(void))},
};

/* The first `size` bytes of a table, at the very end of readable memory. Never unmapped: the
 * process ends soon. */
static void *
cut_table(const void *table, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (size + page - 1) / page * page;
    char *base =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || mprotect(base + room, page, PROT_NONE) < 0)
        return NULL;
    char *at = base + room - size;
    memcpy(at, table, size);
    *(uint32_t *)(void *)at = (uint32_t)size;
    return at;
}

void
fake_fault(struct fake_host *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(&f->faults, format, args);
    va_end(args);
    buf_add_char(&f->faults, '\n');
}

static struct fake_host *
owner(const struct mh_host *host)
{
    return host->priv;
}

static void
log_text(const struct mh_host *host, int32_t level, const char *text, size_t len)
{
    if (level < MH_LOG_ERROR || level > MH_LOG_DEBUG)
        fake_fault(owner(host), "logs at the unknown level %d", level);
    if (getenv("METRICHOST_CHECK_VERBOSE") != NULL)
        fprintf(stderr, "# log: %.*s\n", (int)len, text);
}

static void
fail(const struct mh_host *host, int32_t code, const char *text, size_t len)
{
    struct fake_host *f = owner(host);
    if (code >= MH_OK || code < MH_ERR_FATAL)
        fake_fault(f, "calls fail() with %d, which is no MH_ERR_...", code);
    buf_reset(&f->words);
    buf_add(&f->words, text, len);
}

static uint64_t
monotonic_ns(const struct mh_host *host)
{
    (void)host;
    return util_monotonic_ns();
}

static int64_t
realtime_ns(const struct mh_host *host)
{
    (void)host;
    return util_realtime_ns();
}

static int32_t
stopping(const struct mh_host *host)
{
    (void)host;
    return 0;
}

static uint64_t
period_ns(const struct mh_host *host)
{
    (void)host;
    return 10 * MH_NS_PER_S;
}

static int32_t
dataset_enabled(const struct mh_host *host, uint32_t dataset)
{
    struct fake_host *f = owner(host);
    if (dataset >= f->plugin->n_datasets)
        fake_fault(f, "asks for dataset number %u, but it has %u", dataset, f->plugin->n_datasets);
    return dataset < f->plugin->n_datasets;
}

static int32_t
set_constant(const struct mh_host *host, const char *path, uint32_t path_len,
             const struct mh_value *value)
{
    (void)value;
    if (path == NULL || path_len == 0)
        fake_fault(owner(host), "sets a constant without a path");
    return MH_OK;
}

static struct mh_batch *
new_batch(const struct mh_host *host)
{
    struct mh_batch *batch = calloc(1, sizeof *batch);
    if (batch != NULL)
        batch->owner = owner(host);
    return batch;
}

static int32_t
submit(const struct mh_host *host, struct mh_batch *batch)
{
    (void)host;
    free(batch);
    return MH_OK;
}

static void
discard(const struct mh_host *host, struct mh_batch *batch)
{
    (void)host;
    free(batch);
}

static void
request_collect(const struct mh_host *host)
{
    (void)host;
}

static int32_t
state_get(const struct mh_host *host, const char *key, char *text, size_t size, size_t *ret_len)
{
    (void)host;
    (void)key;
    (void)text;
    (void)size;
    *ret_len = 0;
    return MH_ERR_UNSUPPORTED;
}

static int32_t
state_set(const struct mh_host *host, const char *key, const char *value, size_t len)
{
    (void)host;
    (void)key;
    (void)value;
    (void)len;
    return MH_OK;
}

static void
count_nothing(const struct mh_host *host, const char *name, int64_t value)
{
    (void)host;
    (void)name;
    (void)value;
}

static uint32_t
no_datasets(const void *priv)
{
    (void)priv;
    return 0;
}

static const struct mh_dataset *
no_dataset(const void *priv, uint32_t i)
{
    (void)priv;
    (void)i;
    return NULL;
}

static const void *
get_interface(const struct mh_host *host, const char *name)
{
    static const struct mh_state_v1 state = {state_get, state_set};
    static const struct mh_statistics_v1 statistics = {count_nothing, count_nothing};
    static const struct mh_catalogue_v1 catalogue = {no_datasets, no_dataset, NULL};
    if (name == NULL) {
        fake_fault(owner(host), "asks for an interface without a name");
        return NULL;
    }
    return strcmp(name, MH_EXT_STATE) == 0        ? (const void *)&state
           : strcmp(name, MH_EXT_STATISTICS) == 0 ? (const void *)&statistics
           : strcmp(name, MH_EXT_CATALOGUE) == 0  ? (const void *)&catalogue
                                                  : NULL;
}

static bool
make_tables(struct fake_host *f)
{
    struct mh_record_ops record;
    struct mh_config_ops config;
    uint16_t minor = f->plugin->abi_minor_needed;
    fake_record_ops(&record);
    fake_config_ops(&config);
    f->record = cut_table(&record, sizes[minor].record);
    f->config_ops = cut_table(&config, sizes[minor].config);
    struct mh_host host = {
        .abi_major = MH_ABI_MAJOR,
        .abi_minor = minor,
        .priv = f,
        .version = PACKAGE_VERSION,
        .instance_name = f->plugin->name,
        .record = f->record,
        .config = f->config_ops,
        .log = log_text,
        .fail = fail,
        .monotonic_ns = monotonic_ns,
        .realtime_ns = realtime_ns,
        .stopping = stopping,
        .period_ns = period_ns,
        .dataset_enabled = dataset_enabled,
        .set_constant = set_constant,
        .new_batch = new_batch,
        .submit = submit,
        .discard = discard,
        .request_collect = request_collect,
        .worker_index = 0,
        .n_workers = 1,
        .get_interface = get_interface,
    };
    f->table = cut_table(&host, sizes[minor].host);
    return f->record != NULL && f->config_ops != NULL && f->table != NULL;
}

static void
fake_host_freep(struct fake_host **f)
{
    fake_host_free(*f);
}

struct fake_host *
fake_host_new(const struct mh_plugin *plugin, const struct fake_option *options, size_t n_options)
{
    CLEANUP(fake_host_freep) struct fake_host *f = calloc(1, sizeof *f);
    if (f == NULL || plugin->abi_minor_needed >= COUNT_OF(sizes))
        return NULL;
    f->plugin = plugin;
    f->root.owner = f;
    f->options = calloc(n_options + 1, sizeof *f->options);
    f->batch = calloc(1, sizeof *f->batch);
    if (f->options == NULL || f->batch == NULL || !make_tables(f))
        return NULL;
    for (size_t i = 0; i < n_options; i++)
        f->options[i] = (struct mh_config){f, options[i].key, options[i].value};
    f->n_options = n_options;
    f->batch->owner = f;
    return take(f);
}

void
fake_host_free(struct fake_host *f)
{
    if (f == NULL)
        return;
    buf_free(&f->words);
    buf_free(&f->faults);
    buf_free(&f->failed_read);
    free(f->options);
    free(f->batch);
    free(f);
}

const struct mh_host *
fake_host_table(struct fake_host *f)
{
    return f->table;
}

const struct mh_config *
fake_host_config(struct fake_host *f)
{
    return &f->root;
}

unsigned
fake_host_reads(const struct fake_host *f)
{
    return f->reads;
}

void
fake_host_fail_read(struct fake_host *f, unsigned n)
{
    f->fail_at = f->reads + n;
}

const char *
fake_host_failed_read(const struct fake_host *f)
{
    return f->failed_read.len > 0 ? f->failed_read.data : "";
}

const char *
fake_host_words(const struct fake_host *f)
{
    return f->words.len > 0 ? f->words.data : "";
}

const char *
fake_host_faults(const struct fake_host *f)
{
    return f->faults.len > 0 ? f->faults.data : "";
}

struct mh_batch *
fake_host_batch(struct fake_host *f)
{
    return f->batch;
}
