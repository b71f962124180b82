# host: everything but main.c is a convenience library, so that unit tests and fuzz targets link the same objects.
# Each part adds its files to the list in a local.mk of its own.
noinst_LTLIBRARIES += libmhhost.la
libmhhost_la_SOURCES = \
    host/log/log.c \
    host/log/log.h \
    host/log/log_file.c \
    host/log/log_file.h \
    host/plugin/elf_info.c \
    host/plugin/elf_info.h \
    host/plugin/loader.c \
    host/plugin/loader.h \
    host/plugin/negotiate.c \
    host/plugin/negotiate.h \
    host/plugin/registry.c \
    host/plugin/registry.h \
    host/plugin/scan.c \
    host/plugin/scan.h \
    host/plugin/scan_file.c \
    host/plugin/scan_file.h \
    host/plugin/schema_copy.c \
    host/plugin/schema_copy.h \
    host/util/buf.c \
    host/util/clock.c \
    host/util/file.c \
    host/util/json.c \
    host/util/text.c \
    host/util/util.h

# config.h comes first everywhere: it switches on the GNU and large-file interfaces of the C library.
MH_HOST_CPPFLAGS = -include $(top_builddir)/config.h $(AM_CPPFLAGS) -I$(top_srcdir)/host \
    -DMH_HOME_DIR='"$(pkgdatadir)"' \
    -DMH_CONFIG_DIR='"$(mhconfdir)"' \
    -DMH_DATA_DIR='"$(mhdatadir)"' \
    -DMH_LOG_DIR='"$(mhlogdir)"' \
    -DMH_PLUGIN_DIR='"$(plugindir)"'
libmhhost_la_CPPFLAGS = $(MH_HOST_CPPFLAGS)
libmhhost_la_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS) $(OPENSSL_CFLAGS)
libmhhost_la_LIBADD = $(YAML_LIBS) $(OPENSSL_LIBS) $(LTDL_LIBS) $(DL_LIBS) $(PTHREAD_LIBS) -lm

if HAVE_CMOCKA
# Unit tests of the host: tests_unit_test_x_CPPFLAGS = $(MH_HOST_CPPFLAGS), _CFLAGS and _LDADD as below.
MH_HOST_TEST_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
MH_HOST_TEST_LDADD = libmhhost.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_util
TESTS += tests/unit/test_util
tests_unit_test_util_SOURCES = tests/unit/test_util.c
tests_unit_test_util_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_util_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_util_LDADD = $(MH_HOST_TEST_LDADD)

check_PROGRAMS += tests/unit/test_log
TESTS += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_log_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_log_LDADD = $(MH_HOST_TEST_LDADD)
endif

include host/record/local.mk
include host/queue/local.mk
include host/config/local.mk
include host/pipeline/local.mk
include host/cli/local.mk
