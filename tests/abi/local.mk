# What keeps the plugin ABI from breaking: refusals, frozen layout, old plugins and old hosts, exported symbols, layering.
check_PROGRAMS += tests/abi/registry_probe
tests_abi_registry_probe_SOURCES = tests/abi/registry_probe.c
tests_abi_registry_probe_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_abi_registry_probe_LDADD = libmhhost.la

TESTS += tests/integration/bad-plugins.sh
EXTRA_DIST += tests/integration/bad-plugins.sh tests/abi/plugins/variant.c
