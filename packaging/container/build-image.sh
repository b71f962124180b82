#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes a small container image from an installed tree, without a base image and without a registry.
#
#   make install DESTDIR=/tmp/tree
#   packaging/container/build-image.sh --tree /tmp/tree [--tag metrichost:0.1.0] [--rootfs DIR] [--libs DIR]
#                                      [--plugins "awsfargate ..."] [--config FILE]
#
#   --tree DIR     what `make install DESTDIR=DIR` left there
#   --tag NAME     imports the image into the Docker engine of $DOCKER_HOST under this name
#   --rootfs DIR   leaves the image's files in this folder, for `FROM scratch` and `COPY`
#   --libs DIR     shared libraries here take the place of the system's of the same name (minimal-curl.sh makes one)
#   --plugins LIST plugin files to put in, without .so; default: all that are installed
#   --config FILE  the image's configuration; default: metrichost.yml beside this script
#
# In the image: the program, its plugins, the shared libraries that these need (by ldd), the system's TLS roots, a user, and
# nothing else: no shell, no package manager. It runs as user 1000 of group 0.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tree='' tag='' rootfs='' libs='' plugins='' config=$here/metrichost.yml

die() { echo "build-image.sh: $*" >&2; exit 1; }
usage() { sed -n '3,/^set /s/^# \{0,1\}//p' "$0" | sed '$d'; exit "$1"; }

while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage 0 ;;
    --tree | --tag | --rootfs | --libs | --plugins | --config)
        [ $# -ge 2 ] || die "$1 needs a value"
        eval "${1#--}=\$2"
        shift 2 ;;
    *) die "unknown option $1 (--help lists them)" ;;
    esac
done
[ -n "$tree" ] || usage 1
[ -n "$tag$rootfs" ] || die "say what to make: --tag or --rootfs"
[ -r "$config" ] || die "cannot read $config"

program=$(find "$tree" -type f -path '*/bin/metrichost' | head -n 1)
[ -n "$program" ] || die "there is no bin/metrichost below $tree: make install DESTDIR=$tree"
bindir=${program#"$tree"}; bindir=${bindir%/metrichost}
first=$(find "$tree" -type f -path '*/metrichost/*.so' | head -n 1)
[ -n "$first" ] || die "there are no plugins below $tree"
plugindir=${first#"$tree"}; plugindir=${plugindir%/*}
confdir=$(find "$tree" -type d -path '*/metrichost/modules.d' | head -n 1)
[ -n "$confdir" ] || die "there is no metrichost/modules.d below $tree"
confdir=${confdir#"$tree"}; confdir=${confdir%/modules.d}
statedir=$(find "$tree" -type d -path '*/lib/metrichost' ! -path "*$plugindir" | head -n 1)
statedir=${statedir#"$tree"}
[ -n "$statedir" ] || case $bindir in /usr/bin) statedir=/var/lib/metrichost ;; *) statedir=${bindir%/bin}/var/lib/metrichost ;; esac

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=${rootfs:-$scratch/root}
mkdir -p "$root"

put() { # FILE PATH MODE
    mkdir -p "$root${2%/*}"
    cp -L "$1" "$root$2"
    chmod "$3" "$root$2"
}

put_program() {
    put "$program" "$bindir/metrichost" 755
    if [ -z "$plugins" ]; then
        plugins=$(cd "$tree$plugindir" && ls ./*.so | sed 's|^\./||; s|\.so$||')
    fi
    for name in $plugins; do
        [ -f "$tree$plugindir/$name.so" ] || die "there is no plugin file $plugindir/$name.so in $tree"
        put "$tree$plugindir/$name.so" "$plugindir/$name.so" 644
    done
    find "$root$bindir" "$root$plugindir" -type f -exec strip --strip-unneeded {} +
}

# Every shared library that the program and the plugins load, the dynamic loader included: name and path, or "missing NAME".
needed_libraries() {
    for file in "$root$bindir/metrichost" "$root$plugindir"/*.so; do
        LD_LIBRARY_PATH=$libs ldd "$file" 2>&1
    done | awk '/no version information/ { print "missing the-right-version-of-" $2; next }
        $2 == "=>" && $3 == "not" { print "missing " $1; next }
        $2 == "=>" { print $1, $3 }
        $1 ~ /^\// { print $1, $1 }' | sort -u
}

put_libraries() {
    needed_libraries >"$scratch/needed"
    ! grep -q '^missing ' "$scratch/needed" || die "ldd does not find: $(sed -n 's/^missing //p' "$scratch/needed" | tr '\n' ' ')"
    while read -r name path; do
        case $name in
        /*) put "$path" "$name" 755 ;;
        *) put "$path" "$libdir/$name" 644 ;;
        esac
    done <"$scratch/needed"
    # Name look-up is part of libc since glibc 2.34, a file of its own before.
    for name in libnss_dns.so.2 libnss_files.so.2; do
        [ ! -e "$libdir/$name" ] || put "$libdir/$name" "$libdir/$name" 644
    done
}

put_roots() {
    for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
        [ -r "$bundle" ] || continue
        put "$bundle" "$bundle" 644
        return 0
    done
    die "the system has no bundle of TLS roots (Debian: apt-get install ca-certificates)"
}

put_system_files() {
    mkdir -p "$root/etc" "$root/tmp" "$root$confdir/modules.d" "$root$statedir" "$root${statedir%/lib/*}/log/metrichost"
    printf 'root:x:0:0::/:\nmetrichost:x:1000:0::%s:\n' "$statedir" >"$root/etc/passwd"
    printf 'root:x:0:\nmetrichost:x:1000:\n' >"$root/etc/group"
    printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
    put "$config" "$confdir/metrichost.yml" 644
    for file in "$tree$confdir/modules.d"/*.disabled; do
        [ ! -f "$file" ] || put "$file" "$confdir/modules.d/${file##*/}" 644
    done
    chmod 1777 "$root/tmp"
    chmod -R g=u "$root$statedir" "$root${statedir%/lib/*}/log/metrichost" "$root$confdir/modules.d"
}

# The folder of libc: what the loader searches by itself.
libdir=$(ldd "$program" | awk '$1 ~ /^libc\.so/ { print $3 }')
libdir=${libdir%/*}
[ -n "$libdir" ] || die "ldd does not tell where libc is"

put_program
put_libraries
put_roots
put_system_files

# Owners are set in the archive, so that no root is needed here: all files are root's but the folders that are written to.
archive() {
    tar -C "$root" --sort=name --mtime="@${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner \
        --exclude=".$statedir" --exclude=".${statedir%/lib/*}/log/metrichost" -cf "$scratch/image.tar" .
    tar -C "$root" --sort=name --mtime="@${SOURCE_DATE_EPOCH:-0}" --owner=1000 --group=0 --numeric-owner \
        -rf "$scratch/image.tar" ".$statedir" ".${statedir%/lib/*}/log/metrichost"
}

if [ -n "$tag" ]; then
    archive
    docker import \
        --change "ENTRYPOINT [\"$bindir/metrichost\"]" \
        --change 'CMD ["--environment", "container"]' \
        --change "HEALTHCHECK --interval=30s --timeout=10s CMD [\"$bindir/metrichost\", \"status\", \"--health\"]" \
        --change 'ENV ELASTIC_CONTAINER=true' \
        --change 'USER 1000:0' \
        --change "WORKDIR $statedir" \
        "$scratch/image.tar" "$tag" >/dev/null
    echo "$tag: $(docker image inspect --format '{{.Size}}' "$tag") bytes"
fi
du -sb "$root" | awk '{ print "files: " $1 " bytes" }'
