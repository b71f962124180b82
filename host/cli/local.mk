# The command line.
bin_PROGRAMS += metrichost
metrichost_SOURCES = host/main.c
metrichost_CPPFLAGS = $(MH_HOST_CPPFLAGS)
metrichost_LDADD = libmhhost.la

libmhhost_la_SOURCES += \
    host/cli/cli.c \
    host/cli/cli.h \
    host/cli/commands.c \
    host/cli/commands.h \
    host/cli/doctor.c \
    host/cli/export_artifact.c \
    host/cli/export_config.c \
    host/cli/help.c \
    host/cli/keystore.c \
    host/cli/logging.c \
    host/cli/modules.c \
    host/cli/parse.c \
    host/cli/plugins.c \
    host/cli/report.c \
    host/cli/report.h \
    host/cli/run.c \
    host/cli/setup.c \
    host/cli/status.c \
    host/cli/test_config.c \
    host/cli/test_modules.c \
    host/cli/test_output.c \
    host/cli/version.c

# The operator's configuration is never overwritten, and only an unchanged one is removed again. It may come to hold
# credentials, so nobody else may read it.
EXTRA_DIST += host/metrichost.yml
install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(mhconfdir)"
	test -e "$(DESTDIR)$(mhconfdir)/metrichost.yml" || \
	    $(INSTALL) -m 600 "$(top_srcdir)/host/metrichost.yml" "$(DESTDIR)$(mhconfdir)/metrichost.yml"
uninstall-local:
	if cmp -s "$(top_srcdir)/host/metrichost.yml" "$(DESTDIR)$(mhconfdir)/metrichost.yml"; then \
	    rm -f "$(DESTDIR)$(mhconfdir)/metrichost.yml"; fi

dist_man_MANS += docs/metrichost.1 docs/metrichost.yml.5

check_PROGRAMS += tests/unit/print_host_keys
tests_unit_print_host_keys_SOURCES = tests/unit/print_host_keys.c tests/unit/print_keys.c tests/unit/print_keys.h
tests_unit_print_host_keys_CPPFLAGS = $(MH_HOST_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_print_host_keys_LDADD = libmhhost.la

MH_COMMAND_LINE_TESTS = \
    tests/integration/command-line.py \
    tests/integration/manual.py \
    tests/integration/metricbeat-config.py \
    tests/integration/wrong-config.py
dist_check_SCRIPTS += $(MH_COMMAND_LINE_TESTS)
TESTS += $(MH_COMMAND_LINE_TESTS)
