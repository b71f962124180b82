# plugins/output_file: the outputs `file` and `console`.
plugins_output_file_cppflags = -include $(top_builddir)/config.h $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support -I$(top_srcdir)/plugins/output_file

noinst_LTLIBRARIES += plugins/output_file/liboutput_file_core.la
plugins_output_file_liboutput_file_core_la_SOURCES = \
    plugins/output_file/codec.c plugins/output_file/codec.h \
    plugins/output_file/console.c plugins/output_file/file.c plugins/output_file/output_file.h \
    plugins/output_file/rotation.c plugins/output_file/rotation.h \
    plugins/output_file/series.c plugins/output_file/series.h
plugins_output_file_liboutput_file_core_la_CPPFLAGS = $(plugins_output_file_cppflags)

plugin_LTLIBRARIES += plugins/output_file/output_file.la
plugins_output_file_output_file_la_SOURCES = plugins/output_file/output_file.c
plugins_output_file_output_file_la_CPPFLAGS = $(plugins_output_file_cppflags)
plugins_output_file_output_file_la_LDFLAGS = $(PLUGIN_LINK)
plugins_output_file_output_file_la_LIBADD = \
    plugins/output_file/liboutput_file_core.la sdk/support/libsupport_json_write.la \
    sdk/support/libsupport_condition.la

dist_man_MANS += plugins/output_file/metrichost-output-file.7

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_output_rotation
TESTS += tests/unit/test_output_rotation
tests_unit_test_output_rotation_SOURCES = tests/unit/test_output_rotation.c
tests_unit_test_output_rotation_CPPFLAGS = $(plugins_output_file_cppflags)
tests_unit_test_output_rotation_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_output_rotation_LDADD = plugins/output_file/liboutput_file_core.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_output_file
TESTS += tests/unit/test_output_file
tests_unit_test_output_file_SOURCES = tests/unit/test_output_file.c
tests_unit_test_output_file_CPPFLAGS = $(plugins_output_file_cppflags) -I$(top_srcdir)/tests/unit
tests_unit_test_output_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_output_file_LDADD = \
    plugins/output_file/liboutput_file_core.la sdk/support/libsupport_json_write.la \
    sdk/support/libsupport_condition.la $(MH_TESTHOST_LIBS)
endif
