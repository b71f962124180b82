# Records.
libmhhost_la_SOURCES += \
    host/record/arena.c \
    host/record/arena.h \
    host/record/batch.c \
    host/record/batch.h \
    host/record/by_path.c \
    host/record/codec.c \
    host/record/codec.h \
    host/record/constants.c \
    host/record/constants.h \
    host/record/identity.c \
    host/record/identity.h \
    host/record/json.c \
    host/record/json.h \
    host/record/layout.c \
    host/record/layout.h \
    host/record/read.c \
    host/record/shape.c \
    host/record/shape.h \
    host/record/values.c \
    host/record/wire.c \
    host/record/wire.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_record
TESTS += tests/unit/test_record
tests_unit_test_record_SOURCES = tests/unit/test_record.c
tests_unit_test_record_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_record_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_record_LDADD = $(MH_HOST_TEST_LDADD)
endif
