# plugins/cloud_metadata: the processor add_cloud_metadata.
plugins_cloud_metadata_cppflags = -include $(top_builddir)/config.h $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support \
    -I$(top_srcdir)/plugins/cloud_metadata

noinst_LTLIBRARIES += plugins/cloud_metadata/libcloud_metadata_core.la
plugins_cloud_metadata_libcloud_metadata_core_la_SOURCES = \
    plugins/cloud_metadata/add_cloud_metadata.c plugins/cloud_metadata/ask.c \
    plugins/cloud_metadata/cloud.h plugins/cloud_metadata/cloud_metadata.h \
    plugins/cloud_metadata/read.c
plugins_cloud_metadata_libcloud_metadata_core_la_CPPFLAGS = $(plugins_cloud_metadata_cppflags)
plugins_cloud_metadata_libcloud_metadata_core_la_LIBADD = sdk/support/libsupport_http.la \
    sdk/support/libsupport_json.la sdk/support/libsupport_arn.la $(PTHREAD_LIBS)

dist_man_MANS += plugins/cloud_metadata/metrichost-cloud-metadata.7

plugin_LTLIBRARIES += plugins/cloud_metadata/cloud_metadata.la
plugins_cloud_metadata_cloud_metadata_la_SOURCES = plugins/cloud_metadata/plugin.c
plugins_cloud_metadata_cloud_metadata_la_CPPFLAGS = $(plugins_cloud_metadata_cppflags)
plugins_cloud_metadata_cloud_metadata_la_LIBADD = plugins/cloud_metadata/libcloud_metadata_core.la
plugins_cloud_metadata_cloud_metadata_la_LDFLAGS = $(PLUGIN_LINK)

EXTRA_DIST += tests/stubs/imds_server.py

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_cloud_metadata
TESTS += tests/unit/test_cloud_metadata
tests_unit_test_cloud_metadata_SOURCES = tests/unit/test_cloud_metadata.c tests/unit/stub_server.c \
    tests/unit/stub_server.h
tests_unit_test_cloud_metadata_CPPFLAGS = $(plugins_cloud_metadata_cppflags) $(MH_TESTHOST_FLAGS)
tests_unit_test_cloud_metadata_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cloud_metadata_LDADD = plugins/cloud_metadata/libcloud_metadata_core.la $(MH_TESTHOST_LIBS)
endif
