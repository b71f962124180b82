# The queue.
libmhhost_la_SOURCES += \
    host/queue/backlog.c \
    host/queue/backlog.h \
    host/queue/mem.c \
    host/queue/queue.h \
    host/queue/wait.c \
    host/queue/wait.h

# queue: tests and benchmarks. The sources are in host/local.mk.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_queue_mem
TESTS += tests/unit/test_queue_mem
tests_unit_test_queue_mem_SOURCES = tests/unit/test_queue_mem.c tests/unit/stub_shape.c tests/unit/stub_shape.h
tests_unit_test_queue_mem_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_queue_mem_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_queue_mem_LDADD = $(MH_HOST_TEST_LDADD)
endif
