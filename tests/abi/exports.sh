#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The daemon exports nothing and each plugin exactly its entry function: so no library that a plugin brings can bind to
# ours or to another plugin's.
set -u
: "${top_builddir:=.}"
failed=0 seen=0

command -v nm >/dev/null 2>&1 || { echo "SKIP: nm is not installed"; exit 77; }

# Symbols of the C library that a program copies ("stderr@GLIBC_2.2.5") are not its own.
exports_of() {
    nm -D --defined-only "$1" 2>/dev/null | awk '$NF !~ /@/ { print $NF }' | sort | tr '\n' ' '
}

check() {
    seen=$((seen + 1))
    got=$(exports_of "$1")
    test "$got" = "$2" && { echo "ok - $1"; return; }
    echo "FAIL - $1 exports '$got' instead of '$2'"
    failed=1
}

daemon=$top_builddir/metrichost
if [ -f "$daemon" ]; then
    # A sanitizer's runtime lives in the program and must be found there by name.
    if nm "$daemon" 2>/dev/null | grep -q ' __[alut]*san_init'; then
        echo "SKIP: $daemon is built with a sanitizer"
    else
        check "$daemon" ""
    fi
fi
for plugin in "$top_builddir"/plugins/*/.libs/*.so; do
    [ -f "$plugin" ] && check "$plugin" "mh_plugin_entry_v1 "
done
[ $seen -gt 0 ] || { echo "SKIP: nothing is built yet"; exit 77; }
exit $failed
