/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.c - the host's own settings: names, defaults, words for the manual.
 *
 * Every top-level section that Metricbeat knows is here, so that its configuration is read without
 * complaint where the meaning is kept, and with a reason where it is not.
 */
#include "config/config.h"

/* A row of the table: brace initialisers, so that it stays constant data. */
#define ROW(key, value, choices, type, flags, words)                                               \
    {                                                                                              \
        key, value, choices, words, type, flags                                                    \
    }
#define BOOL(key, value, words) ROW(key, value, NULL, MH_KEY_BOOL, 0, words)
#define INT(key, value, words) ROW(key, value, NULL, MH_KEY_INT, 0, words)
#define TEXT(key, value, words) ROW(key, value, NULL, MH_KEY_STRING, 0, words)
#define CHOICE(key, value, choices, words) ROW(key, value, choices, MH_KEY_STRING, 0, words)
#define DURATION(key, value, words) ROW(key, value, NULL, MH_KEY_DURATION, 0, words)
#define BYTES(key, value, words) ROW(key, value, NULL, MH_KEY_BYTES, 0, words)
#define TEXTS(key, words) ROW(key, NULL, NULL, MH_KEY_STRING_LIST, 0, words)
#define MAP(key, words) ROW(key, NULL, NULL, MH_KEY_MAP, 0, words)
#define ANY(key, words) ROW(key, NULL, NULL, MH_KEY_ANY, 0, words)
#define IGNORED(key, words) ROW(key, NULL, NULL, MH_KEY_ANY, MH_KEY_IGNORED, words)

static const struct mh_key keys[] = {
    ANY("metrichost.modules", "List of module blocks, beside those in modules.d."),
    TEXT("metrichost.config.modules.path", NULL,
         "Pattern of the module files; relative ones are meant below path.config. Default: "
         "modules.d/*.yml."),
    BOOL("metrichost.config.modules.reload.enabled", "false",
         "Looks for changed module files while running."),
    DURATION("metrichost.config.modules.reload.period", "10s",
             "Time between two looks at the module files."),
    DURATION("metrichost.max_start_delay", "0s",
             "Upper bound of the random delay before the first sample of each input; 0: none."),
    DURATION("metrichost.shutdown_timeout", "5s",
             "How long a stop waits for the output to take what is queued; the rest stays in the "
             "disk queue."),
    IGNORED("metrichost.autodiscover", "containers are followed by the docker module itself"),

    TEXT("name", NULL, "Name of this agent (agent.name). Default: the host's name."),
    TEXTS("tags", "Tags that every document carries."),
    MAP("fields",
        "Fields that every document carries, below `fields` unless fields_under_root is set."),
    BOOL("fields_under_root", "false", "Puts `fields` at the top of the document."),
    ANY("processors", "List of processors that every document passes, in order."),
    CHOICE("timestamp.precision", "millisecond", "millisecond|microsecond|nanosecond",
           "Accepted for compatibility; timestamps are written with milliseconds."),
    IGNORED("timeseries.enabled", "time-series dimensions come from the schemas of the plugins"),

    INT("queue.mem.events", "3200", "Documents that the memory queue holds."),
    IGNORED("queue.mem.flush", "outputs say themselves how long they wait for a fuller batch"),
    BOOL("queue.mem.enabled", "true", "False: the section is left out, and the disk queue used."),
    BOOL("queue.disk.enabled", "true", "False: the queue is in memory."),
    BYTES("queue.disk.max_size", NULL,
          "Upper bound of the disk queue's files. Default: 10 GiB or a tenth of the file system, "
          "whichever is less."),
    TEXT("queue.disk.path", NULL, "Folder of the disk queue. Default: queue in path.data."),
    BYTES("queue.disk.segment_size", NULL,
          "Size of one file of the disk queue. Default: 64 MiB or a tenth of max_size."),
    CHOICE("queue.disk.sync", "batch", "batch|interval|none",
           "When written records are forced to the disk: before the input goes on, after "
           "sync_interval, or when the kernel likes."),
    DURATION("queue.disk.sync_interval", "1s", "Longest time until they are, with `interval`."),
    CHOICE("queue.disk.when_full", "block", "block|drop_oldest",
           "What happens when max_size is reached: new records are dropped and counted, or the "
           "oldest ones are."),
    IGNORED("queue.disk.retry_interval", "the next sample tries again"),
    IGNORED("queue.disk.max_retry_interval", "the next sample tries again"),
    IGNORED("queue.disk.read_ahead", "the disk queue reads what a batch needs"),
    IGNORED("queue.disk.write_ahead", "the disk queue writes records as they come"),

    ANY("output", "Where the documents go: exactly one enabled section, named after its plugin."),
    ANY("cloud", "Address and credentials of an Elastic Cloud deployment, read by the output."),
    ANY("setup", "Settings of `metrichost setup`, read by the output."),

    CHOICE("logging.level", "info", "debug|info|warning|error",
           "Least important lines that are written."),
    TEXTS("logging.selectors",
          "Parts of the program whose debug lines are written; all when empty."),
    BOOL("logging.to_stderr", NULL, "Writes the log to standard error."),
    BOOL("logging.to_syslog", NULL, "Writes the log to syslog."),
    BOOL("logging.to_files", NULL, "Writes the log to files."),
    IGNORED("logging.to_eventlog", "it exists on Windows only"),
    CHOICE("logging.format", "auto", "auto|text|json",
           "Form of a line; auto: text on a terminal, ECS JSON elsewhere."),
    BOOL("logging.json", NULL, "The same as logging.format: json."),
    IGNORED("logging.ecs", "JSON lines are always ECS"),
    TEXT("logging.files.path", NULL, "Folder of the log files. Default: path.logs."),
    TEXT("logging.files.name", "metrichost", "Name of the log files, without ending."),
    BYTES("logging.files.rotateeverybytes", "10MiB", "Size at which a new file is begun."),
    INT("logging.files.keepfiles", "7", "Older files that are kept."),
    TEXT("logging.files.permissions", "0600", "Mode of the files, octal."),
    IGNORED("logging.files.interval", "files are rotated by size"),
    IGNORED("logging.files.rotateonstartup", "files are rotated by size"),
    IGNORED("logging.files.redirect_stderr", "the log goes to one place"),
    BOOL("logging.metrics.enabled", "true", "Logs the counters of the program at intervals."),
    DURATION("logging.metrics.period", "30s", "Interval of these lines."),
    IGNORED("logging.metrics.namespaces", "there is one set of counters"),

    IGNORED("http", "`metrichost status` reads the counters from a socket in path.data"),

    TEXT("path.home", NULL, "Folder of the program's own files."),
    TEXT("path.config", NULL, "Folder of the configuration."),
    TEXT("path.data", NULL, "Folder of the queue, the identity and the keystore."),
    TEXT("path.logs", NULL, "Folder of the log files."),
    TEXTS("path.plugins", "Folders that are searched for plugins before the built-in one."),
    TEXT("keystore.path", NULL, "File of the keystore. Default: metrichost.keystore in path.data."),

    IGNORED("monitoring", "the counters are in the log and in `metrichost status`"),
    IGNORED("instrumentation", "there is no tracer inside"),
    IGNORED("max_procs", "threads follow from the configured inputs and outputs"),
    IGNORED("gc_percent", "there is no garbage collector"),
    IGNORED("seccomp", "the systemd unit limits the system calls"),
    IGNORED("migration", "there are no fields of older versions to alias"),
    IGNORED("features", "no feature has to be switched on"),
};

const struct key_set host_keys = {keys, COUNT_OF(keys), sizeof keys[0]};
