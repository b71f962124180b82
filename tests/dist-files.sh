#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each file that git knows is in the release tarball, so that nobody finds at release time what EXTRA_DIST forgot.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}"
work=$(mktemp -d "${TMPDIR:-/tmp}/dist-files.XXXXXX") || exit 99
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

files=$(git -C "$top_srcdir" ls-files 2>/dev/null)
[ -n "$files" ] && [ -e "$top_srcdir/.git" ] || { echo "SKIP: this is no git checkout"; exit 77; }
MAKEFLAGS='' make -C "$top_builddir" distdir distdir="$work/dist" >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
missing=$(echo "$files" | grep -vxF .gitignore | while read -r file; do
    # A file that was removed and not yet committed is not missing.
    [ ! -e "$top_srcdir/$file" ] || [ -e "$work/dist/$file" ] || echo "$file"
done)
[ -z "$missing" ] && exit 0
echo "FAIL - not in the tarball; add them to EXTRA_DIST or SOURCES:"
echo "$missing"
exit 1
