# plugins/host_metadata: the processors add_host_metadata, add_docker_metadata and add_kubernetes_metadata.
plugins_host_metadata_cppflags = -include $(top_builddir)/config.h $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support \
    -I$(top_srcdir)/plugins/host_metadata

noinst_LTLIBRARIES += plugins/host_metadata/libhost_metadata_core.la
plugins_host_metadata_libhost_metadata_core_la_SOURCES = \
    plugins/host_metadata/accepted.c plugins/host_metadata/add_host_metadata.c \
    plugins/host_metadata/addresses.c plugins/host_metadata/facts.c \
    plugins/host_metadata/facts.h plugins/host_metadata/host_metadata.h
plugins_host_metadata_libhost_metadata_core_la_CPPFLAGS = $(plugins_host_metadata_cppflags)

dist_man_MANS += plugins/host_metadata/metrichost-host-metadata.7

plugin_LTLIBRARIES += plugins/host_metadata/host_metadata.la
plugins_host_metadata_host_metadata_la_SOURCES = plugins/host_metadata/plugin.c
plugins_host_metadata_host_metadata_la_CPPFLAGS = $(plugins_host_metadata_cppflags)
plugins_host_metadata_host_metadata_la_LIBADD = plugins/host_metadata/libhost_metadata_core.la
plugins_host_metadata_host_metadata_la_LDFLAGS = $(PLUGIN_LINK)

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_host_metadata
TESTS += tests/unit/test_host_metadata
tests_unit_test_host_metadata_SOURCES = tests/unit/test_host_metadata.c
tests_unit_test_host_metadata_CPPFLAGS = $(plugins_host_metadata_cppflags) $(MH_TESTHOST_FLAGS)
tests_unit_test_host_metadata_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_host_metadata_LDADD = plugins/host_metadata/libhost_metadata_core.la \
    sdk/support/libsupport_json.la $(MH_TESTHOST_LIBS)
endif
