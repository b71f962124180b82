#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make installcheck: builds the installed examples in a folder of their own with nothing but installed files, looks at what
# they export, checks them with the installed checker and has the installed daemon find them.
set -eu
: "${DESTDIR:=}" "${CC:=cc}"
work=$(mktemp -d "${TMPDIR:-/tmp}/installcheck.XXXXXX")
trap 'rm -rf "$work"' EXIT
umask 022

fail() {
    echo "installcheck: $*" >&2
    exit 1
}

# With DESTDIR, pkg-config's own answers lack it: these are told apart from the real place by --define-variable.
export PKG_CONFIG_PATH="$DESTDIR$pkgconfigdir"
export PKG_CONFIG="pkg-config --define-variable=prefix=$DESTDIR$(pkg-config --variable=prefix metrichost)"
unset CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS MFLAGS MAKELEVEL || :

cp -R "$DESTDIR$docdir/examples/plain" "$work/plain"
chmod -R u+w "$work"
make -C "$work/plain" CC="$CC" DESTDIR= all
for plugin in loadavg statsd; do
    exports=$(nm -D --defined-only "$work/plain/$plugin.so" | awk '{ print $NF }')
    [ "$exports" = mh_plugin_entry_v1 ] || fail "$plugin.so exports '$exports'"
done
make -C "$work/plain" CC="$CC" DESTDIR= check

list=$("$DESTDIR$bindir/metrichost" --path.plugins "$work/plain" plugins list)
for plugin in loadavg statsd; do
    echo "$list" | grep "$plugin" >/dev/null || fail "the installed daemon does not list $plugin: $list"
done

if command -v autoreconf >/dev/null 2>&1; then
    cp -R "$DESTDIR$docdir/examples/autotools" "$work/autotools"
    chmod -R u+w "$work"
    cd "$work/autotools"
    ACLOCAL_PATH="$DESTDIR$aclocaldir" autoreconf --install >"$work/log" 2>&1 || { cat "$work/log"; fail "autoreconf"; }
    ./configure --prefix="$work/root" --with-metrichost-plugindir="$work/root" CC="$CC" >"$work/log" 2>&1 ||
        { cat "$work/log"; fail "configure"; }
    make DESTDIR= check install >"$work/log" 2>&1 || { cat "$work/log"; fail "the autotools example"; }
    [ -f "$work/root/uptime.so" ] || fail "the autotools example installs no uptime.so"
else
    echo "SKIP: autoconf is not installed, the autotools example was not built"
fi
echo "installcheck: the examples build, load and pass from installed files alone"
