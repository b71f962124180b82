#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A real search server for tests, from public Java artefacts.
#
#   search-server.sh start opensearch|elasticsearch DIR   starts it with its data in DIR (created), waits until it
#                                                         answers, prints its URL, for example http://127.0.0.1:40123
#   search-server.sh stop DIR                             stops it and waits until it is gone; DIR stays for a look
#   search-server.sh fetch opensearch|elasticsearch       only fills the cache
#
# Exit: 0 fine; 77 when it cannot be had here (no Java, no Maven, no registry), with the reason on stderr; 1 otherwise.
# Starting the same DIR again finds its data again (on another port). Removing DIR also ends the server.
#
# Needs a JDK 17 or newer and Maven (Debian: apt-get install default-jdk-headless maven). Artefacts are kept in
# ${MH_TEST_CACHE:-$HOME/.cache/metrichost-tests}; filling it takes a minute, starting a server some seconds and 0.5 GB.
#
#   MH_OPENSEARCH_VERSION (2.19.1)      has data streams, flat_object; no ISM
#   MH_ELASTICSEARCH_VERSION (7.17.28)  the open core only: no data streams, no ILM, no flattened fields
#   MH_SEARCH_SERVER_TIMEOUT (120)      seconds until a start is given up
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${MH_TEST_CACHE:-${HOME:-/tmp}/.cache/metrichost-tests}

skip() {
    echo "search-server.sh: SKIP: $*" >&2
    exit 77
}

die() {
    echo "search-server.sh: $*" >&2
    exit 1
}

# Sets everything that depends on the family.
choose() {
    family=$1
    case $family in
    opensearch)
        version=${MH_OPENSEARCH_VERSION:-2.19.1}
        artefacts="org.opensearch:opensearch:$version org.opensearch.plugin:transport-netty4-client:$version
            org.opensearch.plugin:mapper-extras-client:$version org.apache.logging.log4j:log4j-core:2.21.0"
        plugin=$(test "${version%%.*}" -ge 3 && echo org.opensearch.transport.Netty4ModulePlugin ||
            echo org.opensearch.transport.Netty4Plugin)
        ;;
    elasticsearch)
        version=${MH_ELASTICSEARCH_VERSION:-7.17.28}
        artefacts="org.elasticsearch:elasticsearch:$version org.elasticsearch.plugin:transport-netty4-client:$version
            org.elasticsearch.plugin:mapper-extras-client:$version org.apache.logging.log4j:log4j-core:2.17.1"
        plugin=org.elasticsearch.transport.Netty4Plugin
        ;;
    *) die "unknown server '$family': opensearch or elasticsearch" ;;
    esac
    jars=$cache/$family-$version
}

write_pom() {
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>tests</groupId><artifactId>search-server</artifactId><version>1</version><dependencies>'
    for gav in $artefacts; do
        echo "<dependency><groupId>${gav%%:*}</groupId><artifactId>$(echo "$gav" | cut -d: -f2)</artifactId><version>${gav##*:}</version></dependency>"
    done
    echo '</dependencies></project>'
}

# Fills the cache under a lock, so that tests may start at the same time; a half-filled folder never has the final name.
fetch() {
    test -f "$jars/Launcher.class" && return
    for tool in java javac mvn flock; do
        command -v $tool >/dev/null || skip "$tool is missing (apt-get install default-jdk-headless maven)"
    done
    mkdir -p "$cache"
    exec 9>"$cache/$family.lock"
    flock 9
    test -f "$jars/Launcher.class" && return
    part=$jars.part
    rm -rf "$part"
    mkdir -p "$part"
    write_pom >"$part/pom.xml"
    (cd "$part" && mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=. >maven.log 2>&1) ||
        { cat "$part/maven.log" >&2; skip "the artefacts of $family $version cannot be fetched"; }
    sed "s/@FAMILY@/$family/g" "$here/search-server.java.in" >"$part/Launcher.java"
    javac -nowarn -cp "$part/*" -d "$part" "$part/Launcher.java" || die "the launcher does not compile for $family $version"
    rm -rf "$jars"
    mv "$part" "$jars"
    exec 9>&-
}

is_alive() {
    test -f "$1/pid" && kill -0 "$(cat "$1/pid")" 2>/dev/null
}

# Prints the URL once the server answers on it.
wait_ready() {
    deadline=$(($(date +%s) + ${MH_SEARCH_SERVER_TIMEOUT:-120}))
    while test "$(date +%s)" -lt "$deadline"; do
        is_alive "$1" || { tail -n 30 "$1/server.log" >&2; die "the server ended while it started"; }
        if test -s "$1/logs/http.ports"; then
            url=http://$(grep -m 1 '^127\.' "$1/logs/http.ports")
            curl -fsS -o /dev/null "$url/_cluster/health?wait_for_status=yellow&timeout=20s" 2>/dev/null &&
                { echo "$url"; return; }
        fi
        sleep 0.2
    done
    stop "$1"
    die "the server did not answer in time; see $1/server.log"
}

start() {
    fetch
    dir=$1
    mkdir -p "$dir/config" "$dir/logs" "$dir/modules" "$dir/plugins" "$dir/data"
    dir=$(cd "$dir" && pwd)
    is_alive "$dir" && die "a server runs in $dir already"
    rm -f "$dir/logs/http.ports"
    nohup java -Xms256m -Xmx512m -XX:+UseSerialGC -Xshare:auto -XX:TieredStopAtLevel=1 \
        -cp "$jars:$jars/*" Launcher "$dir" "$plugin" </dev/null >"$dir/server.log" 2>&1 9>&- &
    echo $! >"$dir/pid"
    wait_ready "$dir"
}

stop() {
    is_alive "$1" || return 0
    pid=$(cat "$1/pid")
    kill "$pid" 2>/dev/null || true
    i=0
    while kill -0 "$pid" 2>/dev/null && test $i -lt 100; do
        sleep 0.1
        i=$((i + 1))
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$1/pid"
}

case ${1:-} in
start) choose "${2:?opensearch or elasticsearch}"; start "${3:?a folder}" ;;
fetch) choose "${2:?opensearch or elasticsearch}"; fetch ;;
stop) stop "${2:?the folder that start was given}" ;;
*) die "usage: search-server.sh start opensearch|elasticsearch DIR | stop DIR | fetch opensearch|elasticsearch" ;;
esac
