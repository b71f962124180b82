/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrichost/host.h - the services of the daemon, the only way from a plugin back into it.
 *
 * Each instance gets a table of its own in create(); it stays valid until destroy() returns.
 * The table grows at the end: test a member that came after ABI 1.0 with MH_HAS.
 */
#ifndef METRICHOST_HOST_H
#define METRICHOST_HOST_H

#include <metrichost/configuration.h>
#include <metrichost/record.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MH_LOG_ERROR 1
#define MH_LOG_WARNING 2
#define MH_LOG_INFO 3
#define MH_LOG_DEBUG 4

struct mh_host {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    void *priv;                /* the host's own                                                     */
    const char *version;       /* of the daemon: "0.1.0"                                             */
    const char *instance_name; /* as in the log: "docker[unix:///var/run/docker.sock]"               */
    const struct mh_record_ops *record;
    const struct mh_config_ops *config;

    /* [any] One line of log, attributed to this instance. Copies. Must hold no secret. */
    void (*log)(const struct mh_host *host, int32_t level, const char *text, size_t len);
    /* [control, worker] The words for the error that this instance returns next. Copies. */
    void (*fail)(const struct mh_host *host, int32_t code, const char *text, size_t len);

    /* [any] Nanoseconds of a clock that never jumps; the unit and base of all deadlines. */
    uint64_t (*monotonic_ns)(const struct mh_host *host);
    /* [any] Nanoseconds since 1970-01-01 UTC. */
    int64_t (*realtime_ns)(const struct mh_host *host);
    /* [any] Non-zero once the instance is to stop: end long work soon. */
    int32_t (*stopping)(const struct mh_host *host);

    /* [any] Input only: nanoseconds between two collect calls. */
    uint64_t (*period_ns)(const struct mh_host *host);
    /* [any] Input only: non-zero when this dataset of the plugin's schema is switched on. */
    int32_t (*dataset_enabled)(const struct mh_host *host, uint32_t dataset);

    /* [control, worker] Sets a constant that every later record of this instance (of a processor: every record that
     * passes it) carries at this dotted path, at no cost per record. value NULL: removes it. Scalars and arrays of scalars; copies.
     * A value that a record sets itself wins over the constant. */
    int32_t (*set_constant)(const struct mh_host *host, const char *path, uint32_t path_len,
                            const struct mh_value *value);

    /* [any, may block up to the period when the queue is full] Input only, for plugins that push: a new
     * empty batch; hand it back with submit(), which takes it in any case, or with discard(). NULL: no
     * memory. MH_ERR_DROP from submit(): the queue took nothing, and the ledger counts the records as
     * dropped. A batch is used by one thread at a time. */
    struct mh_batch *(*new_batch)(const struct mh_host *host);
    int32_t (*submit)(const struct mh_host *host, struct mh_batch *batch);
    void (*discard)(const struct mh_host *host, struct mh_batch *batch);

    /* [any] Input only: asks the host to call collect() as soon as it can, before the period is over. */
    void (*request_collect)(const struct mh_host *host);

    /* [any] Output only: number of this worker, from 0, and how many there are (ext/output.h). */
    uint32_t worker_index;
    uint32_t n_workers;

    /* [any] An extension of the host by id ("metrichost.state/1"), or NULL. See ext/ for ids and structs. */
    const void *(*get_interface)(const struct mh_host *host, const char *id);
};

/* Formats and logs one line. Lines longer than 2 KiB are cut. */
static inline MH_UNUSED MH_PRINTF(3, 4) void
mh_log(const struct mh_host *host, int32_t level, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    host->log(host, level, text, strlen(text));
}

/* Formats the words for an error and returns its code: `return mh_fail(host, MH_ERR_RETRY, "...");` */
static inline MH_UNUSED MH_PRINTF(3, 4) int32_t
mh_fail(const struct mh_host *host, int32_t code, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (host->fail)(host, code, text, strlen(text)); /* the brackets keep off a macro of that name */
    return code;
}

/* Formats and reports a wrong value of the configuration; returns MH_ERR_CONFIG. */
static inline MH_UNUSED MH_PRINTF(4, 5) int32_t
mh_config_error(const struct mh_host *host, const struct mh_config *node, const char *path,
                const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    host->config->error(node, path, text, strlen(text));
    return MH_ERR_CONFIG;
}

static inline MH_UNUSED int32_t
mh_set_int(const struct mh_host *host, struct mh_record *record, uint32_t field, int64_t i)
{
    struct mh_value v = mh_int(i);
    return host->record->set(record, field, &v);
}

static inline MH_UNUSED int32_t
mh_set_double(const struct mh_host *host, struct mh_record *record, uint32_t field, double d)
{
    struct mh_value v = mh_double(d);
    return host->record->set(record, field, &v);
}

static inline MH_UNUSED int32_t
mh_set_bool(const struct mh_host *host, struct mh_record *record, uint32_t field, int truth)
{
    struct mh_value v = mh_bool(truth);
    return host->record->set(record, field, &v);
}

static inline MH_UNUSED int32_t
mh_set_date(const struct mh_host *host, struct mh_record *record, uint32_t field, int64_t unix_ns)
{
    struct mh_value v = mh_date(unix_ns);
    return host->record->set(record, field, &v);
}

/* text: terminated; NULL sets nothing. */
static inline MH_UNUSED int32_t
mh_set_text(const struct mh_host *host, struct mh_record *record, uint32_t field, const char *text)
{
    struct mh_value v;
    if (text == NULL)
        return MH_OK;
    v = mh_text(text, strlen(text));
    return host->record->set(record, field, &v);
}

/* path and text: terminated. */
static inline MH_UNUSED int32_t
mh_set_constant_text(const struct mh_host *host, const char *path, const char *text)
{
    struct mh_value v = mh_text(text, strlen(text));
    return host->set_constant(host, path, (uint32_t)strlen(path), &v);
}

#endif
