/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line per event, each with the instance it is about. Text on a terminal, ECS JSON
 * elsewhere.
 *
 * Thread-safe. A line is written with one write(2), so lines of several threads never mix.
 */
#ifndef MH_LOG_H
#define MH_LOG_H

#include "util/util.h"

enum log_level { LOG_LEVEL_ERROR = 1, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_options {
    enum log_level level;
    enum log_format format;
    bool to_stderr;
    bool to_syslog;
    bool to_files;
    const char *file_dir;         /* path.logs */
    const char *file_name;        /* "metrichost" */
    uint64_t rotate_bytes;        /* 10 MiB */
    uint32_t keep_files;          /* 7 */
    uint32_t file_mode;           /* 0600 */
    const char *const *selectors; /* -d; NULL or "*": all */
    size_t n_selectors;
};

/* Before it is called everything from INFO up goes to stderr as text. Returns 0 or -errno; options
 * are copied. */
int log_open(const struct log_options *options);
void log_close(void);
/* Reopens files after they were moved away. */
void log_reopen(void);
bool log_enabled(enum log_level level);

/* instance: whom the line is about ("docker[unix:///...]", "config", "pipeline"); never NULL. */
void log_line(enum log_level level, const char *instance, const char *format, ...)
    PRINTF_LIKE(3, 4);
void log_vline(enum log_level level, const char *instance, const char *format, va_list args)
    PRINTF_LIKE(3, 0);
/* The same with JSON members ("\"a\":1") that are kept in the JSON form and printed after the text
 * in the text form. */
void log_json(enum log_level level, const char *instance, const char *message,
              const char *json_members);

#define log_error(instance, ...) log_line(LOG_LEVEL_ERROR, (instance), __VA_ARGS__)
#define log_warning(instance, ...) log_line(LOG_LEVEL_WARNING, (instance), __VA_ARGS__)
#define log_info(instance, ...) log_line(LOG_LEVEL_INFO, (instance), __VA_ARGS__)
#define log_debug(instance, ...)                                                                   \
    do {                                                                                           \
        if (log_enabled(LOG_LEVEL_DEBUG))                                                          \
            log_line(LOG_LEVEL_DEBUG, (instance), __VA_ARGS__);                                    \
    } while (0)

#endif
