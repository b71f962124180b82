# sdk: what an author of plugins gets. Headers, pkg-config and aclocal files, the examples, and the test that an example builds
# and loads from installed files alone.
metrichostincludedir = $(includedir)/metrichost
dist_metrichostinclude_HEADERS = \
    sdk/include/metrichost/abi.h \
    sdk/include/metrichost/configuration.h \
    sdk/include/metrichost/host.h \
    sdk/include/metrichost/plugin.h \
    sdk/include/metrichost/record.h \
    sdk/include/metrichost/schema.h
metrichostextincludedir = $(includedir)/metrichost/ext
dist_metrichostextinclude_HEADERS = \
    sdk/include/metrichost/ext/catalogue.h \
    sdk/include/metrichost/ext/output.h \
    sdk/include/metrichost/ext/report.h \
    sdk/include/metrichost/ext/state.h \
    sdk/include/metrichost/ext/statistics.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = sdk/metrichost.pc
aclocaldir = $(datadir)/aclocal
dist_aclocal_DATA = sdk/metrichost.m4

dist_man_MANS += docs/metrichost-plugin.3 docs/metrichost-abi.7 docs/metrichost-check-plugin.1
dist_doc_DATA += docs/plugin-tutorial.md

plainexampledir = $(docdir)/examples/plain
dist_plainexample_DATA = sdk/examples/plain/Makefile sdk/examples/plain/loadavg.c sdk/examples/plain/statsd.c
autotoolsexampledir = $(docdir)/examples/autotools
dist_autotoolsexample_DATA = sdk/examples/autotools/configure.ac sdk/examples/autotools/Makefile.am \
    sdk/examples/autotools/uptime.c

# metrichost-check-plugin: the host's own reader and negotiation, against a host that is all fake.
bin_PROGRAMS += metrichost-check-plugin
metrichost_check_plugin_SOURCES = \
    sdk/check/check.h \
    sdk/check/check_file.c \
    sdk/check/check_life.c \
    sdk/check/check_plugin.c \
    sdk/check/check_schema.c \
    sdk/check/fake_config.c \
    sdk/check/fake_host.c \
    sdk/check/fake_host.h \
    sdk/check/fake_host_private.h \
    sdk/check/fake_record.c \
    sdk/check/process_state.c \
    sdk/check/process_state.h
metrichost_check_plugin_CPPFLAGS = $(MH_HOST_CPPFLAGS)
metrichost_check_plugin_LDADD = libmhhost.la

# Builds the installed example out of the tree and loads it with the installed daemon; `make distcheck` runs it too.
EXTRA_DIST += sdk/installcheck.sh
installcheck-local:
	DESTDIR='$(DESTDIR)' bindir='$(bindir)' docdir='$(docdir)' pkgconfigdir='$(pkgconfigdir)' \
	    aclocaldir='$(aclocaldir)' plugindir='$(plugindir)' CC='$(CC)' $(SHELL) $(srcdir)/sdk/installcheck.sh

# JSON reading for plugins, over yajl.
noinst_LTLIBRARIES += sdk/support/libsupport_json.la
sdk_support_libsupport_json_la_SOURCES = sdk/support/json.c sdk/support/json.h sdk/support/support.h
sdk_support_libsupport_json_la_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS) $(YAJL_INCLUDE)
sdk_support_libsupport_json_la_LIBADD = $(YAJL_LIBS) -lm

# HTTP for plugins, over libcurl and OpenSSL.
noinst_LTLIBRARIES += sdk/support/libsupport_http.la
sdk_support_libsupport_http_la_SOURCES = sdk/support/http.c sdk/support/http.h sdk/support/http_error.c \
    sdk/support/http_internal.h sdk/support/http_run.c sdk/support/http_tls.c sdk/support/http_tls.h \
    sdk/support/http_tls_options.c sdk/support/http_transfer.c sdk/support/support.h
sdk_support_libsupport_http_la_CPPFLAGS = -include $(top_builddir)/config.h $(AM_CPPFLAGS)
sdk_support_libsupport_http_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(LIBSSL_CFLAGS) $(OPENSSL_CFLAGS)
sdk_support_libsupport_http_la_LIBADD = $(CURL_LIBS) $(LIBSSL_LIBS) $(OPENSSL_LIBS) $(PTHREAD_LIBS)

# Conditions and format strings over records.
noinst_LTLIBRARIES += sdk/support/libsupport_condition.la
sdk_support_libsupport_condition_la_SOURCES = sdk/support/condition.c sdk/support/condition.h \
    sdk/support/condition_compile.c sdk/support/condition_internal.h sdk/support/condition_network.c \
    sdk/support/format_string.c sdk/support/format_string.h sdk/support/json_write.h sdk/support/support.h
sdk_support_libsupport_condition_la_CPPFLAGS = -include $(top_builddir)/config.h $(AM_CPPFLAGS)

# Records as JSON text, for outputs.
noinst_LTLIBRARIES += sdk/support/libsupport_json_write.la
sdk_support_libsupport_json_write_la_SOURCES = sdk/support/indent.c sdk/support/indent.h \
    sdk/support/json_write.c sdk/support/json_write.h sdk/support/support.h
sdk_support_libsupport_json_write_la_LIBADD = -lm

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_json
TESTS += tests/unit/test_json
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support
tests_unit_test_json_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_json_LDADD = sdk/support/libsupport_json.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_http
TESTS += tests/unit/test_http
tests_unit_test_http_SOURCES = tests/unit/test_http.c
tests_unit_test_http_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support
tests_unit_test_http_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_LDADD = sdk/support/libsupport_http.la $(CMOCKA_LIBS) $(PTHREAD_LIBS)

check_PROGRAMS += tests/unit/test_json_write
TESTS += tests/unit/test_json_write
tests_unit_test_json_write_SOURCES = tests/unit/test_json_write.c
tests_unit_test_json_write_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support
tests_unit_test_json_write_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_json_write_LDADD = sdk/support/libsupport_json_write.la $(CMOCKA_LIBS)
endif

# A container's usage from the engine's stats objects, and rates, for inputs. Who links it links libsupport_json too.
noinst_LTLIBRARIES += sdk/support/libsupport_usage.la
sdk_support_libsupport_usage_la_SOURCES = sdk/support/rate.c sdk/support/rate.h sdk/support/usage.c \
    sdk/support/usage.h sdk/support/usage_stats.c sdk/support/usage_time.c
sdk_support_libsupport_usage_la_LIBADD = -lm

# Names of AWS resources.
noinst_LTLIBRARIES += sdk/support/libsupport_arn.la
sdk_support_libsupport_arn_la_SOURCES = sdk/support/arn.c sdk/support/arn.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_usage
TESTS += tests/unit/test_usage
tests_unit_test_usage_SOURCES = tests/unit/test_usage.c
tests_unit_test_usage_CPPFLAGS = -include $(top_builddir)/config.h $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support
tests_unit_test_usage_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_usage_LDADD = sdk/support/libsupport_usage.la sdk/support/libsupport_json.la $(CMOCKA_LIBS) -lm
endif
EXTRA_DIST += tests/fixtures/docker-api/stats_cgroupv1_extracted_from_ecs_exporter_fargate.json \
    tests/fixtures/docker-api/stats_cgroupv2_extracted_from_ecs_exporter_ec2.json
