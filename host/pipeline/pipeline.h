/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline.h - the running daemon: inputs, queue and output, from start to the last flush.
 *
 * The control thread is the caller of pipeline_run. It waits for signals and looks after the
 * workers: SIGTERM, SIGINT  take a last sample, flush within shutdown_timeout, end; a second one
 * ends at once, without loss where the queue is on disk SIGHUP           read the configuration
 * again; a wrong one is reported and the old one goes on SIGUSR1          reopen log files
 */
#ifndef MH_PIPELINE_H
#define MH_PIPELINE_H

#include "config/config.h"

struct registry;

struct run_options {
    const char *version;
    const struct config_options *config; /* to read the configuration again at a reload */
    bool dry_run; /* -N: no output is created, records are counted and dropped */
    /* Shows findings to the operator; non-zero when there are errors among them. */
    int (*report)(const struct diagnostics *d);
};

/* Runs until a signal ends it. `settings` is taken over. Returns the exit status of the process: 0,
 * or 1 after an error, which was reported. */
int pipeline_run(struct settings *settings, const struct run_options *options);

/* What `test config` does beyond reading: creates and destroys every instance. Returns 0, -EINVAL
 * or -ENOMEM. */
int pipeline_check(struct settings *settings, const char *version, struct diagnostics *d);

/* For commands that talk to the output without running: creates its first instance, calls `use`
 * with it, destroys it. Returns what `use` returned, or -EINVAL (see d) or -ENOMEM. */
struct instance;
int pipeline_with_output(struct settings *settings, const char *version,
                         int (*use)(struct instance *output, void *ctx), void *ctx,
                         struct diagnostics *d);

struct input;

/* For commands that sample without running: creates the inputs, calls `use` with each, destroys
 * them. Processors are not started; those that `use` starts are stopped. Returns the first result that is not 0, or -EINVAL (see d) or -ENOMEM. */
int pipeline_with_inputs(struct settings *settings, const char *version,
                         int (*use)(struct input *input, void *ctx), void *ctx,
                         struct diagnostics *d);

/* Folders that plugins are looked for in: path.plugins, then the installed one. The caller closes
 * the registry. 0 or -errno. */
int pipeline_open_registry(const struct settings *settings, struct registry **ret);

#endif
