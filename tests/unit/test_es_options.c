/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_es_options.c - configurations of the Elasticsearch output as operators write them: what is
 * made of the good ones, what is said about the wrong ones; format strings, conditions and rules
 * over records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <cmocka.h>

#include "condition.h"
#include "format_string.h"
#include "group.h"
#include "output_es.h"
#include "support.h"
#include "testhost.h"
#include "worker.h"

static struct testhost *
created(const char *yaml)
{
    struct testhost *t = testhost_new(&es_plugin, yaml);
    int32_t code = testhost_create(t);
    if (code != MH_OK)
        print_error("%s\n%s\n", yaml, testhost_findings(t));
    assert_int_equal(code, MH_OK);
    return t;
}

static const struct es_options *
options_of(struct testhost *t)
{
    return ((struct worker *)testhost_self(t))->o;
}

static void
test_defaults(void **state)
{
    struct testhost *t = created("hosts: [\"es\"]");
    const struct es_options *o = options_of(t);
    (void)state;
    assert_string_equal(o->endpoints[0].url, "http://es:9200");
    assert_int_equal(o->max_records, 1600);
    assert_int_equal(o->compression_level, 1);
    assert_int_equal(o->n_workers, 1);
    assert_true(o->loadbalance && o->template_enabled && o->policy_enabled && o->check_exists);
    assert_int_equal(o->timeout_ns, 90 * MH_NS_PER_S);
    assert_int_equal(o->backoff_init_ns, MH_NS_PER_S);
    assert_int_equal(o->backoff_max_ns, 60 * MH_NS_PER_S);
    assert_string_equal(o->policy_name, "metrichost");
    assert_int_equal(strncmp(o->target, "metrichost-", 11), 0);
    assert_string_equal(o->template_name, o->target);
    assert_false(o->has_tls);
    assert_null(o->late_index);
    testhost_free(t);
}

static void
test_cloud(void **state)
{
    struct testhost *t = created(
        "hosts: [\"https://other:1\"]\n"
        "username: nobody\n"
        "password: nothing\n"
        "cloud.id: \"x:ZXUtd2VzdC0xLmF3cy5leGFtcGxlLm5ldDo5MjQzJDExMTFhYWFhJDIyMjJiYmJiOjkyNDQ=\"\n"
        "cloud.auth: \"elastic:pa,s:s\"\n");
    const struct es_options *o = options_of(t);
    (void)state;
    assert_int_equal(o->n_endpoints, 1);
    assert_string_equal(o->endpoints[0].url, "https://1111aaaa.eu-west-1.aws.example.net:9243");
    assert_string_equal(o->endpoints[0].username, "elastic");
    assert_string_equal(o->endpoints[0].password, "pa,s:s");
    assert_string_equal(o->kibana.url, "https://2222bbbb.eu-west-1.aws.example.net:9244");
    testhost_free(t);
}

static void
test_presets(void **state)
{
    struct testhost *t =
        created("hosts: [a, b]\npreset: throughput\nworker: 9\nbulk_max_size: 7\n");
    (void)state;
    assert_int_equal(options_of(t)->n_workers, 4);
    assert_int_equal(options_of(t)->max_records, 1600);
    testhost_free(t);
    t = created("hosts: [a]\npreset: scale\n");
    assert_int_equal(options_of(t)->backoff_init_ns, 5 * MH_NS_PER_S);
    assert_int_equal(options_of(t)->backoff_max_ns, 300 * MH_NS_PER_S);
    testhost_free(t);
    t = created("hosts: [a]\npreset: custom\nworkers: 3\nbulk_max_size: 0\n");
    assert_int_equal(options_of(t)->n_workers, 3);
    assert_int_equal(options_of(t)->max_records, 100000);
    testhost_free(t);
}

/* Everything that a configuration for Metricbeat may hold is accepted, without a finding for what
 * has an effect. */
static void
test_everything(void **state)
{
    struct testhost *t = created(
        "hosts: [\"https://es1\", \"es2:9201\"]\nprotocol: https\npath: /es\nparameters: "
        "{pipeline: p, filter_path: took, a b: c&d}\n"
        "headers: {X-My-Header: v}\nusername: u\npassword: p\nindex: \"mb-%{[agent.version]}\"\n"
        "indices:\n  - index: \"err-%{+yyyy.MM.dd}\"\n    when.contains: {message: ERR}\n"
        "  - index: \"%{[fields.t]}\"\n    mappings: {a: b}\n    default: c\n"
        "pipeline: \"%{[fields.pipe]:main}\"\npipelines: [{pipeline: q, when: {range: {http.code: "
        "{gte: 500}}}}]\n"
        "worker: 2\nloadbalance: false\nbulk_max_size: 50\nmax_retries: 3\nbackoff: {init: 2s, "
        "max: 90s}\ntimeout: 30\n"
        "compression_level: 5\nescape_html: true\nidle_connection_timeout: "
        "3s\nallow_older_versions: true\n"
        "non_indexable_policy.drop: ~\nproxy_url: http://p:3128\nproxy_disable: "
        "false\nproxy_headers: {A: b}\n"
        "ssl:\n  enabled: true\n  verification_mode: certificate\n  supported_protocols: [TLSv1.2, "
        "TLSv1.3]\n"
        "  cipher_suites: [ECDHE-RSA-AES-128-GCM-SHA256]\n  curve_types: [P-256]\n  renegotiation: "
        "never\n"
        "setup:\n  template: {name: t, pattern: \"t-*\", settings: {index.number_of_shards: 2}, "
        "overwrite: true}\n"
        "  ilm: {enabled: auto, policy_name: \"p-%{[agent.version]}\", overwrite: true, "
        "delete_after: 90d}\n"
        "  kibana: {host: \"localhost:5601\"}\n  dashboards: {enabled: true}\n");
    const struct es_options *o = options_of(t);
    (void)state;
    assert_string_equal(o->endpoints[0].url, "https://es1:9200/es");
    assert_string_equal(o->endpoints[1].url, "https://es2:9201/es");
    assert_string_equal(o->parameters, "&pipeline=p&a%20b=c%26d");
    assert_int_equal(o->n_headers, 1);
    assert_int_equal(strncmp(o->target, "mb-", 3), 0);
    assert_int_equal(o->timeout_ns, 30 * MH_NS_PER_S);
    assert_string_equal(o->template_pattern, "t-*");
    assert_int_equal(o->tls.verify, HTTP_VERIFY_CERTIFICATE);
    assert_null(strstr(testhost_findings(t), "unknown"));
    assert_null(strstr(testhost_findings(t), "error"));
    testhost_free(t);
}

static void
test_wrong(void **state)
{
    static const char *const cases[][2] = {
        {"", "hosts"},
        {"hosts: []", "hosts"},
        {"hosts: [\"ftp://x\"]", "http://"},
        {"hosts: [\"es:99999\"]", "port"},
        {"hosts: [a]\nworker: 0", "from 1 to 64"},
        {"hosts: [a]\ncompression_level: 10", "from 0"},
        {"hosts: [a]\ntimeout: 0s", "at least 1s"},
        {"hosts: [a]\nbackoff: {init: 2m, max: 1m}", "backoff.max"},
        {"hosts: [a]\nbulk_max_bytes: 1", "4KiB"},
        {"hosts: [a]\npassword: x", "username"},
        {"hosts: [a]\napi_key: \"a:b\"\nusername: x\npassword: y",
         "cannot set both api_key and username/password"},
        {"hosts: [a]\napi_key: \"a:b\"\nbearer_token: x", "cannot set both"},
        {"hosts: [a]\napi_key: \"a:b\"\napi_key_file: /x", "together with"},
        {"cloud.id: \"prod:@@@\"", "error decoding cloud.id"},
        {"hosts: [a]\ncloud.auth: \"u:p\"", "cloud.auth specified but cloud.id is empty"},
        {"cloud.id: \"x:ZXUtd2VzdC0xLmF3cy5leGFtcGxlLm5ldCQxMTExYWFhYTo5MjAwJA==\"\ncloud.auth: "
         "user",
         "split between username"},
        {"cloud.id: \"x:ZXUtd2VzdC0xLmF3cy5leGFtcGxlLm5ldCQxMTExYWFhYTo5MjAwJA==\"\ncloud.auth: "
         "\"u:p\"\napi_key: \"a:b\"",
         "cannot set both api_key"},
        {"hosts: [a]\nssl.verification_mode: maybe", "verification_mode"},
        {"hosts: [a]\nssl.supported_protocols: [SSLv3]", "SSLv3"},
        {"hosts: [a]\nssl.ca_trusted_fingerprint: zz", "64 digits"},
        {"hosts: [a]\nssl.key: /x", "ssl.certificate"},
        {"hosts: [a]\nproxy_url: \"proxy:3128\"", "http://proxy:3128"},
        {"hosts: [a]\nheaders: {a: \"b\\r\\nc: d\"}", "line end"},
        {"hosts: [a]\nindex: \"x-%{+yyyy.MM.dd}\"",
         "setup.template.name and setup.template.pattern"},
        {"hosts: [a]\nindex: \"x-%{[a}\"", "%{[dotted.path]}"},
        {"hosts: [a]\nindex: \"x-%{+QQQ}\"", "time pattern"},
        {"hosts: [a]\nindices: [{when: {equals: {a: b}}}]", "missing in a rule"},
        {"hosts: [a]\nindices: [{index: x, when: {equals: {a: b}, contains: {c: d}}}]",
         "one condition"},
        {"hosts: [a]\nindices: [{index: x, when: {same: {a: b}}}]", "is no condition"},
        {"hosts: [a]\nindices: [{index: x, when: {regexp: {a: \"(\"}}}]", "regular expression"},
        {"hosts: [a]\nindices: [{index: x, when: {network: {a: nowhere}}}]", "address blocks"},
        {"hosts: [a]\nsetup.ilm.enabled: perhaps", "true, false or auto"},
        {"hosts: [a]\nsetup.ilm.delete_after: soon", "90d"},
        {"hosts: [a]\nsetup.template.json.enabled: true", "setup.template.json.path"},
        {"hosts: [a]\nsetup.template.name: \"%{[host.name]}\"", "%{[agent.version]}"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct testhost *t = testhost_new(&es_plugin, cases[i][0]);
        int32_t code = testhost_create(t);
        if (code != MH_ERR_CONFIG || strstr(testhost_findings(t), cases[i][1]) == NULL)
            print_error("%s\n -> %d %s\n", cases[i][0], code, testhost_findings(t));
        assert_int_equal(code, MH_ERR_CONFIG);
        assert_non_null(strstr(testhost_findings(t), cases[i][1]));
        testhost_free(t);
    }
}

/* A wrong entry with a password in it must not be repeated. */
static void
test_no_secret_in_findings(void **state)
{
    struct testhost *t = testhost_new(&es_plugin, "hosts: [\"ftp://user:hunter2@x\"]");
    (void)state;
    assert_int_equal(testhost_create(t), MH_ERR_CONFIG);
    assert_null(strstr(testhost_findings(t), "hunter2"));
    testhost_free(t);
}

/* ---- records ---- */

static const struct mh_field fields[] = {
    {.name = "container.name", .type = MH_TYPE_KEYWORD, .doc = "a name"},
    {.name = "code", .type = MH_TYPE_LONG, .doc = "a number"},
    {.name = "share", .type = MH_TYPE_DOUBLE, .doc = "a share"},
    {.name = "source.ip", .type = MH_TYPE_IP, .doc = "an address"},
    {.name = "good", .type = MH_TYPE_BOOLEAN, .doc = "a truth"},
};
static const struct mh_dataset dataset = {.name = "test.set",
                                          .module = "test",
                                          .metricset = "set",
                                          .doc = "a set",
                                          .fields = fields,
                                          .n_fields = COUNT_OF(fields),
                                          .field_stride = sizeof(struct mh_field)};

static void
fill(const struct mh_record_ops *ops, struct mh_record *record, uint32_t i, void *ctx)
{
    struct mh_value values[] = {mh_text("Web_1", 5), mh_int(503), mh_double(0.25),
                                mh_text("10.1.2.3", 8), mh_bool(1)};
    (void)i;
    (void)ctx;
    for (uint32_t k = 0; k < COUNT_OF(values); k++)
        ops->set(record, k, &values[k]);
}

/* The index that a configuration yields for the record above; NULL: none. */
static char *
index_for(const char *rules)
{
    char yaml[1024];
    snprintf(yaml, sizeof yaml, "hosts: [a]\nsetup.template: {name: x, pattern: x}\n%s", rules);
    struct testhost *t = created(yaml);
    struct mh_batch *batch = testhost_batch(&dataset, 1, fill, NULL);
    const struct mh_record_ops *ops = testhost_host(t)->record;
    struct json_text name = {0};
    const char *missing;
    int code = selector_pick(((struct worker *)testhost_self(t))->index, &name, ops,
                             ops->at(batch, 0), &missing);
    char *text = code == 0 ? strndup(name.data, name.len) : NULL;
    json_text_free(&name);
    testhost_free_batch(batch);
    testhost_free(t);
    return text;
}

static void
test_rules(void **state)
{
    static const char *const cases[][2] = {
        {"index: fixed", "fixed"},
        {"index: \"%{[container.name]}-%{[code]}-%{[share]}-%{[good]}\"", "web_1-503-0.25-true"},
        {"index: \"x-%{[no.such]:none}\"", "x-none"},
        {"index: \"x-%{[no.such]}\"", NULL},
        {"index: rest\nindices: [{index: \"a-%{[no.such]}\"}, {index: b}]", "b"},
        {"index: rest\nindices: [{index: a, when: {equals: {code: 503}}}]", "a"},
        {"index: rest\nindices: [{index: a, when: {equals: {code: 504}}}]", "rest"},
        {"index: rest\nindices: [{index: a, when: {equals: {code: 503, good: true}}}]", "a"},
        {"index: rest\nindices: [{index: a, when: {equals: {code: 503, good: false}}}]", "rest"},
        {"index: rest\nindices: [{index: a, when.contains: {container.name: eb}}]", "a"},
        {"index: rest\nindices: [{index: a, when.contains: {container.name: xx}}]", "rest"},
        {"index: rest\nindices: [{index: a, when: {regexp: {container.name: \"^Web_[0-9]+$\"}}}]",
         "a"},
        {"index: rest\nindices: [{index: a, when: {regexp: {container.name: \"^db\"}}}]", "rest"},
        {"index: rest\nindices: [{index: a, when: {range: {code: {gte: 503, lt: 504}}}}]", "a"},
        {"index: rest\nindices: [{index: a, when: {range: {code: {gt: 503}}}}]", "rest"},
        {"index: rest\nindices: [{index: a, when: {range: {code.gte: 500, share.lte: 0.25}}}]",
         "a"},
        {"index: rest\nindices: [{index: a, when: {range: {container.name.gte: 5}}}]", "rest"},
        {"index: rest\nindices: [{index: a, when: {network: {source.ip: private}}}]", "a"},
        {"index: rest\nindices: [{index: a, when: {network: {source.ip: [192.168.0.0/16, "
         "10.1.0.0/16]}}}]",
         "a"},
        {"index: rest\nindices: [{index: a, when: {network: {source.ip: \"10.2.0.0/15\"}}}]",
         "rest"},
        {"index: rest\nindices: [{index: a, when: {network: {container.name: private}}}]", "rest"},
        {"index: rest\nindices: [{index: a, when: {has_fields: [code, source.ip]}}]", "a"},
        {"index: rest\nindices: [{index: a, when: {has_fields: [code, no.such]}}]", "rest"},
        {"index: rest\nindices: [{index: a, when: {not: {has_fields: [no.such]}}}]", "a"},
        {"index: rest\nindices: [{index: a, when: {or: [{equals: {code: 1}}, {equals: {code: "
         "503}}]}}]",
         "a"},
        {"index: rest\nindices: [{index: a, when: {and: [{equals: {code: 1}}, {equals: {code: "
         "503}}]}}]",
         "rest"},
        {"index: rest\nindices: [{index: a, when: {and: [{not: {equals: {code: 1}}}, {equals: "
         "{code: 503}}]}}]",
         "a"},
        {"index: rest\nindices: [{index: \"%{[code]}\", mappings: {\"503\": errors}, default: "
         "others}]",
         "errors"},
        {"index: rest\nindices: [{index: \"%{[code]}\", mappings: {\"200\": fine}, default: "
         "others}]",
         "others"},
        {"index: rest\nindices: [{index: \"%{[code]}\", mappings: {\"200\": fine}}]", "rest"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_FREE char *index = index_for(cases[i][0]);
        if (cases[i][1] == NULL) {
            assert_null(index);
            continue;
        }
        if (index == NULL || strcmp(index, cases[i][1]) != 0)
            print_error("%s\n", cases[i][0]);
        assert_non_null(index);
        assert_string_equal(index, cases[i][1]);
    }
}

static const char *
lookup(void *ctx, const char *path)
{
    return strcmp(path, "a.b") == 0 ? ctx : NULL;
}

static void
test_time_formats(void **state)
{
    static const struct {
        const char *format, *text;
    } cases[] = {
        {"x-%{+yyyy.MM.dd}", "x-2024.12.30"},
        {"%{+yy-MM-dd'T'}x", NULL},
        {"%{+HH:mm:ss}", "23:59:58"},
        {"%{+xxxx.ww}", "2025.01"}, /* the ISO week belongs to the next year */
        {"%{+DDD}", "365"},
        {"%{[a.b]}/%{[c]:d}", "value/d"},
        {"plain", "plain"},
        {"%{[a.b]:}%{[no]:}", "value"},
    };
    CLEANUP(json_text_free) struct json_text to = {0};
    char value[] = "value";
    int64_t at = INT64_C(1735603198) * 1000000000; /* 2024-12-30T23:59:58Z */
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct format_string *f;
        const char *problem;
        int code = format_string_compile(cases[i].format, &f, &problem);
        if (cases[i].text == NULL) {
            assert_non_null(problem);
            continue;
        }
        assert_int_equal(code, 0);
        json_text_reset(&to);
        assert_int_equal(format_string_add_with(f, &to, lookup, value, at, NULL), 0);
        assert_string_equal(json_terminate(&to), cases[i].text);
        assert_true(format_string_is_static(f) == (strcmp(cases[i].format, "plain") == 0));
        format_string_free(f);
    }
}

/* ---- groups ---- */

static void
test_group(void **state)
{
    struct testhost *a = created("hosts: [one, two, three]\nbackoff: {init: 1h, max: 2h}"),
                    *b = created("hosts: [one, two, three]"), *c = created("hosts: [one]");
    struct worker *wa = testhost_self(a), *wb = testhost_self(b), *wc = testhost_self(c);
    (void)state;
    assert_ptr_equal(wa->group, wb->group);
    assert_ptr_not_equal(wa->group, wc->group);
    assert_int_equal(group_pick(wa->group, wa->o, 0, 0), 0);
    assert_int_equal(group_pick(wa->group, wa->o, 4, 0), 1);
    assert_int_equal(group_pick(wa->group, wa->o, 0, 1), 1);
    group_failed(wa->group, wa->o, 1, "http://two:9200 is gone");
    assert_int_equal(group_pick(wb->group, wb->o, 1, 0),
                     2); /* what one worker saw the other knows */
    assert_int_equal(group_pick(wb->group, wb->o, 1, 1 | 4),
                     1); /* resting is better than nothing */
    assert_int_equal(group_pick(wb->group, wb->o, 1, 7), -1);
    group_failed(wa->group, wa->o, 1, "http://two:9200 is gone");
    group_worked(wa->group, wa->o, 1);
    group_worked(wa->group, wa->o, 1);
    assert_int_equal(group_pick(wb->group, wb->o, 1, 0), 1);
    assert_string_equal(
        testhost_log(a),
        "warning: http://two:9200 is gone; documents wait in the queue and are tried again\n"
        "info: connection to http://two:9200 is back\n");
    testhost_free(a);
    testhost_free(b);
    testhost_free(c);
}

static void
test_concurrency(void **state)
{
    struct testhost *t = created("hosts: [one]\nworker: 4\nbackoff: {init: 1h, max: 2h}");
    struct worker *w = testhost_self(t);
    (void)state;
    for (uint32_t i = 0; i < 4; i++)
        assert_true(group_may_send(w->group, w->o, i));
    group_overloaded(w->group);
    assert_true(group_may_send(w->group, w->o, 1));
    assert_false(group_may_send(w->group, w->o, 2));
    group_overloaded(w->group);
    group_overloaded(w->group);
    assert_true(group_may_send(w->group, w->o, 0));
    assert_false(group_may_send(w->group, w->o, 1));
    for (int i = 0; i < 16; i++)
        group_relaxed(w->group);
    assert_true(group_may_send(w->group, w->o, 1));
    for (int i = 0; i < 64; i++)
        group_relaxed(w->group);
    assert_true(group_may_send(w->group, w->o, 3));
    testhost_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_cloud),
        cmocka_unit_test(test_presets),  cmocka_unit_test(test_everything),
        cmocka_unit_test(test_wrong),    cmocka_unit_test(test_no_secret_in_findings),
        cmocka_unit_test(test_rules),    cmocka_unit_test(test_time_formats),
        cmocka_unit_test(test_group),    cmocka_unit_test(test_concurrency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
