# plugins/docker: containers of a Docker engine.
plugins_docker_cppflags = -include $(top_builddir)/config.h $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support \
    -I$(top_srcdir)/plugins/docker

noinst_LTLIBRARIES += plugins/docker/libdocker_core.la
plugins_docker_libdocker_core_la_SOURCES = \
    plugins/docker/api.c plugins/docker/api.h \
    plugins/docker/cgroup.c plugins/docker/cgroup.h plugins/docker/cgroup_path.c \
    plugins/docker/cgroup_text.c plugins/docker/cgroup_v1.c plugins/docker/cgroup_v2.c \
    plugins/docker/check.c plugins/docker/container.c plugins/docker/container.h plugins/docker/inspect.c \
    plugins/docker/descriptor.c plugins/docker/plugin.h \
    plugins/docker/event_meaning.c plugins/docker/events.c plugins/docker/events.h \
    plugins/docker/events_act.c plugins/docker/events_internal.h \
    plugins/docker/exits.c plugins/docker/exits.h \
    plugins/docker/endpoint.c plugins/docker/endpoint.h \
    plugins/docker/fields.h plugins/docker/schema.c \
    plugins/docker/files.c plugins/docker/files.h \
    plugins/docker/history.c plugins/docker/history.h \
    plugins/docker/input.c plugins/docker/input.h plugins/docker/membership.c plugins/docker/sampling.c \
    plugins/docker/machine.c plugins/docker/machine.h \
    plugins/docker/metrics.c plugins/docker/metrics.h \
    plugins/docker/metric_container.c plugins/docker/metric_cpu.c plugins/docker/metric_diskio.c \
    plugins/docker/metric_event.c \
    plugins/docker/metric_healthcheck.c plugins/docker/metric_image.c plugins/docker/metric_info.c \
    plugins/docker/metric_memory.c plugins/docker/metric_network.c \
    plugins/docker/metric_network_summary.c \
    plugins/docker/uptime.c plugins/docker/uptime.h \
    plugins/docker/settings.c plugins/docker/settings.h
plugins_docker_libdocker_core_la_CPPFLAGS = $(plugins_docker_cppflags)
plugins_docker_libdocker_core_la_LIBADD = sdk/support/libsupport_usage.la sdk/support/libsupport_http.la \
    sdk/support/libsupport_json.la $(PTHREAD_LIBS) -lm

plugin_LTLIBRARIES += plugins/docker/docker.la
plugins_docker_docker_la_SOURCES = plugins/docker/docker.c
plugins_docker_docker_la_CPPFLAGS = $(plugins_docker_cppflags)
plugins_docker_docker_la_LDFLAGS = $(PLUGIN_LINK)
plugins_docker_docker_la_LIBADD = plugins/docker/libdocker_core.la

if HAVE_CMOCKA
# The input alone in the tests' host, for the scripts of tests/integration.
check_PROGRAMS += tests/integration/docker_probe
tests_integration_docker_probe_SOURCES = tests/integration/docker_probe.c
tests_integration_docker_probe_CPPFLAGS = $(MH_TESTHOST_FLAGS) -I$(top_srcdir)/plugins/docker
tests_integration_docker_probe_LDADD = plugins/docker/libdocker_core.la $(MH_TESTHOST_LIBS)

TESTS += tests/integration/docker-contract.py tests/integration/docker-faults.py tests/integration/docker-live.py \
    tests/integration/docker-tls.py

# The manual's tables from the schema.
check_PROGRAMS += tests/integration/docker_tables
tests_integration_docker_tables_SOURCES = tests/integration/docker_tables.c
tests_integration_docker_tables_CPPFLAGS = $(plugins_docker_cppflags)
tests_integration_docker_tables_LDADD = plugins/docker/libdocker_core.la
TESTS += tests/integration/docker-manual.sh

docker_test_flags = $(plugins_docker_cppflags) -I$(top_srcdir)/tests/unit
docker_test_libs = plugins/docker/libdocker_core.la $(CMOCKA_LIBS)
docker_tests = tests/unit/test_docker_history tests/unit/test_docker_cgroup tests/unit/test_docker_model
check_PROGRAMS += $(docker_tests)
TESTS += $(docker_tests)
tests_unit_test_docker_history_SOURCES = tests/unit/test_docker_history.c
tests_unit_test_docker_history_CPPFLAGS = $(docker_test_flags)
tests_unit_test_docker_history_LDADD = $(docker_test_libs)
tests_unit_test_docker_cgroup_SOURCES = tests/unit/test_docker_cgroup.c
tests_unit_test_docker_cgroup_CPPFLAGS = $(docker_test_flags)
tests_unit_test_docker_cgroup_LDADD = $(docker_test_libs)
tests_unit_test_docker_model_SOURCES = tests/unit/test_docker_model.c
tests_unit_test_docker_model_CPPFLAGS = $(docker_test_flags)
tests_unit_test_docker_model_LDADD = $(docker_test_libs)
endif

# Off until an operator enables it: not every machine has an engine.
dist_man_MANS += plugins/docker/metrichost-docker.7
dist_modulesd_DATA += plugins/docker/docker.yml.disabled

EXTRA_DIST += tests/integration/docker-contract.py tests/integration/docker-faults.py \
    tests/integration/docker-live.py tests/integration/docker-manual.sh tests/integration/docker-tls.py \
    tests/integration/docker_fake.py
EXTRA_DIST += tests/fixtures/docker-api/events_20.10.ndjson tests/fixtures/docker-api/info_20.10.json \
    tests/fixtures/docker-api/inspect_20.10.json tests/fixtures/docker-api/list_20.10.json \
    tests/fixtures/docker-api/moby_v1.24_images_json.json tests/fixtures/docker-api/stats_20.10.json \
    tests/fixtures/docker-api/stats_20.10_one_shot.json \
    tests/fixtures/expected/stats_cgroupv1_extracted_from_ecs_exporter_fargate.expected.json \
    tests/fixtures/expected/stats_cgroupv2_extracted_from_ecs_exporter_ec2.expected.json \
    tests/fixtures/cgroup2

if ENABLE_FUZZERS
# Fuzz targets of the engine's answers; their corpora begin with tests/fixtures/docker-api.
docker_fuzzers = tests/fuzz/fuzz_docker_stats tests/fuzz/fuzz_docker_list tests/fuzz/fuzz_docker_inspect \
    tests/fuzz/fuzz_docker_events
noinst_PROGRAMS += $(docker_fuzzers)
tests_fuzz_fuzz_docker_stats_SOURCES = tests/fuzz/fuzz_docker_stats.c tests/fuzz/fuzz_docker.h
tests_fuzz_fuzz_docker_stats_CPPFLAGS = $(plugins_docker_cppflags)
tests_fuzz_fuzz_docker_stats_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_docker_stats_LDADD = plugins/docker/libdocker_core.la
tests_fuzz_fuzz_docker_list_SOURCES = tests/fuzz/fuzz_docker_list.c tests/fuzz/fuzz_docker.h
tests_fuzz_fuzz_docker_list_CPPFLAGS = $(plugins_docker_cppflags)
tests_fuzz_fuzz_docker_list_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_docker_list_LDADD = plugins/docker/libdocker_core.la
tests_fuzz_fuzz_docker_inspect_SOURCES = tests/fuzz/fuzz_docker_inspect.c tests/fuzz/fuzz_docker.h
tests_fuzz_fuzz_docker_inspect_CPPFLAGS = $(plugins_docker_cppflags)
tests_fuzz_fuzz_docker_inspect_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_docker_inspect_LDADD = plugins/docker/libdocker_core.la
tests_fuzz_fuzz_docker_events_SOURCES = tests/fuzz/fuzz_docker_events.c tests/fuzz/fuzz_docker.h
tests_fuzz_fuzz_docker_events_CPPFLAGS = $(plugins_docker_cppflags)
tests_fuzz_fuzz_docker_events_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_docker_events_LDADD = plugins/docker/libdocker_core.la
endif
