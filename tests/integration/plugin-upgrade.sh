#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A plugin file that is replaced while the daemon runs: after SIGHUP the new build collects, in the same process; a
# replacement that is broken leaves the old one at work and says why.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
umask 022
work=$(mktemp -d "${TMPDIR:-/tmp}/plugin-upgrade.XXXXXX") || exit 99
daemon_pid=
trap '[ -z "$daemon_pid" ] || kill "$daemon_pid" 2>/dev/null; rm -rf "$work"' EXIT

build() {
    $CC -shared -fPIC -fvisibility=hidden -Wl,-soname,versioned.so -I"$top_srcdir/sdk/include" -DVERSION="\"$2\"" -o "$1" \
        "$top_srcdir/tests/abi/plugins/versioned.c" || exit 99
}

fail() {
    echo "FAIL - $*"
    tail -n 20 "$work/log"
    exit 1
}

# wait_for FILE PATTERN WHAT: until the file has a line with the pattern, as long as the daemon lives, 60 s at most.
wait_for() {
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -le 600 ] || fail "$3: not within 60 s"
        kill -0 "$daemon_pid" 2>/dev/null || fail "$3: the daemon ended"
        sleep 0.1
    done
    echo "ok - $3"
}

mkdir "$work/plugins"
build "$work/plugins/versioned.so" 1.0
cp "$top_builddir/plugins/output_file/.libs/output_file.so" "$work/plugins/" || exit 99
cat >"$work/metrichost.yml" <<END
metrichost.modules:
- module: versioned
  period: 1s
output.console: ~
END
"$top_builddir/metrichost" -e -c "$work/metrichost.yml" --path.home "$work" --path.config "$work" --path.data "$work/data" \
    --path.logs "$work/logs" --path.plugins "$work/plugins" >"$work/out" 2>"$work/log" &
daemon_pid=$!
wait_for "$work/out" '"version":"1.0"' "the first build collects"

build "$work/new.so" 2.0
mv "$work/new.so" "$work/plugins/versioned.so"
kill -HUP "$daemon_pid"
wait_for "$work/out" '"version":"2.0"' "the second build collects after SIGHUP"

build "$work/newer.so" 3.0
mv "$work/newer.so" "$work/plugins/versioned.so"
kill -HUP "$daemon_pid"
wait_for "$work/out" '"version":"3.0"' "the third build collects after SIGHUP"

echo "no plugin" >"$work/broken.so"
mv "$work/broken.so" "$work/plugins/versioned.so"
lines=$(wc -l <"$work/out")
kill -HUP "$daemon_pid"
wait_for "$work/log" 'versioned.so: not a metrichost plugin' "the broken build is refused by name"
tries=0
until [ "$(tail -n "+$((lines + 2))" "$work/out" | grep -c '"version":"3.0"')" -ge 2 ]; do
    tries=$((tries + 1))
    [ $tries -le 600 ] || fail "the third build stopped when the broken one was refused"
    sleep 0.1
done
echo "ok - the third build goes on"

kill "$daemon_pid"
wait "$daemon_pid"
status=$?
daemon_pid=
[ $status -eq 0 ] || fail "the daemon ended with status $status"
