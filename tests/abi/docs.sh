#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The documents of the plugin interface say what the headers say: every function, type and extension has its place in the
# manual, the manual's pages are well-formed, and the tutorial's code builds and passes the checker.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
include=$top_srcdir/sdk/include/metrichost
page=$top_srcdir/docs/metrichost-plugin.3
work=$(mktemp -d "${TMPDIR:-/tmp}/docs.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
    echo "FAIL - $*"
    failed=1
}

# The manual without its escapes, words apart.
tr -c 'A-Za-z0-9_./' '\n' <"$page" >"$work/words"

mentioned() {
    grep -qx "$1" "$work/words" || fail "$page does not mention $1 of $2"
}

n=0
for header in plugin.h host.h record.h configuration.h; do
    for slot in $(sed -n 's/^    [a-z].*(\*\([a-z_]*\))(.*/\1/p' "$include/$header"); do
        mentioned "$slot" "$header"
        n=$((n + 1))
    done
done
for constant in $(sed -n 's/^#define \(MH_\(ERR\|KEY\|TYPE\|METRIC\|FIELD\|DATASET\|STATUS\|FEATURE\)_[A-Z_]*\) .*/\1/p' "$include"/*.h); do
    mentioned "$constant" headers
    n=$((n + 1))
done
for id in $(sed -n 's/^#define MH_EXT_[A-Z]* "\(.*\)"/\1/p' "$include"/ext/*.h); do
    mentioned "$id" ext
    grep -q "$id" "$top_srcdir/docs/metrichost-abi.7" || fail "metrichost-abi.7 does not mention $id"
    n=$((n + 1))
done
echo "$n names looked for"
[ $n -gt 80 ] || fail "the headers were not understood"

version=$(sed -n 's/^#define MH_ABI_MAJOR //p' "$include/abi.h").$(sed -n 's/^#define MH_ABI_MINOR //p' "$include/abi.h")
grep -q "^\.SS $version " "$top_srcdir/docs/metrichost-abi.7" || fail "metrichost-abi.7 has no changes of $version"

for option in $("$top_builddir/metrichost-check-plugin" --help | sed -n 's/.* --\([a-z-]*\).*/\1/p' | sed 's/-/\\\\-/g'); do
    grep -q "$option" "$top_srcdir/docs/metrichost-check-plugin.1" || fail "metrichost-check-plugin.1 lacks --$option"
done
for test in $("$top_builddir/metrichost-check-plugin" --list | cut -d' ' -f1); do
    grep -qx "\.B $test" "$top_srcdir/docs/metrichost-check-plugin.1" || fail "metrichost-check-plugin.1 lacks the test $test"
done

if command -v groff >/dev/null 2>&1; then
    for manual in "$page" "$top_srcdir/docs/metrichost-abi.7" "$top_srcdir/docs/metrichost-check-plugin.1"; do
        complaints=$(groff -man -Tutf8 -ww -z "$manual" 2>&1)
        [ -z "$complaints" ] || fail "$manual: $complaints"
    done
else
    echo "SKIP: groff is not installed"
fi

sed -n '/^```c$/,/^```$/{/^```/!p}' "$top_srcdir/docs/plugin-tutorial.md" >"$work/entropy.c"
$CC -std=gnu99 -Wall -Wextra -Wno-missing-field-initializers -Werror -shared -fPIC -fvisibility=hidden -Wl,-z,defs \
    -I"$top_srcdir/sdk/include" -o "$work/entropy.so" "$work/entropy.c" || fail "the tutorial's code does not build"
# Also linked by somebody who has the linker drop what is unused, where the compiler can say that a thing is to be kept.
if printf '#if !__has_attribute(retain)\n#error\n#endif\n' | $CC -E - >/dev/null 2>&1; then
    $CC -std=gnu99 -shared -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -Wl,--gc-sections -Wl,-z,defs \
        -I"$top_srcdir/sdk/include" -o "$work/swept.so" "$work/entropy.c" || fail "the tutorial's code with --gc-sections"
    "$top_builddir/metrichost-check-plugin" "$work/swept.so" >"$work/out" || { fail "--gc-sections"; cat "$work/out"; }
fi
"$top_builddir/metrichost-check-plugin" --run "$work/entropy.so" >"$work/out" || { fail "the tutorial's plugin"; cat "$work/out"; }
grep -q '1 records with 2 values' "$work/out" || fail "the tutorial's plugin collects nothing"
exit $failed
