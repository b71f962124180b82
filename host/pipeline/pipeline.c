/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.c - see pipeline.h: putting the daemon together, the control thread, and taking it
 * apart. */
#include "pipeline/pipeline.h"

#include "log/log.h"
#include "pipeline/catalogue.h"
#include "pipeline/pipeline_internal.h"
#include "pipeline/queue_open.h"
#include "plugin/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

enum { SAVE_PERIOD_S = 30, DEAD_LETTER_MAX = 100 * 1024 * 1024, DATA_MODE = 0750 };

int
pipeline_open_registry(const struct settings *settings, struct registry **ret)
{
    return registry_open((const char *const *)settings->paths.plugins, settings->paths.n_plugins,
                         ret);
}

/* One daemon per path.data: two would share an identity and a queue. */
static int
lock_data(struct pipeline *p)
{
    p->lock_fd = open(p->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (p->lock_fd < 0) {
        log_error("pipeline", "%s: %s; give path.data to the user that runs metrichost",
                  p->lock_path, strerror(errno));
        return -errno;
    }
    if (flock(p->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    log_error("pipeline",
              "%s: data path already locked by another metrichost. Please make sure that multiple "
              "instances are not sharing the same data path (path.data)",
              p->settings->paths.data);
    return -EBUSY;
}

static int
make_paths(struct pipeline *p)
{
    const char *data = p->settings->paths.data;
    p->state_dir = util_printf("%s/state", data);
    p->ledger_path = util_printf("%s/ledger.json", data);
    p->dead_letter_path = util_printf("%s/dead-letter.ndjson", data);
    p->lock_path = util_printf("%s/metrichost.lock", data);
    if (p->state_dir == NULL || p->ledger_path == NULL || p->dead_letter_path == NULL ||
        p->lock_path == NULL)
        return -ENOMEM;
    int r = util_make_dirs(data, DATA_MODE);
    if (r != 0)
        log_error("pipeline", "path.data %s cannot be made: %s", data, strerror(-r));
    return r;
}

static void
read_times(struct pipeline *p)
{
    const struct mh_config *root = p->settings->root;
    int32_t metrics = 0, watch = 0;
    config_ops.get_duration_ns(root, "metrichost.shutdown_timeout", &p->shutdown_timeout_ns);
    config_ops.get_duration_ns(root, "metrichost.max_start_delay",
                               &p->input_env.max_start_delay_ns);
    config_ops.get_bool(root, "logging.metrics.enabled", &metrics);
    if (metrics)
        config_ops.get_duration_ns(root, "logging.metrics.period", &p->metrics_period_ns);
    config_ops.get_bool(root, "metrichost.config.modules.reload.enabled", &watch);
    if (watch)
        config_ops.get_duration_ns(root, "metrichost.config.modules.reload.period",
                                   &p->modules_period_ns);
}

static int
open_ledger(struct pipeline *p)
{
    p->input_env.ledger = ledger_new();
    if (p->input_env.ledger == NULL)
        return -ENOMEM;
    int r = ledger_load(p->input_env.ledger, p->ledger_path);
    if (r != 0 && r != -ENOENT)
        log_warning("pipeline", "%s: %s; the counts begin anew", p->ledger_path,
                    r == -EBADMSG ? "damaged" : strerror(-r));
    return 0;
}

/* The ledger's file is from the last run. Records that were lost with a memory queue or in damaged
 * files end there. */
static void
account_for_queue(struct pipeline *p)
{
    struct queue_stats stats = {0};
    queue_stats_of(p->input_env.queue, &stats);
    p->lost_seen = stats.n_lost;
    if (strcmp(p->input_env.queue->ops->name, "mem") == 0)
        ledger_lose(p->input_env.ledger, "memory_queue_ended", UINT64_MAX);
    ledger_lose(p->input_env.ledger, "queue_damaged", stats.n_lost);
    ledger_adopt(p->input_env.ledger, stats.n_entries);
}

/* Damage in the queue's files is found when they are read; what it cost is counted as it shows. */
static void
account_for_losses(struct pipeline *p)
{
    struct queue_stats stats = {0};
    if (p->input_env.queue == NULL)
        return;
    queue_stats_of(p->input_env.queue, &stats);
    if (stats.n_lost > p->lost_seen)
        ledger_lose(p->input_env.ledger, "queue_damaged", stats.n_lost - p->lost_seen);
    p->lost_seen = stats.n_lost;
}

static int
open_queue(struct pipeline *p)
{
    CLEANUP_FREE char *reason = NULL;
    int r = queue_open_configured(p->settings, p->input_env.ledger, &p->input_env.queue, &reason);
    if (r != 0) {
        log_error("pipeline", "the queue cannot be opened: %s",
                  reason != NULL ? reason : strerror(-r));
        return r;
    }
    account_for_queue(p);
    return 0;
}

static int
open_parts(struct pipeline *p)
{
    int r = make_paths(p);
    if (r == 0)
        r = lock_data(p);
    if (r == 0)
        r = agent_load(&p->agent, p->settings->paths.data);
    if (r == 0)
        r = open_ledger(p);
    if (r == 0 && !p->options->dry_run)
        r = open_queue(p);
    if (r == 0)
        r = pipeline_open_registry(p->settings, &p->registry);
    if (r != 0)
        return r;
    p->input_env.base = agent_constants(&p->agent, p->settings, p->options->version);
    p->output_env = (struct output_env){
        .instance = &p->input_env.instance,
        .queue = p->input_env.queue,
        .ledger = p->input_env.ledger,
        .dead_letter = dead_letter_new(p->dead_letter_path, DEAD_LETTER_MAX),
    };
    return p->input_env.base != NULL && p->output_env.dead_letter != NULL ? 0 : -ENOMEM;
}

static void
fill_env(struct pipeline *p, const char *version)
{
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->input_env.lock, NULL);
    p->lock_fd = -1;
    p->started_ns = util_monotonic_ns();
    p->input_env.instance = (struct instance_env){
        .version = version,
        .monotonic_ns = util_monotonic_ns,
        .realtime_ns = util_realtime_ns,
    };
}

static int
build(struct pipeline *p, struct diagnostics *d)
{
    struct build_env env = {.registry = p->registry,
                            .input = &p->input_env,
                            .output = &p->output_env,
                            .without_output = p->options->dry_run,
                            .without_inputs = p->without_inputs,
                            .leave_out_refused = p->leave_out_refused};
    p->input_env.instance.state_dir = p->state_dir;
    p->input_env.instance.registry = p->registry;
    int r = build_all(p->settings, &env, d, &p->built);
    p->input_env.processors = p->built.processors;
    return r;
}

static int
start(struct pipeline *p)
{
    processors_start(p->built.processors);
    int r = p->built.output != NULL ? output_start(p->built.output) : 0;
    for (size_t i = 0; r == 0 && i < p->built.n_inputs; i++)
        r = input_start(p->built.inputs[i]);
    if (r != 0)
        log_error("pipeline", "cannot start a thread: %s", strerror(-r));
    if (p->built.n_inputs == 0)
        log_warning("pipeline", "no module is enabled, nothing is collected; `metrichost modules "
                                "list` shows what there is");
    p->status = status_open(p);
    return r;
}

static bool
is_due(uint64_t now, uint64_t period_ns, uint64_t *next)
{
    if (period_ns == 0 || now < *next)
        return false;
    *next = now + period_ns;
    return true;
}

static void
look_around(struct pipeline *p)
{
    uint64_t now = util_monotonic_ns();
    watchdog_look(p);
    account_for_losses(p);
    if (is_due(now, p->metrics_period_ns, &p->next_metrics_ns))
        metrics_log(p, false);
    if (is_due(now, SAVE_PERIOD_S * MH_NS_PER_S, &p->next_save_ns))
        ledger_save(p->input_env.ledger, p->ledger_path);
    if (!is_due(now, p->modules_period_ns, &p->next_modules_ns))
        return;
    uint64_t seen = modules_fingerprint(p->settings);
    if (seen != p->modules_seen) {
        p->modules_seen = seen;
        pipeline_reload(p);
    }
}

static void
block_signals(sigset_t *set)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    sigemptyset(set);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaddset(set, numbers[i]);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit fails the write, not the daemon */
}

static void
control(struct pipeline *p, const sigset_t *signals)
{
    static const struct timespec step = {.tv_nsec = 500 * 1000 * 1000};
    uint64_t now = util_monotonic_ns();
    p->next_metrics_ns = now + p->metrics_period_ns;
    p->next_save_ns = now + SAVE_PERIOD_S * MH_NS_PER_S;
    p->modules_seen = modules_fingerprint(p->settings);
    for (;;) {
        int number = sigtimedwait(signals, NULL, &step);
        if (number == SIGTERM || number == SIGINT)
            return;
        if (number == SIGHUP)
            pipeline_reload(p);
        else if (number == SIGUSR1)
            log_reopen();
        look_around(p);
    }
}

static void
pipeline_free(struct pipeline *p)
{
    built_free(&p->built);
    if (p->input_env.queue != NULL)
        queue_free(p->input_env.queue);
    dead_letter_free(p->output_env.dead_letter);
    ledger_free(p->input_env.ledger);
    constants_unref(p->input_env.base);
    registry_close(p->registry);
    settings_free(p->settings);
    if (p->lock_fd >= 0)
        close(p->lock_fd);
    free(p->state_dir);
    free(p->ledger_path);
    free(p->dead_letter_path);
    free(p->lock_path);
    pthread_mutex_destroy(&p->input_env.lock);
    pthread_mutex_destroy(&p->lock);
}

static int
run(struct pipeline *p)
{
    CLEANUP(diagnostics_free) struct diagnostics d = {0};
    sigset_t signals;
    block_signals(&signals);
    read_times(p);
    if (open_parts(p) != 0)
        return 1;
    p->leave_out_refused = true;
    int r = build(p, &d);
    if (p->options->report(&d) != 0 || r != 0 || start(p) != 0)
        return 1;
    log_info("pipeline", "metrichost %s start running, %zu inputs", p->options->version,
             p->built.n_inputs);
    control(p, &signals);
    pipeline_shutdown(p);
    metrics_log(p, true);
    ledger_save(p->input_env.ledger, p->ledger_path);
    log_info("pipeline", "metrichost stopped");
    return 0;
}

int
pipeline_run(struct settings *settings, const struct run_options *options)
{
    struct pipeline p = {.settings = settings, .options = options};
    fill_env(&p, options->version);
    int status = run(&p);
    status_close(p.status);
    if (p.hung) {
        log_close();
        _exit(status);
    }
    pipeline_free(&p);
    return status;
}

/* Builds without running: no data folder is touched, no socket opened. */
static int
build_only(struct pipeline *p, struct diagnostics *d)
{
    fill_env(p, p->options->version);
    p->input_env.ledger = ledger_new();
    p->input_env.base = agent_constants(&p->agent, p->settings, p->options->version);
    p->output_env.instance = &p->input_env.instance;
    int r = p->input_env.ledger != NULL && p->input_env.base != NULL
                ? pipeline_open_registry(p->settings, &p->registry)
                : -ENOMEM;
    return r == 0 ? build(p, d) : r;
}

int
pipeline_check(struct settings *settings, const char *version, struct diagnostics *d)
{
    struct run_options options = {.version = version};
    struct pipeline p = {.settings = settings, .options = &options};
    int r = build_only(&p, d);
    p.settings = NULL; /* the caller's */
    pipeline_free(&p);
    return r;
}

int
pipeline_with_output(struct settings *settings, const char *version,
                     int (*use)(struct instance *output, void *ctx), void *ctx,
                     struct diagnostics *d)
{
    struct run_options options = {.version = version};
    struct pipeline p = {.settings = settings, .options = &options, .without_inputs = true};
    int r = build_only(&p, d);
    if (r == 0)
        r = use(&p.built.output->workers[0]->instance, ctx);
    p.settings = NULL; /* the caller's */
    pipeline_free(&p);
    return r;
}

int
pipeline_with_inputs(struct settings *settings, const char *version,
                     int (*use)(struct input *input, void *ctx), void *ctx, struct diagnostics *d)
{
    struct run_options options = {.version = version, .dry_run = true};
    struct pipeline p = {.settings = settings, .options = &options};
    int r = build_only(&p, d);
    for (size_t i = 0; r == 0 && i < p.built.n_inputs; i++)
        r = use(p.built.inputs[i], ctx);
    if (p.built.processors != NULL)
        processors_stop(p.built.processors);
    p.settings = NULL; /* the caller's */
    pipeline_free(&p);
    return r;
}
