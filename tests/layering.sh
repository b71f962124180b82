#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may include whom: sdk/include only the C standard library; plugins and sdk/support only sdk/; the host only itself
# and sdk/include; no plugin another one. `layering.sh ROOT` checks a tree; without argument it checks this one, after
# it has seen that each kind of forbidden include is found.
set -u
: "${top_srcdir:=.}"
standard=" assert.h ctype.h errno.h float.h inttypes.h limits.h math.h stdarg.h stdbool.h stddef.h stdint.h stdio.h \
stdlib.h string.h time.h "

# "FILE FORM NAME" for each #include below the given folders that exist; form is < or ".
includes_of() {
    for folder in "$@"; do
        [ -d "$folder" ] || continue
        find "$folder" \( -name '*.c' -o -name '*.h' \) | while read -r file; do
            sed -n 's|^[[:space:]]*#[[:space:]]*include[[:space:]]*\([<"]\)\([^>"]*\).*|\1 \2|p' "$file" |
                while read -r form name; do echo "$file $form $name"; done
        done
    done
}

# First of the folders that has the file; empty for none.
find_in() {
    name=$1
    shift
    for folder in "$@"; do
        [ -f "$folder/$name" ] && { echo "$folder"; return; }
    done
}

forbid() {
    echo "FORBIDDEN: $1 includes $2: $3"
}

check_public() {
    includes_of "$1/sdk/include" | while read -r file form name; do
        case $name in
        *..*) forbid "$file" "$name" "no path upwards" ;;
        metrichost/*) [ -f "$1/sdk/include/$name" ] || forbid "$file" "$name" "it is not in sdk/include" ;;
        *) case $standard in
            *" $name "*) ;;
            *) forbid "$file" "$name" "public headers include only the C standard library" ;;
            esac ;;
        esac
    done
}

# One unit that may see only its own folder and the SDK: check_unit ROOT FOLDER
check_unit() {
    includes_of "$2" | while read -r file form name; do
        case $name in
        *..*) forbid "$file" "$name" "no path upwards" ; continue ;;
        metrichost/*) [ -f "$1/sdk/include/$name" ] || forbid "$file" "$name" "it is not in sdk/include" ; continue ;;
        esac
        [ -n "$(find_in "$name" "$(dirname "$file")" "$2" "$1/sdk/support")" ] && continue
        if [ "$form" = '"' ]; then
            forbid "$file" "$name" "it is neither in ${2#"$1"/} nor in sdk/support"
        elif [ -n "$(find_in "$name" "$1/host" "$1" "$1"/plugins/*)" ]; then
            forbid "$file" "$name" "units see only sdk/"
        fi
    done
}

check_host() {
    includes_of "$1/host" | while read -r file form name; do
        case $name in
        *..*) forbid "$file" "$name" "no path upwards" ; continue ;;
        metrichost/*) [ -f "$1/sdk/include/$name" ] || forbid "$file" "$name" "it is not in sdk/include" ; continue ;;
        config.h) continue ;;
        esac
        [ -n "$(find_in "$name" "$(dirname "$file")" "$1/host")" ] && continue
        if [ "$form" = '"' ]; then
            forbid "$file" "$name" "it is not in host/"
        elif [ -n "$(find_in "$name" "$1" "$1/sdk/support" "$1"/plugins/*)" ]; then
            forbid "$file" "$name" "the host knows no plugin and no sdk/support"
        fi
    done
}

check_tree() {
    check_public "$1"
    check_host "$1"
    check_unit "$1" "$1/sdk/support"
    check_unit "$1" "$1/sdk/examples"
    for unit in "$1"/plugins/*/; do
        check_unit "$1" "${unit%/}"
    done
}

# plant FILE INCLUDE: a tree with this one include must be refused, and because of it.
plant() {
    tree=$(mktemp -d "${TMPDIR:-/tmp}/layering.XXXXXX") || exit 99
    mkdir -p "$tree/sdk/include/metrichost" "$tree/sdk/support" "$tree/host/util" "$tree/plugins/a" "$tree/plugins/b"
    for header in sdk/include/metrichost/plugin.h sdk/support/json.h host/util/util.h plugins/a/a.h plugins/b/b.h; do
        : >"$tree/$header"
    done
    echo "#  include $2" >"$tree/$1"
    found=$(check_tree "$tree")
    rm -rf "$tree"
    case $3$found in
    fine | "bad"*FORBIDDEN*"$1"*) echo "ok - $1 including $2 is $3" ;;
    *) echo "FAIL - $1 including $2 should be $3: $found" && return 1 ;;
    esac
}

if [ $# -gt 0 ]; then
    found=$(check_tree "$1")
    echo "$found"
    [ -z "$found" ]
    exit
fi

failed=0
plant sdk/include/metrichost/x.h '<metrichost/plugin.h>' fine || failed=1
plant sdk/include/metrichost/x.h '<stdint.h>' fine || failed=1
plant sdk/include/metrichost/x.h '<pthread.h>' bad || failed=1
plant sdk/include/metrichost/x.h '"util/util.h"' bad || failed=1
plant sdk/include/metrichost/x.h '<metrichost/private.h>' bad || failed=1
plant plugins/a/x.c '"a.h"' fine || failed=1
plant plugins/a/x.c '"json.h"' fine || failed=1
plant plugins/a/x.c '<pthread.h>' fine || failed=1
plant plugins/a/x.c '<metrichost/plugin.h>' fine || failed=1
plant plugins/a/x.c '"b.h"' bad || failed=1
plant plugins/a/x.c '<b.h>' bad || failed=1
plant plugins/a/x.c '"../b/b.h"' bad || failed=1
plant plugins/a/x.c '"util/util.h"' bad || failed=1
plant plugins/a/x.c '<util/util.h>' bad || failed=1
plant plugins/a/x.c '<host/util/util.h>' bad || failed=1
plant sdk/support/x.c '"util/util.h"' bad || failed=1
plant sdk/support/x.c '"a.h"' bad || failed=1
plant host/x.c '"util/util.h"' fine || failed=1
plant host/x.c '<yaml.h>' fine || failed=1
plant host/x.c '"json.h"' bad || failed=1
plant host/x.c '<json.h>' bad || failed=1
plant host/x.c '"plugins/a/a.h"' bad || failed=1
plant host/x.c '<a.h>' bad || failed=1
plant host/x.c '"../plugins/a/a.h"' bad || failed=1

found=$(check_tree "$top_srcdir")
[ -z "$found" ] || { echo "$found"; failed=1; }
files=$(includes_of "$top_srcdir/host" "$top_srcdir/sdk" "$top_srcdir/plugins" | wc -l)
echo "$files includes of the tree looked at"
[ "$files" -gt 50 ] || failed=1
exit $failed
