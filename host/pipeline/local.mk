# The pipeline.
libmhhost_la_SOURCES += \
    host/pipeline/catalogue.c \
    host/pipeline/catalogue.h \
    host/pipeline/extensions.c \
    host/pipeline/instance.c \
    host/pipeline/instance.h \
    host/pipeline/ledger.c \
    host/pipeline/ledger.h

if HAVE_CMOCKA
# A host for unit tests of plugins: add $(MH_TESTHOST_LDADD) and -I$(top_srcdir)/tests/unit.
check_LTLIBRARIES += tests/unit/libtesthost.la
tests_unit_libtesthost_la_SOURCES = tests/unit/testhost.c tests/unit/testhost.h
tests_unit_libtesthost_la_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_libtesthost_la_CFLAGS = $(AM_CFLAGS)
MH_TESTHOST_CPPFLAGS = $(MH_HOST_CPPFLAGS) -I$(top_srcdir)/tests/unit
MH_TESTHOST_LDADD = tests/unit/libtesthost.la libmhhost.la $(CMOCKA_LIBS)
endif
