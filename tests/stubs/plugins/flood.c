/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flood.c - an input that hands over numbered records as fast as the host takes them, and knows
 * afterwards which ones the host accepted, also when the process was killed.
 *
 * The state file is shared memory: it keeps what was written to it whatever happens to the process.
 *   word 0      numbers below this one were handed over, or are being handed over
 *   then a byte a number: 1 once submit() has returned
 */
#include <metrichost/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST (1u << 24)

enum { NUMBER, FILLER, N_FIELDS };

static const struct mh_field fields[N_FIELDS] = {
    [NUMBER] = {.name = "flood.number", .type = MH_TYPE_LONG, .doc = "Counts for ever."},
    [FILLER] = {.name = "flood.filler",
                .type = MH_TYPE_KEYWORD,
                .doc = "Makes a record of usual size."},
};

static const struct mh_dataset datasets[] = {
    {.name = "flood.drop",
     .module = "flood",
     .metricset = "drop",
     .doc = "Numbered records.",
     .fields = fields,
     .n_fields = N_FIELDS,
     .field_stride = sizeof fields[0],
     .flags = MH_DATASET_DEFAULT | MH_DATASET_PUSH},
};

struct state {
    atomic_ullong next;
    atomic_uchar accepted[MOST];
};

struct flood {
    const struct mh_host *host;
    const char *path;
    int64_t batch, limit;
    struct state *state;
    pthread_t thread;
    bool running;
    atomic_bool stop;
};

static int32_t
flood_create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    const struct mh_config_ops *c = host->config;
    struct flood *f = calloc(1, sizeof *f);
    if (f == NULL)
        return MH_ERR_NOMEM;
    f->host = host;
    c->get_string(config, "state", &f->path);
    c->get_int(config, "batch", &f->batch);
    c->get_int(config, "limit", &f->limit);
    if (f->limit > MOST)
        f->limit = MOST;
    *ret_self = f;
    return MH_OK;
}

static bool
hand_over(struct flood *f)
{
    unsigned long long first = atomic_fetch_add(&f->state->next, (unsigned long long)f->batch);
    struct mh_batch *batch = f->host->new_batch(f->host);
    if (batch == NULL || first + (unsigned long long)f->batch > (unsigned long long)f->limit)
        return false;
    for (int64_t i = 0; i < f->batch; i++) {
        struct mh_record *r = f->host->record->add(batch, 0, 0);
        if (r == NULL)
            return false;
        mh_set_int(f->host, r, NUMBER, (int64_t)first + i);
        mh_set_text(
            f->host, r, FILLER,
            "................................................................................"
            "................................................................................");
    }
    if (f->host->submit(f->host, batch) != MH_OK)
        return false;
    for (int64_t i = 0; i < f->batch; i++)
        atomic_store(&f->state->accepted[first + (unsigned long long)i], 1);
    return true;
}

static void *
run(void *arg)
{
    struct flood *f = arg;
    while (!atomic_load(&f->stop) && (int64_t)atomic_load(&f->state->next) < f->limit)
        if (!hand_over(f))
            break;
    return NULL;
}

static int32_t
flood_start(void *self)
{
    struct flood *f = self;
    int fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof *f->state) < 0)
        return mh_fail(f->host, MH_ERR_FATAL, "%s: %s", f->path, strerror(errno));
    f->state = mmap(NULL, sizeof *f->state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (f->state == MAP_FAILED)
        return mh_fail(f->host, MH_ERR_FATAL, "%s: %s", f->path, strerror(errno));
    f->running = pthread_create(&f->thread, NULL, run, f) == 0;
    return f->running ? MH_OK : MH_ERR_RETRY;
}

static int32_t
flood_collect(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    (void)self, (void)batch, (void)deadline_ns;
    return MH_OK;
}

static void
flood_stop(void *self)
{
    struct flood *f = self;
    atomic_store(&f->stop, true);
    if (f->running)
        pthread_join(f->thread, NULL);
    f->running = false;
}

static const struct mh_key keys[] = {
    {"state", NULL, NULL, "File that tells what was accepted.", MH_KEY_STRING, MH_KEY_REQUIRED},
    {"batch", "100", NULL, "Records in a batch.", MH_KEY_INT, 0},
    {"limit", "16777216", NULL, "Numbers from here on are not handed over.", MH_KEY_INT, 0},
};

static const struct mh_plugin flood = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "flood",
    .version = "1.0",
    .vendor = "metrichost tests",
    .license = "Apache-2.0",
    .summary = "Numbered records at full speed",
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .key_stride = sizeof keys[0],
    .datasets = datasets,
    .n_datasets = 1,
    .dataset_stride = sizeof datasets[0],
    .create = flood_create,
    .start = flood_start,
    .collect = flood_collect,
    .stop = flood_stop,
    .destroy = free,
};

MH_PLUGIN(flood, input, "flood", "1.0")
