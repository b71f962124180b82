# sdk

# JSON reading for plugins, over yajl.
noinst_LTLIBRARIES += sdk/support/libsupport_json.la
sdk_support_libsupport_json_la_SOURCES = sdk/support/json.c sdk/support/json.h sdk/support/support.h
sdk_support_libsupport_json_la_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS) $(YAJL_INCLUDE)
sdk_support_libsupport_json_la_LIBADD = $(YAJL_LIBS) -lm

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_json
TESTS += tests/unit/test_json
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/support
tests_unit_test_json_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_json_LDADD = sdk/support/libsupport_json.la $(CMOCKA_LIBS)
endif
