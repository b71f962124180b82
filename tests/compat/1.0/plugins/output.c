/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.c - an output as of ABI 1.0: appends each record to a file, one "path=value" a line, and
 * tells what it takes by the extension metrichost.output/1.
 */
#include <metrichost/ext/output.h>
#include <metrichost/plugin.h>

#include <inttypes.h>
#include <stdlib.h>

static const struct mh_key keys[] = {
    {"path", "/dev/null", NULL, "The file to append to.", MH_KEY_STRING, 0},
};

struct output {
    const struct mh_host *host;
    const char *path;
    FILE *file;
    char prefix[512]; /* dotted path of the objects that are open */
};

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct output *self = calloc(1, sizeof *self);
    int32_t rc = MH_ERR_NOMEM;
    if (self != NULL)
        rc = host->config->get_string(config, "path", &self->path);
    if (rc != MH_OK) {
        free(self);
        return rc;
    }
    self->host = host;
    *ret_self = self;
    return MH_OK;
}

static int32_t
start(void *instance)
{
    struct output *self = instance;
    self->file = fopen(self->path, "ae");
    return self->file != NULL ? MH_OK : mh_fail(self->host, MH_ERR_RETRY, "%s", self->path);
}

static void
stop(void *instance)
{
    struct output *self = instance;
    if (self->file != NULL)
        fclose(self->file);
    self->file = NULL;
}

static void
print_value(FILE *to, const struct mh_value *value)
{
    if (value->type == MH_VALUE_STRING)
        fprintf(to, "%.*s\n", (int)value->len, value->u.s);
    else if (value->type == MH_VALUE_DOUBLE)
        fprintf(to, "%g\n", value->u.d);
    else if (value->type == MH_VALUE_BOOL)
        fprintf(to, "%s\n", value->u.i ? "true" : "false");
    else
        fprintf(to, "%" PRId64 "\n", value->u.i);
}

static void
enter(struct output *self, const struct mh_item *item)
{
    size_t used = strlen(self->prefix);
    snprintf(self->prefix + used, sizeof self->prefix - used, "%.*s.", (int)item->key_len,
             item->key != NULL ? item->key : "");
}

static void
leave(struct output *self)
{
    char *end = self->prefix + strlen(self->prefix);
    if (end > self->prefix)
        end--; /* the dot */
    while (end > self->prefix && end[-1] != '.')
        end--;
    *end = '\0';
}

static void
print_item(struct output *self, const struct mh_item *item)
{
    if (item->kind == MH_ITEM_OPEN_OBJECT || item->kind == MH_ITEM_OPEN_ARRAY)
        enter(self, item);
    else if (item->kind == MH_ITEM_CLOSE_OBJECT || item->kind == MH_ITEM_CLOSE_ARRAY)
        leave(self);
    else {
        fprintf(self->file, "%s%.*s=", self->prefix, (int)item->key_len,
                item->key != NULL ? item->key : "");
        print_value(self->file, &item->value);
    }
}

static int32_t
write_batch(void *instance, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct output *self = instance;
    const struct mh_record_ops *ops = self->host->record;
    (void)deadline_ns;
    for (uint32_t i = 0; i < ops->count(batch); i++) {
        struct mh_record *record = ops->at(batch, i);
        struct mh_cursor cursor = {{0}};
        struct mh_item items[8];
        uint32_t n;
        self->prefix[0] = '\0';
        fprintf(self->file, "record %s\n", ops->dataset_name(record));
        while ((n = ops->read(record, &cursor, items, 8, 0)) > 0)
            for (uint32_t j = 0; j < n; j++)
                print_item(self, &items[j]);
        ops->set_status(record, MH_STATUS_DELIVERED, NULL, 0);
    }
    return fflush(self->file) == 0 ? MH_OK : mh_fail(self->host, MH_ERR_RETRY, "%s", self->path);
}

static void
destroy(void *self)
{
    free(self);
}

static void
limits(void *self, struct mh_output_limits *ret)
{
    (void)self;
    ret->n_workers = 1;
    ret->max_records = 10;
    ret->max_bytes = 1 << 20;
    ret->linger_ns = 0;
    ret->backoff_init_ns = MH_NS_PER_S;
    ret->backoff_max_ns = 2 * MH_NS_PER_S;
}

static const void *
get_interface(void *self, const char *id)
{
    static const struct mh_output_v1 output = {limits};
    (void)self;
    return strcmp(id, MH_EXT_OUTPUT) == 0 ? &output : NULL;
}

static const struct mh_plugin plugin = {
    MH_PLUGIN_HEADER(MH_KIND_OUTPUT),
    .name = "compat_output",
    .version = "1.0",
    .license = "Apache-2.0",
    .summary = "An output as of ABI 1.0",
    .keys = keys,
    .n_keys = 1,
    .key_stride = sizeof keys[0],
    .create = create,
    .start = start,
    .write = write_batch,
    .stop = stop,
    .destroy = destroy,
    .get_interface = get_interface,
};

MH_PLUGIN(plugin, output, "compat_output", "1.0")
