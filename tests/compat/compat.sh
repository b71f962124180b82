#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Plugins of each released ABI minor, compiled against the headers of that minor, work in today's host: the loader takes
# them, the checker runs them, and the daemon carries a record through all three of them. The same sources also compile
# against today's headers.
# (Today's plugins in an old host are the checker's business: it gives them tables of the size that they say they need.)
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
umask 022
work=$(mktemp -d "${TMPDIR:-/tmp}/compat.XXXXXX") || exit 99
daemon_pid=
trap '[ -z "$daemon_pid" ] || kill "$daemon_pid" 2>/dev/null; rm -rf "$work"' EXIT
failed=0

fail() {
    echo "FAIL - $*"
    failed=1
}

# wait_for FILE PATTERN: until the file has a line with the pattern, 30 s at most, as long as the daemon lives.
wait_for() {
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        { [ $tries -le 300 ] && kill -0 "$daemon_pid" 2>/dev/null; } || return 1
        sleep 0.1
    done
}

# has FILE LINE
has() {
    grep -qxF "$2" "$1" || fail "$version: the output did not get '$2'"
}

check_daemon() {
    out=$plugins/out.txt
    cat >"$work/metrichost.yml" <<END
metrichost.modules:
- module: compat_input
  period: 1s
processors:
- compat_processor: ~
output.compat_output:
  path: $out
END
    "$top_builddir/metrichost" -e -c "$work/metrichost.yml" --path.home "$work" --path.config "$work" --path.data "$work/data" \
        --path.logs "$work/logs" --path.plugins "$plugins" >"$work/log" 2>&1 &
    daemon_pid=$!
    arrived=yes
    wait_for "$out" '^compat.doubled=' || arrived=no
    kill "$daemon_pid" 2>/dev/null
    wait "$daemon_pid"
    daemon_pid=
    [ $arrived = yes ] || { fail "$version: no record arrived"; cat "$work/log"; return; }
    for line in "record compat.all" compat.long=42 compat.double=0.5 compat.keyword=abc compat.boolean=true \
        compat.date=1700000000000000000 compat.labels.a.b=w compat.family.x.n=7 compat.list.=w compat.doubled=84 \
        service.kind=compat event.dataset=compat.all; do
        has "$out" "$line"
    done
    grep -q '^compat.ip=' "$out" && fail "$version: compat.ip was not removed"
    echo "ok - $version: a record went through the daemon"
}

for folder in "$top_srcdir"/tests/compat/[0-9]*/; do
    version=$(basename "$folder")
    plugins=$work/$version
    mkdir "$plugins"
    for source in "$folder"plugins/*.c; do
        name=compat_$(basename "$source" .c)
        $CC -std=gnu99 -Wall -Werror -shared -fPIC -fvisibility=hidden -Wl,-z,defs -I"${folder}include" \
            -o "$plugins/$name.so" "$source" || exit 99
        $CC -std=gnu99 -Wall -Werror -fsyntax-only -I"$top_srcdir/sdk/include" "$source" ||
            fail "$version: $name does not compile with today's headers"
        answer=$(echo "load ${name#compat_} $name" | "$top_builddir/tests/abi/registry_probe" "$plugins")
        case $answer in
        "loaded "*) echo "ok - $version: $answer" ;;
        *) fail "$version: $answer" ;;
        esac
        "$top_builddir/metrichost-check-plugin" --run "$plugins/$name.so" >"$work/out" ||
            { fail "$version: $name does not pass the checker"; cat "$work/out"; }
    done
    if [ -x "$top_builddir/metrichost" ]; then
        check_daemon
    else
        echo "SKIP: the daemon is not built"
    fi
done
exit $failed
