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
