#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The tables of metrichost-docker(7) are those of the plugin's schema. With UPDATE=1 they are written anew.
set -eu
. "$(dirname "$0")/lib.sh"
make_scratch
manual=$top_srcdir/plugins/docker/metrichost-docker.7
tables=$top_builddir/tests/integration/docker_tables

# The lines between two comment lines of the manual.
section() { sed -n "/^\.\\\\\" begin $1\$/,/^\.\\\\\" end $1\$/p" "$2" | sed '1d;$d'; }

for table in options fields; do
    "$tables" "$table" >"$scratch/$table"
    [ "$(wc -l <"$scratch/$table")" -gt 50 ] || fail "docker_tables prints no $table"
    if [ "${UPDATE-}" = 1 ]; then
        sed -i -e "/^\.\\\\\" begin $table\$/,/^\.\\\\\" end $table\$/{/^\.\\\\\" begin/{p;r $scratch/$table
};/^\.\\\\\" end/p;d}" "$manual"
    fi
    section "$table" "$manual" >"$scratch/have"
    diff -u "$scratch/have" "$scratch/$table" || fail "the $table in $manual are not those of the schema; run with UPDATE=1"
    ok "$table"
done
if command -v man >/dev/null && man --version >/dev/null 2>&1; then
    LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 "$manual" 2>"$scratch/warnings" >/dev/null || true
    [ ! -s "$scratch/warnings" ] || { cat "$scratch/warnings"; fail "the manual does not format cleanly"; }
    ok "formats without warnings"
fi
