/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_host_metadata.c - facts from files of several systems, addresses of this machine against the
 * kernel's own list, and the constants that the processors set.
 */
#include "facts.h"
#include "host_metadata.h"
#include "json.h"
#include "support.h"
#include "testhost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <cmocka.h>

/* A root folder with files of a system. */
static char root[] = "/tmp/metrichost-root-XXXXXX";

static void
put(const char *name, const char *text)
{
    CLEANUP_FREE char *path = NULL;
    CLEANUP_FILE FILE *file = NULL;
    assert_true(asprintf(&path, "%s/%s", root, name) > 0);
    file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
}

static void
make_folder(const char *name)
{
    CLEANUP_FREE char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", root, name) > 0);
    mkdir(path, 0700);
}

static void
remove_file(const char *name)
{
    CLEANUP_FREE char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", root, name) > 0);
    remove(path);
}

static int
group_setup(void **state)
{
    (void)state;
    unsetenv("container");
    unsetenv("KUBERNETES_SERVICE_HOST");
    unsetenv("ECS_CONTAINER_METADATA_URI_V4");
    if (mkdtemp(root) == NULL)
        return -1;
    make_folder("etc");
    make_folder("proc");
    make_folder("proc/1");
    return 0;
}

static int
group_teardown(void **state)
{
    static const char *const names[] = {".dockerenv",
                                        "etc/os-release",
                                        "etc/machine-id",
                                        "proc/1/cgroup",
                                        "proc/1",
                                        "proc",
                                        "etc",
                                        ""};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        remove_file(names[i]);
    return 0;
}

static void
amazon_linux_is_of_the_family_of_redhat(void **state)
{
    CLEANUP(facts_free) struct facts facts = {0};
    (void)state;
    put("etc/os-release", "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\n"
                          "ID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n# comment=x\nnothing\n"
                          "BUILD_ID='20260101'\n");
    put("etc/machine-id", "ec2f1d0c5a8b4c0f9d3d2b1a00112233\n");
    put("proc/1/cgroup", "12:cpu:/\n0::/init.scope\n");
    assert_int_equal(facts_read(&facts, root), 0);
    assert_string_equal(facts.os_platform, "amzn");
    assert_string_equal(facts.os_family, "redhat");
    assert_string_equal(facts.os_name, "Amazon Linux");
    assert_string_equal(facts.os_version, "2023");
    assert_string_equal(facts.os_build, "20260101");
    assert_null(facts.os_codename);
    assert_string_equal(facts.id, "ec2f1d0c5a8b4c0f9d3d2b1a00112233");
    assert_false(facts.containerized);
}

static void
families_come_from_the_id_or_what_it_is_like(void **state)
{
    static const struct {
        const char *release, *family;
    } cases[] = {
        {"ID=debian\nVERSION_CODENAME=bookworm\n", "debian"},
        {"ID=ubuntu\nID_LIKE=debian\n", "debian"},
        {"ID=\"bottlerocket\"\n", "bottlerocket"},
        {"ID=new\nID_LIKE=\"unknown rhel fedora\"\n", "redhat"},
        {"ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\n", "suse"},
        {"ID_LIKE=\"suse\"\nID=own\n", "suse"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(facts_free) struct facts facts = {0};
        put("etc/os-release", cases[i].release);
        assert_int_equal(facts_read(&facts, root), 0);
        assert_string_equal(facts.os_family, cases[i].family);
    }
}

static void
what_is_missing_is_absent(void **state)
{
    CLEANUP(facts_free) struct facts facts = {0};
    struct utsname name;
    (void)state;
    remove_file("etc/os-release");
    put("etc/machine-id", "uninitialized\n");
    put("proc/1/cgroup", "");
    assert_int_equal(facts_read(&facts, root), 0);
    assert_null(facts.os_platform);
    assert_null(facts.os_family);
    assert_null(facts.id);
    assert_int_equal(uname(&name), 0);
    assert_string_equal(facts.architecture, name.machine);
    assert_string_equal(facts.kernel, name.release);
    assert_string_equal(facts.hostname, name.nodename);
}

static void
containers_are_known_by_their_marks(void **state)
{
    CLEANUP(facts_free) struct facts facts = {0};
    (void)state;
    put("proc/1/cgroup", "4:memory:/docker/0123\n");
    assert_int_equal(facts_read(&facts, root), 0);
    assert_true(facts.containerized);
    facts_free(&facts);
    put("proc/1/cgroup", "0::/\n");
    assert_int_equal(facts_read(&facts, root), 0);
    assert_false(facts.containerized);
    facts_free(&facts);
    put(".dockerenv", "");
    assert_int_equal(facts_read(&facts, root), 0);
    assert_true(facts.containerized);
}

static void
addresses_are_sorted_and_not_loopback(void **state)
{
    CLEANUP(addresses_free) struct addresses addresses = {0};
    (void)state;
    assert_int_equal(addresses_read(&addresses), 0);
    for (size_t i = 0; i < addresses.ip.n; i++) {
        assert_string_not_equal(addresses.ip.items[i], "127.0.0.1");
        assert_string_not_equal(addresses.ip.items[i], "::1");
    }
    for (size_t i = 0; i < addresses.mac.n; i++) {
        assert_int_equal(strlen(addresses.mac.items[i]), 17);
        assert_int_equal(addresses.mac.items[i][2], '-');
        assert_true(i == 0 || strcmp(addresses.mac.items[i - 1], addresses.mac.items[i]) < 0);
    }
}

/* Starts a processor and reads its constants into a tree. */
static const struct json_node *
constants_of(struct testhost *host, struct json *reader)
{
    CLEANUP_FREE char *constants = NULL;
    assert_int_equal(testhost_create(host), MH_OK);
    assert_int_equal(testhost_start(host), MH_OK);
    constants = testhost_constants(host);
    assert_int_equal(json_parse(reader, constants, strlen(constants)), 0);
    return json_root(reader);
}

static void
the_processor_sets_constants(void **state)
{
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    struct testhost *host =
        testhost_new(&add_host_metadata_plugin,
                     "name: shop-1\ngeo.city_name: Dublin\ngeo:\n  location: 53.3, -6.3");
    const struct json_node *constants = constants_of(host, reader);
    const struct json_node *ip = json_at(constants, "host.ip");
    struct utsname name;
    (void)state;
    assert_int_equal(uname(&name), 0);
    assert_string_equal(json_get_text(constants, "host.hostname"), name.nodename);
    assert_string_equal(json_get_text(constants, "host.name"), "shop-1");
    assert_string_equal(json_get_text(constants, "host.os.type"), "linux");
    assert_string_equal(json_get_text(constants, "host.geo.city_name"), "Dublin");
    assert_string_equal(json_get_text(constants, "host.geo.location"), "53.3, -6.3");
    assert_true(ip == NULL || ip->type == JSON_ARRAY);
    testhost_free(host);
}

static void
without_netinfo_there_are_no_addresses(void **state)
{
    CLEANUP(json_freep) struct json *reader = json_new(NULL);
    struct testhost *host = testhost_new(&add_host_metadata_plugin, "netinfo.enabled: false");
    const struct json_node *constants = constants_of(host, reader);
    (void)state;
    assert_null(json_at(constants, "host.ip"));
    assert_null(json_at(constants, "host.mac"));
    assert_null(json_at(constants, "host.name"));
    assert_non_null(json_at(constants, "host.architecture"));
    testhost_free(host);
}

static void
the_accepted_ones_say_why_they_do_nothing(void **state)
{
    static const struct mh_plugin *const plugins[] = {&add_docker_metadata_plugin,
                                                      &add_kubernetes_metadata_plugin};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(plugins); i++) {
        struct testhost *host = testhost_new(plugins[i], "host: x\nlabels.dedot: true");
        assert_int_equal(testhost_create(host), MH_OK);
        assert_int_equal(testhost_start(host), MH_OK);
        assert_non_null(strstr(testhost_log(host), "has nothing to do"));
        testhost_free(host);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amazon_linux_is_of_the_family_of_redhat),
        cmocka_unit_test(families_come_from_the_id_or_what_it_is_like),
        cmocka_unit_test(what_is_missing_is_absent),
        cmocka_unit_test(containers_are_known_by_their_marks),
        cmocka_unit_test(addresses_are_sorted_and_not_loopback),
        cmocka_unit_test(the_processor_sets_constants),
        cmocka_unit_test(without_netinfo_there_are_no_addresses),
        cmocka_unit_test(the_accepted_ones_say_why_they_do_nothing),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
