#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# ./quickstart as a new user runs it, in a fresh copy of the source; and that it leaves nothing behind.
set -eu
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || [ -w /var/run/docker.sock ] || skip "no Docker engine may be used here, and only root can start one"
make_scratch
copy_source "$scratch/metrichost"
cd "$scratch/metrichost"


status=0
./quickstart --seconds 6 </dev/null >"$scratch/out" 2>"$scratch/err" || status=$?
if [ $status != 0 ]; then
    cat "$scratch/out" "$scratch/err"
    grep -q 'docker-engine.sh: .*private Docker engine does not start' "$scratch/err" && skip "no Docker engine starts here"
    fail "quickstart ended with $status"
fi
grep -q 'containers\{0,1\} ' "$scratch/out" || { cat "$scratch/out"; fail "no summary"; }
grep -Eq '^metrichost-demo-busy +[0-9.]+ % +[0-9.]+ [KM]iB' "$scratch/out" ||
    grep -Eq '^[^ ]+ +[0-9.]+ % ' "$scratch/out" || { cat "$scratch/out"; fail "no container with CPU and memory"; }
grep -q '"@timestamp": "' "$scratch/out" || fail "no document in full"
ok "quickstart shows the containers"

[ ! -e build/quickstart/engine ] || fail "the private engine's folder is still there"
for file in /proc/[0-9]*/cmdline; do
    ! { tr '\0' '\n' <"$file"; } 2>/dev/null | grep -q "^$scratch/metrichost/build/" || fail "a process is still there: $(tr '\0' ' ' <"$file")"
done
ok "quickstart leaves no process"

./quickstart --help | grep -q 'usage: ./quickstart' || fail "--help"
status=0
./quickstart --wrong >/dev/null 2>&1 || status=$?
[ $status = 2 ] || fail "a wrong option ends with $status"
ok "quickstart knows its options"
