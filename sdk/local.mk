# sdk

# JSON reading for plugins, over yajl.
noinst_LTLIBRARIES += sdk/support/libsupport_json.la
sdk_support_libsupport_json_la_SOURCES = sdk/support/json.c sdk/support/json.h sdk/support/support.h
sdk_support_libsupport_json_la_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS) $(YAJL_INCLUDE)
sdk_support_libsupport_json_la_LIBADD = $(YAJL_LIBS) -lm

# HTTP for plugins, over libcurl and OpenSSL.
noinst_LTLIBRARIES += sdk/support/libsupport_http.la
sdk_support_libsupport_http_la_SOURCES = sdk/support/http.c sdk/support/http.h sdk/support/http_error.c \
    sdk/support/http_internal.h sdk/support/http_tls.c sdk/support/http_transfer.c sdk/support/support.h
sdk_support_libsupport_http_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(LIBSSL_CFLAGS) $(OPENSSL_CFLAGS)
sdk_support_libsupport_http_la_LIBADD = $(CURL_LIBS) $(LIBSSL_LIBS) $(OPENSSL_LIBS) $(PTHREAD_LIBS)

# Records as JSON text, for outputs.
noinst_LTLIBRARIES += sdk/support/libsupport_json_write.la
sdk_support_libsupport_json_write_la_SOURCES = sdk/support/json_write.c sdk/support/json_write.h sdk/support/support.h
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

# A container's usage from the engine's stats objects, and rates, for inputs.
noinst_LTLIBRARIES += sdk/support/libsupport_usage.la
sdk_support_libsupport_usage_la_SOURCES = sdk/support/rate.c sdk/support/rate.h sdk/support/usage.c \
    sdk/support/usage.h sdk/support/usage_stats.c sdk/support/usage_time.c
sdk_support_libsupport_usage_la_LIBADD = sdk/support/libsupport_json.la -lm
