/* SPDX-License-Identifier: Apache-2.0 */
/*
 * es_drive.c - sends numbered documents through the Elasticsearch output until every one was taken,
 * as the daemon does it: a batch that was put off is written again, with a pause.
 *
 *   es_drive CONFIG.yml FIRST COUNT BATCH WORKERS SECONDS
 *
 * Documents carry drive.number FIRST ... FIRST+COUNT-1. Prints one line of JSON: taken, rejected,
 * writes, retries. Exit 1 when the time was not enough or the configuration is wrong.
 */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include <metrichost/ext/output.h>

#include "http.h"
#include "output_es.h"
#include "support.h"
#include "testhost.h"

enum { FIELD_NUMBER, FIELD_PCT, FIELD_NAME, FIELD_LABELS };

static const struct mh_field fields[] = {
    {.name = "drive.number", .type = MH_TYPE_LONG, .doc = "which document this is"},
    {.name = "drive.pct",
     .type = MH_TYPE_DOUBLE,
     .unit = "percent",
     .metric = MH_METRIC_GAUGE,
     .doc = "a share"},
    {.name = "container.name", .type = MH_TYPE_KEYWORD, .doc = "a name"},
    {.name = "drive.labels", .type = MH_TYPE_FLATTENED, .doc = "labels"},
};

static const struct mh_dataset dataset = {.name = "drive.documents",
                                          .module = "drive",
                                          .metricset = "documents",
                                          .doc = "documents for tests",
                                          .fields = fields,
                                          .n_fields = COUNT_OF(fields),
                                          .field_stride = sizeof(struct mh_field)};

static struct {
    char *yaml;
    uint64_t first, count;
    uint32_t batch, n_workers;
    uint64_t deadline_ns;
    atomic_uint_fast64_t next, taken, rejected, writes, retries;
    atomic_bool failed;
} drive;

static void
fill(const struct mh_record_ops *ops, struct mh_record *record, uint32_t i, void *ctx)
{
    uint64_t number = *(uint64_t *)ctx + i;
    struct mh_value v = mh_int((int64_t)number);
    char name[48];
    ops->set(record, FIELD_NUMBER, &v);
    v = mh_double((double)(number % 1000) / 1e3);
    ops->set(record, FIELD_PCT, &v);
    snprintf(name, sizeof name, "web_%" PRIu64, number % 62);
    v = mh_text(name, strlen(name));
    ops->set(record, FIELD_NAME, &v);
    v = mh_text("shop", 4);
    ops->put(record, FIELD_LABELS, "com.docker.compose.project", 26, &v);
}

/* Counts what a write has settled; true when nothing of the batch is open. */
static bool
settle(struct mh_batch *batch, uint32_t n, int32_t code)
{
    uint32_t n_taken = 0, n_rejected = 0;
    for (uint32_t i = 0; i < n; i++) {
        int32_t status = testhost_status(batch, i, NULL);
        n_taken += code == MH_OK || status == MH_STATUS_DELIVERED;
        n_rejected += code != MH_OK && status == MH_STATUS_REJECTED;
    }
    if (n_taken + n_rejected < n)
        return false;
    atomic_fetch_add(&drive.taken, n_taken);
    atomic_fetch_add(&drive.rejected, n_rejected);
    return true;
}

static bool
deliver(struct testhost *t, struct mh_batch *batch, uint32_t n)
{
    int pause_ms = 5;
    while (http_monotonic_ns() < drive.deadline_ns) {
        int32_t code = testhost_write(t, batch);
        atomic_fetch_add(&drive.writes, 1);
        if ((code == MH_OK || code == MH_ERR_PARTIAL) && settle(batch, n, code))
            return true;
        atomic_fetch_add(&drive.retries, 1);
        poll(NULL, 0, pause_ms);
        pause_ms = pause_ms < 200 ? pause_ms * 2 : 200;
    }
    return false;
}

static uint32_t
batch_size(struct testhost *t)
{
    const struct mh_output_v1 *output = es_plugin.get_interface(testhost_self(t), MH_EXT_OUTPUT);
    struct mh_output_limits limits;
    output->limits(testhost_self(t), &limits);
    return limits.max_records < drive.batch ? limits.max_records : drive.batch;
}

static void
run(struct testhost *t)
{
    while (!atomic_load(&drive.failed)) {
        uint32_t n = batch_size(t);
        uint64_t number = atomic_fetch_add(&drive.next, n);
        if (number >= drive.first + drive.count)
            return;
        if (number + n > drive.first + drive.count)
            n = (uint32_t)(drive.first + drive.count - number);
        struct mh_batch *batch = testhost_batch(&dataset, n, fill, &number);
        if (!deliver(t, batch, n))
            atomic_store(&drive.failed, true);
        testhost_free_batch(batch);
    }
}

static void *
worker_main(void *ctx)
{
    run(ctx);
    return NULL;
}

/* Creation is on one thread, as in the daemon. */
static struct testhost *
make_worker(uint32_t i)
{
    struct testhost *t = testhost_new(&es_plugin, drive.yaml);
    testhost_worker(t, i, drive.n_workers);
    if (testhost_create(t) == MH_OK && testhost_start(t) == MH_OK)
        return t;
    fprintf(stderr, "es_drive: %s %s\n", testhost_findings(t), testhost_words(t));
    exit(1);
}

static char *
read_text(const char *path)
{
    CLEANUP_FILE FILE *file = fopen(path, "re");
    char *text = calloc(1, 65536);
    if (file == NULL || text == NULL || fread(text, 1, 65535, file) == 0) {
        fprintf(stderr, "es_drive: cannot read %s\n", path);
        exit(1);
    }
    return text;
}

int
main(int argc, char **argv)
{
    pthread_t threads[64];
    struct testhost *workers[64];
    if (argc != 7) {
        fprintf(stderr, "usage: es_drive CONFIG.yml FIRST COUNT BATCH WORKERS SECONDS\n");
        return 2;
    }
    drive.yaml = read_text(argv[1]);
    drive.first = strtoull(argv[2], NULL, 10);
    drive.count = strtoull(argv[3], NULL, 10);
    drive.batch = (uint32_t)strtoul(argv[4], NULL, 10);
    drive.n_workers = (uint32_t)strtoul(argv[5], NULL, 10);
    if (drive.n_workers > COUNT_OF(threads))
        drive.n_workers = COUNT_OF(threads);
    drive.deadline_ns = http_monotonic_ns() + strtoull(argv[6], NULL, 10) * MH_NS_PER_S;
    atomic_store(&drive.next, drive.first);
    for (uint32_t i = 0; i < drive.n_workers; i++)
        workers[i] = make_worker(i);
    for (uint32_t i = 0; i < drive.n_workers; i++)
        pthread_create(&threads[i], NULL, worker_main, workers[i]);
    for (uint32_t i = 0; i < drive.n_workers; i++) {
        pthread_join(threads[i], NULL);
        fputs(testhost_log(workers[i]), stderr);
    }
    for (uint32_t i = 0; i < drive.n_workers; i++)
        testhost_free(workers[i]);
    printf("{\"taken\":%" PRIuFAST64 ",\"rejected\":%" PRIuFAST64 ",\"writes\":%" PRIuFAST64
           ",\"retries\":%" PRIuFAST64 "}\n",
           atomic_load(&drive.taken), atomic_load(&drive.rejected), atomic_load(&drive.writes),
           atomic_load(&drive.retries));
    free(drive.yaml);
    return atomic_load(&drive.failed) ? 1 : 0;
}
