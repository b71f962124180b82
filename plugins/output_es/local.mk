# plugins/output_es: the output `elasticsearch`.
plugins_output_es_cppflags = -include $(top_builddir)/config.h $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support \
    -I$(top_srcdir)/plugins/output_es
plugins_output_es_libs = sdk/support/libsupport_http.la sdk/support/libsupport_json.la \
    sdk/support/libsupport_json_write.la sdk/support/libsupport_condition.la

noinst_LTLIBRARIES += plugins/output_es/liboutput_es_core.la
plugins_output_es_liboutput_es_core_la_SOURCES = \
    plugins/output_es/auth.c plugins/output_es/auth.h plugins/output_es/base64.c plugins/output_es/base64.h \
    plugins/output_es/body.c plugins/output_es/body.h \
    plugins/output_es/bulk_response.c plugins/output_es/bulk_response.h \
    plugins/output_es/check.c plugins/output_es/client.c plugins/output_es/client.h \
    plugins/output_es/cloud_id.c plugins/output_es/cloud_id.h \
    plugins/output_es/endpoint.c plugins/output_es/endpoint.h \
    plugins/output_es/group.c plugins/output_es/group.h plugins/output_es/keys.c \
    plugins/output_es/manage.c plugins/output_es/manage.h plugins/output_es/mapping.c plugins/output_es/mapping.h \
    plugins/output_es/options.c plugins/output_es/options.h plugins/output_es/options_setup.c \
    plugins/output_es/options_way.c plugins/output_es/output_es.h \
    plugins/output_es/pacing.c plugins/output_es/pacing.h plugins/output_es/path.c plugins/output_es/path.h \
    plugins/output_es/plugin.c plugins/output_es/prepare.c plugins/output_es/prepare.h \
    plugins/output_es/selector.c plugins/output_es/selector.h plugins/output_es/send.c \
    plugins/output_es/settings.c plugins/output_es/settings.h plugins/output_es/setup.c plugins/output_es/setup.h \
    plugins/output_es/template.c plugins/output_es/template.h \
    plugins/output_es/server.c plugins/output_es/server.h plugins/output_es/target.c plugins/output_es/target.h \
    plugins/output_es/verdict.c plugins/output_es/verdict.h plugins/output_es/worker.c plugins/output_es/worker.h
plugins_output_es_liboutput_es_core_la_CPPFLAGS = $(plugins_output_es_cppflags)
plugins_output_es_liboutput_es_core_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS) $(YAJL_CFLAGS) $(YAJL_INCLUDE) \
    $(OPENSSL_CFLAGS)
plugins_output_es_liboutput_es_core_la_LIBADD = $(plugins_output_es_libs) $(ZLIB_LIBS) $(YAJL_LIBS) $(OPENSSL_LIBS)

plugin_LTLIBRARIES += plugins/output_es/output_es.la
plugins_output_es_output_es_la_SOURCES = plugins/output_es/output_es.c
plugins_output_es_output_es_la_CPPFLAGS = $(plugins_output_es_cppflags)
plugins_output_es_output_es_la_LIBADD = plugins/output_es/liboutput_es_core.la
plugins_output_es_output_es_la_LDFLAGS = $(PLUGIN_LINK)

EXTRA_DIST += tests/integration/search-server.sh tests/integration/search-server.java.in

dist_man_MANS += plugins/output_es/metrichost-output-es.7
check_PROGRAMS += tests/unit/print_es_keys
tests_unit_print_es_keys_SOURCES = tests/unit/print_es_keys.c tests/unit/print_keys.c tests/unit/print_keys.h
tests_unit_print_es_keys_CPPFLAGS = $(plugins_output_es_cppflags) -I$(top_srcdir)/tests/unit
tests_unit_print_es_keys_LDADD = plugins/output_es/liboutput_es_core.la

if HAVE_CMOCKA
# Drives the output as the daemon does; the integration tests of the output run it.
check_PROGRAMS += tests/integration/es_drive
tests_integration_es_drive_SOURCES = tests/integration/es_drive.c
tests_integration_es_drive_CPPFLAGS = $(plugins_output_es_cppflags) $(MH_TESTHOST_FLAGS)
tests_integration_es_drive_LDADD = plugins/output_es/liboutput_es_core.la $(MH_TESTHOST_LIBS) $(PTHREAD_LIBS)

EXTRA_PROGRAMS += tests/bench/es_encode
BENCHES += tests/bench/es_encode
tests_bench_es_encode_SOURCES = tests/bench/es_encode.c
tests_bench_es_encode_CPPFLAGS = $(plugins_output_es_cppflags) $(MH_TESTHOST_FLAGS)
tests_bench_es_encode_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS) $(YAJL_INCLUDE)
tests_bench_es_encode_LDADD = plugins/output_es/liboutput_es_core.la $(MH_TESTHOST_LIBS) $(YAJL_LIBS)

check_PROGRAMS += tests/unit/test_es_parts tests/unit/test_es_options
TESTS += tests/unit/test_es_parts tests/unit/test_es_options
tests_unit_test_es_parts_SOURCES = tests/unit/test_es_parts.c
tests_unit_test_es_parts_CPPFLAGS = $(plugins_output_es_cppflags)
tests_unit_test_es_parts_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_es_parts_LDADD = plugins/output_es/liboutput_es_core.la $(ZLIB_LIBS) $(CMOCKA_LIBS)
tests_unit_test_es_options_SOURCES = tests/unit/test_es_options.c
tests_unit_test_es_options_CPPFLAGS = $(plugins_output_es_cppflags) $(MH_TESTHOST_FLAGS)
tests_unit_test_es_options_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_es_options_LDADD = plugins/output_es/liboutput_es_core.la $(MH_TESTHOST_LIBS)
endif

EXTRA_DIST += tests/integration/es_tests.py tests/stubs/es_fault_server.py
es_scripts = tests/integration/es-manual.py tests/integration/es-daemon.py tests/integration/es-faults.py tests/integration/es-hosts.py tests/integration/es-real.py \
    tests/integration/es-setup.py
dist_check_SCRIPTS += $(es_scripts)
TESTS += $(es_scripts)

if ENABLE_FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_bulk_response tests/fuzz/fuzz_cloud_id
tests_fuzz_fuzz_bulk_response_SOURCES = tests/fuzz/fuzz_bulk_response.c
tests_fuzz_fuzz_bulk_response_CPPFLAGS = $(plugins_output_es_cppflags)
tests_fuzz_fuzz_bulk_response_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_bulk_response_LDADD = plugins/output_es/liboutput_es_core.la
tests_fuzz_fuzz_cloud_id_SOURCES = tests/fuzz/fuzz_cloud_id.c
tests_fuzz_fuzz_cloud_id_CPPFLAGS = $(plugins_output_es_cppflags)
tests_fuzz_fuzz_cloud_id_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_cloud_id_LDADD = plugins/output_es/liboutput_es_core.la
endif
