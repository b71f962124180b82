/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fargate_place.c - see the header.
 */
#include "fargate_place.h"

#include "awsfargate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

void
fargate_place_open(struct fargate_place *place)
{
    static const char *const args[] = {"FOLDER", NULL};
    *place = (struct fargate_place){.reader = json_new(NULL)};
    assert_non_null(place->reader);
    if (!stub_server_start(&place->server, "tmds_server.py", args))
        fail_msg("no stub server");
}

void
fargate_place_start_with(struct fargate_place *place, const char *options,
                         const char *const *metricsets)
{
    char *yaml;
    int len =
        asprintf(&yaml, "metadata_uri: http://127.0.0.1:%d/v4/test\n%s%s\n", place->server.port,
                 strstr(options, "max_requests") ? "" : "max_requests_per_second: 1000\n", options);
    assert_true(len > 0);
    place->host = testhost_new(&awsfargate_plugin, yaml);
    free(yaml);
    if (metricsets != NULL)
        testhost_metricsets(place->host, metricsets);
    testhost_period(place->host, 10000000);
    assert_int_equal(testhost_create(place->host), MH_OK);
    assert_int_equal(testhost_start(place->host), MH_OK);
}

void
fargate_place_start(struct fargate_place *place, const char *options)
{
    fargate_place_start_with(place, options, NULL);
}

void
fargate_place_close(struct fargate_place *place)
{
    if (place->host != NULL)
        testhost_free(place->host);
    stub_server_stop(&place->server);
    json_free(place->reader);
    free(place->documents);
}

void
fargate_place_collect(struct fargate_place *place, int32_t code)
{
    int32_t got = testhost_collect(place->host);
    if (got != code)
        print_message("collect: %d, words: %s\n", got, testhost_words(place->host));
    assert_int_equal(got, code);
}

/* Lines of JSON to one array. */
static char *
as_array(const char *lines)
{
    size_t len = strlen(lines);
    char *text = malloc(len + 3);
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i < len; i++)
        text[i + 1] = lines[i] == '\n' && i + 1 < len ? ',' : lines[i];
    strcpy(text + 1 + len, "]");
    return text;
}

const struct json_node *
fargate_place_documents(struct fargate_place *place, const char *dataset)
{
    char *lines = dataset != NULL ? testhost_documents_of(place->host, dataset)
                                  : testhost_documents(place->host);
    free(place->documents);
    place->documents = as_array(lines);
    free(lines);
    assert_int_equal(json_parse(place->reader, place->documents, strlen(place->documents)), 0);
    return json_root(place->reader);
}

const struct json_node *
fargate_place_container(struct fargate_place *place, const char *name)
{
    const struct json_node *all = fargate_place_documents(place, "awsfargate.task_stats");
    for (const struct json_node *doc = all->members.first; doc != NULL; doc = doc->next) {
        if (strcmp(json_get_text(doc, "container.name"), name) == 0)
            return doc;
    }
    return NULL;
}

const struct json_node *
fargate_place_task(struct fargate_place *place)
{
    const struct json_node *all = fargate_place_documents(place, "awsfargate.task");
    assert_int_equal(all->members.count, 1);
    return all->members.first;
}

void
assert_number(const struct json_node *document, const char *path, double expected)
{
    double got = NAN;
    if (!json_get_double(document, path, &got) || fabs(got - expected) > 1e-9)
        fail_msg("%s is %.12g, not %.12g", path, got, expected);
}

void
assert_text(const struct json_node *document, const char *path, const char *expected)
{
    const char *got = json_get_text(document, path);
    if (got == NULL || strcmp(got, expected) != 0)
        fail_msg("%s is %s, not %s", path, got != NULL ? got : "absent", expected);
}

void
assert_absent(const struct json_node *document, const char *path)
{
    if (json_at(document, path) != NULL)
        fail_msg("%s is there", path);
}
