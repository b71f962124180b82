#!/bin/sh
# Makes ./configure from configure.ac. Needed only in a git checkout; release tarballs carry it.
set -eu
cd "$(dirname "$0")"
for tool in autoconf automake libtoolize pkg-config; do
    command -v "$tool" >/dev/null 2>&1 && continue
    echo "autogen.sh: $tool is missing." >&2
    echo "  Debian:       apt-get install autoconf automake libtool pkg-config" >&2
    echo "  Amazon Linux: dnf install autoconf automake libtool pkgconf-pkg-config" >&2
    exit 1
done
exec autoreconf --install --force --warnings=all
