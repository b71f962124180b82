# plugins/awsfargate: the task metadata endpoint of Amazon ECS.
plugins_awsfargate_cppflags = -include $(top_builddir)/config.h $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support \
    -I$(top_srcdir)/plugins/awsfargate

noinst_LTLIBRARIES += plugins/awsfargate/libawsfargate_core.la
plugins_awsfargate_libawsfargate_core_la_SOURCES = \
    plugins/awsfargate/awsfargate.c plugins/awsfargate/awsfargate.h \
    plugins/awsfargate/budget.c plugins/awsfargate/budget.h \
    plugins/awsfargate/check.c plugins/awsfargate/check.h \
    plugins/awsfargate/collect.c plugins/awsfargate/collect.h \
    plugins/awsfargate/endpoint.c plugins/awsfargate/endpoint.h \
    plugins/awsfargate/fields_identity.inc \
    plugins/awsfargate/fields_task.inc \
    plugins/awsfargate/fields_task_stats.inc \
    plugins/awsfargate/history.c plugins/awsfargate/history.h \
    plugins/awsfargate/identity.c plugins/awsfargate/identity.h \
    plugins/awsfargate/schema.c plugins/awsfargate/schema.h \
    plugins/awsfargate/tags.c plugins/awsfargate/tags.h \
    plugins/awsfargate/task.c plugins/awsfargate/task.h \
    plugins/awsfargate/task_record.c \
    plugins/awsfargate/task_stats.c \
    plugins/awsfargate/values.c
plugins_awsfargate_libawsfargate_core_la_CPPFLAGS = $(plugins_awsfargate_cppflags)
plugins_awsfargate_libawsfargate_core_la_LIBADD = sdk/support/libsupport_http.la \
    sdk/support/libsupport_usage.la \
    sdk/support/libsupport_json.la sdk/support/libsupport_arn.la $(PTHREAD_LIBS)

plugin_LTLIBRARIES += plugins/awsfargate/awsfargate.la
plugins_awsfargate_awsfargate_la_SOURCES = plugins/awsfargate/plugin.c
plugins_awsfargate_awsfargate_la_CPPFLAGS = $(plugins_awsfargate_cppflags)
plugins_awsfargate_awsfargate_la_LIBADD = plugins/awsfargate/libawsfargate_core.la
plugins_awsfargate_awsfargate_la_LDFLAGS = $(PLUGIN_LINK)

# Off until an operator enables it: outside of ECS it can only say that there is no endpoint.
dist_modulesd_DATA += plugins/awsfargate/awsfargate.yml.disabled
dist_man_MANS += plugins/awsfargate/metrichost-awsfargate.7

EXTRA_DIST += tests/stubs/tmds_server.py \
    tests/fixtures/ecs-tmds-v4/ecs_exporter_ec2_task_metadata.json \
    tests/fixtures/ecs-tmds-v4/ecs_exporter_ec2_task_stats.json \
    tests/fixtures/ecs-tmds-v4/ecs_exporter_fargate_task_metadata.json \
    tests/fixtures/ecs-tmds-v4/ecs_exporter_fargate_task_stats.json \
    tests/fixtures/ecs-tmds-v4/telegraf_ecs_cgroupv1_metadata.json \
    tests/fixtures/ecs-tmds-v4/telegraf_ecs_cgroupv1_stats.json \
    tests/fixtures/expected/awsfargate_ecs_exporter_ec2.expected.json \
    tests/fixtures/expected/awsfargate_ecs_exporter_fargate.expected.json

if HAVE_CMOCKA
# An instance in front of a stub endpoint, for the tests of awsfargate.
check_LTLIBRARIES += tests/unit/libfargate_place.la
tests_unit_libfargate_place_la_SOURCES = tests/unit/fargate_place.c tests/unit/fargate_place.h \
    tests/unit/stub_server.c tests/unit/stub_server.h
tests_unit_libfargate_place_la_CPPFLAGS = $(plugins_awsfargate_cppflags) $(MH_TESTHOST_FLAGS)
tests_unit_libfargate_place_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_libfargate_place_la_LIBADD = plugins/awsfargate/libawsfargate_core.la

check_PROGRAMS += tests/unit/test_awsfargate
TESTS += tests/unit/test_awsfargate
tests_unit_test_awsfargate_SOURCES = tests/unit/test_awsfargate.c
tests_unit_test_awsfargate_CPPFLAGS = $(plugins_awsfargate_cppflags) $(MH_TESTHOST_FLAGS)
tests_unit_test_awsfargate_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_awsfargate_LDADD = tests/unit/libfargate_place.la $(MH_TESTHOST_LIBS)

check_PROGRAMS += tests/unit/test_awsfargate_failures
TESTS += tests/unit/test_awsfargate_failures
tests_unit_test_awsfargate_failures_SOURCES = tests/unit/test_awsfargate_failures.c
tests_unit_test_awsfargate_failures_CPPFLAGS = $(plugins_awsfargate_cppflags) $(MH_TESTHOST_FLAGS)
tests_unit_test_awsfargate_failures_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_awsfargate_failures_LDADD = tests/unit/libfargate_place.la $(MH_TESTHOST_LIBS)

check_PROGRAMS += tests/unit/test_awsfargate_parts
TESTS += tests/unit/test_awsfargate_parts
tests_unit_test_awsfargate_parts_SOURCES = tests/unit/test_awsfargate_parts.c
tests_unit_test_awsfargate_parts_CPPFLAGS = $(plugins_awsfargate_cppflags)
tests_unit_test_awsfargate_parts_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_awsfargate_parts_LDADD = plugins/awsfargate/libawsfargate_core.la $(CMOCKA_LIBS)
endif

if ENABLE_FUZZERS
# Fuzz targets of both answers, without network: fuzz_tmds.c takes the place of endpoint.c.
noinst_PROGRAMS += tests/fuzz/fuzz_tmds_task tests/fuzz/fuzz_tmds_stats
tests_fuzz_fuzz_tmds_task_SOURCES = tests/fuzz/fuzz_tmds_task.c tests/fuzz/fuzz_tmds.c tests/fuzz/fuzz_tmds.h
tests_fuzz_fuzz_tmds_task_CPPFLAGS = $(plugins_awsfargate_cppflags)
tests_fuzz_fuzz_tmds_task_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_tmds_task_LDADD = plugins/awsfargate/libawsfargate_core.la
tests_fuzz_fuzz_tmds_stats_SOURCES = tests/fuzz/fuzz_tmds_stats.c tests/fuzz/fuzz_tmds.c tests/fuzz/fuzz_tmds.h
tests_fuzz_fuzz_tmds_stats_CPPFLAGS = $(plugins_awsfargate_cppflags)
tests_fuzz_fuzz_tmds_stats_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_tmds_stats_LDADD = plugins/awsfargate/libawsfargate_core.la
endif

TESTS += tests/integration/awsfargate-daemon.py
EXTRA_DIST += tests/integration/awsfargate-daemon.py
