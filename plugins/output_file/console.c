/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c - output.console: documents on standard output, for trying things out and for
 * containers whose log is the transport.
 *
 * A reader that is slow blocks nobody else: writes never wait past their deadline or the stop of
 * the instance. The rest of a line that was begun goes out first when the reader takes more, so
 * that lines are never mixed or repeated.
 */
#include "codec.h"
#include "output_file.h"
#include "support.h"

#include <metrichost/ext/output.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>

/* How long a blocked write waits before it looks at the deadline and at the stop again. */
#define POLL_MS 100

struct console_output {
    const struct mh_host *host;
    struct codec codec;
    int64_t bulk_max_size;
    struct json_text line; /* the record in work, or the one whose rest is still to be written */
    size_t written;        /* bytes of line that are out */
};

static const struct mh_key console_keys[] = {
    {"pretty", "false", NULL, "The same as codec.json.pretty.", MH_KEY_BOOL, 0},
    {"bulk_max_size", "2048", NULL, "Documents in one batch, at least 1.", MH_KEY_INT, 0},
    CODEC_KEYS,
};

static void
console_destroy(void *self)
{
    struct console_output *console = self;
    codec_free(&console->codec);
    json_text_free(&console->line);
    free(console);
}

static int32_t
read_keys(struct console_output *console, const struct mh_config *config)
{
    const struct mh_host *host = console->host;
    int32_t pretty = 0;
    int32_t rc = codec_init(&console->codec, host, config);

    if (rc == MH_OK)
        rc = host->config->get_bool(config, "pretty", &pretty);
    if (pretty)
        console->codec.pretty = true;
    if (rc == MH_OK)
        rc = host->config->get_int(config, "bulk_max_size", &console->bulk_max_size);
    if (rc == MH_OK && (console->bulk_max_size < 1 || console->bulk_max_size > UINT32_MAX))
        return mh_config_error(host, config, "bulk_max_size", "must be from 1 to %u, not %lld",
                               UINT32_MAX, (long long)console->bulk_max_size);
    return rc;
}

static int32_t
console_create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    struct console_output *console = calloc(1, sizeof *console);
    int32_t rc;

    if (console == NULL)
        return MH_ERR_NOMEM;
    console->host = host;
    rc = read_keys(console, config);
    if (rc != MH_OK) {
        console_destroy(console);
        return rc;
    }
    *ret_self = console;
    return MH_OK;
}

/* Waits until standard output takes bytes. Returns 0, or -ETIMEDOUT after the deadline or at the
 * stop. */
static int
wait_for_reader(const struct mh_host *host, uint64_t deadline_ns)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    for (;;) {
        int n = poll(&out, 1, POLL_MS);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (host->stopping(host) || host->monotonic_ns(host) >= deadline_ns)
            return -ETIMEDOUT;
    }
}

/* Writes on until the line is out. Pieces of PIPE_BUF never block after poll() has said yes. */
static int
write_line(struct console_output *console, uint64_t deadline_ns)
{
    while (console->written < console->line.len) {
        size_t left = console->line.len - console->written;
        ssize_t n;
        int rc = wait_for_reader(console->host, deadline_ns);
        if (rc != 0)
            return rc;
        n = write(STDOUT_FILENO, console->line.data + console->written,
                  left < PIPE_BUF ? left : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        if (n > 0)
            console->written += (size_t)n;
    }
    return 0;
}

static int32_t
report_problem(const struct console_output *console, int rc)
{
    if (rc == -EPIPE || rc == -EBADF)
        return mh_fail(
            console->host, MH_ERR_FATAL,
            "nobody reads standard output any more; restart metrichost with a reader, or "
            "configure another output");
    if (rc == -ETIMEDOUT)
        return mh_fail(console->host, MH_ERR_RETRY,
                       "the reader of standard output takes no more for now");
    return mh_fail(console->host, MH_ERR_RETRY, "cannot write to standard output: %s",
                   strerror(-rc));
}

/* *n_done: records whose line is out, or will be before any other. */
static int32_t
write_records(struct console_output *console, struct mh_batch *batch, uint64_t deadline_ns,
              uint32_t *n_done)
{
    const struct mh_record_ops *ops = console->host->record;
    uint32_t n = ops->count(batch);
    int rc = write_line(console, deadline_ns);

    while (rc == 0 && *n_done < n) {
        console->written = 0;
        if (!codec_encode(&console->codec, &console->line, ops, ops->at(batch, *n_done))) {
            json_text_reset(&console->line);
            return MH_ERR_NOMEM;
        }
        rc = write_line(console, deadline_ns);
        if (rc == 0 || console->written > 0)
            ++*n_done;
        else
            json_text_reset(&console->line);
    }
    return rc == 0 ? MH_OK : report_problem(console, rc);
}

static int32_t
console_write(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    struct console_output *console = self;
    const struct mh_record_ops *ops = console->host->record;
    uint32_t n_done = 0;
    int32_t rc = write_records(console, batch, deadline_ns, &n_done);

    if (rc == MH_OK || rc == MH_ERR_FATAL || n_done == 0)
        return rc;
    for (uint32_t i = 0; i < n_done; i++)
        ops->set_status(ops->at(batch, i), MH_STATUS_DELIVERED, NULL, 0);
    return MH_ERR_PARTIAL;
}

/* The rest of a line that counts as delivered goes out as far as the reader takes it now. */
static void
console_stop(void *self)
{
    struct console_output *console = self;
    (void)write_line(console, console->host->monotonic_ns(console->host) + MH_NS_PER_S);
}

static void
console_limits(void *self, struct mh_output_limits *ret)
{
    const struct console_output *console = self;
    *ret = (struct mh_output_limits){.n_workers = 1,
                                     .max_records = (uint32_t)console->bulk_max_size,
                                     .max_bytes = UINT64_C(5) << 20,
                                     .backoff_init_ns = MH_NS_PER_S / 10,
                                     .backoff_max_ns = MH_NS_PER_S};
}

static const void *
console_interface(void *self, const char *id)
{
    static const struct mh_output_v1 output = {console_limits};
    (void)self;
    return strcmp(id, MH_EXT_OUTPUT) == 0 ? &output : NULL;
}

const struct mh_plugin console_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_OUTPUT),
    .name = "console",
    .version = PACKAGE_VERSION,
    .vendor = "metrichost",
    .license = "Apache-2.0",
    .summary = "Writes documents as NDJSON to standard output",
    .keys = console_keys,
    .n_keys = COUNT_OF(console_keys),
    .key_stride = sizeof console_keys[0],
    .create = console_create,
    .write = console_write,
    .stop = console_stop,
    .destroy = console_destroy,
    .get_interface = console_interface,
};
