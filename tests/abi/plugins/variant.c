/* SPDX-License-Identifier: Apache-2.0 */
/*
 * variant.c - a plugin that is right in everything, unless a macro on the compiler's command line
 * makes one thing wrong.
 */
#include <metrichost/plugin.h>

#ifndef NAME
#define NAME "variant"
#endif
#ifndef VERSION
#define VERSION "1.0"
#endif
#ifndef KIND_WORD
#define KIND_WORD input
#endif
#ifndef KIND
#define KIND MH_KIND_INPUT
#endif
#ifndef LINE
#define LINE "abi=1.0 needs=1.0 kind=" MH_STRINGIFY(KIND_WORD) " name=" NAME " version=" VERSION
#endif
#ifndef SIZE
#define SIZE sizeof(struct mh_plugin)
#endif
#ifndef NEEDS
#define NEEDS 0
#endif
#ifndef MODEL
#define MODEL MH_DATA_MODEL
#endif
#ifndef REQUIRED
#define REQUIRED 0
#endif
#ifndef OPTIONAL
#define OPTIONAL 0
#endif
#ifndef OTHER_NAME
#define OTHER_NAME NAME
#endif
#ifndef CREATE
#define CREATE create
#endif
#ifndef COLLECT
#define COLLECT collect
#endif
#ifndef KEY_NAME
#define KEY_NAME "url"
#endif
#ifndef KEY_STRIDE
#define KEY_STRIDE sizeof(struct mh_key)
#endif
#ifndef FIELD_NAME
#define FIELD_NAME "variant.count"
#endif
#ifndef FIELD_TYPE
#define FIELD_TYPE MH_TYPE_LONG
#endif
#ifndef ENTRY
#define ENTRY mh_plugin_entry_v1
#endif
#ifndef ANSWER
#define ANSWER &list
#endif

#ifdef UNDEFINED
int no_such_function_anywhere(void);
#endif

static MH_UNUSED int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    (void)host;
    (void)config;
    *ret_self = NULL;
    return MH_OK;
}

static MH_UNUSED int32_t
collect(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    (void)self;
    (void)batch;
    (void)deadline_ns;
#ifdef UNDEFINED
    return no_such_function_anywhere();
#else
    return MH_OK;
#endif
}

static void
destroy(void *self)
{
    (void)self;
}

static const struct mh_key keys[] = {
    {KEY_NAME, "x", NULL, "Where it is.", MH_KEY_STRING, 0},
    {"timeout", "1s", NULL, "How long to wait.", MH_KEY_DURATION, 0},
};

static const struct mh_field fields[] = {
    {FIELD_NAME, NULL, "How many.", FIELD_TYPE, MH_METRIC_GAUGE, 0},
    {"variant.family.*", NULL, "Each one.", MH_TYPE_LONG, MH_METRIC_GAUGE, 0},
};

static const struct mh_dataset datasets[] = {
    {"variant.all", "variant", "all", "Everything.", fields, NULL, 2, sizeof fields[0],
     MH_DATASET_DEFAULT, 0},
};

static const struct mh_plugin plugin = {
    .struct_size = SIZE,
    .abi_minor = MH_ABI_MINOR,
    .abi_minor_needed = NEEDS,
    .kind = KIND,
    .data_model = MODEL,
    .features_required = REQUIRED,
    .features_optional = OPTIONAL,
    .name = OTHER_NAME,
    .version = VERSION,
    .summary = "A plugin for tests",
    .keys = keys,
    .datasets = datasets,
    .n_keys = 2,
    .key_stride = KEY_STRIDE,
    .n_datasets = 1,
    .dataset_stride = sizeof datasets[0],
    .create = CREATE,
    .collect = COLLECT,
    .destroy = destroy,
};

static const struct mh_plugin *const plugins[] = {&plugin};
static const struct mh_plugin_list list MH_UNUSED = {sizeof list, 1, plugins, NULL};

#ifndef NO_LINE
__attribute__((used, section(".metrichost_plugin"))) static const char line[] = LINE;
#endif
#ifdef LINE_2
__attribute__((used, section(".metrichost_plugin"))) static const char line_2[] = LINE_2;
#endif

MH_EXPORT const struct mh_plugin_list *ENTRY(const struct mh_loader *loader);

const struct mh_plugin_list *
ENTRY(const struct mh_loader *loader)
{
    (void)loader;
    return ANSWER;
}
