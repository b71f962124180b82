# What keeps the plugin ABI from breaking: refusals, frozen layout, old plugins and old hosts, exported symbols, layering.
check_PROGRAMS += tests/abi/registry_probe
tests_abi_registry_probe_SOURCES = tests/abi/registry_probe.c
tests_abi_registry_probe_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_abi_registry_probe_LDADD = libmhhost.la

TESTS += tests/integration/bad-plugins.sh tests/integration/plugin-upgrade.sh
EXTRA_DIST += tests/integration/bad-plugins.sh tests/integration/plugin-upgrade.sh tests/abi/plugins/variant.c \
    tests/abi/plugins/versioned.c

TESTS += tests/abi/headers.sh tests/abi/exports.sh tests/abi/checker.sh tests/abi/abidiff.sh \
    tests/abi/docs.sh tests/abi/no-memory.sh tests/layering.sh tests/dist-files.sh
EXTRA_DIST += tests/abi/headers.sh tests/abi/exports.sh tests/abi/checker.sh tests/abi/abidiff.sh \
    tests/abi/docs.sh tests/abi/no-memory.sh tests/layering.sh tests/dist-files.sh \
    tests/abi/anchor.c tests/abi/failing_malloc.c tests/abi/frozen_1_0.c \
    tests/abi/plugins/faulty.c tests/abi/plugins/macros.c \
    tests/abi/metrichost-abi.xml sdk/abi-history.md

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_elf_info
TESTS += tests/unit/test_elf_info
tests_unit_test_elf_info_SOURCES = tests/unit/test_elf_info.c
tests_unit_test_elf_info_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_elf_info_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_elf_info_LDADD = $(MH_HOST_TEST_LDADD)

check_PROGRAMS += tests/unit/test_loader_negotiate
TESTS += tests/unit/test_loader_negotiate
tests_unit_test_loader_negotiate_SOURCES = tests/unit/test_loader_negotiate.c
tests_unit_test_loader_negotiate_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_loader_negotiate_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_loader_negotiate_LDADD = $(MH_HOST_TEST_LDADD)
endif

if ENABLE_FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_plugin_file
tests_fuzz_fuzz_plugin_file_SOURCES = tests/fuzz/fuzz_plugin_file.c
tests_fuzz_fuzz_plugin_file_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_fuzz_fuzz_plugin_file_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_plugin_file_LDADD = libmhhost.la
endif
