/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - output.file: documents in rotated files.
 *
 * A record counts as delivered when its whole line has been handed to the kernel. What cannot be
 * written stays with the host, which tries again: a full disk delays records, it loses none.
 */
#include "codec.h"
#include "output_file.h"
#include "rotation.h"
#include "support.h"

#include <metrichost/ext/output.h>
#include <metrichost/ext/report.h>

#include <errno.h>
#include <sys/stat.h>

struct file_output {
    const struct mh_host *host;
    struct codec codec;
    struct rotation rotation;
    struct json_text line;    /* the record in work */
    struct json_text pending; /* whole lines that are not written yet */
};

static const struct mh_key file_keys[] = {
    {"path", NULL, NULL, "The folder of the files; made when it is missing.", MH_KEY_STRING,
     MH_KEY_REQUIRED},
    {"filename", "metrichost", NULL,
     "What the file names begin with; a date, a number and .ndjson follow.", MH_KEY_STRING, 0},
    {"rotate_every_kb", "10240", NULL, "Size in KiB at which the next file is begun.", MH_KEY_INT,
     0},
    {"number_of_files", "7", NULL, "Files to keep, from 2 to 1024; the oldest are removed.",
     MH_KEY_INT, 0},
    {"permissions", "0600", NULL, "Mode of new files, octal.", MH_KEY_STRING, 0},
    {"rotate_on_startup", "true", NULL,
     "Begins a new file at each start instead of going on in the newest.", MH_KEY_BOOL, 0},
    CODEC_KEYS,
};

static int32_t
read_int(const struct mh_host *host, const struct mh_config *config, const char *key, int64_t min,
         int64_t max, int64_t *ret)
{
    int32_t rc = host->config->get_int(config, key, ret);
    if (rc == MH_OK && (*ret < min || *ret > max))
        return mh_config_error(host, config, key, "must be from %lld to %lld, not %lld",
                               (long long)min, (long long)max, (long long)*ret);
    return rc;
}

static int32_t
read_mode(const struct mh_host *host, const struct mh_config *config, mode_t *ret)
{
    const char *text = NULL;
    char *end;
    unsigned long mode;
    int32_t rc = host->config->get_string(config, "permissions", &text);

    if (rc != MH_OK || text == NULL)
        return rc;
    mode = strtoul(text, &end, 8);
    if (*end != '\0' || end == text || mode == 0 || mode > 0777)
        return mh_config_error(host, config, "permissions",
                               "must be an octal mode such as 0600, not '%s'", text);
    *ret = (mode_t)mode;
    return MH_OK;
}

static int32_t
read_name(const struct mh_host *host, const struct mh_config *config, const char **ret)
{
    int32_t rc = host->config->get_string(config, "filename", ret);
    if (rc == MH_OK && (**ret == '\0' || strchr(*ret, '/') != NULL))
        return mh_config_error(host, config, "filename",
                               "must be a name without '/'; the folder goes into 'path'");
    return rc;
}

static int32_t
read_folder(const struct mh_host *host, const struct mh_config *config, const char **ret)
{
    int32_t rc = host->config->get_string(config, "path", ret);
    if (rc == MH_OK && (*ret == NULL || **ret == '\0'))
        return mh_config_error(host, config, "path", "must name the folder of the files");
    return rc;
}

static int32_t
read_rotation(const struct mh_host *host, const struct mh_config *config,
              struct rotation_options *o)
{
    int64_t kib = 0, files = 0;
    int32_t on_startup = 0;
    int32_t rc = read_folder(host, config, &o->folder);

    if (rc == MH_OK)
        rc = read_name(host, config, &o->name);
    if (rc == MH_OK)
        rc = read_int(host, config, "rotate_every_kb", 1, INT64_C(1) << 40, &kib);
    if (rc == MH_OK)
        rc = read_int(host, config, "number_of_files", 2, 1024, &files);
    if (rc == MH_OK)
        rc = read_mode(host, config, &o->mode);
    if (rc == MH_OK)
        rc = host->config->get_bool(config, "rotate_on_startup", &on_startup);
    o->max_bytes = (uint64_t)kib * 1024;
    o->n_files = (uint32_t)files;
    o->rotate_on_startup = on_startup != 0;
    return rc;
}

static void
file_destroy(void *self)
{
    struct file_output *file = self;
    rotation_close(&file->rotation);
    codec_free(&file->codec);
    json_text_free(&file->line);
    json_text_free(&file->pending);
    free(file);
}

static int32_t
file_create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct file_output *file = calloc(1, sizeof *file);
    struct rotation_options options = {0};
    int32_t rc;

    if (file == NULL)
        return MH_ERR_NOMEM;
    file->host = host;
    rc = read_rotation(host, config, &options);
    rotation_init(&file->rotation, &options);
    if (rc == MH_OK)
        rc = codec_init(&file->codec, host, config);
    if (rc != MH_OK) {
        file_destroy(file);
        return rc;
    }
    *ret_self = file;
    return MH_OK;
}

/* What the operator can do about it. */
static const char *
advice(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return "; free some space, the records wait for it";
    case EACCES:
    case EPERM:
        return "; the folder must be writable for the user that metrichost runs as";
    case EROFS:
        return "; give output.file.path a folder on a writable file system";
    case ENOTDIR:
    case EEXIST:
        return "; something that is no folder is in the way";
    default:
        return "";
    }
}

/* rc: -errno. */
static int32_t
report_problem(const struct file_output *file, const char *action, int rc)
{
    const char *path = file->rotation.path;
    if (rc == -ENOMEM)
        return MH_ERR_NOMEM;
    return mh_fail(file->host, MH_ERR_RETRY, "cannot %s %s: %s%s", action,
                   path != NULL ? path : file->rotation.options.folder, strerror(-rc), advice(-rc));
}

static time_t
now(const struct file_output *file)
{
    return (time_t)(file->host->realtime_ns(file->host) / (int64_t)MH_NS_PER_S);
}

/* An early word about a wrong folder. Not an error: the file is opened again with the first
 * records. */
static int32_t
file_start(void *self)
{
    struct file_output *file = self;
    int rc = rotation_open(&file->rotation, now(file));
    if (rc != 0)
        mh_log(file->host, MH_LOG_WARNING, "cannot open a file in %s: %s%s",
               file->rotation.options.folder, strerror(-rc), advice(-rc));
    return MH_OK;
}

static int32_t
flush(struct file_output *file)
{
    int rc;
    if (file->pending.len == 0)
        return MH_OK;
    rc = rotation_write(&file->rotation, file->pending.data, file->pending.len);
    json_text_reset(&file->pending);
    return rc == 0 ? MH_OK : report_problem(file, "write to", rc);
}

/* Makes room for record number `index`, the one in work: writes those before it and begins the next
 * file. *n_written: records whose lines are in a file. */
static int32_t
next_file(struct file_output *file, uint32_t index, uint32_t *n_written)
{
    int32_t result = flush(file);
    int rc;
    if (result != MH_OK)
        return result;
    *n_written = index;
    rc = rotation_advance(&file->rotation, now(file));
    return rc == 0 ? MH_OK : report_problem(file, "open", rc);
}

static int32_t
add_record(struct file_output *file, struct mh_batch *batch, uint32_t index, uint32_t *n_written)
{
    const struct mh_record_ops *ops = file->host->record;
    int32_t rc = MH_OK;

    if (!codec_encode(&file->codec, &file->line, ops, ops->at(batch, index)))
        return MH_ERR_NOMEM;
    if (rotation_is_full(&file->rotation, file->pending.len, file->line.len))
        rc = next_file(file, index, n_written);
    if (rc != MH_OK)
        return rc;
    json_add(&file->pending, file->line.data, file->line.len);
    return file->pending.failed ? MH_ERR_NOMEM : MH_OK;
}

static int32_t
add_records(struct file_output *file, struct mh_batch *batch, uint32_t *n_written)
{
    uint32_t n = file->host->record->count(batch);
    int32_t rc = MH_OK;

    for (uint32_t i = 0; rc == MH_OK && i < n; i++)
        rc = add_record(file, batch, i, n_written);
    return rc == MH_OK ? flush(file) : rc;
}

static int32_t
file_write(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct file_output *file = self;
    const struct mh_record_ops *ops = file->host->record;
    uint32_t n_written = 0;
    int rc = rotation_open(&file->rotation, now(file));
    int32_t result;

    (void)deadline_ns;
    if (rc != 0)
        return report_problem(file, "open", rc);
    json_text_reset(&file->pending);
    result = add_records(file, batch, &n_written);
    if (result == MH_OK || n_written == 0)
        return result;
    for (uint32_t i = 0; i < n_written; i++)
        ops->set_status(ops->at(batch, i), MH_STATUS_DELIVERED, NULL, 0);
    return MH_ERR_PARTIAL;
}

static void
file_stop(void *self)
{
    struct file_output *file = self;
    rotation_close(&file->rotation);
}

static void
file_limits(void *self, struct mh_output_limits *ret)
{
    (void)self;
    *ret = (struct mh_output_limits){.n_workers = 1,
                                     .max_records = 2048,
                                     .max_bytes = UINT64_C(5) << 20,
                                     .backoff_init_ns = MH_NS_PER_S,
                                     .backoff_max_ns = 60 * MH_NS_PER_S};
}

/* Looks without making anything. */
static int32_t
file_check(void *self, const struct mh_report_v1 *report, uint64_t deadline_ns)
{
    const struct file_output *file = self;
    const char *folder = file->rotation.options.folder;

    (void)deadline_ns;
    if (access(folder, W_OK | X_OK) == 0) {
        report->step(report->ctx, 0, MH_STEP_OK, folder, "writable");
        return MH_OK;
    }
    if (errno == ENOENT) {
        report->step(report->ctx, 0, MH_STEP_WARN, folder, "missing; it is made at the start");
        return MH_OK;
    }
    report->step(report->ctx, 0, MH_STEP_ERROR, folder, strerror(errno));
    return MH_ERR_CONFIG;
}

static const void *
file_interface(void *self, const char *id)
{
    static const struct mh_output_v1 output = {file_limits};
    static const struct mh_check_v1 check = {file_check};
    (void)self;
    if (strcmp(id, MH_EXT_OUTPUT) == 0)
        return &output;
    return strcmp(id, MH_EXT_CHECK) == 0 ? &check : NULL;
}

const struct mh_plugin file_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_OUTPUT),
    .name = "file",
    .version = PACKAGE_VERSION,
    .vendor = "metrichost",
    .license = "Apache-2.0",
    .summary = "Writes documents as NDJSON into rotated files",
    .keys = file_keys,
    .n_keys = COUNT_OF(file_keys),
    .key_stride = sizeof file_keys[0],
    .create = file_create,
    .start = file_start,
    .write = file_write,
    .stop = file_stop,
    .destroy = file_destroy,
    .get_interface = file_interface,
};
