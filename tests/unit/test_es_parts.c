/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_es_parts.c - the parts of the Elasticsearch output that need no server: cloud.id, host
 * entries, bulk answers, verdicts, bodies, pacing, server versions.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <zlib.h>
#include <cmocka.h>

#include "base64.h"
#include "body.h"
#include "bulk_response.h"
#include "cloud_id.h"
#include "endpoint.h"
#include "pacing.h"
#include "path.h"
#include "server.h"
#include "support.h"
#include "verdict.h"

static void
test_cloud_id(void **state)
{
    static const struct {
        const char *id, *es, *kibana;
    } cases[] = {
        {"staging:"
         "dXMtZWFzdC0xLmF3cy5mb3VuZC5pbyRjZWM2ZjI2MWE3NGJmMjRjZTMzYmI4ODExYjg0Mjk0ZiRjNmMyY2E2ZDA0M"
         "jI0OWFmMGNjN2Q3Y"
         "TllOTYyNTc0Mw==",
         "https://cec6f261a74bf24ce33bb8811b84294f.us-east-1.aws.found.io:443",
         "https://c6c2ca6d042249af0cc7d7a9e9625743.us-east-1.aws.found.io:443"},
        {"my:label:ZXUtd2VzdC0xLmF3cy5leGFtcGxlLm5ldDo5MjQzJDExMTFhYWFhJDIyMjJiYmJiOjkyNDQ=",
         "https://1111aaaa.eu-west-1.aws.example.net:9243",
         "https://2222bbbb.eu-west-1.aws.example.net:9244"},
        {"eszero:ZXUtd2VzdC0xLmF3cy5leGFtcGxlLm5ldCQxMTExYWFhYTo5MjAwJA==",
         "https://1111aaaa.eu-west-1.aws.example.net:9200",
         "https://.eu-west-1.aws.example.net:443"},
        /* without a label, and with an empty one */
        {"ZXUtd2VzdC0xLmF3cy5leGFtcGxlLm5ldCQxMTExYWFhYTo5MjAwJA==",
         "https://1111aaaa.eu-west-1.aws.example.net:9200",
         "https://.eu-west-1.aws.example.net:443"},
        {":ZXUtd2VzdC0xLmF3cy5leGFtcGxlLm5ldCQxMTExYWFhYTo5MjAwJA==",
         "https://1111aaaa.eu-west-1.aws.example.net:9200",
         "https://.eu-west-1.aws.example.net:443"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(cloud_id_free) struct cloud_id id = {0};
        const char *problem;
        assert_int_equal(cloud_id_decode(cases[i].id, strlen(cases[i].id), &id, &problem), 0);
        assert_string_equal(id.elasticsearch, cases[i].es);
        assert_string_equal(id.kibana, cases[i].kibana);
    }
}

static void
test_cloud_id_wrong(void **state)
{
    static const char *const cases[][2] = {
        {"prod:@@@", "base64"},
        {"blah", "3 parts"},
        {"dXMtY2VudHJhbDEuZ2NwLmNsb3VkLmVzLmlvJDhhMDI4M2FmMDQxZjE5NWY3NzI5YmMwNGM2NmEwZg==",
         "3 parts"},
        {"", "3 parts"},
        {"x:", "3 parts"},
        {"x:YQ", "base64"},               /* padding is required */
        {"x:YSQ kJA==", "base64"},        /* no blanks */
        {"x:YSBiJGMkZA==", "characters"}, /* "a b$c$d" */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct cloud_id id;
        const char *problem;
        assert_int_equal(cloud_id_decode(cases[i][0], strlen(cases[i][0]), &id, &problem), -EINVAL);
        assert_non_null(strstr(problem, cases[i][1]));
    }
}

static void
test_base64(void **state)
{
    static const char *const cases[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_FREE char *encoded = base64_encode(cases[i][0], strlen(cases[i][0]));
        CLEANUP_FREE char *decoded = NULL;
        size_t len;
        assert_string_equal(encoded, cases[i][1]);
        assert_int_equal(base64_decode(encoded, strlen(encoded), &decoded, &len), 0);
        assert_string_equal(decoded, cases[i][0]);
        assert_int_equal(len, strlen(cases[i][0]));
    }
}

static void
test_endpoints(void **state)
{
    static const struct {
        const char *entry, *scheme, *path, *url, *username, *password;
    } cases[] = {
        {"es", NULL, NULL, "http://es:9200", NULL, NULL},
        {"es:9201", "https", NULL, "https://es:9201", NULL, NULL},
        {"https://es", NULL, NULL, "https://es:9200", NULL, NULL}, /* 9200 also for https */
        {"HTTPS://es/", "http", NULL, "https://es:9200", NULL, NULL},
        {"es", "https", "/prefix", "https://es:9200/prefix", NULL, NULL},
        {"es", "", "prefix/", "http://es:9200/prefix", NULL, NULL},
        {"http://es:80/own", NULL, "/prefix", "http://es:80/own", NULL, NULL},
        {"http://es/own/", NULL, "/prefix", "http://es:9200/own", NULL, NULL},
        {"https://user:pa%3Ass@es", NULL, NULL, "https://es:9200", "user", "pa:ss"},
        {"https://user:p@ss@es:1", NULL, NULL, "https://es:1", "user", "p@ss"},
        {"https://user@es:1", NULL, NULL, "https://es:1", "user", ""},
        {"[::1]", NULL, NULL, "http://[::1]:9200", NULL, NULL},
        {"http://[2001:db8::1]:443/x", NULL, NULL, "http://[2001:db8::1]:443/x", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(endpoint_free) struct endpoint e = {0};
        const char *problem;
        assert_int_equal(
            endpoint_parse(cases[i].entry, cases[i].scheme, cases[i].path, &e, &problem), 0);
        assert_string_equal(e.url, cases[i].url);
        assert_true((e.username == NULL) == (cases[i].username == NULL));
        if (e.username != NULL) {
            assert_string_equal(e.username, cases[i].username);
            assert_string_equal(e.password, cases[i].password);
        }
        assert_true(e.tls == (strncmp(cases[i].url, "https", 5) == 0));
    }
}

static void
test_endpoints_wrong(void **state)
{
    static const char *const cases[] = {
        "",         "ftp://es",    "http://",  "http://:9200",  "es:x", "es:0",
        "es:70000", "es:",         "[::1",     "[::1]x",        "a b",  "::1",
        "es/x?y=z", "http://u:p@", "es:92 00", "http://es%2f:1"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct endpoint e;
        const char *problem;
        assert_int_equal(endpoint_parse(cases[i], NULL, NULL, &e, &problem), -EINVAL);
        assert_non_null(problem);
    }
}

/* Reads an answer in pieces of this size; returns the code of the first call that failed, or of the
 * end. */
static int
feed(struct bulk_response *r, const char *text, size_t piece)
{
    for (size_t at = 0; at < strlen(text); at += piece) {
        size_t left = strlen(text) - at;
        int code = bulk_response_feed(r, text + at, left < piece ? left : piece);
        if (code != 0)
            return code;
    }
    return bulk_response_end(r);
}

static void
test_bulk_response(void **state)
{
    static const char answer[] =
        "{\"took\":3,\"errors\":true,\"items\":[{\"create\":{\"_index\":\"i\",\"_id\":\"1\","
        "\"status\":201}},"
        "{\"create\":{\"status\":400,\"error\":{\"type\":\"t1\",\"reason\":\"r1\",\"caused_by\":{"
        "\"type\":\"no\",\"reason\":"
        "\"no\"}}}},{\"index\":{\"status\":429,\"error\":\"plain "
        "words\"}},{\"create\":{\"_shards\":{\"status\":7},\"status\":409}}]}";
    (void)state;
    for (size_t piece = 1; piece < sizeof answer + 1; piece += piece < 8 ? 1 : 50) {
        struct bulk_response *r = bulk_response_new(4);
        assert_int_equal(feed(r, answer, piece), 0);
        assert_int_equal(bulk_response_item(r, 0)->status, 201);
        assert_string_equal(bulk_response_item(r, 0)->index, "i");
        assert_null(bulk_response_item(r, 0)->reason);
        assert_int_equal(bulk_response_item(r, 1)->status, 400);
        assert_string_equal(bulk_response_item(r, 1)->type, "t1");
        assert_string_equal(bulk_response_item(r, 1)->reason, "r1");
        assert_string_equal(bulk_response_item(r, 2)->reason, "plain words");
        assert_int_equal(bulk_response_item(r, 3)->status, 409);
        assert_null(bulk_response_item(r, 4));
        bulk_response_free(r);
    }
}

static void
test_bulk_response_wrong(void **state)
{
    static const char *const cases[] = {
        "",
        "[]",
        "{}",
        "7",
        "\"items\"",
        "<html>",
        "{\"items\":[]}",
        "{\"items\":[{\"create\":{\"status\":201}}]}",
        "{\"items\":[{\"create\":{\"status\":201}},{\"create\":{\"status\":201}},{\"create\":{"
        "\"status\":201}}]}",
        "{\"items\":[{\"create\":{\"status\":201}},{\"create\":{}}]}",
        "{\"items\":[{\"create\":{\"status\":201}},{}]}",
        "{\"items\":[{\"create\":{\"status\":201}},{\"create\":{\"status\":\"201\"}}]}",
        "{\"items\":[{\"create\":{\"status\":201}},{\"create\":{\"status\":20.1}}]}",
        "{\"items\":[{\"create\":{\"status\":201}},{\"create\":{\"status\":-201}}]}",
        "{\"items\":{\"a\":{\"create\":{\"status\":201}},\"b\":{\"create\":{\"status\":201}}}}",
        "{\"other\":[{\"create\":{\"status\":201}},{\"create\":{\"status\":201}}]}",
        "{\"items\":[{\"create\":{\"status\":201}},{\"create\":{\"status\":201}}]",
        "{\"items\":[{\"create\":{\"status\":201}},{\"create\":{\"status\":201}}]} x",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bulk_response *r = bulk_response_new(2);
        assert_int_equal(feed(r, cases[i], 7), -EBADMSG);
        assert_string_not_equal(bulk_response_problem(r), "");
        bulk_response_free(r);
    }
    struct bulk_response *r = bulk_response_new(2);
    char deep[400];
    memset(deep, '[', sizeof deep - 1);
    memcpy(deep, "{\"a\":", 5);
    deep[sizeof deep - 1] = '\0';
    assert_int_equal(feed(r, deep, 100), -EBADMSG);
    bulk_response_free(r);
}

static void
test_whole_error(void **state)
{
    struct bulk_response *r = bulk_response_new(2);
    (void)state;
    assert_int_equal(
        feed(r, "{\"error\":{\"type\":\"security_exception\",\"reason\":\"no\"},\"status\":403}",
             5),
        -EBADMSG);
    assert_string_equal(bulk_response_error_type(r), "security_exception");
    assert_string_equal(bulk_response_error_reason(r), "no");
    bulk_response_free(r);
}

static void
test_verdicts(void **state)
{
    static const struct {
        int status;
        const char *type, *reason;
        enum verdict verdict;
    } cases[] = {
        {200, NULL, NULL, VERDICT_DONE},
        {201, NULL, NULL, VERDICT_DONE},
        {409, "version_conflict_engine_exception", "exists", VERDICT_DONE},
        {429, "es_rejected_execution_exception", "", VERDICT_BUSY},
        {500, NULL, NULL, VERDICT_WAIT},
        {503, "unavailable_shards_exception", "", VERDICT_WAIT},
        {401, "security_exception", "", VERDICT_WAIT},
        {403, "security_exception", "", VERDICT_WAIT},
        {403, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/12/index read-only]",
         VERDICT_WAIT},
        {404, "index_not_found_exception", "no such index [x]", VERDICT_WAIT},
        {400, "illegal_argument_exception", "pipeline with id [x] does not exist", VERDICT_WAIT},
        {400, "index_closed_exception", "closed", VERDICT_WAIT},
        {400, "validation_exception",
         "Validation Failed: 1: this action would add [2] shards, but this cluster currently has "
         "[1000]/[1000] maximum "
         "normal shards open;",
         VERDICT_WAIT},
        {400, "illegal_argument_exception",
         "mapper [a] cannot be changed from type [float] to [long]", VERDICT_AGAIN},
        {400, "timestamp_error",
         "the document timestamp [2026] is outside of ranges of currently writable indices [[a,b]]",
         VERDICT_LATE},
        {400, "illegal_argument_exception",
         "_id must be unset or set to [x] but was [y] because [z] is in time_series mode",
         VERDICT_WITHOUT_ID},
        {400, "mapper_parsing_exception", "failed to parse", VERDICT_REFUSED},
        {400, "document_parsing_exception", "[1:20] failed to parse field [a] of type [long]",
         VERDICT_REFUSED},
        {400, "illegal_argument_exception", "Limit of total fields [1000] has been exceeded",
         VERDICT_REFUSED},
        {413, NULL, NULL, VERDICT_REFUSED},
        {302, NULL, NULL, VERDICT_WAIT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bulk_item item = {.status = cases[i].status,
                                 .type = (char *)cases[i].type,
                                 .reason = (char *)cases[i].reason};
        assert_int_equal(verdict_of(&item), cases[i].verdict);
    }
}

static const char *
words_for(struct json_text *to, const char *reason)
{
    struct bulk_item item = {
        .status = 400, .type = (char *)"mapper_parsing_exception", .reason = (char *)reason};
    verdict_words(to, &item, "logs");
    return to->data;
}

/* The words go to logs and dead letters: the document's own values must not. */
static void
test_words_hold_no_content(void **state)
{
    static const char *const secrets[] = {
        "failed to parse field [docker.cpu] of type [long] in document with id 'x'. Preview of "
        "field's value: 'hunter2'",
        "failed to parse date field [hunter2] with format [strict_date_optional_time]",
        "For input string: \"hunter2\"",
        "Invalid format: [hunter2]",
        "value [hunter2] is out of range",
        "'hunter2' is not an IP string literal.",
        "object mapping tried to parse: 'hunter2",
    };
    CLEANUP(json_text_free) struct json_text to = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(secrets); i++)
        assert_null(strstr(words_for(&to, secrets[i]), "hunter2"));
    assert_non_null(strstr(words_for(&to, secrets[0]),
                           "index=logs status=400 type=mapper_parsing_exception field=docker.cpu"));
    assert_non_null(strstr(words_for(&to, "Limit of total fields [1000] has been exceeded"),
                           "Limit of total fields [1000]"));
    assert_non_null(strstr(words_for(&to, NULL), "type=mapper_parsing_exception"));
    assert_null(strchr(words_for(&to, "failed to parse field [a\nb] of\r\ntype"), '\n'));
}

static void
inflate_all(const void *bytes, size_t len, char *to, size_t size)
{
    z_stream z = {.next_in = (unsigned char *)bytes,
                  .avail_in = (unsigned)len,
                  .next_out = (unsigned char *)to,
                  .avail_out = (unsigned)size};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    to[z.total_out] = '\0';
    inflateEnd(&z);
}

static void
test_body(void **state)
{
    enum { LINES = 20000, SIZE = LINES * 24 };
    CLEANUP_FREE char *expected = malloc(SIZE);
    CLEANUP_FREE char *got = malloc(SIZE);
    (void)state;
    for (int level = 0; level <= 9; level += 3) {
        struct body *body = body_new(level);
        for (int round = 0; round < 2; round++) {
            size_t len = 0, out_len;
            const void *out;
            body_begin(body);
            for (int i = 0; i < LINES; i++) {
                json_add_format(body_text(body), "line %d of %d\n", i, round);
                len += (size_t)sprintf(expected + len, "line %d of %d\n", i, round);
                assert_int_equal(body_added(body), 0);
            }
            assert_int_equal(body_plain_size(body), len);
            assert_int_equal(body_end(body, &out, &out_len), 0);
            if (level == 0) {
                assert_int_equal(out_len, len);
                assert_memory_equal(out, expected, len);
            } else {
                inflate_all(out, out_len, got, SIZE);
                assert_string_equal(got, expected);
                assert_true(out_len < len / 2);
            }
        }
        body_trim(body);
        body_free(body);
    }
}

static void
test_pacing(void **state)
{
    struct pacing p;
    uint32_t before;
    (void)state;
    pacing_init(&p, 1600, 5 << 20);
    pacing_overloaded(&p, 1600);
    assert_int_equal(atomic_load(&p.records), 800);
    pacing_overloaded(&p, 200); /* a smaller request was refused, too */
    assert_int_equal(atomic_load(&p.records), 100);
    for (int i = 0; i < 20; i++)
        pacing_overloaded(&p, 1600);
    assert_int_equal(atomic_load(&p.records), 8);
    for (int i = 0; i < 20; i++) {
        before = atomic_load(&p.records);
        pacing_worked(&p);
        assert_true(atomic_load(&p.records) > before || before == 1600);
    }
    assert_int_equal(atomic_load(&p.records), 1600);
    pacing_too_large(&p, 1 << 20);
    assert_int_equal(atomic_load(&p.bytes), 1 << 19);
    pacing_worked(&p);
    assert_true(atomic_load(&p.bytes) <
                (1 << 19) + (1 << 11)); /* what was learned is not forgotten at once */
    for (int i = 0; i < 5000; i++)
        pacing_worked(&p);
    assert_int_equal(atomic_load(&p.bytes), 5 << 20);
    pacing_init(&p, 1, 4096);
    pacing_overloaded(&p, 1);
    assert_int_equal(atomic_load(&p.records), 1);
}

static void
test_servers(void **state)
{
    struct server s;
    (void)state;
#define PARSE(json) server_parse(json, sizeof(json) - 1, &s)
    assert_true(PARSE(
        "{\"version\":{\"number\":\"8.10.3\",\"build_flavor\":\"default\"},\"tagline\":\"x\"}"));
    assert_true(s.known && !s.opensearch && !s.serverless && s.major == 8 && s.minor == 10);
    assert_true(server_at_least(&s, 8, 10) && server_at_least(&s, 7, 17) &&
                !server_at_least(&s, 8, 11));
    assert_string_equal(s.version, "8.10.3");
    assert_true(PARSE("{\"version\":{\"number\":\"2.19.1\",\"distribution\":\"opensearch\"}}"));
    assert_true(s.opensearch);
    assert_true(PARSE("{\"version\":{\"number\":\"8.11.0\",\"build_flavor\":\"serverless\"}}"));
    assert_true(s.serverless && server_at_least(&s, 99, 0));
    assert_true(PARSE("{\"version\":{\"number\":\"7.10.2\",\"build_flavor\":\"oss\"}}"));
    assert_true(s.open_core);
    assert_true(PARSE("{\"version\":{\"number\":\"9.0.0-SNAPSHOT\"}}"));
    assert_true(s.major == 9);
    assert_false(PARSE("{}"));
    assert_false(PARSE("{\"version\":\"8\"}"));
    assert_false(PARSE("<html>"));
    assert_false(PARSE("{\"version\":{\"number\":\"x\"}}"));
    assert_true(server_of_version(NULL, &s) && !s.known && server_at_least(&s, 50, 0));
    assert_true(server_of_version("opensearch-1.3.0", &s) && s.opensearch && s.major == 1);
    assert_false(server_of_version("new", &s));
}

static void
test_paths(void **state)
{
    CLEANUP(json_text_free) struct json_text to = {0};
    (void)state;
    assert_int_equal(path_of(&to, "/", "<x-{now/d}-000001>", NULL), 0);
    assert_string_equal(to.data, "/%3Cx-%7Bnow%2Fd%7D-000001%3E");
    assert_int_equal(path_of(&to, "/a/", "b c?", "/d"), 0);
    assert_string_equal(to.data, "/a/b%20c%3F/d");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cloud_id),
        cmocka_unit_test(test_cloud_id_wrong),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_endpoints_wrong),
        cmocka_unit_test(test_bulk_response),
        cmocka_unit_test(test_bulk_response_wrong),
        cmocka_unit_test(test_whole_error),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_words_hold_no_content),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_pacing),
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
