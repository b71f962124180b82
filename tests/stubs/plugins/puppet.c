/* SPDX-License-Identifier: Apache-2.0 */
/*
 * puppet.c - three plugins that do what their configuration says, for tests of the daemon: an input that makes numbered
 * records (and can be slow, fail or hang), a processor that drops some, and an output that appends "RUN NUMBER ID" to a file
 * (and can refuse, fail or hang). Together they show that every record arrives, once and in order.
 */
#include <metrichost/ext/output.h>
#include <metrichost/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { RUN, NUMBER, FILLER, N_FIELDS };

static const struct mh_field fields[N_FIELDS] = {
    [RUN] = {.name = "puppet.run", .type = MH_TYPE_KEYWORD, .doc = "One instance's life."},
    [NUMBER] = {.name = "puppet.number", .type = MH_TYPE_LONG, .doc = "Counts from 0 in a run."},
    [FILLER] = {.name = "puppet.filler", .type = MH_TYPE_KEYWORD, .doc = "Text of any size."},
};

static const struct mh_dataset datasets[] = {
    {.name = "puppet.tick",
     .module = "puppet",
     .metricset = "tick",
     .doc = "Numbered records.",
     .fields = fields,
     .n_fields = N_FIELDS,
     .field_stride = sizeof fields[0],
     .flags = MH_DATASET_DEFAULT},
};

struct input {
    const struct mh_host *host;
    char run[40];
    int64_t next;
    int64_t records, fail_every, hang_after, fatal_after, filler;
    uint64_t delay_ns;
    int64_t n_collects;
};

static void
sleep_ns(uint64_t ns)
{
    struct timespec t = {.tv_sec = (time_t)(ns / MH_NS_PER_S), .tv_nsec = (long)(ns % MH_NS_PER_S)};
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

static int32_t
input_create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    const struct mh_config_ops *c = host->config;
    struct input *in = calloc(1, sizeof *in);
    if (in == NULL)
        return MH_ERR_NOMEM;
    in->host = host;
    snprintf(in->run, sizeof in->run, "%d-%llx", (int)getpid(),
             (unsigned long long)host->monotonic_ns(host) ^ (uintptr_t)in);
    if (c->get_int(config, "records", &in->records) != MH_OK ||
        c->get_int(config, "fail_every", &in->fail_every) != MH_OK ||
        c->get_int(config, "hang_after", &in->hang_after) != MH_OK ||
        c->get_int(config, "fatal_after", &in->fatal_after) != MH_OK ||
        c->get_int(config, "filler", &in->filler) != MH_OK ||
        c->get_duration_ns(config, "delay", &in->delay_ns) != MH_OK) {
        free(in);
        return MH_ERR_CONFIG;
    }
    *ret_self = in;
    return MH_OK;
}

static void
input_destroy(void *self)
{
    free(self);
}

static void
add_record(struct input *in, struct mh_batch *batch)
{
    struct mh_record *r = in->host->record->add(batch, 0, 0);
    if (r == NULL)
        return;
    mh_set_text(in->host, r, RUN, in->run);
    mh_set_int(in->host, r, NUMBER, in->next++);
    if (in->filler > 0) {
        char *text = malloc((size_t)in->filler + 1);
        memset(text, 'x', (size_t)in->filler);
        text[in->filler] = '\0';
        mh_set_text(in->host, r, FILLER, text);
        free(text);
    }
}

static int32_t
input_collect(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct input *in = self;
    (void)deadline_ns;
    in->n_collects++;
    if (in->delay_ns != 0)
        sleep_ns(in->delay_ns);
    if (in->hang_after != 0 && in->n_collects > in->hang_after)
        for (;;)
            sleep_ns(MH_NS_PER_S);
    if (in->fatal_after != 0 && in->n_collects > in->fatal_after)
        return mh_fail(in->host, MH_ERR_FATAL, "told to end after %lld collects",
                       (long long)in->fatal_after);
    if (in->fail_every != 0 && in->n_collects % in->fail_every == 0)
        return mh_fail(in->host, MH_ERR_RETRY, "told to fail at collect %lld",
                       (long long)in->n_collects);
    for (int64_t i = 0; i < in->records; i++)
        add_record(in, batch);
    return MH_OK;
}

static const struct mh_key input_keys[] = {
    {"records", "1", NULL, "Records per collect.", MH_KEY_INT, 0},
    {"filler", "0", NULL, "Bytes of text in each record.", MH_KEY_INT, 0},
    {"delay", "0s", NULL, "Time that a collect takes.", MH_KEY_DURATION, 0},
    {"fail_every", "0", NULL, "Every n-th collect fails; 0: none.", MH_KEY_INT, 0},
    {"hang_after", "0", NULL, "Collects after which it hangs; 0: never.", MH_KEY_INT, 0},
    {"fatal_after", "0", NULL, "Collects after which it ends for good; 0: never.", MH_KEY_INT, 0},
};

static const struct mh_plugin input = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "puppet",
    .version = "1.0",
    .vendor = "metrichost tests",
    .license = "Apache-2.0",
    .summary = "Numbered records",
    .keys = input_keys,
    .n_keys = sizeof input_keys / sizeof input_keys[0],
    .key_stride = sizeof input_keys[0],
    .datasets = datasets,
    .n_datasets = 1,
    .dataset_stride = sizeof datasets[0],
    .create = input_create,
    .collect = input_collect,
    .destroy = input_destroy,
};

struct filter {
    const struct mh_host *host;
    int64_t drop_every, seen;
};

static int32_t
filter_create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct filter *f = calloc(1, sizeof *f);
    if (f == NULL)
        return MH_ERR_NOMEM;
    f->host = host;
    host->config->get_int(config, "drop_every", &f->drop_every);
    *ret_self = f;
    return MH_OK;
}

static int32_t
filter_process(void *self, struct mh_batch *batch)
{
    struct filter *f = self;
    uint32_t n = f->host->record->count(batch);
    for (uint32_t i = 0; i < n; i++)
        if (f->drop_every != 0 && ++f->seen % f->drop_every == 0)
            f->host->record->drop(f->host->record->at(batch, i), "filtered");
    return MH_OK;
}

static const struct mh_key filter_keys[] = {
    {"drop_every", "0", NULL, "Every n-th record is dropped; 0: none.", MH_KEY_INT, 0},
};

static const struct mh_plugin filter = {
    MH_PLUGIN_HEADER(MH_KIND_PROCESSOR),
    .name = "puppet_filter",
    .version = "1.0",
    .vendor = "metrichost tests",
    .license = "Apache-2.0",
    .summary = "Drops some records",
    .keys = filter_keys,
    .n_keys = 1,
    .key_stride = sizeof filter_keys[0],
    .create = filter_create,
    .process = filter_process,
    .destroy = input_destroy,
};

struct sink {
    const struct mh_host *host;
    const char *path, *down_while;
    int64_t reject_every, retry_every, workers, max_records, hang_after;
    int64_t n_writes, n_records;
    uint64_t delay_ns;
};

static int32_t
sink_create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    const struct mh_config_ops *c = host->config;
    struct sink *s = calloc(1, sizeof *s);
    if (s == NULL)
        return MH_ERR_NOMEM;
    s->host = host;
    c->get_string(config, "path", &s->path);
    c->get_string(config, "down_while", &s->down_while);
    c->get_int(config, "reject_every", &s->reject_every);
    c->get_int(config, "retry_every", &s->retry_every);
    c->get_int(config, "workers", &s->workers);
    c->get_int(config, "max_records", &s->max_records);
    c->get_int(config, "hang_after", &s->hang_after);
    c->get_duration_ns(config, "delay", &s->delay_ns);
    *ret_self = s;
    return MH_OK;
}

static int32_t
append_line(struct sink *s, int fd, struct mh_record *r)
{
    const struct mh_record_ops *ops = s->host->record;
    struct mh_value run = {0}, number = {0};
    char line[128];
    if (ops->get_path(r, "puppet.run", 10, &run) != MH_OK ||
        ops->get_path(r, "puppet.number", 13, &number) != MH_OK)
        return MH_OK; /* an error record */
    int n = snprintf(line, sizeof line, "%.*s %lld %s\n", (int)run.len, run.u.s,
                     (long long)number.u.i, ops->id(r));
    return write(fd, line, (size_t)n) == n ? MH_OK : MH_ERR_RETRY;
}

/* Every n-th record is refused for good, every n-th is to come again; the rest goes to the file. */
static int32_t
write_one(struct sink *s, int fd, struct mh_record *r)
{
    const struct mh_record_ops *ops = s->host->record;
    s->n_records++;
    if (s->retry_every != 0 && s->n_records % s->retry_every == 0)
        return MH_ERR_RETRY;
    if (s->reject_every != 0 && s->n_records % s->reject_every == 0) {
        ops->set_status(r, MH_STATUS_REJECTED, "told to refuse", 14);
        return MH_OK;
    }
    int32_t result = append_line(s, fd, r);
    if (result == MH_OK)
        ops->set_status(r, MH_STATUS_DELIVERED, NULL, 0);
    return result;
}

static int32_t
sink_write(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct sink *s = self;
    (void)deadline_ns;
    s->n_writes++;
    if (s->delay_ns != 0)
        sleep_ns(s->delay_ns);
    if (s->hang_after != 0 && s->n_writes > s->hang_after)
        for (;;)
            sleep_ns(MH_NS_PER_S);
    if (s->down_while != NULL && access(s->down_while, F_OK) == 0)
        return mh_fail(s->host, MH_ERR_RETRY, "down while %s is there", s->down_while);
    int fd = open(s->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return mh_fail(s->host, MH_ERR_RETRY, "%s: %s", s->path, strerror(errno));
    int32_t result = MH_OK;
    for (uint32_t i = 0; i < s->host->record->count(batch); i++)
        if (write_one(s, fd, s->host->record->at(batch, i)) != MH_OK)
            result = MH_ERR_PARTIAL;
    close(fd);
    return result;
}

static void
sink_limits(void *self, struct mh_output_limits *ret)
{
    const struct sink *s = self;
    ret->n_workers = (uint32_t)s->workers;
    ret->max_records = (uint32_t)s->max_records;
    ret->backoff_init_ns = MH_NS_PER_S / 50;
    ret->backoff_max_ns = MH_NS_PER_S / 5;
}

static const void *
sink_interface(void *self, const char *id)
{
    static const struct mh_output_v1 output = {sink_limits};
    (void)self;
    return strcmp(id, MH_EXT_OUTPUT) == 0 ? &output : NULL;
}

static const struct mh_key sink_keys[] = {
    {"path", NULL, NULL, "File that is appended to.", MH_KEY_STRING, MH_KEY_REQUIRED},
    {"down_while", NULL, NULL, "Nothing is taken while this file is there.", MH_KEY_STRING, 0},
    {"reject_every", "0", NULL, "Every n-th record is refused; 0: none.", MH_KEY_INT, 0},
    {"retry_every", "0", NULL, "Every n-th record is to come again; 0: none.", MH_KEY_INT, 0},
    {"workers", "1", NULL, "Workers.", MH_KEY_INT, 0},
    {"max_records", "100", NULL, "Records per write.", MH_KEY_INT, 0},
    {"hang_after", "0", NULL, "Writes after which it hangs; 0: never.", MH_KEY_INT, 0},
    {"delay", "0s", NULL, "Time that a write takes.", MH_KEY_DURATION, 0},
};

static const struct mh_plugin sink = {
    MH_PLUGIN_HEADER(MH_KIND_OUTPUT),
    .name = "puppet_sink",
    .version = "1.0",
    .vendor = "metrichost tests",
    .license = "Apache-2.0",
    .summary = "Appends run, number and identity to a file",
    .keys = sink_keys,
    .n_keys = sizeof sink_keys / sizeof sink_keys[0],
    .key_stride = sizeof sink_keys[0],
    .create = sink_create,
    .write = sink_write,
    .destroy = input_destroy,
    .get_interface = sink_interface,
};

MH_PLUGIN_INFO(input, "puppet", "1.0")
MH_PLUGIN_INFO(processor, "puppet_filter", "1.0")
MH_PLUGIN_INFO(output, "puppet_sink", "1.0")
MH_PLUGIN_ENTRY(&input, &filter, &sink)
