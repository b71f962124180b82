# The pipeline.
libmhhost_la_SOURCES += \
    host/pipeline/accept.c \
    host/pipeline/agent.c \
    host/pipeline/agent.h \
    host/pipeline/build.c \
    host/pipeline/build.h \
    host/pipeline/catalogue.c \
    host/pipeline/catalogue.h \
    host/pipeline/dead_letter.c \
    host/pipeline/dead_letter.h \
    host/pipeline/deliver.c \
    host/pipeline/deliver.h \
    host/pipeline/extensions.c \
    host/pipeline/input.c \
    host/pipeline/input.h \
    host/pipeline/instance.c \
    host/pipeline/instance.h \
    host/pipeline/ledger.c \
    host/pipeline/ledger.h \
    host/pipeline/metrics.c \
    host/pipeline/output.c \
    host/pipeline/output.h \
    host/pipeline/pipeline.c \
    host/pipeline/pipeline.h \
    host/pipeline/pipeline_internal.h \
    host/pipeline/processors.c \
    host/pipeline/processors.h \
    host/pipeline/queue_open.c \
    host/pipeline/queue_open.h \
    host/pipeline/reload.c \
    host/pipeline/shutdown.c \
    host/pipeline/status.c \
    host/pipeline/watchdog.c

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_instance
TESTS += tests/unit/test_instance
tests_unit_test_instance_SOURCES = tests/unit/test_instance.c
tests_unit_test_instance_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_instance_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_instance_LDADD = $(MH_HOST_TEST_LDADD) $(PTHREAD_LIBS)

check_PROGRAMS += tests/unit/test_ledger
TESTS += tests/unit/test_ledger
tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c
tests_unit_test_ledger_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_ledger_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_ledger_LDADD = $(MH_HOST_TEST_LDADD)

# A host for unit tests of plugins: add $(MH_TESTHOST_LIBS) and -I$(top_srcdir)/tests/unit.
check_LTLIBRARIES += tests/unit/libtesthost.la
tests_unit_libtesthost_la_SOURCES = tests/unit/testhost.c tests/unit/testhost.h
tests_unit_libtesthost_la_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_libtesthost_la_CFLAGS = $(AM_CFLAGS)
MH_TESTHOST_FLAGS = $(MH_HOST_CPPFLAGS) -I$(top_srcdir)/tests/unit
MH_TESTHOST_LIBS = tests/unit/libtesthost.la libmhhost.la $(CMOCKA_LIBS)
endif

# The daemon with plugins that do as they are told.
check_LTLIBRARIES += tests/stubs/plugins/puppet.la
tests_stubs_plugins_puppet_la_SOURCES = tests/stubs/plugins/puppet.c
tests_stubs_plugins_puppet_la_LDFLAGS = $(PLUGIN_LINK) -rpath /nowhere
TESTS += tests/integration/pipeline.py
EXTRA_DIST += tests/integration/pipeline.py tests/integration/daemon.py

# A script is no target: it is run from the source folder.
BENCHES += tests/bench/daemon_bench.py
tests/bench/daemon_bench.py: tests/stubs/plugins/puppet.la
EXTRA_DIST += tests/bench/daemon_bench.py
