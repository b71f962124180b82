/* SPDX-License-Identifier: Apache-2.0 */
/* test_instance.c - the host table that a plugin gets, and the one place that calls go through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/yaml.h"
#include "pipeline/instance.h"

#include <metrichost/ext/state.h>
#include <metrichost/ext/statistics.h>

static atomic_int inside, most_inside;

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    int32_t fail = 0;
    host->config->get_bool(config, "fail", &fail);
    if (fail)
        return mh_fail(host, MH_ERR_UNSUPPORTED, "told to fail");
    *ret_self = (void *)(uintptr_t)host;
    return MH_OK;
}

static int32_t
collect(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    (void)self, (void)batch, (void)deadline_ns;
    int now = atomic_fetch_add(&inside, 1) + 1;
    int most = atomic_load(&most_inside);
    while (now > most && !atomic_compare_exchange_weak(&most_inside, &most, now))
        ;
    usleep(2000);
    atomic_fetch_sub(&inside, 1);
    return MH_OK;
}

static void
destroy(void *self)
{
    (void)self;
}

static const struct mh_plugin serial_plugin = {
    MH_PLUGIN_HEADER_FEATURES(MH_KIND_INPUT, MH_FEATURE_SERIALIZE, 0),
    .name = "serial",
    .create = create,
    .collect = collect,
    .destroy = destroy,
};

static const struct mh_plugin free_plugin = {
    MH_PLUGIN_HEADER(MH_KIND_INPUT),
    .name = "free",
    .create = create,
    .collect = collect,
    .destroy = destroy,
};

static const struct instance_role role;
static struct instance_env env = {
    .version = "1.2.3", .monotonic_ns = util_monotonic_ns, .realtime_ns = util_realtime_ns};

static int
make(struct instance *i, const struct mh_plugin *plugin, const char *yaml, struct diagnostics *d)
{
    struct mh_config *config = yaml_load(yaml, strlen(yaml), "t.yml", d);
    return instance_create(i, plugin->name, plugin, config, &role, &env, d);
}

static void *
call_often(void *arg)
{
    for (int n = 0; n < 20; n++)
        instance_collect(arg, NULL, 0);
    return NULL;
}

/* The most calls into this plugin that ran at the same time, from four instances. */
static int
overlap_of(const struct mh_plugin *plugin)
{
    struct instance instances[4] = {0};
    pthread_t threads[4];
    struct diagnostics d = {0};
    atomic_store(&most_inside, 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(make(&instances[i], plugin, "{}", &d), 0);
        assert_int_equal(instance_start(&instances[i]), MH_OK);
    }
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, call_often, &instances[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        instance_stop(&instances[i]);
        instance_destroy(&instances[i]);
    }
    diagnostics_free(&d);
    return atomic_load(&most_inside);
}

static void
test_calls_overlap_unless_the_plugin_forbids_it(void **state)
{
    (void)state;
    assert_true(overlap_of(&free_plugin) > 1);
    assert_int_equal(overlap_of(&serial_plugin), 1);
}

static void
test_words_of_a_failed_create_become_a_finding(void **state)
{
    struct instance i = {0};
    struct diagnostics d = {0};
    (void)state;
    assert_int_equal(make(&i, &free_plugin, "fail: true", &d), -22);
    buf_add_char(&d.text, '\0');
    assert_non_null(strstr(d.text.data, "t.yml:1:1: error: free: told to fail"));
    instance_destroy(&i); /* does nothing */
    diagnostics_free(&d);
}

static void
test_constants_are_merged_and_removed(void **state)
{
    struct instance i = {0};
    struct diagnostics d = {0};
    (void)state;
    assert_int_equal(make(&i, &free_plugin, "{}", &d), 0);
    mh_set_constant_text(&i.host, "cloud.region", "eu-west-1");
    mh_set_constant_text(&i.host, "cloud.region", "eu-west-2");
    struct constants *set = instance_constants(&i);
    assert_int_equal(constants_count(set), 1);
    assert_string_equal(constants_at(set, 0)->value.u.s, "eu-west-2");
    i.host.set_constant(&i.host, "cloud.region", 12, NULL);
    assert_int_equal(constants_count(set), 1); /* who holds the old set keeps it */
    constants_unref(set);
    set = instance_constants(&i);
    assert_int_equal(constants_count(set), 0);
    constants_unref(set);
    instance_destroy(&i);
    diagnostics_free(&d);
}

static void
test_state_survives_and_statistics_count(void **state)
{
    char folder[] = "/tmp/state-XXXXXX", value[16];
    struct instance i = {0};
    struct diagnostics d = {0};
    struct buf json = {0};
    size_t len;
    (void)state;
    assert_int_equal(make(&i, &free_plugin, "{}", &d), 0);
    assert_null(i.host.get_interface(&i.host, MH_EXT_STATE));
    env.state_dir = mkdtemp(folder);
    const struct mh_state_v1 *s = i.host.get_interface(&i.host, MH_EXT_STATE);
    assert_int_equal(s->get(&i.host, "since", value, sizeof value, &len), MH_ERR_UNSUPPORTED);
    assert_int_equal(s->set(&i.host, "../since", "x", 1), MH_ERR_UNSUPPORTED);
    assert_int_equal(s->set(&i.host, "since", "12345", 5), MH_OK);
    assert_int_equal(s->get(&i.host, "since", value, sizeof value, &len), MH_OK);
    assert_string_equal(value, "12345");
    assert_int_equal(s->get(&i.host, "since", value, 5, &len), MH_ERR_NOMEM);
    assert_int_equal(s->set(&i.host, "since", NULL, 0), MH_OK);
    assert_int_equal(s->get(&i.host, "since", value, sizeof value, &len), MH_ERR_UNSUPPORTED);
    rmdir(folder);
    env.state_dir = NULL;
    statistics_add(&i.host, "requests", 2);
    statistics_add(&i.host, "requests", 3);
    statistics_set(&i.host, "open", 1);
    instance_statistics_json(&i, &json);
    buf_add_char(&json, '\0');
    assert_string_equal(json.data, "\"requests\":5,\"open\":1");
    buf_free(&json);
    instance_destroy(&i);
    diagnostics_free(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_overlap_unless_the_plugin_forbids_it),
        cmocka_unit_test(test_words_of_a_failed_create_become_a_finding),
        cmocka_unit_test(test_constants_are_merged_and_removed),
        cmocka_unit_test(test_state_survives_and_statistics_count),
    };
    return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}
