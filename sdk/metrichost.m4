# metrichost.m4 - for packages that build metrichost plugins with autotools.
#
# Copying and distribution of this file, with or without modification, are permitted in any medium.

# METRICHOST_PLUGINS([MINIMUM-ABI-MINOR = 0])
# -------------------------------------------
# Since: 0.1.0
# Finds the installed metrichost and stops when its plugin ABI is older than 1.MINIMUM-ABI-MINOR. Sets, for Makefile.am:
#   METRICHOST_CFLAGS     compile with these
#   METRICHOST_LDFLAGS    link with these, and with -module, which automake must see in Makefile.am itself
#   METRICHOST_PLUGINDIR  install here; --with-metrichost-plugindir changes it
#   METRICHOST_CHECKER    run this on the plugin in `make check`
AC_DEFUN([METRICHOST_PLUGINS], [
PKG_CHECK_MODULES([METRICHOST], [metrichost])
AC_MSG_CHECKING([for metrichost plugin ABI 1.m4_default([$1], [0])])
metrichost_major=`$PKG_CONFIG --variable=abi_major metrichost`
metrichost_minor=`$PKG_CONFIG --variable=abi_minor metrichost`
metrichost_abi=$metrichost_major.$metrichost_minor
AS_IF([test "$metrichost_major" -eq 1 && test "$metrichost_minor" -ge m4_default([$1], [0])],
    [AC_MSG_RESULT([yes ($metrichost_abi)])],
    [AC_MSG_RESULT([no ($metrichost_abi)])
     AC_MSG_ERROR([this plugin needs metrichost plugin ABI 1.m4_default([$1], [0]); $metrichost_abi is installed])])
AC_ARG_WITH([metrichost-plugindir],
    [AS_HELP_STRING([--with-metrichost-plugindir=DIR], [install plugins here instead of where metrichost looks])],
    [METRICHOST_PLUGINDIR=$withval],
    [METRICHOST_PLUGINDIR=`$PKG_CONFIG --variable=plugindir metrichost`])
METRICHOST_CFLAGS="$METRICHOST_CFLAGS -fvisibility=hidden"
METRICHOST_LDFLAGS="-avoid-version -shared -export-symbols-regex mh_plugin_entry_v1"
METRICHOST_LDFLAGS="$METRICHOST_LDFLAGS `$PKG_CONFIG --variable=plugin_ldflags metrichost`"
METRICHOST_CHECKER=`$PKG_CONFIG --variable=checker metrichost`
AC_SUBST([METRICHOST_PLUGINDIR])
AC_SUBST([METRICHOST_LDFLAGS])
AC_SUBST([METRICHOST_CHECKER])
])
