/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testhost.h - a host for unit tests of plugins: the real records, configuration and host table,
 * with clocks that the test sets, a log that it can read and batches as JSON lines.
 *
 * Link libmhhost.la and the plugin's core. One plugin instance per testhost.
 */
#ifndef MH_TESTHOST_H
#define MH_TESTHOST_H

#include <metrichost/plugin.h>

#include <stdbool.h>

struct testhost;
struct mh_dataset;

/* A host for one instance. yaml: the instance's configuration block; NULL or "": empty. Not created
 * yet. */
struct testhost *testhost_new(const struct mh_plugin *plugin, const char *yaml);
/* stop (when running), destroy, and frees everything. */
void testhost_free(struct testhost *t);

/* The table that the plugin gets. */
const struct mh_host *testhost_host(struct testhost *t);
/* The plugin's own self; NULL before create. */
void *testhost_self(struct testhost *t);

/* Binds the configuration to the plugin's schema and calls create(). MH_OK or the error; findings:
 * testhost_findings. */
int32_t testhost_create(struct testhost *t);
int32_t testhost_start(struct testhost *t);
void testhost_stop(struct testhost *t);
/* One collect() into an empty batch, with a deadline of 10 s of real time. The batch stays readable
 * until the next call. */
int32_t testhost_collect(struct testhost *t);
/* collect() with this deadline (monotonic ns). */
int32_t testhost_collect_until(struct testhost *t, uint64_t deadline_ns);
/* The records of the last collect and of all submit()s since, one JSON document a line. The caller
 * frees. */
char *testhost_documents(struct testhost *t);
/* The same, only records of this event.dataset. */
char *testhost_documents_of(struct testhost *t, const char *dataset);
/* The same, and they are gone then. From the first call on a collect drops nothing, so that a plugin that submits from
 * threads of its own loses no record between two calls. The caller frees; NULL when there are none. */
char *testhost_take_documents(struct testhost *t);
/* How many records testhost_documents would print. */
uint32_t testhost_n_documents(struct testhost *t);

/* Only these metricsets are on from now (before create); NULL-terminated. Default: all of the
 * plugin's datasets. */
void testhost_metricsets(struct testhost *t, const char *const *names);
/* 10 s unless set. */
void testhost_period(struct testhost *t, uint64_t period_ns);
/* Freezes the clocks at these values; testhost_advance moves both. Without it they are the real
 * ones. */
void testhost_set_clocks(struct testhost *t, uint64_t monotonic_ns, int64_t realtime_ns);
void testhost_advance(struct testhost *t, uint64_t ns);
/* Makes stopping() true and calls wake(). */
void testhost_wake(struct testhost *t);
/* Folder for metrichost.state/1; without it the extension is absent. */
void testhost_state_dir(struct testhost *t, const char *folder);
/* Number and count of this output worker (before create). */
void testhost_worker(struct testhost *t, uint32_t index, uint32_t n);

/* Constants that the plugin set, as one JSON document. The caller frees. */
char *testhost_constants(struct testhost *t);
/* Everything logged so far ("error: TEXT\n" ...); the words of the last fail(); the configuration's
 * findings. Borrowed. */
const char *testhost_log(struct testhost *t);
/* True when these words were logged; also while threads of the plugin go on logging. */
bool testhost_has_logged(struct testhost *t, const char *words);
const char *testhost_words(struct testhost *t);
const char *testhost_findings(struct testhost *t);
/* Value of a statistic; 0: never touched. */
int64_t testhost_statistic(struct testhost *t, const char *name);

/* For outputs and processors: a batch of n records of one dataset of this schema, made by
 * fill(record ops, record, i, ctx). Each has an identity. Constants agent.name "test" and
 * event.dataset are set. Free with testhost_free_batch. */
struct mh_batch *testhost_batch(const struct mh_dataset *dataset, uint32_t n,
                                void (*fill)(const struct mh_record_ops *ops,
                                             struct mh_record *record, uint32_t i, void *ctx),
                                void *ctx);
void testhost_free_batch(struct mh_batch *batch);
/* write() or process() with a deadline of 30 s. */
int32_t testhost_write(struct testhost *t, struct mh_batch *batch);
int32_t testhost_process(struct testhost *t, struct mh_batch *batch);
/* Status that the output gave record i (MH_STATUS_..., -1: none), and its reason (borrowed, NULL:
 * none). */
int32_t testhost_status(struct mh_batch *batch, uint32_t i, const char **ret_reason);
/* A batch as JSON lines. The caller frees. */
char *testhost_batch_documents(struct mh_batch *batch);

#endif
