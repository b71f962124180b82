# The queue.
libmhhost_la_SOURCES += \
    host/queue/backlog.c \
    host/queue/backlog.h \
    host/queue/mem.c \
    host/queue/queue.h \
    host/queue/wait.c \
    host/queue/wait.h

# queue: what stands between inputs and outputs, in memory or on disk.
libmhhost_la_SOURCES += \
    host/queue/backlog.c \
    host/queue/backlog.h \
    host/queue/crc32c.c \
    host/queue/crc32c.h \
    host/queue/disk.c \
    host/queue/disk.h \
    host/queue/disk_append.c \
    host/queue/disk_cursor.c \
    host/queue/disk_internal.h \
    host/queue/disk_io.c \
    host/queue/disk_io.h \
    host/queue/disk_lease.c \
    host/queue/disk_push.c \
    host/queue/disk_read.c \
    host/queue/disk_recover.c \
    host/queue/disk_segments.c \
    host/queue/disk_sync.c \
    host/queue/format.c \
    host/queue/format.h \
    host/queue/mem.c \
    host/queue/queue.h \
    host/queue/ranges.c \
    host/queue/ranges.h \
    host/queue/segment.c \
    host/queue/segment.h \
    host/queue/shape_map.c \
    host/queue/shape_map.h \
    host/queue/wait.c \
    host/queue/wait.h

dist_man_MANS += docs/metrichost-queue.7
EXTRA_DIST += docs/queue-format.md

# Everything that the tests of the queue share.
QUEUE_TEST_HELP = \
    tests/unit/memory_disk.c \
    tests/unit/memory_disk.h \
    tests/unit/queue_help.c \
    tests/unit/queue_help.h \
    tests/unit/stub_shape.c \
    tests/unit/stub_shape.h

EXTRA_PROGRAMS += tests/bench/queue_bench
BENCHES += tests/bench/queue_bench
tests_bench_queue_bench_SOURCES = tests/bench/queue_bench.c $(QUEUE_TEST_HELP)
tests_bench_queue_bench_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_bench_queue_bench_LDADD = libmhhost.la

check_PROGRAMS += tests/integration/queue_drive
tests_integration_queue_drive_SOURCES = tests/integration/queue_drive.c $(QUEUE_TEST_HELP)
tests_integration_queue_drive_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_integration_queue_drive_LDADD = libmhhost.la
TESTS += tests/integration/queue-disk.py
EXTRA_DIST += tests/integration/queue-disk.py

# The daemon, killed at full load.
check_LTLIBRARIES += tests/stubs/plugins/flood.la
tests_stubs_plugins_flood_la_SOURCES = tests/stubs/plugins/flood.c
tests_stubs_plugins_flood_la_LDFLAGS = $(PLUGIN_LINK) -rpath /nowhere
tests_stubs_plugins_flood_la_LIBADD = $(PTHREAD_LIBS)
TESTS += tests/integration/kill9-campaign.py tests/integration/queue-full.py
EXTRA_DIST += tests/integration/kill9-campaign.py tests/integration/queue-full.py

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_queue_mem
TESTS += tests/unit/test_queue_mem
tests_unit_test_queue_mem_SOURCES = tests/unit/test_queue_mem.c tests/unit/stub_shape.c tests/unit/stub_shape.h
tests_unit_test_queue_mem_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_queue_mem_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_queue_mem_LDADD = $(MH_HOST_TEST_LDADD)

check_PROGRAMS += tests/unit/test_queue_disk
TESTS += tests/unit/test_queue_disk
tests_unit_test_queue_disk_SOURCES = tests/unit/test_queue_disk.c $(QUEUE_TEST_HELP)
tests_unit_test_queue_disk_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_queue_disk_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_queue_disk_LDADD = $(MH_HOST_TEST_LDADD)

check_PROGRAMS += tests/unit/test_queue_damage
TESTS += tests/unit/test_queue_damage
tests_unit_test_queue_damage_SOURCES = tests/unit/test_queue_damage.c $(QUEUE_TEST_HELP)
tests_unit_test_queue_damage_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_queue_damage_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_queue_damage_LDADD = $(MH_HOST_TEST_LDADD)

check_PROGRAMS += tests/unit/test_queue_faults
TESTS += tests/unit/test_queue_faults
tests_unit_test_queue_faults_SOURCES = tests/unit/test_queue_faults.c $(QUEUE_TEST_HELP)
tests_unit_test_queue_faults_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_queue_faults_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_queue_faults_LDADD = $(MH_HOST_TEST_LDADD)

check_PROGRAMS += tests/unit/test_queue_parts
TESTS += tests/unit/test_queue_parts
tests_unit_test_queue_parts_SOURCES = tests/unit/test_queue_parts.c $(QUEUE_TEST_HELP)
tests_unit_test_queue_parts_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_queue_parts_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_queue_parts_LDADD = $(MH_HOST_TEST_LDADD)

check_PROGRAMS += tests/unit/test_queue_nomem
TESTS += tests/unit/test_queue_nomem
tests_unit_test_queue_nomem_SOURCES = tests/unit/test_queue_nomem.c $(QUEUE_TEST_HELP)
tests_unit_test_queue_nomem_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_unit_test_queue_nomem_CFLAGS = $(MH_HOST_TEST_CFLAGS)
tests_unit_test_queue_nomem_LDFLAGS = $(AM_LDFLAGS) \
    -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray
tests_unit_test_queue_nomem_LDADD = $(MH_HOST_TEST_LDADD)
endif

if ENABLE_FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_queue
tests_fuzz_fuzz_queue_SOURCES = tests/fuzz/fuzz_queue.c $(QUEUE_TEST_HELP)
tests_fuzz_fuzz_queue_CPPFLAGS = $(MH_HOST_CPPFLAGS)
tests_fuzz_fuzz_queue_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_queue_LDADD = libmhhost.la
endif
