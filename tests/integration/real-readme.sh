#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the commands of README.md as they stand there, in their order, and its configurations: from a copy of the source
# over make install to documents in a real search server. Everything happens in a mount namespace with overlays, so that
# the machine stays as it is.
set -eu
. "$(dirname "$0")/lib.sh"

if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || skip "only root can install into a mount namespace"
    make_scratch
    start_search_server opensearch "$scratch/search"
    trap '"$top_srcdir/tests/integration/search-server.sh" stop "$scratch/search"
        "$top_srcdir/tests/integration/docker-engine.sh" stop "$scratch/engine"; rm -rf "$scratch"' EXIT
    engine=$("$top_srcdir/tests/integration/docker-engine.sh" start "$scratch/engine" 2>"$scratch/engine.err") ||
        skip "$(tail -n 1 "$scratch/engine.err")"
    export DOCKER_HOST="${engine#DOCKER_HOST=}"
    "$top_srcdir/tests/integration/docker-engine.sh" image metrichost-test:latest
    docker run -d --name readme-web metrichost-test:latest sh -c 'while :; do sleep 1; done' >/dev/null
    copy_source "$scratch/metrichost"
    status=0
    unshare --mount "$0" inside "$scratch" "$search_url" || status=$?
    docker rm -f readme-web >/dev/null
    exit $status
fi

scratch=$2
search_url=$3
mkdir "$scratch/upper"
mount -t tmpfs tmpfs "$scratch/upper" || skip "no tmpfs can be mounted here"
for folder in /usr /etc /var; do
    mkdir -p "$scratch/upper$folder" "$scratch/upper/work$folder"
    mount -t overlay -o "lowerdir=$folder,upperdir=$scratch/upper$folder,workdir=$scratch/upper/work$folder" overlay "$folder" 2>/dev/null ||
        skip "no overlay can be mounted here"
done
mount -t tmpfs tmpfs /run
ln -s "${DOCKER_HOST#unix://}" /run/docker.sock
cd "$scratch/metrichost"

# The block number N of a language, or nothing.
block() { # LANGUAGE N
    awk -v fence="\`\`\`$1" -v n="$2" '
        /^```$/ { inside = 0 }
        inside
        $0 == fence { inside = ++i == n }' README.md
}

# Stands for systemd: runs what the installed unit says, as root without capabilities, as the unit does.
systemctl() {
    [ "$*" = "enable --now metrichost" ] || fail "README runs systemctl $*"
    unit=/usr/lib/systemd/system/metrichost.service
    METRICHOST_OPTS=$(sed -n 's/^Environment="METRICHOST_OPTS=\(.*\)"$/\1/p' $unit)
    export METRICHOST_OPTS
    command=$(sed -n 's/^ExecStart=//p' $unit)
    grep -qx 'CapabilityBoundingSet=' $unit || fail "the unit leaves capabilities"
    eval "setpriv --bounding-set=-all --inh-caps=-all --no-new-privs $command" >"$scratch/daemon.log" 2>&1 &
    daemon=$!
    wait_until 60 delivered_something || { cat "$scratch/daemon.log"; fail "the service delivers nothing"; }
    grep -q 'usage of [1-9][0-9]* containers from cgroup files' "$scratch/daemon.log" ||
        { cat "$scratch/daemon.log"; fail "usage does not come from cgroup files"; }
}
delivered_something() { metrichost status --json 2>/dev/null | grep -q '"total":{"collected":[0-9]*,"delivered":[1-9]'; }
sudo() { "$@"; }

run_block() { # N NAME
    block sh "$1" >"$scratch/block"
    grep -q . "$scratch/block" || fail "README has no block of commands number $1 ($2)"
    set -x
    . "$scratch/block" >"$scratch/block.log" 2>&1
    { set +x; } 2>/dev/null
    ok "README: $2"
}

configure_from() { # N SED-EXPRESSION...
    number=$1
    shift
    grep -v '^output\|^  hosts\|^cloud' /etc/metrichost/metrichost.yml >"$scratch/rest.yml"
    { block yaml "$number" | sed "$@"; cat "$scratch/rest.yml"; } >/etc/metrichost/metrichost.yml
}

trap 'status=$?; [ $status = 0 ] || tail -n 30 "$scratch/block.log"; [ -z "${daemon-}" ] || kill "$daemon"' EXIT
exec 2>&1
run_block 2 "installing"
run_block 3 "enabling the module"
run_block 4 "a secret in the keystore"
cp /etc/metrichost/metrichost.yml "$scratch/shipped.yml"
configure_from 1 ''
sudo metrichost test config || fail "README's configuration for Elastic Cloud"
cp "$scratch/shipped.yml" /etc/metrichost/metrichost.yml
configure_from 2 "s|https://elasticsearch.example:9200|$search_url|; /api_key/d; /ssl/d"
ok "README: the configurations"
run_block 5 "checking, setting up, starting, looking"
wait_until 60 sh -c "curl -fsS '$search_url/metrichost-*/_search?q=container.name:readme-web' | grep -q '\"docker.cpu\"'" ||
    fail "no document of the container is in the search server"
ok "README: documents are in the search server"
