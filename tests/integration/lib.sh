# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# lib.sh - what the test scripts share; sourced.

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
top_builddir=${top_builddir:-$top_srcdir/build}

# Makes a folder $scratch that goes at the end.
make_scratch() {
    scratch=$(mktemp -d /tmp/metrichost-test.XXXXXX)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 143' INT TERM HUP
}

# Ends the test as skipped, with the reason that ./runtests shows.
skip() {
    echo "SKIP: $*"
    exit 77
}

# Ends the test as failed.
fail() {
    echo "FAIL: $*"
    exit 1
}

# Waits until the command succeeds; fails after SECONDS.
wait_until() { # SECONDS COMMAND...
    wait_deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$wait_deadline" ] || return 1
        sleep 0.1
    done
}

process_gone() { ! kill -0 "$1" 2>/dev/null; }

# Names a case that passed.
ok() { echo "ok $*"; }

# Copies the source as a clone would have it, without what was built.
copy_source() { # FOLDER
    mkdir -p "$1"
    if [ -e "$top_srcdir/.git" ] && command -v git >/dev/null; then
        (cd "$top_srcdir" && git ls-files -z | xargs -0 cp --parents -P -t "$1")
    else
        (cd "$top_srcdir" && tar -c --exclude=./build --exclude=./_build --exclude=./_inst .) | tar -C "$1" -x
        chmod -R u+w "$1"
    fi
}

# Starts the search server and sets $search_url; skips where it cannot be had.
start_search_server() { # FAMILY FOLDER
    search_status=0
    search_url=$("$top_srcdir/tests/integration/search-server.sh" start "$1" "$2" 2>"$scratch/search-server") || search_status=$?
    [ $search_status != 77 ] || skip "$(tail -n 1 "$scratch/search-server" | sed 's/.*SKIP: //')"
    [ $search_status = 0 ] || { cat "$scratch/search-server"; fail "the search server does not start"; }
}
