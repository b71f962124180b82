#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds a libcurl for HTTP, HTTPS and nothing else, from the distribution's own source with its security fixes, for
# build-image.sh --libs.
#
#   packaging/container/minimal-curl.sh OUTPUT_FOLDER
#
# Debian's libcurl brings LDAP, Kerberos, RTMP, SSH and a second TLS library, more than half of an image. Amazon Linux has
# libcurl-minimal, which needs none of this.
set -eu

die() { echo "minimal-curl.sh: $*" >&2; exit 1; }
[ $# -eq 1 ] || { sed -n '3,/^set /s/^# \{0,1\}//p' "$0" | sed '$d'; exit 1; }
[ -r /etc/debian_version ] || die "this is not Debian: use libcurl-minimal of the distribution"
command -v dpkg-source >/dev/null || die "dpkg-source is missing: apt-get install dpkg-dev"

output=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$output" "$scratch/lists/partial"
output=$(cd "$output" && pwd)

# Package sources, without touching the machine's own lists.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=${DEBIAN_MIRROR:-http://deb.debian.org}
cat >"$scratch/sources.list" <<LIST
deb-src $mirror/debian $codename main
deb-src $mirror/debian-security $codename-security main
LIST
fetch() {
    apt-get -qq -o Dir::Etc::sourcelist="$scratch/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$scratch/lists" -o APT::Sandbox::User=root "$@" >"$scratch/apt.log" 2>&1 ||
        { cat "$scratch/apt.log" >&2; die "apt-get $* failed"; }
}
cd "$scratch"
fetch update
fetch source curl
cd curl-*/

./configure --prefix=/usr --disable-static --enable-shared --with-openssl --enable-versioned-symbols \
    --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt --without-ca-path \
    --without-brotli --without-zstd --without-libpsl --without-libidn2 --without-librtmp --without-libssh2 \
    --without-libssh --without-nghttp2 --disable-ldap --disable-ldaps --disable-rtsp --disable-dict \
    --disable-telnet --disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp --disable-gopher \
    --disable-mqtt --disable-ftp --disable-file --disable-manual --disable-ntlm >"$scratch/configure.log" 2>&1 ||
    { tail -n 20 "$scratch/configure.log" >&2; die "configure failed"; }
# Debian's programs ask for symbols of version 4, which its packaging sets after this script's point.
sed -i 's/CURL_OPENSSL_[0-9]*/CURL_OPENSSL_4/' lib/libcurl.vers
make -C lib >"$scratch/make.log" 2>&1 || { tail -n 20 "$scratch/make.log" >&2; die "make failed"; }
cp -L lib/.libs/libcurl.so.4 "$output/libcurl.so.4"
strip --strip-unneeded "$output/libcurl.so.4"
ls -l "$output/libcurl.so.4"
