/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_config_tree.c - YAML to settings: dotted keys, anchors, overlays, -E, variables, modules,
 * outputs.
 */
#include "config_place.h"

#include "config/keystore.h"

#include <errno.h>
#include <setjmp.h>
#include <sys/stat.h>

#include <cmocka.h>

static void
set_overrides(struct place *p, const char *const *overrides, size_t n)
{
    p->options.overrides = overrides;
    p->options.n_overrides = n;
}

static void
expect_list(struct place *p, const char *path, const char *want)
{
    CLEANUP(buf_free) struct buf got = {0};
    const struct mh_config *list = config_ops.find(p->settings->root, path);
    assert_non_null(list);
    assert_int_equal(config_ops.kind(list), MH_NODE_LIST);
    for (uint32_t i = 0; i < config_ops.count(list); i++) {
        const char *text = NULL;
        config_ops.get_string(config_ops.at(list, i), NULL, &text);
        buf_printf(&got, "%s%s", i > 0 ? "|" : "", text);
    }
    assert_string_equal(got.data != NULL ? got.data : "", want);
}

static void
dotted_and_nested_keys_are_the_same(void **state)
{
    struct place *p = *state;
    place_load(p, "output.file.path: /x\n"
                  "output:\n"
                  "  file.filename: f\n"
                  "  file:\n"
                  "    number_of_files: 3\n"
                  "\"logging.files\": {permissions: 0644}\n"
                  "logging.files.name: n\n");
    place_expect(p, "output.file.path", "/x");
    place_expect(p, "output.file.filename", "f");
    place_expect(p, "output.file.number_of_files", "3");
    place_expect(p, "logging.files.permissions", "0644");
    place_expect(p, "logging.files.name", "n");
    place_expect(p, "logging.level", "info"); /* the schema's default */
    place_expect(p, "name", NULL);
    assert_string_equal(p->settings->output_name, "file");
    assert_int_equal(p->d.n_warnings, 0);
}

static void
anchors_and_merge_keys(void **state)
{
    struct place *p = *state;
    place_load(p, "fields:\n"
                  "  base: &b {x: 1, y: 2}\n"
                  "  copy: *b\n"
                  "  more: {<<: *b, y: 3}\n"
                  "  text: &t hello\n"
                  "  again: *t\n");
    place_expect(p, "fields.copy.y", "2");
    place_expect(p, "fields.more.x", "1");
    place_expect(p, "fields.more.y", "3");
    place_expect(p, "fields.again", "hello");
}

static void
files_merge_and_lists_replace(void **state)
{
    struct place *p = *state;
    const char *files[] = {"a.yml", "b.yml", "a.yml"};
    place_write(p, "a.yml", "tags: [a, b, c]\nfields: {x: 1, y: 2}\nsetup.kibana.host: k\n");
    place_write(p, "b.yml", "tags: [z]\nfields.y: 3\nsetup.kibana:\nname: n\n");
    p->options.files = files;
    p->options.n_files = 3; /* the repeat is ignored */
    place_run(p, 0);
    expect_list(p, "tags", "z");
    place_expect(p, "fields.x", "1");
    place_expect(p, "fields.y", "3");
    place_expect(p, "setup.kibana.host", "k"); /* an empty heading takes nothing away */
}

static void
overrides_by_grammar(void **state)
{
    struct place *p = *state;
    static const char *const overrides[] = {
        "name=first",
        "name=a,b",
        "tags=x, y",
        "fields.list=[1, 'a,b', http://h:9200]",
        "fields.map={k: v}",
        "fields.raw='a\\n,b'",
        "fields.escaped=\"a\\nb\"",
        "fields.flag",
        "fields.url=http://h:9200",
        "fields.equals=a=b",
        "metricbeat.max_start_delay=3s",
        "fields.gone=null",
    };
    set_overrides(p, overrides, COUNT_OF(overrides));
    place_load(p, "fields.gone: here\n");
    place_expect(p, "name", "a,b"); /* wants a text: the comma stays */
    expect_list(p, "tags", "x|y");  /* wants a list */
    expect_list(p, "fields.list", "1|a,b|http://h:9200");
    place_expect(p, "fields.map.k", "v");
    place_expect(p, "fields.raw", "a\\n,b");
    place_expect(p, "fields.escaped", "a\nb");
    place_expect(p, "fields.flag", "true");
    place_expect(p, "fields.url", "http://h:9200");
    place_expect(p, "fields.equals", "a=b");
    place_expect(p, "metrichost.max_start_delay", "3s");
    place_expect(p, "fields.gone", NULL);
}

static void
overrides_reach_single_members(void **state)
{
    struct place *p = *state;
    static const char *const overrides[] = {"metricbeat.modules.0.period=1s", "tags.1=z"};
    set_overrides(p, overrides, 2);
    place_load(p, "tags: [a, b]\nmetricbeat.modules:\n- module: docker\n  period: 10s\n");
    expect_list(p, "tags", "a|z");
    place_expect(p, "metrichost.modules.0.period", "1s");
    place_expect(p, "metrichost.modules.0.module", "docker");
}

static void
an_empty_override_is_ignored_aloud(void **state)
{
    struct place *p = *state;
    static const char *const overrides[] = {"name="};
    set_overrides(p, overrides, 1);
    place_load(p, "name: n\n");
    place_expect(p, "name", "n");
    place_expect_message(p, "-E name: warning: ignored");
}

static void
variables(void **state)
{
    struct place *p = *state;
    setenv("MH_T_PASSWORD", "a,b:c'd\"e[f]{g} # h", 1);
    setenv("MH_T_LIST", "x, 'y,1' ,z", 1);
    setenv("MH_T_EMPTY", "", 1);
    setenv("MH_T_NAME", "PASSWORD", 1);
    place_load(p, "fields:\n"
                  "  password: ${MH_T_PASSWORD}\n"
                  "  embedded: pre-${MH_T_NAME}-post\n"
                  "  default: '${MH_T_NONE:some: thing, else}'\n"
                  "  empty: ${MH_T_EMPTY:set}\n"
                  "  nested: ${MH_T_NONE:${MH_T_NONE2:deep}}\n"
                  "  computed: ${MH_T_${MH_T_NAME}:no}\n"
                  "  alternative: ${MH_T_NAME:+yes}${MH_T_NONE:+no}\n"
                  "  message: ${MH_T_NAME:?not used}\n"
                  "  dollars: $$5 $} $x\n"
                  "  unset: ${MH_T_NONE:}\n"
                  "  setting: ${path.config}/x\n"
                  "  whole: ${tags}\n"
                  "  chain: ${fields.embedded}\n"
                  "tags: ${MH_T_LIST}\n");
    place_expect(p, "fields.password", "a,b:c'd\"e[f]{g} # h");
    place_expect(p, "fields.embedded", "pre-PASSWORD-post");
    place_expect(p, "fields.default", "some: thing, else");
    place_expect(p, "fields.empty", "set");
    place_expect(p, "fields.nested", "deep");
    place_expect(p, "fields.computed", "a,b:c'd\"e[f]{g} # h");
    place_expect(p, "fields.alternative", "yes");
    place_expect(p, "fields.message", "PASSWORD");
    place_expect(p, "fields.dollars", "$5 } $x");
    place_expect(p, "fields.unset", NULL);
    place_expect(p, "fields.chain", "pre-PASSWORD-post");
    expect_list(p, "tags", "x|y,1|z");
    setenv("MH_T_LIST", " [a, b] ", 1);
    place_run(p, 0);
    expect_list(p, "tags", "a|b");
    setenv("MH_T_LIST", "[a,b", 1);
    place_run(p, 0);
    expect_list(p, "tags", "[a|b");
    setenv("MH_T_LIST", "a,,b,", 1);
    place_run(p, 0);
    expect_list(p, "tags", "a|b");
    CLEANUP_FREE char *want = util_printf("%s/x", p->folder);
    place_expect(p, "fields.setting", want);
}

static void
settings_splice_as_trees(void **state)
{
    struct place *p = *state;
    place_load(p, "fields: {list: [a, b], map: {k: v}, l: '${fields.list}', m: '${fields.map}'}\n");
    expect_list(p, "fields.l", "a|b");
    place_expect(p, "fields.m.k", "v");
}

static void
unused_references_do_no_harm(void **state)
{
    struct place *p = *state;
    place_load(p, "monitoring.cluster_uuid: ${MH_T_NONE}\n"
                  "output.kafka: {enabled: false, hosts: '${MH_T_NONE}'}\n"
                  "output.console: {enabled: '${MH_T_NONE:true}'}\n"
                  "metricbeat.modules:\n"
                  "- {module: docker, enabled: false, hosts: '${MH_T_NONE}'}\n");
    assert_string_equal(p->settings->output_name, "console");
    assert_int_equal(p->settings->n_modules, 0);
}

static void
settings_come_before_environment_before_keystore(void **state)
{
    struct place *p = *state;
    struct keystore *k = keystore_new();
    CLEANUP_FREE char *path = util_printf("%s/metrichost.keystore", p->folder);
    keystore_set(k, "MH_T_BOTH", "of the store");
    keystore_set(k, "MH_T_STORED", "secret, with comma");
    keystore_set(k, "name", "of the store");
    assert_int_equal(keystore_save(k, path), 0);
    keystore_free(k);
    setenv("MH_T_BOTH", "of the environment", 1);
    setenv("name", "of the environment", 1);
    place_load(p, "name: of the file\n"
                  "fields: {a: '${MH_T_BOTH}', b: '${MH_T_STORED}', c: '${name}'}\n");
    place_expect(p, "fields.a", "of the environment");
    place_expect(p, "fields.b", "secret, with comma");
    place_expect(p, "fields.c", "of the file");
}

static void
modules_of_both_kinds(void **state)
{
    struct place *p = *state;
    place_write(p, "modules.d/b.yml", "- module: second\n  period: ${MH_T_NONE:7s}\n");
    place_write(p, "modules.d/a.yml", "- module: first\n- module: off\n  enabled: false\n");
    place_write(p, "modules.d/c.yml.disabled", "nonsense: [\n");
    place_write(p, "modules.d/d.yml", "# only a comment\n");
    place_load(p, "metricbeat.config.modules.path: ${path.config}/modules.d/*.yml\n"
                  "metrichost.modules: [{module: zero}]\n");
    static const char *const want[] = {"zero", "first", "second"};
    assert_int_equal(p->settings->n_modules, 3);
    for (size_t i = 0; i < 3; i++) {
        const char *name = NULL;
        config_ops.get_string(p->settings->modules[i], "module", &name);
        assert_string_equal(name, want[i]);
    }
    uint64_t period = 0;
    config_ops.get_duration_ns(p->settings->modules[2], "period", &period);
    assert_int_equal(period, 7 * MH_NS_PER_S);
    p->options.without_modules = true;
    place_run(p, 0);
    assert_int_equal(p->settings->n_modules, 1);
}

static void
cloud_id_implies_an_output(void **state)
{
    struct place *p = *state;
    place_load(p, "cloud.id: x:y\n");
    assert_string_equal(p->settings->output_name, "elasticsearch");
    place_load(p, "cloud.id: x:y\noutput.console:\n  pretty: true\n");
    assert_string_equal(p->settings->output_name, "console");
    place_load(p, "output.elasticsearch:\noutput.console:\n  pretty: true\n");
    assert_string_equal(p->settings->output_name, "console");
    place_load(p, "output.console:\n");
    assert_string_equal(p->settings->output_name, "console");
    place_load(p, "name: x\n");
    assert_null(p->settings->output);
}

static void
sections_are_lent_to_an_output_that_wants_them(void **state)
{
    static const struct mh_key keys[] = {
        {"cloud.id", NULL, NULL, "doc", MH_KEY_STRING, 0},
        {"setup.template.name", NULL, NULL, "doc", MH_KEY_STRING, 0},
        {"setup.template.enabled", "true", NULL, "doc", MH_KEY_BOOL, 0},
    };
    struct place *p = *state;
    struct key_set all = {keys, 3, sizeof keys[0]}, cloud_only = {keys, 1, sizeof keys[0]};
    place_load(p, "cloud.id: x\nsetup.template: {name: t, enabled: maybe, nmae: y}\n"
                  "output.elasticsearch.setup.template.name: own\n");
    assert_int_equal(settings_lend_to_output(p->settings, &cloud_only), 0);
    assert_null(config_ops.find(p->settings->output, "setup.template.enabled"));
    assert_int_equal(settings_lend_to_output(p->settings, &all), 0);
    place_expect(p, "output.elasticsearch.setup.template.name", "own");
    assert_int_equal(config_bind(p->settings->output, &all, 1, "output.elasticsearch", &p->d),
                     -EINVAL);
    place_expect_message(p, "%s/metrichost.yml:2:36: error: setup.template.enabled: expected true "
                            "or false, found \"maybe\"\n");
    place_expect_message(p,
                         "%s/metrichost.yml:2:43: warning: setup.template.nmae: unknown setting, "
                         "ignored; did you mean setup.template.name?\n");
}

static void
processors_in_order(void **state)
{
    struct place *p = *state;
    place_load(p, "processors:\n- add_host_metadata: ~\n- add_cloud_metadata:\n    timeout: 3s\n");
    assert_int_equal(p->settings->n_processors, 2);
    assert_string_equal(config_ops.key_at(p->settings->processors[1], 0), "add_cloud_metadata");
    const struct mh_config *none = config_ops.at(p->settings->processors[0], 0);
    assert_int_equal(config_ops.kind(none), MH_NODE_NULL);
    assert_int_equal(config_bind((struct mh_config *)none, NULL, 0, "p", &p->d), 0);
}

static void
copies_and_equality(void **state)
{
    struct place *p = *state;
    place_load(p, "fields: {a: 1, b: [x, {c: d}]}\n");
    struct mh_config *copy = config_clone(p->settings->root);
    assert_true(config_equal(copy, p->settings->root));
    assert_int_equal(config_set_scalar(copy, "fields.b.1.c", "e"), 0);
    assert_false(config_equal(copy, p->settings->root));
    assert_int_equal(config_set_scalar(copy, "fields.new.deep", "x"), 0);
    const char *text = NULL;
    config_ops.get_string(copy, "fields.new.deep", &text);
    assert_string_equal(text, "x");
    place_expect(p, "fields.b.1.c", "d");
    config_node_free(copy);
}

/* The built-in folders are not below the built-in home, also for variables. */
static void
built_in_folders(void **state)
{
    struct place *p = *state;
    p->options.path_data = NULL;
    place_load(p, "name: ${path.data}\n");
    assert_string_equal(p->settings->paths.home, MH_HOME_DIR);
    assert_string_equal(p->settings->paths.data, MH_DATA_DIR);
    assert_string_equal(p->settings->paths.logs, MH_LOG_DIR);
    place_expect(p, "name", MH_DATA_DIR);
}

static void
folders(void **state)
{
    struct place *p = *state;
    p->options.path_config = NULL;
    p->options.path_data = NULL;
    p->options.path_home = p->folder;
    place_load(p, "path.logs: ${path.home}/l\npath.plugins: [/p1, /p2]\n");
    CLEANUP_FREE char *data = util_printf("%s/data", p->folder);
    CLEANUP_FREE char *logs = util_printf("%s/l", p->folder);
    assert_string_equal(p->settings->paths.config, p->folder);
    assert_string_equal(p->settings->paths.data, data);
    assert_string_equal(p->settings->paths.logs, logs);
    place_expect(p, "path.data", data);
    assert_int_equal(p->settings->paths.n_plugins, 3);
    assert_string_equal(p->settings->paths.plugins[1], "/p2");
    assert_string_equal(p->settings->paths.plugins[2], MH_PLUGIN_DIR);
}

static void
an_old_name_of_the_file(void **state)
{
    struct place *p = *state;
    place_write(p, "metricbeat.yml", "name: old\n");
    place_run(p, 0);
    place_expect(p, "name", "old");
    place_load(p, "name: new\n");
    place_expect(p, "name", "new");
}

static void
file_names_are_below_the_configuration(void **state)
{
    static const struct mh_key keys[] = {
        {"ssl.key", NULL, NULL, "doc", MH_KEY_STRING, MH_KEY_PATH},
        {"ssl.ca", NULL, NULL, "doc", MH_KEY_STRING_LIST, MH_KEY_PATH},
    };
    struct place *p = *state;
    struct key_set set = {keys, 2, sizeof keys[0]};
    place_load(p, "output.x.ssl: {key: k.pem, ca: [/abs.pem, rel.pem, '-----BEGIN X']}\n");
    assert_int_equal(config_bind(p->settings->output, &set, 1, "output.x", &p->d), 0);
    CLEANUP_FREE char *key = util_printf("%s/k.pem", p->folder);
    CLEANUP_FREE char *list = util_printf("/abs.pem|%s/rel.pem|-----BEGIN X", p->folder);
    place_expect(p, "output.x.ssl.key", key);
    expect_list(p, "output.x.ssl.ca", list);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dotted_and_nested_keys_are_the_same),
        TEST(anchors_and_merge_keys),
        TEST(files_merge_and_lists_replace),
        TEST(overrides_by_grammar),
        TEST(overrides_reach_single_members),
        TEST(an_empty_override_is_ignored_aloud),
        TEST(variables),
        TEST(settings_splice_as_trees),
        TEST(unused_references_do_no_harm),
        TEST(settings_come_before_environment_before_keystore),
        TEST(modules_of_both_kinds),
        TEST(cloud_id_implies_an_output),
        TEST(sections_are_lent_to_an_output_that_wants_them),
        TEST(processors_in_order),
        TEST(copies_and_equality),
        TEST(built_in_folders),
        TEST(folders),
        TEST(an_old_name_of_the_file),
        TEST(file_names_are_below_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
