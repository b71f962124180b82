/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c - formatting and routing of log lines.
 *
 * One lock guards the destination. A line that a file or pipe refuses goes to stderr instead, so
 * that a full disk is not silent.
 */
#include "log/log.h"
#include "log/log_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <syslog.h>

enum destination { TO_STDERR, TO_SYSLOG, TO_FILE };

static struct {
    pthread_mutex_t lock;
    enum destination destination;
    bool json;
    struct log_file file;
    char **selectors;
    size_t n_selectors;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .file = {.fd = -1}};

/* Apart from the lock: log_enabled is called far more often than lines are written. */
static _Atomic int max_level = LOG_LEVEL_INFO;

static const struct {
    const char *text, *json;
    int syslog;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"ERROR", "error", LOG_ERR},
    [LOG_LEVEL_WARNING] = {"WARN ", "warn", LOG_WARNING},
    [LOG_LEVEL_INFO] = {"INFO ", "info", LOG_INFO},
    [LOG_LEVEL_DEBUG] = {"DEBUG", "debug", LOG_DEBUG},
};

bool
log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&max_level, memory_order_relaxed);
}

static void
free_selectors(void)
{
    for (size_t i = 0; i < state.n_selectors; i++)
        free(state.selectors[i]);
    free(state.selectors);
    state.selectors = NULL;
    state.n_selectors = 0;
}

static int
copy_selectors(const struct log_options *options)
{
    free_selectors();
    if (options->n_selectors == 0)
        return 0;
    state.selectors = calloc(options->n_selectors, sizeof *state.selectors);
    if (state.selectors == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < options->n_selectors; i++) {
        char *copy = strdup(options->selectors[i]);
        if (copy == NULL)
            return -ENOMEM;
        state.selectors[state.n_selectors++] = copy;
    }
    return 0;
}

/* A debug line is wanted when a selector is "*", or names its instance with or without the part in
 * brackets. */
static bool
is_selected(const char *instance)
{
    if (state.n_selectors == 0)
        return true;
    for (size_t i = 0; i < state.n_selectors; i++) {
        const char *s = state.selectors[i];
        size_t len = strlen(s);
        if (strcmp(s, "*") == 0 ||
            (strncmp(instance, s, len) == 0 && (instance[len] == '\0' || instance[len] == '[')))
            return true;
    }
    return false;
}

static void
close_destination(void)
{
    if (state.destination == TO_SYSLOG)
        closelog();
    log_file_close(&state.file);
    state.destination = TO_STDERR;
    state.json = false;
}

static int
open_file(const struct log_options *options)
{
    const char *base = options->file_name != NULL ? options->file_name : "metrichost";
    CLEANUP_FREE char *name =
        util_printf("%s%s", base, options->format == LOG_FORMAT_TEXT ? ".log" : ".ndjson");
    if (name == NULL)
        return -ENOMEM;
    state.file.max_bytes = options->rotate_bytes;
    state.file.keep = options->keep_files;
    state.file.mode = options->file_mode != 0 ? options->file_mode : 0600;
    return log_file_open(&state.file, options->file_dir, name);
}

static int
open_destination(const struct log_options *options)
{
    close_destination();
    if (options->to_stderr || (!options->to_syslog && !options->to_files)) {
        state.json = options->format == LOG_FORMAT_JSON ||
                     (options->format == LOG_FORMAT_AUTO && !isatty(STDERR_FILENO));
        return 0;
    }
    state.json = options->format != LOG_FORMAT_TEXT;
    if (options->to_syslog) {
        openlog("metrichost", LOG_PID | LOG_NDELAY, LOG_DAEMON);
        state.destination = TO_SYSLOG;
        return 0;
    }
    int r = open_file(options);
    if (r < 0)
        state.json = false;
    else
        state.destination = TO_FILE;
    return r;
}

int
log_open(const struct log_options *options)
{
    pthread_mutex_lock(&state.lock);
    int r = copy_selectors(options);
    if (r == 0)
        r = open_destination(options);
    atomic_store(&max_level, (int)options->level);
    pthread_mutex_unlock(&state.lock);
    return r;
}

void
log_close(void)
{
    pthread_mutex_lock(&state.lock);
    close_destination();
    free_selectors();
    atomic_store(&max_level, LOG_LEVEL_INFO);
    pthread_mutex_unlock(&state.lock);
}

void
log_reopen(void)
{
    int r = 0;
    pthread_mutex_lock(&state.lock);
    if (state.destination == TO_FILE)
        r = log_file_reopen(&state.file);
    pthread_mutex_unlock(&state.lock);
    if (r < 0)
        log_error("log", "cannot reopen the log file: %s", strerror(-r));
}

static void
to_stderr(const char *line, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, line, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nowhere left to say it */
        line += n;
        len -= (size_t)n;
    }
}

/* Text from outside (names of containers, answers of servers) must not start a line of its own or
 * move the cursor. */
static void
add_printable(struct buf *b, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f)
            buf_printf(b, "\\x%02x", c);
        else
            buf_add_char(b, *p);
    }
}

static void
format_text(struct buf *b, enum log_level level, const char *time, const char *instance,
            const char *message, const char *members)
{
    buf_printf(b, "%s %s [", time, levels[level].text);
    add_printable(b, instance);
    buf_add_text(b, "] ");
    add_printable(b, message);
    if (members != NULL)
        buf_printf(b, " {%s}", members);
    buf_add_char(b, '\n');
}

static void
format_json(struct buf *b, enum log_level level, const char *time, const char *instance,
            const char *message, const char *members)
{
    buf_printf(b, "{\"log.level\":\"%s\",\"@timestamp\":\"%s\",\"log.logger\":", levels[level].json,
               time);
    buf_add_json_string(b, instance, strlen(instance));
    buf_add_text(b, ",\"message\":");
    buf_add_json_string(b, message, strlen(message));
    buf_add_text(b, ",\"service.name\":\"metrichost\",\"ecs.version\":\"1.6.0\"");
    if (members != NULL && members[0] != '\0')
        buf_printf(b, ",%s", members);
    buf_add_text(b, "}\n");
}

static void
write_line(enum log_level level, const struct buf *line)
{
    switch (state.destination) {
    case TO_SYSLOG:
        syslog(levels[level].syslog, "%.*s", (int)line->len - 1, line->data);
        break;
    case TO_FILE:
        if (log_file_write(&state.file, line->data, line->len) < 0)
            to_stderr(line->data, line->len);
        break;
    case TO_STDERR:
        to_stderr(line->data, line->len);
        break;
    }
}

void
log_json(enum log_level level, const char *instance, const char *message, const char *json_members)
{
    char time[32];
    CLEANUP(buf_free) struct buf line = {0};
    if (!log_enabled(level))
        return;
    util_format_time(util_realtime_ns(), time, sizeof time);
    pthread_mutex_lock(&state.lock);
    if (level != LOG_LEVEL_DEBUG || is_selected(instance)) {
        (state.json ? format_json : format_text)(&line, level, time, instance, message,
                                                 json_members);
        if (!line.failed)
            write_line(level, &line);
    }
    pthread_mutex_unlock(&state.lock);
}

void
log_vline(enum log_level level, const char *instance, const char *format, va_list args)
{
    int saved = errno; /* a log line between a call and the look at its errno is harmless */
    CLEANUP(buf_free) struct buf message = {0};
    if (log_enabled(level)) {
        buf_vprintf(&message, format, args);
        log_json(level, instance, message.failed ? format : message.data, NULL);
    }
    errno = saved;
}

void
log_line(enum log_level level, const char *instance, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vline(level, instance, format, args);
    va_end(args);
}
