/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_loader_negotiate.c - descriptors and schemas of plugins that are older, newer or wrong, and
 * the host's copy of them. The messages for whole files are tested by bad-plugins.sh.
 */
#include "plugin/negotiate.h"

#include <errno.h>
#include <setjmp.h>

#include <cmocka.h>

static int32_t
create(const struct mh_host *host, const struct mh_config *config, void **ret_self)
{
    (void)host;
    (void)config;
    (void)ret_self;
    return MH_OK;
}

static int32_t
collect(void *self, struct mh_batch *batch, uint64_t deadline_ns)
{
    (void)self;
    (void)batch;
    (void)deadline_ns;
    return MH_OK;
}

static void
destroy(void *self)
{
    (void)self;
}

/* Structs as a later minor might have them. */
struct later_field {
    struct mh_field field;
    uint64_t later;
};
struct later_dataset {
    struct mh_dataset dataset;
    uint64_t later[3];
};
struct later_key {
    struct mh_key key;
    void *later;
};
struct later_plugin {
    struct mh_plugin plugin;
    void (*later)(void);
};

static const struct later_key later_keys[] = {
    {{"a", NULL, NULL, "A.", MH_KEY_STRING, 0}, (void *)1},
    {{"b.c", "1", NULL, NULL, MH_KEY_INT, 0}, (void *)2},
};
static const struct later_field later_fields[] = {
    {{"x.a", NULL, "A.", MH_TYPE_LONG, MH_METRIC_GAUGE, 0}, 1},
    {{"x.*.b", NULL, NULL, MH_TYPE_DOUBLE, MH_METRIC_COUNTER, 0}, 2},
    {{"x.c", NULL, "C.", MH_TYPE_KEYWORD, MH_METRIC_NONE, MH_FIELD_DIMENSION}, 3},
};
static const struct later_dataset later_datasets[] = {
    {{"x.one", "x", "one", "One.", &later_fields[0].field, NULL, 3, sizeof later_fields[0], 0, 0},
     {1, 2, 3}},
    {{"x.two", "x", "two", NULL, &later_fields[1].field, NULL, 1, sizeof later_fields[0], 0, 0},
     {1, 2, 3}},
};

static struct later_plugin
later_plugin(void)
{
    return (struct later_plugin){{
                                     .struct_size = sizeof(struct later_plugin),
                                     .abi_minor = 7,
                                     .kind = MH_KIND_INPUT,
                                     .data_model = MH_DATA_MODEL,
                                     .name = "later",
                                     .version = "9",
                                     .keys = &later_keys[0].key,
                                     .n_keys = 2,
                                     .key_stride = sizeof later_keys[0],
                                     .datasets = &later_datasets[0].dataset,
                                     .n_datasets = 2,
                                     .dataset_stride = sizeof later_datasets[0],
                                     .create = create,
                                     .collect = collect,
                                     .destroy = destroy,
                                 },
                                 NULL};
}

static void
a_newer_plugin_is_laid_out_in_our_strides(void **state)
{
    (void)state;
    struct later_plugin theirs = later_plugin();
    struct refusal why = {.file = "f.so", .plugin = "later"};
    const struct mh_plugin *p;
    assert_int_equal(negotiate_copy(&theirs.plugin, &p, &why), 0);
    assert_null(why.reason);
    assert_ptr_not_equal(p, &theirs.plugin);
    assert_int_equal(p->struct_size, sizeof *p);
    assert_int_equal(p->abi_minor, 7);
    assert_string_equal(p->keys[0].name, "a");
    assert_string_equal(p->keys[1].name, "b.c");
    assert_int_equal(p->keys[1].type, MH_KEY_INT);
    assert_string_equal(p->keys[1].doc, "");
    assert_string_equal(p->vendor, "");
    const struct mh_dataset *d = p->datasets;
    assert_string_equal(d[1].name, "x.two");
    assert_string_equal(d[1].doc, "");
    assert_int_equal(d[0].field_stride, sizeof(struct mh_field));
    assert_string_equal(d[0].fields[2].name, "x.c");
    assert_int_equal(d[0].fields[2].flags, MH_FIELD_DIMENSION);
    assert_string_equal(d[1].fields[0].name, "x.*.b");
}

/* What the plugin does not have is zero, and not what lies behind its descriptor. */
static void
nothing_is_read_past_the_stated_size(void **state)
{
    (void)state;
    struct later_plugin stated = later_plugin();
    stated.plugin.struct_size = MH_PLUGIN_SIZE_1_0;
    void *theirs = malloc(MH_PLUGIN_SIZE_1_0); /* the sanitizer watches its end */
    struct refusal why = {.file = "f.so"};
    const struct mh_plugin *p;
    assert_non_null(theirs);
    memcpy(theirs, &stated, MH_PLUGIN_SIZE_1_0);
    assert_int_equal(negotiate_copy(theirs, &p, &why), 0);
    free(theirs);
    uint32_t *small = malloc(sizeof *small);
    assert_non_null(small);
    *small = sizeof *small;
    assert_int_equal(negotiate_copy((void *)small, &p, &why), -EINVAL);
    assert_non_null(strstr(why.reason, "descriptor too small (4 < "));
    free(small);
    free(why.reason);
}

static void
expect_refusal(const struct later_plugin *theirs, const char *words)
{
    struct refusal why = {.file = "f.so", .plugin = "later"};
    const struct mh_plugin *p;
    assert_int_equal(negotiate_copy(&theirs->plugin, &p, &why), -EINVAL);
    assert_non_null(why.reason);
    if (strstr(why.reason, words) == NULL)
        fail_msg("wanted '%s' in '%s'", words, why.reason);
    assert_memory_equal(why.reason, "f.so: plugin later: ", 20);
    free(why.reason);
}

static void
expect_field_refusal(struct mh_field field, const char *words)
{
    struct mh_field fields[] = {field, {"y", NULL, NULL, MH_TYPE_LONG, MH_METRIC_NONE, 0}};
    struct mh_dataset dataset = {"d", "m", "s", NULL, fields, NULL, 2, sizeof fields[0], 0, 0};
    struct later_plugin theirs = later_plugin();
    theirs.plugin.datasets = &dataset;
    theirs.plugin.n_datasets = 1;
    theirs.plugin.dataset_stride = sizeof dataset;
    expect_refusal(&theirs, words);
}

static void
wrong_fields_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    ".",    "a.", ".a",  "a..b",
                                      "a b", "a.**", "a*", "*.*", "a.*.b.*"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_field_refusal((struct mh_field){bad[i], NULL, NULL, MH_TYPE_LONG, 0, 0},
                             "has no valid name");
    expect_field_refusal((struct mh_field){NULL, NULL, NULL, MH_TYPE_LONG, 0, 0}, "('NULL')");
    expect_field_refusal((struct mh_field){"y", NULL, NULL, MH_TYPE_LONG, 0, 0},
                         "dataset 'd' has two fields 'y'");
    expect_field_refusal((struct mh_field){"x", NULL, NULL, 0, 0, 0}, "unknown type 0");
    expect_field_refusal((struct mh_field){"x", NULL, NULL, MH_TYPE_LONG, 3, 0},
                         "unknown kind of metric (3)");
}

static void
wrong_datasets_are_refused(void **state)
{
    (void)state;
    struct later_plugin theirs = later_plugin();
    theirs.plugin.n_datasets = 70000;
    expect_refusal(&theirs, "has 70000 datasets; at most 65535");
    theirs = later_plugin();
    theirs.plugin.datasets = NULL;
    expect_refusal(&theirs, "says that it has 2 datasets but gives none");
    struct mh_dataset twice[] = {{"d", "m", "s", NULL, NULL, NULL, 0, 0, 0, 0},
                                 {"d", "m", "t", NULL, NULL, NULL, 0, 0, 0, 0}};
    theirs.plugin.datasets = twice;
    theirs.plugin.dataset_stride = sizeof twice[0];
    expect_refusal(&theirs, "has two datasets 'd'");
    twice[1].name = "e";
    twice[1].metricset = NULL;
    expect_refusal(&theirs, "dataset 'e' names no module or no metricset");
    twice[1].metricset = "t";
    twice[1].n_fields = 1;
    expect_refusal(&theirs, "says that it has 1 fields but gives none");
}

static void
wrong_identities_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "A", "_a", "-a", "a.b", "a/b", "../a"};
    struct later_plugin theirs = later_plugin();
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        theirs.plugin.name = bad[i];
        expect_refusal(&theirs, "a plugin's name is [a-z0-9]");
    }
    theirs.plugin.name = "0-a_b";
    theirs.plugin.version = NULL;
    expect_refusal(&theirs, "has no version");
    theirs.plugin.version = "1";
    theirs.plugin.kind = 4;
    expect_refusal(&theirs, "unknown kind 4");
    theirs.plugin.kind = MH_KIND_OUTPUT;
    expect_refusal(&theirs, "output plugin has no .write");
    theirs.plugin.kind = MH_KIND_PROCESSOR;
    theirs.plugin.destroy = NULL;
    expect_refusal(&theirs, "processor plugin has no .destroy");
}

static const struct mh_plugin_list *
answer_nothing(const struct mh_loader *loader)
{
    static const struct mh_plugin_list none = {sizeof none, 0, NULL, NULL};
    assert_int_equal(loader->struct_size, sizeof *loader);
    assert_int_equal(loader->abi_major, MH_ABI_MAJOR);
    return &none;
}

static const struct mh_plugin_list *
answer_small(const struct mh_loader *loader)
{
    static const struct mh_plugin_list small = {8, 1, NULL, NULL};
    (void)loader;
    return &small;
}

static void
wrong_lists_are_refused(void **state)
{
    (void)state;
    struct refusal why = {.file = "f.so"};
    const struct mh_plugin *p;
    assert_int_equal(negotiate_find(answer_nothing, MH_KIND_INPUT, "x", &p, &why), -EINVAL);
    assert_non_null(strstr(why.reason, "describes 0 plugins"));
    assert_int_equal(negotiate_find(answer_small, MH_KIND_INPUT, "x", &p, &why), -EINVAL);
    assert_non_null(strstr(why.reason, "list of plugins is too small (8 < "));
    free(why.reason);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_newer_plugin_is_laid_out_in_our_strides),
        cmocka_unit_test(nothing_is_read_past_the_stated_size),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(wrong_datasets_are_refused),
        cmocka_unit_test(wrong_identities_are_refused),
        cmocka_unit_test(wrong_lists_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
