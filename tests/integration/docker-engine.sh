#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A Docker engine for tests and for the quickstart.
#
#   docker-engine.sh start DIR   prints DOCKER_HOST=unix://... : the machine's own engine where one answers on
#                                /var/run/docker.sock, else (as root) a private one whose files are all below DIR
#   docker-engine.sh image TAG   imports a small image with a shell (busybox) into the engine of $DOCKER_HOST
#   docker-engine.sh stop DIR    ends the private engine of DIR with its containers, mounts and data
#
# The private engine lives in a network and a mount namespace of its own and in a cgroup of its own, so that its
# bridge, firewall rules and mounts go when it goes, and an engine that this script did not start is never touched.
# Its containers reach one another, not the outside. Exit code 77: no engine can be had here; standard error says why.
set -eu

readonly system_socket=/var/run/docker.sock
readonly start_seconds=60
readonly stop_seconds=20

. "$(dirname "$0")/lib.sh"

say() { echo "docker-engine.sh: $*" >&2; }
skip() { say "$*"; exit 77; } # standard output carries the answer
die() { say "$*"; exit 1; }

engine_answers() { # HOST
    docker -H "$1" version --format '{{.Server.Version}}' >/dev/null 2>&1
}

ready_or_dead() { engine_answers "$1" || process_gone "$2"; }

need_private_engine() {
    [ "$(id -u)" = 0 ] || skip "no Docker engine answers on $system_socket, and only root can start one"
    for tool in dockerd containerd runc unshare; do
        command -v "$tool" >/dev/null || skip "no Docker engine answers on $system_socket, and there is no" \
            "$tool to start one (Debian: apt-get install docker.io; Amazon Linux: dnf install docker)"
    done
}

# Runs dockerd in the background and leaves its pid in $run/pid. Paths of sockets are limited to 107 bytes, therefore
# a short folder for them.
launch() { # DIR RUN
    firewall=true
    command -v iptables >/dev/null || firewall=false
    # shellcheck disable=SC2016 # expanded by the inner shell
    setsid unshare --mount --net sh -c '
        echo $$ >"$1/pid"
        shift
        ! command -v ip >/dev/null || ip link set lo up
        exec "$@"' launch "$2" \
        dockerd --config-file "$2/daemon.json" --host "unix://$2/docker.sock" --exec-root "$2/exec" \
        --data-root "$1/data" --pidfile "$2/dockerd.pid" --cgroup-parent "/${2##*/}" \
        --exec-opt native.cgroupdriver=cgroupfs --iptables="$firewall" --shutdown-timeout 5 \
        </dev/null >"$1/dockerd.log" 2>&1 &
    wait_until 10 test -s "$2/pid" || die "dockerd was not started: $(tail -n 3 "$1/dockerd.log")"
}

start() { # DIR
    command -v docker >/dev/null || skip "the docker command is missing" \
        "(Debian: apt-get install docker.io; Amazon Linux: dnf install docker)"
    if engine_answers "unix://$system_socket"; then
        echo "DOCKER_HOST=unix://$system_socket"
        return
    fi
    need_private_engine
    [ ! -e "$1/run" ] || stop "$1"
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    run=$(mktemp -d /tmp/metrichost-engine.XXXXXX)
    ln -s "$run" "$dir/run"
    echo '{}' >"$run/daemon.json"
    launch "$dir" "$run"
    pid=$(cat "$run/pid")
    wait_until "$start_seconds" ready_or_dead "unix://$run/docker.sock" "$pid" || true
    if ! engine_answers "unix://$run/docker.sock"; then
        tail -n 5 "$dir/dockerd.log" >&2
        stop "$dir" keep-log
        skip "a private Docker engine does not start here; its log: $dir/dockerd.log"
    fi
    echo "DOCKER_HOST=unix://$run/docker.sock"
}

# What a killed dockerd leaves behind: its containers, which are in its cgroup, and helpers that carry the engine's
# folder in their command line.
kill_remains() { # RUN
    for group in /sys/fs/cgroup/"${1##*/}" /sys/fs/cgroup/*/"${1##*/}"; do
        [ ! -d "$group" ] || find "$group" -name cgroup.procs -exec cat {} +
    done 2>/dev/null | sort -u | xargs -r kill -KILL 2>/dev/null || true
    for file in /proc/[0-9]*/cmdline; do
        if { tr '\0' '\n' <"$file"; } 2>/dev/null | grep -q "^\(-\{1,2\}[a-z]*=\)\{0,1\}$1/"; then
            kill -KILL "$(echo "$file" | cut -d/ -f3)" 2>/dev/null || true
        fi
    done
}

no_cgroups() { # NAME
    for group in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
        [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [ ! -d "$group" ] || return 1
    done
}

stop() { # DIR [keep-log]
    [ -L "$1/run" ] || return 0
    run=$(readlink "$1/run")
    pid=$(cat "$run/pid" 2>/dev/null || true)
    if [ -n "$pid" ] && ! process_gone "$pid"; then
        containers=$(docker -H "unix://$run/docker.sock" ps -aq 2>/dev/null || true)
        # shellcheck disable=SC2086 # one word a container
        [ -z "$containers" ] || docker -H "unix://$run/docker.sock" rm -fv $containers >/dev/null 2>&1 || true
        kill -TERM "$pid" 2>/dev/null || true
        wait_until "$stop_seconds" process_gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
    fi
    kill_remains "$run"
    wait_until "$stop_seconds" no_cgroups "${run##*/}" || say "cgroups named ${run##*/} could not be removed"
    rm -rf "$run" "$1/data" "$1/run"
    [ "${2-}" = keep-log ] || rm -f "$1/dockerd.log"
    rmdir "$1" 2>/dev/null || true
}

# The image holds one static (or with its libraries: dynamic) busybox and links for its commands.
import_busybox() { # TAG
    root=$(mktemp -d /tmp/metrichost-image.XXXXXX)
    trap 'rm -rf "$root"' EXIT
    mkdir -p "$root/bin" "$root/tmp" "$root/etc"
    cp "$(command -v busybox)" "$root/bin/busybox"
    for library in $(ldd "$root/bin/busybox" 2>/dev/null | grep -o '/[^ ]*'); do
        mkdir -p "$root${library%/*}"
        cp "$library" "$root$library"
    done
    for applet in $(busybox --list); do
        [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
    done
    tar -C "$root" -c . | docker import --change 'ENV PATH=/bin' - "$1" >/dev/null
}

image() { # TAG
    docker image inspect "$1" >/dev/null 2>&1 && return
    if command -v busybox >/dev/null; then
        import_busybox "$1"
    else
        docker pull -q busybox >/dev/null || skip "there is no busybox to make an image of" \
            "(Debian: apt-get install busybox-static) and no registry answers"
        docker tag busybox "$1"
    fi
}

[ $# = 2 ] || die "usage: docker-engine.sh start DIR | image TAG | stop DIR"
case $1 in
start | image | stop) "$1" "$2" ;;
*) die "usage: docker-engine.sh start DIR | image TAG | stop DIR" ;;
esac
