#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone, without a warning, as C99 and C++11 and with every compiler that is here; no struct
# has padding in which a later member could hide; the frozen layouts hold; the entry macros work in both languages.
set -u
: "${top_srcdir:=.}" "${CC:=cc}" "${CXX:=c++}"
include=$top_srcdir/sdk/include
abi=$top_srcdir/tests/abi
work=$(mktemp -d "${TMPDIR:-/tmp}/headers.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
failed=0 ran=0
headers=$(cd "$include" && find metrichost -name '*.h' | sort)

# check WHAT COMMAND...
check() {
    what=$1
    shift
    ran=$((ran + 1))
    if "$@" >"$work/out" 2>&1; then
        return
    fi
    echo "FAIL - $what"
    sed 's/^/  /' "$work/out"
    failed=1
}

# The bare compiler: the flags of this build (sanitizers, -D) are not what an author has.
command_of() {
    set -- $1
    command -v "$1" 2>/dev/null
}

for h in $headers; do
    printf '#include <%s>\n' "$h" >"$work/$(echo "$h" | tr / -).c"
    echo "#include <$h>" >>"$work/all.c"
done

for cc in $(printf '%s\n' "$(command_of "$CC")" "$(command_of gcc)" "$(command_of clang)" | sort -u); do
    echo "C compiler: $cc"
    for h in $headers; do
        check "$h alone, C99 ($cc)" "$cc" -std=c99 -pedantic -Wall -Wextra -Wshadow -Wundef -Werror -I"$include" \
            -fsyntax-only "$work/$(echo "$h" | tr / -).c"
    done
    check "padding ($cc)" "$cc" -std=c99 -Wpadded -Werror -I"$include" -fsyntax-only "$work/all.c"
    for frozen in "$abi"/frozen_*.c; do
        check "$(basename "$frozen") ($cc)" "$cc" -std=gnu11 -Wall -Wextra -Werror -I"$include" -fsyntax-only "$frozen"
    done
    check "variant.c ($cc)" "$cc" -std=c99 -pedantic -Wall -Wextra -Werror -I"$include" -fsyntax-only \
        "$abi/plugins/variant.c"
    check "macros.c, C99 ($cc)" "$cc" -std=c99 -pedantic -Wall -Wextra -Wno-missing-field-initializers -Werror \
        -I"$include" -fsyntax-only "$abi/plugins/macros.c"
done

for cxx in $(printf '%s\n' "$(command_of "$CXX")" "$(command_of g++)" "$(command_of clang++)" | sort -u); do
    echo "C++ compiler: $cxx"
    for h in $headers; do
        check "$h alone, C++11 ($cxx)" "$cxx" -std=c++11 -pedantic -Wall -Wextra -Werror -I"$include" -x c++ \
            -fsyntax-only "$work/$(echo "$h" | tr / -).c"
    done
    check "macros.c, C++11 ($cxx)" "$cxx" -std=c++11 -pedantic -Wall -Wextra -Wno-missing-field-initializers -Werror \
        -I"$include" -x c++ -fsyntax-only "$abi/plugins/macros.c"
done
for absent in gcc clang g++ clang++; do
    command -v $absent >/dev/null 2>&1 || echo "SKIP: $absent is not installed"
done
echo "$ran compilations"
test $ran -gt 0 || failed=1
exit $failed
