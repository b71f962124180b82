#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Finding, refusing, opening and finding again plugins, once for each allocation that this takes, with that one failing:
# never a crash, and once no allocation fails any more everything is as it should be.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
umask 022
probe=$top_builddir/tests/abi/registry_probe
work=$(mktemp -d "${TMPDIR:-/tmp}/no-memory.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT

if nm "$probe" 2>/dev/null | grep -q ' __[amt]*san_init'; then
    echo "SKIP: a sanitizer has its own allocator"
    exit 77
fi
$CC -shared -fPIC -o "$work/failing.so" "$top_srcdir/tests/abi/failing_malloc.c" 2>"$work/log" || {
    echo "SKIP: this C library's allocator cannot be stepped in for"
    exit 77
}
mkdir "$work/plugins"
for name in a b; do
    $CC -shared -fPIC -fvisibility=hidden -I"$top_srcdir/sdk/include" -DNAME="\"$name\"" -o "$work/plugins/$name.so" \
        "$top_srcdir/tests/abi/plugins/variant.c" || exit 99
done
echo "no plugin" >"$work/plugins/c.so"

# with_failure N FILE: the probe's answers, with allocation number N failing; 0: with none.
with_failure() {
    printf '%s\n' list "load input a" "load input aa" rescan "load input b" |
        FAIL_AT=$1 LD_PRELOAD=$work/failing.so "$probe" "$work/plugins" >"$2" 2>&1
}

with_failure 0 "$work/whole" || { echo "FAIL - the probe itself"; cat "$work/whole"; exit 1; }
at=0 unharmed=0
while :; do
    at=$((at + 1))
    with_failure $at "$work/out"
    status=$?
    [ $status -le 2 ] || { echo "FAIL - allocation $at: exit status $status"; cat "$work/out"; exit 1; }
    if cmp -s "$work/out" "$work/whole"; then
        unharmed=$((unharmed + 1))
    else
        unharmed=0
    fi
    [ $unharmed -lt 40 ] || break # so many in a row: the last allocation is behind us
    [ $at -lt 5000 ] || { echo "FAIL - no end after $at allocations"; exit 1; }
done
grep -q "loaded input b" "$work/whole" || { echo "FAIL - not even with memory"; cat "$work/whole"; exit 1; }
echo "$((at - unharmed)) allocations failed, one by one"
[ $((at - unharmed)) -gt 50 ]
