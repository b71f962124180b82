/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faulty.c - an input that does one thing wrong, chosen on the compiler's command line, for the
 * tests of the checker.
 */
#include <metrichost/plugin.h>

#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef LINE_VERSION
#define LINE_VERSION "1.0"
#endif
#ifndef KEY_DOC
#define KEY_DOC "How many."
#endif
#ifndef KEY_DEFAULT
#define KEY_DEFAULT "1"
#endif
#ifndef FIELD_UNIT
#define FIELD_UNIT NULL
#endif
#ifndef FIELD_2
#define FIELD_2 "faulty.b"
#endif
#ifndef VALUE
#define VALUE mh_int(1)
#endif
#ifndef FIELD_INDEX
#define FIELD_INDEX 0
#endif
#ifndef RESULT
#define RESULT MH_OK
#endif

#ifdef EXTRA_EXPORT
MH_EXPORT int helper(void);
int
helper(void)
{
    return 0;
}
#endif

static const struct mh_host *the_host;
static MH_UNUSED int created;

static MH_UNUSED void *
sleep_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static void
misbehave(const struct mh_host *host)
{
#ifdef CRASH
    raise(SIGSEGV);
#endif
#ifdef HANG
    sleep_for_ever(NULL);
#endif
#ifdef LEAVE_FD
    (void)open("/dev/null", O_RDONLY);
#endif
#ifdef LEAVE_THREAD
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_for_ever, NULL);
#endif
#ifdef SET_UMASK
    umask(created++ % 2 ? 077 : 07);
#endif
#ifdef SET_SIGNAL
    if (created++ > 0)
        signal(SIGPIPE, SIG_IGN);
#endif
#ifdef LATER_MEMBER
    struct later_host {
        struct mh_host host;
        void *later;
    };
    if (((const struct later_host *)host)->later != NULL)
        created++;
#endif
    (void)host;
}

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    int64_t n;
    int32_t rc = host->config->get_int(config, "n", &n);
#ifdef UNDECLARED_OPTION
    (void)host->config->get_int(config, "m", &n);
#endif
#ifdef IGNORE_ERROR
    rc = MH_OK;
#endif
    if (rc != MH_OK)
        return rc;
    misbehave(host);
    the_host = host;
    *ret_self = &the_host;
    return RESULT;
}

static int32_t
collect(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct mh_value value = VALUE;
    struct mh_record *record = the_host->record->add(batch, 0, 0);
    (void)self;
    (void)deadline_ns;
    the_host->record->set(record, FIELD_INDEX, &value);
    return MH_OK;
}

static void
destroy(void *self)
{
    (void)self;
}

static const struct mh_key keys[] = {
    {"n", KEY_DEFAULT, NULL, KEY_DOC, MH_KEY_INT, 0},
};

static const struct mh_field fields[] = {
    {"faulty.a", FIELD_UNIT, "One.", MH_TYPE_LONG, MH_METRIC_GAUGE, 0},
    {FIELD_2, NULL, "Two.", MH_TYPE_KEYWORD, MH_METRIC_NONE, 0},
};

static const struct mh_dataset datasets[] = {
    {"faulty.all", "faulty", "all", "All.", fields, NULL, 2, sizeof fields[0], MH_DATASET_DEFAULT,
     0},
};

static const struct mh_plugin plugin = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "faulty",
    .version = "1.0",
    .license = "Apache-2.0",
#ifndef NO_SUMMARY
    .summary = "Does one thing wrong",
#endif
    .keys = keys,
    .datasets = datasets,
    .n_keys = 1,
    .key_stride = sizeof keys[0],
    .n_datasets = 1,
    .dataset_stride = sizeof datasets[0],
    .create = create,
    .collect = collect,
    .destroy = destroy,
};

MH_PLUGIN_INFO(input, "faulty", LINE_VERSION)

MH_EXPORT const struct mh_plugin_list *mh_plugin_entry_v1(const struct mh_loader *loader);

const struct mh_plugin_list *
mh_plugin_entry_v1(const struct mh_loader *loader)
{
    static const struct mh_plugin *const plugins[] = {&plugin};
    static struct mh_plugin_list list[2] = {{sizeof list[0], 1, plugins, NULL}};
    (void)loader;
#ifdef FICKLE_ENTRY
    static int calls;
    if (calls++ > 0)
        return &list[1];
#endif
#ifdef ENTRY_LEAVES_FD
    (void)open("/dev/null", O_RDONLY);
#endif
    return &list[0];
}
