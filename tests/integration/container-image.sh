#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The container image as an operator uses it on ECS: made from an installed tree, imported into a real Docker engine, set up
# once, run beside a task metadata endpoint, with documents in a real search server at the end. Prints size and memory.
set -eu
. "$(dirname "$0")/lib.sh"

cache=${MH_TEST_CACHE:-${HOME:-/tmp}/.cache/metrichost-tests}
scripts=$top_srcdir/tests/integration
image=metrichost-test:image
budget=$((15 * 1024 * 1024))

[ "$(id -u)" = 0 ] || skip "only root can look into the engine's network"
for tool in docker nsenter python3 curl strip ldd; do
    command -v "$tool" >/dev/null || skip "$tool is missing"
done
[ -x "$top_builddir/metrichost" ] || skip "there is no build in $top_builddir"

make_scratch
clean_up() {
    [ -z "${endpoint-}" ] || kill "$endpoint" 2>/dev/null || true
    [ ! -d "$scratch/search" ] || "$scripts/search-server.sh" stop "$scratch/search" >/dev/null 2>&1 || true
    if [ -n "${DOCKER_HOST-}" ]; then
        docker rm -f metrichost-test >/dev/null 2>&1 || true
        docker image rm -f $image >/dev/null 2>&1 || true
    fi
    [ ! -d "$scratch/engine" ] || "$scripts/docker-engine.sh" stop "$scratch/engine" || true
    rm -rf "$scratch"
}
trap clean_up EXIT

# 0 fine, 77 skip, else fail.
start_engine() {
    "$scripts/docker-engine.sh" start "$scratch/engine" >"$scratch/engine.out" 2>"$scratch/engine.err" && return
    [ $? = 77 ] && skip "$(cat "$scratch/engine.err")"
    fail "$(cat "$scratch/engine.err")"
}

# Runs a command in the network of the engine: its own namespace when it is a private one.
in_engine() {
    if [ -L "$scratch/engine/run" ]; then
        nsenter --net="/proc/$(cat "$scratch/engine/run/pid")/ns/net" -- "$@"
    else
        "$@"
    fi
}

start_search() {
    for family in opensearch elasticsearch; do
        "$scripts/search-server.sh" fetch $family >/dev/null 2>"$scratch/search.err" || continue
        search=$(in_engine "$scripts/search-server.sh" start $family "$scratch/search" 2>"$scratch/search.err") && return
    done
    skip "no search server: $(tail -n 1 "$scratch/search.err")"
}

start_endpoint() {
    mkdir "$scratch/endpoint"
    cp "$top_srcdir/tests/fixtures/ecs-tmds-v4/ecs_exporter_fargate_task_metadata.json" "$scratch/endpoint/task.json"
    cp "$top_srcdir/tests/fixtures/ecs-tmds-v4/ecs_exporter_fargate_task_stats.json" "$scratch/endpoint/stats.json"
    mkfifo "$scratch/endpoint/in"
    in_engine python3 "$top_srcdir/tests/stubs/tmds_server.py" "$scratch/endpoint" --live --sample 1 \
        <"$scratch/endpoint/in" >"$scratch/endpoint/out" &
    endpoint=$!
    exec 9>"$scratch/endpoint/in"
    wait_until 20 test -s "$scratch/endpoint/out" || fail "the stub endpoint does not start"
    port=$(awk '{ print $2 }' "$scratch/endpoint/out")
}

run_image() { # ARGUMENTS OF DOCKER... -- ARGUMENTS OF THE PROGRAM...
    options=''
    while [ "$1" != -- ]; do options="$options $1"; shift; done
    shift
    # shellcheck disable=SC2086 # options are words
    docker run $options --network host --read-only --tmpfs "$state:uid=1000,mode=0770" \
        -e ECS_CONTAINER_METADATA_URI_V4="http://127.0.0.1:$port/v4/test" -e ELASTICSEARCH_HOSTS="$search" \
        -e METRICHOST_PERIOD=1s $image "$@"
}

search_for() { # QUERY: number of documents
    in_engine curl -s "$search/_all/_search?ignore_unavailable=true&rest_total_hits_as_int=true&size=1&q=$1" |
        tee "$scratch/found.json" | sed -n 's/.*"hits":{"total":\([0-9]*\).*/\1/p'
}
has_documents() { [ "$(search_for "$1")" -ge "$2" ] 2>/dev/null; }

start_engine
. "$scratch/engine.out"
export DOCKER_HOST
make -s -C "$top_builddir" install DESTDIR="$scratch/tree" >"$scratch/install.log" 2>&1 ||
    fail "make install: $(tail -n 3 "$scratch/install.log")"
libs=''
[ ! -e "$cache/minimal-curl/libcurl.so.4" ] || libs="--libs $cache/minimal-curl"
# shellcheck disable=SC2086 # two words or none
"$top_srcdir/packaging/container/build-image.sh" --tree "$scratch/tree" --tag $image $libs
size=$(docker image inspect --format '{{.Size}}' $image)
state=$(docker image inspect --format '{{.Config.WorkingDir}}' $image)
[ "$(docker image inspect --format '{{.Config.User}}' $image)" = 1000:0 ] || fail "the image's user is not 1000:0"
if [ -n "$libs" ]; then
    [ "$size" -le $budget ] || fail "the image has $size bytes, more than $budget"
    ok "image of $size bytes, budget $budget"
else
    echo "note: with the system's libcurl the image has $size bytes; for the small one: packaging/container/minimal-curl.sh $cache/minimal-curl"
fi
! docker run --rm --entrypoint /bin/sh $image -c true 2>/dev/null || fail "there is a shell in the image"
docker run --rm $image version
ok "no shell, runs as 1000:0"

start_search
start_endpoint
run_image --rm -- setup -e >"$scratch/setup.log" 2>&1 || fail "setup: $(tail -n 5 "$scratch/setup.log")"
ok "setup as a one-off container"

run_image --detach --name=metrichost-test -- --environment container >/dev/null
wait_until 60 has_documents 'event.dataset:awsfargate.task_stats' 6 ||
    fail "no documents after 60 s: $(docker logs --tail 5 metrichost-test 2>&1)"
wait_until 30 has_documents 'event.dataset:awsfargate.task_stats%20AND%20container.name:prometheus%20AND%20_exists_:awsfargate.task_stats.cpu.pct_of_task_limit' 2 ||
    fail "no CPU share in $(cat "$scratch/found.json")"
for word in '"region":"us-east-1"' '"memory.limit_source"\|"limit_source":"task"' '"launchtype":"FARGATE"'; do
    grep -q "$word" "$scratch/found.json" || fail "a document lacks $word: $(cat "$scratch/found.json")"
done
ok "documents of task_stats in the search server"
wait_until 30 has_documents 'event.dataset:awsfargate.task%20AND%20_exists_:awsfargate.task.cpu.pct_of_task_limit' 1 ||
    fail "no document of the task: $(cat "$scratch/found.json")"
ok "documents of the task"

program=$(docker image inspect --format '{{index .Config.Entrypoint 0}}' $image)
docker exec metrichost-test "$program" status --health || fail "the health check fails"
ok "health check"
pid=$(docker inspect --format '{{.State.Pid}}' metrichost-test)
awk '/^VmRSS|^RssAnon/ { print "memory: " $0 }' "/proc/$pid/status"

before=$(search_for 'event.dataset:awsfargate.task')
docker stop -t 20 metrichost-test >/dev/null
[ "$(docker inspect --format '{{.State.ExitCode}}' metrichost-test)" = 0 ] || fail "exit code after SIGTERM is not 0"
wait_until 10 has_documents 'event.dataset:awsfargate.task' "$before" || fail "documents were lost at the stop"
docker logs metrichost-test 2>&1 | grep -q 'metrichost stopped' || fail "no orderly stop"
ok "SIGTERM: last sample, flush, exit 0"
