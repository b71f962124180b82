#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# metrichost-check-plugin finds each fault that it is there for, passes a plugin without fault, and passes all plugins of
# this build.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
umask 022
checker=$top_builddir/metrichost-check-plugin
work=$(mktemp -d "${TMPDIR:-/tmp}/checker.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
failed=0
# In a build with sanitizers a crash is still to be a crash.
for tool in ASAN UBSAN TSAN; do
    eval "export ${tool}_OPTIONS=\"\${${tool}_OPTIONS:-}:handle_segv=0:handle_sigbus=0\""
done

build() {
    out=$1
    shift
    $CC -shared -fPIC -fvisibility=hidden -pthread -I"$top_srcdir/sdk/include" -o "$out" \
        "$top_srcdir/tests/abi/plugins/faulty.c" "$@" || exit 99
}

# found FAULT PATTERN ARGUMENT...: the checker fails, and says this.
found() {
    fault=$1 pattern=$2
    shift 2
    build "$work/faulty.so" "$@"
    output=$("$checker" --run --timeout "${timeout:-45}" "$work/faulty.so" 2>&1)
    status=$?
    # shellcheck disable=SC2254
    case $status$output in
    1*"not ok"*$pattern*) echo "ok - $fault" ;;
    *)
        echo "FAIL - $fault: exit status $status, wanted 1 and: $pattern"
        echo "$output"
        failed=1
        ;;
    esac
}

# passes WHAT ARGUMENT...
passes() {
    what=$1
    shift
    output=$("$checker" "$@" 2>&1)
    status=$?
    [ $status -eq 0 ] && { echo "ok - $what"; return; }
    echo "FAIL - $what: exit status $status"
    echo "$output" | grep -A5 '^not ok'
    failed=1
}

build "$work/fine.so"
passes "no fault" --run "$work/fine.so"
output=$("$checker" --run "$work/fine.so")
tests=$(echo "$output" | grep -c '^ok')
[ "$tests" -eq "$("$checker" --list | wc -l)" ] || { echo "FAIL - not all tests ran: $output"; failed=1; }

found "crash in create" "dies of signal 11" -DCRASH
timeout=1 found "hang in create" "does not answer within 1 s" -DHANG
found "file descriptor" "leaves file descriptors open" -DLEAVE_FD
found "thread" "leaves threads running" -DLEAVE_THREAD
found "umask" "changes the umask" -DSET_UMASK
found "signal handler" "changes the handler of signal 13" -DSET_SIGNAL
found "member of a later host" "dies of signal 11" -DLATER_MEMBER
found "second export" "exports helper too" -DEXTRA_EXPORT
found "fickle entry" "answers the second call otherwise" -DFICKLE_ENTRY
found "busy entry" "leaves file descriptors open" -DENTRY_LEAVES_FD
found "line and descriptor" "no line of the section .metrichost_plugin is 'abi=1.0 needs=1.0 kind=input name=faulty version=1.0'" \
    -DLINE_VERSION='"2.0"'
found "summary" ".summary must be one line" -DNO_SUMMARY
found "documentation" "option n has no .doc" -DKEY_DOC=NULL
found "default" "option n has a default that does not fit" -DKEY_DEFAULT='"many"'
found "unit" "field faulty.a has an unknown unit" -DFIELD_UNIT='"furlong"'
found "conflict" "field faulty.a.b lies below the field faulty.a" -DFIELD_2='"faulty.a.b"'
found "ignored error" "create succeeds although its read of the option 'n' answered" -DIGNORE_ERROR
found "undeclared option" "reads the option 'm', which is not in its schema" -DUNDECLARED_OPTION
found "unknown code" "create returns -99" -DRESULT=-99
found "silent failure" "create returns -7 with its defaults: and does not say why" -DRESULT=MH_ERR_FATAL
found "value of another type" "set of faulty.a: the value's type 4 does not fit" -DVALUE='mh_text("x", 1)'
found "field that is none" "set of field number 9, but it has 2" -DFIELD_INDEX=9

# What must be configured is; nobody listens on port 9 of this machine.
for plugin in "$top_builddir"/plugins/*/.libs/*.so; do
    [ -f "$plugin" ] && passes "$(basename "$plugin")" --set hosts=http://127.0.0.1:9 --set path="$work" "$plugin"
done
exit $failed
