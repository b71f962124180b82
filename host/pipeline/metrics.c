/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - the daemon's own figures in the log: what has happened since the last line, and in
 * total at the end. */
#include "log/log.h"
#include "pipeline/pipeline_internal.h"

#include <sys/resource.h>

static uint64_t
cpu_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

static uint64_t
resident_bytes(void)
{
    CLEANUP_FREE char *text = NULL;
    size_t len;
    unsigned long long pages = 0;
    if (util_read_file("/proc/self/statm", 4096, &text, &len) == 0 &&
        sscanf(text, "%*u %llu", &pages) == 1)
        return pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return 0;
}

static void
add_instances(struct pipeline *p, struct buf *to)
{
    buf_add_text(to, ",\"instances\":{");
    for (size_t i = 0; i < p->built.n_inputs; i++) {
        struct instance *in = &p->built.inputs[i]->instance;
        buf_printf(to, "%s", i != 0 ? "," : "");
        buf_add_json_string(to, in->name, strlen(in->name));
        buf_add_text(to, ":{");
        instance_statistics_json(in, to);
        buf_add_char(to, '}');
    }
    buf_add_char(to, '}');
}

void
metrics_log(struct pipeline *p, bool total)
{
    CLEANUP(buf_free) struct buf json = {0};
    struct ledger_counts now = ledger_total(p->input_env.ledger);
    struct ledger_counts since = total ? (struct ledger_counts){0} : p->last_counts;
    struct queue_stats queue = {0};
    if (p->input_env.queue != NULL)
        queue_stats_of(p->input_env.queue, &queue);
    buf_printf(
        &json,
        "\"records\":{\"collected\":%llu,\"delivered\":%llu,\"dropped\":%llu,"
        "\"dead_lettered\":%llu,\"queued\":%llu},\"queue\":{\"entries\":%llu,\"bytes\":%llu},"
        "\"cpu_ms\":%llu,\"resident_bytes\":%llu,\"uptime_s\":%llu",
        (unsigned long long)(now.collected - since.collected),
        (unsigned long long)(now.delivered - since.delivered),
        (unsigned long long)(now.dropped - since.dropped),
        (unsigned long long)(now.dead_lettered - since.dead_lettered),
        (unsigned long long)now.queued, (unsigned long long)queue.n_entries,
        (unsigned long long)queue.n_bytes, (unsigned long long)cpu_ms(),
        (unsigned long long)resident_bytes(),
        (unsigned long long)((util_monotonic_ns() - p->started_ns) / MH_NS_PER_S));
    add_instances(p, &json);
    buf_add_char(&json, '\0');
    p->last_counts = now;
    if (!json.failed)
        log_json(LOG_LEVEL_INFO, "pipeline",
                 total ? "Total metrics" : "Metrics since the last line", json.data);
}
