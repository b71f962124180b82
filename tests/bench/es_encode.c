/* SPDX-License-Identifier: Apache-2.0 */
/*
 * es_encode.c - what a document of about 1 KB costs on its way into a bulk body: CPU of this
 * process. Prints; asserts nothing.
 *
 * The budget is 2 us for 1 KB without gzip. A general generator (yajl_gen) writes the same document
 * for comparison, and gzip at several levels is shown beside it.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <yajl/yajl_gen.h>

#include "body.h"
#include "json_write.h"
#include "output_es.h"
#include "support.h"
#include "testhost.h"

#define BATCH 1000u
#define ROUNDS 200u
#define BUDGET_US 2.0

/* A document as docker.cpu makes them, with the envelope of a machine in the cloud. */
#define N_NUMBERS 24u
static struct mh_field fields[N_NUMBERS + 3];
static char names[N_NUMBERS][48];
static struct mh_dataset dataset = {.name = "docker.cpu",
                                    .module = "docker",
                                    .metricset = "cpu",
                                    .doc = "cpu",
                                    .fields = fields,
                                    .n_fields = COUNT_OF(fields),
                                    .field_stride = sizeof(struct mh_field)};

static void
make_fields(void)
{
    for (uint32_t i = 0; i < N_NUMBERS; i++) {
        snprintf(names[i], sizeof names[i], "docker.cpu.part%u.%s", i / 3,
                 i % 3 == 0   ? "pct"
                 : i % 3 == 1 ? "norm.pct"
                              : "ticks");
        fields[i] = (struct mh_field){.name = names[i],
                                      .type = i % 3 == 2 ? MH_TYPE_LONG : MH_TYPE_DOUBLE,
                                      .doc = "a number"};
    }
    fields[N_NUMBERS] =
        (struct mh_field){.name = "container.id", .type = MH_TYPE_KEYWORD, .doc = "id"};
    fields[N_NUMBERS + 1] =
        (struct mh_field){.name = "container.name", .type = MH_TYPE_KEYWORD, .doc = "name"};
    fields[N_NUMBERS + 2] =
        (struct mh_field){.name = "container.image.name", .type = MH_TYPE_KEYWORD, .doc = "image"};
}

static void
fill(const struct mh_record_ops *ops, struct mh_record *record, uint32_t n, void *ctx)
{
    struct mh_value v;
    char text[80];
    (void)ctx;
    for (uint32_t i = 0; i < N_NUMBERS; i++) {
        v = i % 3 == 2 ? mh_int((int64_t)n * 26810000 + i * 1000003)
                       : mh_double((double)((n * 7919 + i * 104729) % 80000) / 1e4);
        ops->set(record, i, &v);
    }
    snprintf(text, sizeof text, "7f3ca1f1b2b310362e90f700d2b2e52ebd46ef6ddf10c0704f22b25686c4%04x",
             n % 62);
    v = mh_text(text, strlen(text));
    ops->set(record, N_NUMBERS, &v);
    snprintf(text, sizeof text, "web_%u", n % 62);
    v = mh_text(text, strlen(text));
    ops->set(record, N_NUMBERS + 1, &v);
    v = mh_text("nginx:1.25", 10);
    ops->set(record, N_NUMBERS + 2, &v);
}

static double
cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void
report(const char *what, double us, size_t bytes, size_t plain)
{
    double per_document = us / (ROUNDS * BATCH);
    printf("%-28s %6.2f us a document of %4zu bytes, %5.2f us per KB, %5.1f %% of the size\n", what,
           per_document, plain / BATCH, per_document * 1024 / ((double)plain / BATCH),
           100.0 * (double)bytes / (double)plain);
}

/* The whole way: action line, document, gzip. */
static void
bench_body(const struct mh_record_ops *ops, struct mh_batch *batch, int level)
{
    struct body *body = body_new(level);
    size_t len = 0, plain = 0;
    const void *bytes;
    char what[32];
    double begun = cpu_us();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        body_begin(body);
        for (uint32_t i = 0; i < BATCH; i++) {
            struct json_text *to = body_text(body);
            const struct mh_record *record = ops->at(batch, i);
            json_add_literal(to, "{\"create\":{\"_index\":\"metrichost-0.1.0\",\"_id\":\"");
            json_add_literal(to, ops->id(record));
            json_add_literal(to, "\"}}\n");
            json_write_record(to, ops, record);
            json_add_literal(to, "\n");
            body_added(body);
        }
        plain = body_plain_size(body);
        body_end(body, &bytes, &len);
    }
    snprintf(what, sizeof what, level == 0 ? "bulk body, plain" : "bulk body, gzip %d", level);
    report(what, cpu_us() - begun, len, plain);
    body_free(body);
}

static void
generate_value(yajl_gen gen, const struct mh_value *v)
{
    if (v->type == MH_VALUE_INT)
        yajl_gen_integer(gen, v->u.i);
    else if (v->type == MH_VALUE_DOUBLE)
        yajl_gen_double(gen, v->u.d);
    else if (v->type == MH_VALUE_STRING)
        yajl_gen_string(gen, (const unsigned char *)v->u.s, v->len);
    else
        yajl_gen_null(gen);
}

static void
generate(yajl_gen gen, const struct mh_record_ops *ops, const struct mh_record *record)
{
    struct mh_cursor cursor = {{0}};
    struct mh_item items[32];
    uint32_t n;
    yajl_gen_map_open(gen);
    while ((n = ops->read(record, &cursor, items, COUNT_OF(items), 0)) > 0)
        for (uint32_t i = 0; i < n; i++) {
            if (items[i].key != NULL)
                yajl_gen_string(gen, (const unsigned char *)items[i].key, items[i].key_len);
            if (items[i].kind == MH_ITEM_OPEN_OBJECT)
                yajl_gen_map_open(gen);
            else if (items[i].kind == MH_ITEM_CLOSE_OBJECT)
                yajl_gen_map_close(gen);
            else
                generate_value(gen, &items[i].value);
        }
    yajl_gen_map_close(gen);
}

static void
bench_yajl(const struct mh_record_ops *ops, struct mh_batch *batch)
{
    size_t plain = 0, len;
    const unsigned char *bytes;
    double begun = cpu_us();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        plain = 0;
        for (uint32_t i = 0; i < BATCH; i++) {
            yajl_gen gen = yajl_gen_alloc(NULL);
            generate(gen, ops, ops->at(batch, i));
            yajl_gen_get_buf(gen, &bytes, &len);
            plain += len;
            yajl_gen_free(gen);
        }
    }
    report("the document, by yajl_gen", cpu_us() - begun, plain, plain);
}

static void
bench_document(const struct mh_record_ops *ops, struct mh_batch *batch)
{
    struct json_text text = {0};
    double begun = cpu_us();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        json_text_reset(&text);
        for (uint32_t i = 0; i < BATCH; i++)
            json_write_record(&text, ops, ops->at(batch, i));
    }
    report("the document, written", cpu_us() - begun, text.len, text.len);
    json_text_free(&text);
}

int
main(void)
{
    make_fields();
    struct testhost *t = testhost_new(&es_plugin, "hosts: [localhost]");
    if (testhost_create(t) != MH_OK)
        return 1;
    const struct mh_record_ops *ops = testhost_host(t)->record;
    struct mh_batch *batch = testhost_batch(&dataset, BATCH, fill, NULL);
    printf("budget: %.1f us for 1 KB without gzip\n", BUDGET_US);
    bench_document(ops, batch);
    bench_yajl(ops, batch);
    bench_body(ops, batch, 0);
    bench_body(ops, batch, 1);
    bench_body(ops, batch, 6);
    testhost_free_batch(batch);
    testhost_free(t);
    return 0;
}
