/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_docker_model.c - what the docker input knows of an engine: addresses, versions, the list,
 * inspections, labels, events and words.
 */
#include "api.h"
#include "container.h"
#include "endpoint.h"
#include "events.h"
#include "json.h"
#include "support.h"
#include "uptime.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct state {
    struct json *json;
    struct containers containers;
    struct machine machine;
    struct container *container;
};

static int
setup(void **ret)
{
    struct state *state = calloc(1, sizeof *state);
    state->json = json_new(NULL);
    state->containers.dedot = true;
    state->container = container_new(ID_A);
    *ret = state;
    return 0;
}

static int
teardown(void **ret)
{
    struct state *state = *ret;
    containers_free(&state->containers, &state->machine);
    container_free(state->container, &state->machine);
    json_free(state->json);
    free(state);
    return 0;
}

static const struct json_node *
parse(struct state *state, const char *text)
{
    assert_int_equal(json_parse(state->json, text, strlen(text)), 0);
    return json_root(state->json);
}

static const struct json_node *
parse_fixture(struct state *state, const char *name)
{
    CLEANUP_FREE char *path = NULL;
    CLEANUP_FREE char *text = calloc(1, 65536);
    CLEANUP_FILE FILE *file = NULL;
    const char *top = getenv("top_srcdir");
    assert_true(asprintf(&path, "%s/tests/fixtures/docker-api/%s", top == NULL ? "." : top, name) >
                0);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_true(fread(text, 1, 65535, file) > 0);
    return parse(state, text);
}

static void
check_endpoint(const char *text, bool tls, const char *socket, const char *url, const char *address)
{
    struct endpoint endpoint;
    const char *error = NULL;
    assert_int_equal(endpoint_parse(text, tls, &endpoint, &error), 0);
    if (socket == NULL)
        assert_null(endpoint.socket);
    else
        assert_string_equal(endpoint.socket, socket);
    if (url != NULL)
        assert_string_equal(endpoint.url, url);
    assert_string_equal(endpoint.address, address);
    endpoint_free(&endpoint);
}

static void
endpoints(void **ret)
{
    struct endpoint endpoint;
    const char *error = NULL;
    (void)ret;
    check_endpoint("unix:///var/run/docker.sock", false, "/var/run/docker.sock", NULL,
                   "/var/run/docker.sock");
    check_endpoint("/run/podman/podman.sock", true, "/run/podman/podman.sock", NULL,
                   "/run/podman/podman.sock");
    check_endpoint("tcp://10.0.0.1:2375", false, NULL, "http://10.0.0.1:2375", "10.0.0.1:2375");
    check_endpoint("tcp://docker.example:2376", true, NULL, "https://docker.example:2376",
                   "docker.example:2376");
    check_endpoint("https://docker.example/prefix", false, NULL, "https://docker.example/prefix",
                   "docker.example");
    check_endpoint("docker.example:2375", false, NULL, "http://docker.example:2375",
                   "docker.example:2375");
    assert_int_equal(endpoint_parse("npipe:////./pipe/docker", false, &endpoint, &error), -EINVAL);
    assert_non_null(strstr(error, "unix://"));
    assert_int_equal(endpoint_parse("unix://relative", false, &endpoint, &error), -EINVAL);
    assert_int_equal(endpoint_parse("tcp://", false, &endpoint, &error), -EINVAL);
    assert_int_equal(endpoint_parse("tcp://user:secret@host:1", false, &endpoint, &error), -EINVAL);
    assert_null(strstr(error, "secret"));
}

static void
versions(void **ret)
{
    char version[12];
    (void)ret;
    api_choose_version("1.41", version, sizeof version);
    assert_string_equal(version, "1.41");
    api_choose_version("1.24", version, sizeof version);
    assert_string_equal(version, "1.24");
    api_choose_version("1.99", version, sizeof version);
    assert_string_equal(version, "1.52");
    api_choose_version("2.0", version, sizeof version);
    assert_string_equal(version, "1.52");
    api_choose_version("1.41-x/../../etc", version, sizeof version);
    assert_string_equal(version, "");
    api_choose_version(NULL, version, sizeof version);
    assert_string_equal(version, "");
    assert_true(api_version_at_least("1.41", 1, 41));
    assert_false(api_version_at_least("1.9", 1, 41));
    assert_true(api_version_at_least("2.0", 1, 41));
    assert_false(api_version_at_least("", 1, 41));
}

static void
check_name(struct state *state, const char *names, const char *wanted)
{
    CLEANUP_FREE char *name = container_choose_name(parse(state, names));
    if (wanted == NULL)
        assert_null(name);
    else
        assert_string_equal(name, wanted);
}

static void
names(void **ret)
{
    check_name(*ret, "[\"/web\"]", "web");
    check_name(*ret, "[\"/web/db\",\"/db\"]", "db");
    check_name(*ret, "[\"/first\",\"/second\"]", "first");
    check_name(*ret,
               "[\"/b\xc3\xbc"
               "cher/\"]",
               "b\xc3\xbc"
               "cher");
    check_name(*ret, "[null,7,\"plain\"]", "plain");
    check_name(*ret, "[]", NULL);
    check_name(*ret, "null", NULL);
}

static void
labels(void **ret)
{
    struct label *list;
    size_t n;
    assert_int_equal(
        labels_read(parse(*ret, "{\"a.b\":\"1\",\"a.b.c\":\"2\",\"n\":null,\"e\":\"\"}"), true,
                    &list, &n),
        0);
    assert_int_equal(n, 3);
    assert_string_equal(list[0].key, "a_b");
    assert_string_equal(list[1].key, "a_b_c");
    assert_string_equal(list[2].value, "");
    labels_free(list, n);
    assert_int_equal(labels_read(parse(*ret, "{\"a.b\":\"1\"}"), false, &list, &n), 0);
    assert_string_equal(list[0].key, "a.b");
    labels_free(list, n);
    assert_int_equal(labels_read(parse(*ret, "null"), true, &list, &n), 0);
    assert_int_equal(n, 0);
}

static void
list_from_an_engine(void **ret)
{
    struct state *state = *ret;
    struct containers *containers = &state->containers;
    const struct container *lim = NULL, *hostnet = NULL, *nonet = NULL;
    assert_int_equal(
        containers_read_list(containers, &state->machine, parse_fixture(state, "list_20.10.json")),
        0);
    assert_int_equal(containers->n, 4);
    for (size_t n = 0; n < containers->n; n++) {
        const struct container *container = containers->list[n];
        lim = strcmp(container->name, "lim") == 0 ? container : lim;
        hostnet = strcmp(container->name, "hostnet") == 0 ? container : hostnet;
        nonet = strcmp(container->name, "nonet") == 0 ? container : nonet;
        assert_true(n == 0 || strcmp(containers->list[n - 1]->id, container->id) < 0);
    }
    assert_string_equal(lim->image, "example/busybox:1");
    assert_string_equal(lim->state, "running");
    assert_int_equal(lim->created_s, 1795343381);
    assert_int_equal(lim->n_labels, 2);
    assert_int_equal(lim->n_addresses, 1);
    assert_string_equal(lim->addresses[0], "172.17.0.3");
    assert_true(lim->own_network && lim->needs_inspection);
    assert_false(hostnet->own_network);
    assert_false(nonet->own_network);
    assert_int_equal(hostnet->n_addresses, 0);
}

#define ENTRY(id, name, state)                                                                     \
    "{\"Id\":\"" id "\",\"Names\":[\"/" name "\"],\"State\":\"" state "\",\"Status\":\"Up\"}"

static void
list_that_changes(void **ret)
{
    struct state *state = *ret;
    struct containers *containers = &state->containers;
    assert_int_equal(containers_read_list(containers, &state->machine,
                                          parse(state, "[" ENTRY(ID_B, "b", "running") "," ENTRY(
                                                           ID_A, "a", "running") "]")),
                     0);
    assert_int_equal(containers->n, 2);
    containers_find(containers, ID_A)->needs_inspection = false;
    containers_find(containers, ID_B)->needs_inspection = false;
    assert_int_equal(containers_read_list(containers, &state->machine,
                                          parse(state, "[" ENTRY(ID_A, "renamed", "paused") "]")),
                     0);
    assert_int_equal(containers->n, 1);
    assert_null(containers_find(containers, ID_B));
    assert_string_equal(containers_find(containers, ID_A)->name, "renamed");
    assert_true(containers_find(containers, ID_A)->needs_inspection);
    assert_int_equal(
        containers_read_list(containers, &state->machine, parse(state, "{\"message\":\"no\"}")),
        -EBADMSG);
    assert_int_equal(containers->n, 1);
    assert_int_equal(containers_read_list(containers, &state->machine, parse(state, "[]")), 0);
    assert_int_equal(containers->n, 0);
}

/* An id becomes part of paths; entries without a sound one are passed over, and the rest is read.
 */
static void
list_with_odd_entries(void **ret)
{
    struct state *state = *ret;
    struct containers *containers = &state->containers;
    assert_int_equal(
        containers_read_list(
            containers, &state->machine,
            parse(state,
                  "[null,7,{},{\"Id\":\"../../info\"},{\"Id\":\"" ID_A "/x\"},{\"Id\":\"short\"},"
                  "{\"Id\":\"" ID_A
                  "\",\"Names\":null,\"Labels\":[],\"Created\":\"x\",\"NetworkSettings\":7},"
                  "{\"Id\":\"" ID_A "\",\"Names\":[\"/twice\"]}]")),
        0);
    assert_int_equal(containers->n, 1);
    assert_string_equal(containers->list[0]->name, "twice");
    assert_int_equal(containers->list[0]->created_s, 0);
}

static void
inspection_from_an_engine(void **ret)
{
    struct state *state = *ret;
    struct inspected inspected = {0};
    assert_int_equal(inspected_read(&inspected, parse_fixture(state, "inspect_20.10.json")), 0);
    assert_true(inspected.known);
    assert_int_equal(inspected.pid, 18564);
    assert_int_equal(inspected.started_ns, INT64_C(1795346209069633409));
    assert_true(inspected.cpu_limit == 0);
    assert_string_equal(inspected.health, "healthy");
    assert_true(inspected.has_probe);
    assert_string_equal(inspected.probe.output, "fine\n");
    assert_int_equal(inspected.probe.exit_code, 0);
    assert_true(inspected.probe.end_ns > inspected.probe.start_ns);
    assert_true(container_take_inspected(state->container, &inspected));
    assert_false(state->container->needs_inspection);
    assert_int_equal(inspected_read(&inspected, parse_fixture(state, "inspect_20.10.json")), 0);
    assert_false(container_take_inspected(state->container, &inspected));
}

static void
cpu_limits(void **ret)
{
    static const struct {
        const char *config;
        double cores;
    } cases[] = {{"{\"NanoCpus\":500000000}", 0.5},
                 {"{\"CpuQuota\":150000,\"CpuPeriod\":50000}", 3},
                 {"{\"CpuQuota\":25000}", 0.25},
                 {"{\"CpuQuota\":-1}", 0},
                 {"{\"NanoCpus\":null,\"CpuPeriod\":5}", 0},
                 {"null", 0}};
    for (size_t n = 0; n < COUNT_OF(cases); n++) {
        CLEANUP_FREE char *text = NULL;
        struct inspected inspected = {0};
        assert_true(asprintf(&text, "{\"State\":{\"Pid\":0},\"HostConfig\":%s}", cases[n].config) >
                    0);
        assert_int_equal(inspected_read(&inspected, parse(*ret, text)), 0);
        assert_true(inspected.cpu_limit == cases[n].cores);
        assert_null(inspected.health);
    }
}

static void
odd_inspections(void **ret)
{
    struct inspected inspected = {0};
    assert_int_equal(inspected_read(&inspected, parse(*ret, "{}")), -EBADMSG);
    assert_int_equal(inspected_read(&inspected, parse(*ret, "{\"State\":[]}")), -EBADMSG);
    assert_int_equal(
        inspected_read(
            &inspected,
            parse(*ret, "{\"State\":{\"Pid\":99999999999,\"StartedAt\":\"0001-01-01T00:00:00Z\","
                        "\"Health\":{\"Status\":\"none\",\"Log\":[]}}}")),
        0);
    assert_int_equal(inspected.pid, 0);
    assert_int_equal(inspected.started_ns, 0);
    assert_null(inspected.health);
    assert_int_equal(
        inspected_read(
            &inspected,
            parse(*ret, "{\"State\":{\"Health\":{\"Status\":\"starting\",\"Log\":null}}}")),
        0);
    assert_string_equal(inspected.health, "starting");
    assert_false(inspected.has_probe);
    inspected_free(&inspected);
}

static void
meanings(void **ret)
{
    (void)ret;
    assert_true(event_meaning("container", "start").started);
    assert_true(event_meaning("container", "die").died);
    assert_true(event_meaning(NULL, "died").died);
    assert_true(event_meaning("container", "health_status: unhealthy").inspect);
    assert_true(event_meaning("container", "exec_die").probed);
    assert_false(event_meaning("container", "exec_die").list);
    assert_true(event_meaning("container", "oom").oom);
    assert_true(event_meaning("network", "connect").list);
    assert_false(event_meaning("network", "create").list);
    assert_false(event_meaning("image", "pull").list);
    assert_false(event_meaning("container", "exec_start: start").list);
    assert_false(event_meaning("container", "starting").started);
    assert_false(event_meaning("container", NULL).list);
}

#define EVENT(time, action)                                                                        \
    "{\"Type\":\"container\",\"Action\":\"" action                                                 \
    "\",\"Actor\":{\"ID\":\"x\"},\"timeNano\":" time "}"

static void
repeated_events(void **ret)
{
    struct state *state = *ret;
    CLEANUP_FREE struct events_seen *seen = calloc(1, sizeof *seen);
    assert_false(events_seen(seen, parse(state, EVENT("5", "start"))));
    assert_false(events_seen(seen, parse(state, EVENT("5", "die"))));
    assert_false(events_seen(seen, parse(state, EVENT("6", "start"))));
    assert_true(events_seen(seen, parse(state, EVENT("5", "start"))));
    assert_true(events_seen(seen, parse(state, EVENT("5", "die"))));
    /* Without a time nothing can be told. */
    assert_false(events_seen(seen, parse(state, "{\"Action\":\"x\"}")));
    assert_false(events_seen(seen, parse(state, "{\"Action\":\"x\"}")));
    for (int n = 0; n < EVENTS_SEEN; n++) {
        CLEANUP_FREE char *text = NULL;
        assert_true(asprintf(&text, EVENT("%d", "start"), 100 + n) > 0);
        assert_false(events_seen(seen, parse(state, text)));
    }
    assert_false(events_seen(seen, parse(state, EVENT("5", "start"))));
}

static void
check_uptime(const char *listed, int64_t seconds, const char *wanted)
{
    CLEANUP_FREE char *words = uptime_words(listed, seconds);
    if (wanted == NULL)
        assert_null(words);
    else
        assert_string_equal(words, wanted);
}

static void
uptime(void **ret)
{
    (void)ret;
    check_uptime("Up 3 seconds", 0, "Up Less than a second");
    check_uptime("Up 3 seconds", 1, "Up 1 second");
    check_uptime("Up 3 seconds (healthy)", 59, "Up 59 seconds (healthy)");
    check_uptime("Up 3 seconds (Paused)", 60, "Up About a minute (Paused)");
    check_uptime("Up 3 seconds (health: starting)", 120, "Up 2 minutes (health: starting)");
    check_uptime("Up 3 seconds", 3600, "Up About an hour");
    check_uptime("Up 3 seconds", 3 * 3600, "Up 3 hours");
    check_uptime("Up 3 seconds", 50 * 3600, "Up 2 days");
    check_uptime("Up 3 seconds", 21 * 86400, "Up 3 weeks");
    check_uptime("Up 3 seconds", 90 * 86400, "Up 3 months");
    check_uptime("Up 3 seconds", 3 * 366 * INT64_C(86400), "Up 3 years");
    check_uptime("Restarting (1) 2 seconds ago", 5, NULL);
    check_uptime(NULL, 5, NULL);
    check_uptime("Up 3 seconds", -1, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(endpoints),
        TEST(versions),
        TEST(names),
        TEST(labels),
        TEST(list_from_an_engine),
        TEST(list_that_changes),
        TEST(list_with_odd_entries),
        TEST(inspection_from_an_engine),
        TEST(cpu_limits),
        TEST(odd_inspections),
        TEST(meanings),
        TEST(repeated_events),
        TEST(uptime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
