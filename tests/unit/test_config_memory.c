/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_config_memory.c - loading a configuration while memory runs out, at every allocation in
 * turn: it either fails, or what it gives is the same as with memory.
 */
#include "config_place.h"
#include "fail_alloc.h"

#include "config/keystore.h"

#include <errno.h>
#include <setjmp.h>

#include <cmocka.h>

static const char main_file[] = "metricbeat.config.modules.path: ${path.config}/m/*.yml\n"
                                "metrichost.modules:\n"
                                "- {module: one, hosts: [a, b]}\n"
                                "output:\n"
                                "  elasticsearch.hosts: &h [x, 'y${MH_T_NONE:z}']\n"
                                "  elasticsearch.other: *h\n"
                                "setup.kibana.host: ${cloud.id}\n"
                                "cloud.id: abc\n"
                                "fields: {a: {<<: {k: v}, l: w}, spliced: '${tags}'}\n"
                                "tags: ${MH_T_TAGS}\n"
                                "keystore.path: ks\n"
                                "name: ${SECRET:no}\n"
                                "queue.disk.max_size: 1GB\n"
                                "logging.level: debug\n"
                                "nmae: unknown\n"
                                "seccomp: ignored\n"
                                "processors:\n- p: ~\n- q: {r: s}\n";
static const char *const overrides[] = {"fields.e=1", "output.elasticsearch.hosts.0=n",
                                        "fields.list=[1, 2]"};

static void
write_files(struct place *p)
{
    struct keystore *k = keystore_new();
    CLEANUP_FREE char *store = util_printf("%s/ks", p->folder);
    setenv("MH_T_TAGS", "t1, 't,2'", 1);
    assert_int_equal(keystore_set(k, "SECRET", "s"), 0);
    assert_int_equal(keystore_save(k, store), 0);
    keystore_free(k);
    place_write(p, "metrichost.yml", main_file);
    place_write(p, "m/a.yml",
                "- module: two\n  period: ${MH_T_NONE:5s}\n- {module: off, enabled: no}\n");
    p->options.overrides = overrides;
    p->options.n_overrides = COUNT_OF(overrides);
}

static const struct mh_key output_keys[] = {
    {"hosts", NULL, NULL, "doc", MH_KEY_STRING_LIST, 0},
    {"other", NULL, NULL, "doc", MH_KEY_STRING_LIST, MH_KEY_PATH},
    {"cloud.id", NULL, NULL, "doc", MH_KEY_STRING, 0},
    {"setup.kibana.host", NULL, NULL, "doc", MH_KEY_STRING, 0},
};

/* All that a program does with a configuration before it uses it. */
static int
load(const struct place *p, struct settings **ret, struct diagnostics *d)
{
    const struct key_set set = {output_keys, COUNT_OF(output_keys), sizeof output_keys[0]};
    int r = settings_load(&p->options, d, ret);
    if (r == 0)
        r = settings_lend_to_output(*ret, &set);
    if (r == 0)
        r = config_bind((*ret)->output, &set, 1, "output.elasticsearch", d);
    return r;
}

static void
compare(const struct settings *a, const struct settings *b)
{
    assert_true(config_equal(a->root, b->root));
    assert_int_equal(a->n_modules, b->n_modules);
    for (size_t i = 0; i < a->n_modules; i++)
        assert_true(config_equal(a->modules[i], b->modules[i]));
    assert_int_equal(a->n_processors, b->n_processors);
    assert_string_equal(a->output_name, b->output_name);
    assert_true(config_equal(a->output, b->output));
}

static void
every_allocation_in_turn(void **state)
{
    struct place *p = *state;
    unsigned n = 0, n_failed = 0;
    bool happened = true;
    write_files(p);
    int r = load(p, &p->settings, &p->d);
    if (r != 0)
        fail_msg("%s", p->d.text.data);
    if (p->d.n_warnings != 3)
        fail_msg("%s", p->d.text.data);
    while (happened) {
        struct settings *s = NULL;
        struct diagnostics d = {0};
        fail_alloc_at(++n);
        r = load(p, &s, &d);
        happened = fail_alloc_happened();
        if (r == 0)
            compare(s, p->settings);
        else
            assert_true(r == -ENOMEM || (r == -EINVAL && d.n_errors > 0));
        n_failed += r != 0;
        settings_free(s);
        diagnostics_free(&d);
    }
    print_message("%u of %u allocations are fatal\n", n_failed, n);
    assert_true(n_failed > 200);
}

static void
copies_while_memory_runs_out(void **state)
{
    struct place *p = *state;
    bool happened = true;
    write_files(p);
    assert_int_equal(load(p, &p->settings, &p->d), 0);
    for (unsigned n = 1; happened; n++) {
        CLEANUP(buf_free) struct buf text = {0};
        fail_alloc_at(n);
        struct mh_config *copy = config_clone(p->settings->root);
        int r = copy != NULL ? config_set_scalar(copy, "new.deep.path", "x") : -ENOMEM;
        if (r == 0)
            r = config_hide_secrets(copy);
        if (r == 0)
            r = config_to_yaml(copy, &text);
        happened = fail_alloc_happened();
        assert_true(happened == (r != 0));
        config_node_free(copy);
    }
}

static void
keystores_while_memory_runs_out(void **state)
{
    struct place *p = *state;
    bool happened = true;
    write_files(p);
    CLEANUP_FREE char *store = util_printf("%s/ks", p->folder);
    for (unsigned n = 1; happened; n++) {
        struct keystore *k = NULL;
        char *reason = NULL;
        fail_alloc_at(n);
        int r = keystore_open(store, true, &k, &reason);
        if (r == 0)
            r = keystore_set(k, "OTHER", "x");
        if (r == 0)
            r = keystore_save(k, store);
        happened = fail_alloc_happened();
        assert_int_equal(happened, r != 0);
        keystore_free(k);
        free(reason);
    }
    struct keystore *k = NULL;
    char *reason = NULL;
    assert_int_equal(keystore_open(store, true, &k, &reason), 0);
    assert_string_equal(keystore_get(k, "SECRET"), "s");
    assert_int_equal(keystore_count(k), 2);
    keystore_free(k);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_allocation_in_turn),
        TEST(copies_while_memory_runs_out),
        TEST(keystores_while_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
