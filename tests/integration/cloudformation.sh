#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The CloudFormation templates and the task definition: cfn-lint finds nothing, and what these files promise holds: secrets
# never on a command line, least privilege, logs that end, an order of start and stop.
set -eu
. "$(dirname "$0")/lib.sh"

cache=${MH_TEST_CACHE:-${HOME:-/tmp}/.cache/metrichost-tests}
folder=$top_srcdir/packaging/cloudformation
venv=$cache/cfn-lint

make_scratch
if [ ! -x "$venv/bin/cfn-lint" ]; then
    command -v python3 >/dev/null || skip "no python3"
    mkdir -p "$cache"
    python3 -m venv "$scratch/venv" >"$scratch/log" 2>&1 || skip "no python3 venv module"
    "$scratch/venv/bin/pip" install -q cfn-lint >"$scratch/log" 2>&1 ||
        skip "cfn-lint cannot be had from the Python package index: $(tail -n 1 "$scratch/log")"
    # A folder of its own name: scripts of a venv carry their path.
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install -q cfn-lint >"$scratch/log" 2>&1 || skip "no cfn-lint in $venv"
fi

"$venv/bin/cfn-lint" "$folder"/*.yml || fail "cfn-lint has complaints"
ok "cfn-lint"

"$venv/bin/python" "$top_srcdir/tests/integration/cloudformation.py" "$folder" || fail "a promise is broken"
ok "promises"
