#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The notary beside the frozen layouts: no public type differs in any way, harmless or not, from the committed description,
# and the ledger sdk/abi-history.md has a line for that description. After a wanted change: abidiff.sh --update, a line in
# the ledger, and a new MH_ABI_MINOR, in one commit.
set -u
: "${top_srcdir:=.}" "${CC:=cc}"
abi=$top_srcdir/tests/abi
baseline=$abi/metrichost-abi.xml
ledger=$top_srcdir/sdk/abi-history.md
work=$(mktemp -d "${TMPDIR:-/tmp}/abidiff.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT

for tool in abidiff abidw sha256sum; do
    command -v $tool >/dev/null 2>&1 || { echo "SKIP: $tool is not installed (Debian: abigail-tools, Amazon Linux: libabigail)"; exit 77; }
done
case $(uname -m) in
x86_64) ;;
*) echo "SKIP: the committed description is one of x86_64"; exit 77 ;;
esac

# anchor FILE INCLUDE: an object with debug information of every public type, by the bare compiler.
anchor() {
    ${CC%% *} -g -O0 -shared -fPIC -I"$2" -o "$1" "$abi/anchor.c" || exit 99
}

# describe OBJECT: its types without anything of this machine.
describe() {
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed "$1" 2>/dev/null ||
        abidw --no-corpus-path --no-comp-dir-path --no-show-locs "$1"
}

differences() {
    abidiff --harmless --no-show-locs "$baseline" "$1"
}

# Every public type must be in the anchor, or its changes would go unseen.
for type in $(sed -n 's/^struct \(mh_[a-z0-9_]*\) {.*/\1/p' $(find "$top_srcdir/sdk/include" -name '*.h')); do
    grep -q "^ANCHOR($type);" "$abi/anchor.c" || { echo "FAIL - anchor.c lacks struct $type"; exit 1; }
done

anchor "$work/anchor.so" "$top_srcdir/sdk/include"
if [ "${1:-}" = --update ]; then
    describe "$work/anchor.so" >"$baseline"
    echo "New description; add a line with $(sha256sum "$baseline" | cut -c1-12) to $ledger"
    exit 0
fi

failed=0
if ! differences "$work/anchor.so" >"$work/out"; then
    echo "FAIL - public types changed:"
    cat "$work/out"
    failed=1
fi
sum=$(sha256sum "$baseline" | cut -c1-12)
grep -q "$sum" "$ledger" || { echo "FAIL - $ledger has no line for the description $sum"; failed=1; }

# The test can fail: a member's type is changed in a copy of the headers.
cp -R "$top_srcdir/sdk/include" "$work/include"
chmod -R u+w "$work/include"
sed -i 's/    int32_t (\*start)(void \*self);/    int64_t (*start)(void *self);/' "$work/include/metrichost/plugin.h"
anchor "$work/changed.so" "$work/include"
if differences "$work/changed.so" >"$work/out"; then
    echo "FAIL - a changed return type went unseen"
    failed=1
fi
exit $failed
