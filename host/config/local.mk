# Configuration.
libmhhost_la_SOURCES += \
    host/config/bind.c \
    host/config/bind.h \
    host/config/bind_value.c \
    host/config/config.h \
    host/config/diagnostics.c \
    host/config/expand.c \
    host/config/keys.c \
    host/config/keystore.c \
    host/config/keystore.h \
    host/config/keystore_lookup.c \
    host/config/keystore_seal.c \
    host/config/keystore_seal.h \
    host/config/merge.c \
    host/config/modules.c \
    host/config/modules.h \
    host/config/node.c \
    host/config/node.h \
    host/config/ops.c \
    host/config/output.c \
    host/config/output.h \
    host/config/override.c \
    host/config/paths.c \
    host/config/processors.c \
    host/config/secrets.c \
    host/config/settings.c \
    host/config/source.c \
    host/config/source.h \
    host/config/split.c \
    host/config/tree.h \
    host/config/values.c \
    host/config/values.h \
    host/config/yaml.c \
    host/config/yaml.h \
    host/config/yaml_error.c \
    host/config/yaml_loader.h \
    host/config/yaml_put.c \
    host/config/yaml_write.c

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_config_values tests/unit/test_config_tree
TESTS += tests/unit/test_config_values tests/unit/test_config_tree
tests_unit_test_config_values_SOURCES = tests/unit/test_config_values.c
tests_unit_test_config_values_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_config_values_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_config_values_LDADD = $(MH_HOST_TEST_LDADD)
tests_unit_test_config_tree_SOURCES = \
    tests/unit/test_config_tree.c \
    tests/unit/config_place.c \
    tests/unit/config_place.h
tests_unit_test_config_tree_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_config_tree_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_config_tree_LDADD = $(MH_HOST_TEST_LDADD)

check_PROGRAMS += tests/unit/test_config_memory
TESTS += tests/unit/test_config_memory
tests_unit_test_config_memory_SOURCES = \
    tests/unit/test_config_memory.c \
    tests/unit/config_place.c \
    tests/unit/config_place.h \
    tests/unit/fail_alloc.c \
    tests/unit/fail_alloc.h
tests_unit_test_config_memory_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_config_memory_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_config_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
    -Wl,--wrap=reallocarray,--wrap=strdup,--wrap=strndup
tests_unit_test_config_memory_LDADD = $(MH_HOST_TEST_LDADD)
endif

# -fsanitize=fuzzer brings main(); the library was compiled with coverage by --enable-fuzzers.
EXTRA_DIST += tests/fuzz/corpus_yaml/keys.yml tests/fuzz/corpus_yaml/styles.yml
if ENABLE_FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_yaml
tests_fuzz_fuzz_yaml_SOURCES = tests/fuzz/fuzz_yaml.c
tests_fuzz_fuzz_yaml_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_fuzz_fuzz_yaml_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_yaml_LDADD = libmhhost.la
endif
