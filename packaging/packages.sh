# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# packages.sh - what metrichost needs from the distribution, sourced by ./quickstart and ./runtests.
#
#   need_packages build|engine|client     installs what is missing (as root), else names it and exits with 1
#   want_packages test                    the same, but goes on without what cannot be had
#
# Looks for the thing itself (a command, a pkg-config module, a header, a Python module), so that a library built by hand counts.

# group  looks-for  Debian  Amazon Linux. "client" comes after "engine": some releases have the docker command in the
# engine's package, others apart.
packages_table() {
    cat <<'TABLE'
build   command:gcc             gcc                     gcc
build   header:stdlib.h         libc6-dev               glibc-devel
build   command:make            make                    make
build   command:autoconf        autoconf                autoconf
build   command:automake        automake                automake
build   command:libtoolize      libtool                 libtool
build   command:pkg-config      pkg-config              pkgconf-pkg-config
build   command:awk             gawk                    gawk
build   command:cmp             diffutils               diffutils
build   command:find            findutils               findutils
build   header:ltdl.h           libltdl-dev             libtool-ltdl-devel
build   module:yaml-0.1         libyaml-dev             libyaml-devel
build   module:libcurl          libcurl4-openssl-dev    libcurl-devel
build   module:yajl             libyajl-dev             yajl-devel
build   module:zlib             zlib1g-dev              zlib-devel
build   module:libssl           libssl-dev              openssl-devel
engine  command:dockerd         docker.io               docker
engine  command:iptables        iptables                iptables-nft
engine  command:ip              iproute2                iproute
engine  command:busybox         busybox-static          busybox
client  command:docker          docker-cli              docker
test    command:g++             g++                     gcc-c++
test    command:clang           clang                   clang
test    command:git             git                     git
test    command:python3         python3                 python3
test    python:ensurepip        python3-venv            python3
test    command:curl            curl                    curl-minimal
test    command:openssl         openssl                 openssl
test    command:xz              xz-utils                xz
test    command:file            file                    file
test    command:ps              procps                  procps-ng
test    module:cmocka           libcmocka-dev           libcmocka-devel
test    command:valgrind        valgrind                valgrind
test    command:abidiff         abigail-tools           libabigail
test    command:nginx           nginx                   nginx
test    command:javac           default-jdk-headless    java-17-amazon-corretto-devel
test    command:mvn             maven                   maven
test    command:rpmbuild        rpm                     rpm-build
test    command:man             man-db                  man-db
TABLE
}

packages_has() { # LOOKS-FOR
    case $1 in
    command:*) command -v "${1#*:}" >/dev/null 2>&1 ;;
    module:*) pkg-config --exists "${1#*:}" 2>/dev/null ;;
    python:*) python3 -c "import ${1#*:}" 2>/dev/null ;;
    header:*) echo "#include <${1#*:}>" | gcc -E - >/dev/null 2>&1 ;;
    esac
}

# Prints the missing packages of the groups, by their names here.
packages_missing() { # GROUP...
    packages_table | while read -r group looks_for debian amazon; do
        case " $* " in
        *" $group "*) packages_has "$looks_for" || if [ "$packages_tool" = dnf ]; then echo "$amazon"; else echo "$debian"; fi ;;
        esac
    done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# Debian starts the services of a new package at once; nginx and Docker are wanted here as programs only.
packages_install_apt() {
    if [ -z "${packages_updated-}" ]; then
        apt-get update -qq
        packages_updated=1
    fi
    packages_policy=/usr/sbin/policy-rc.d
    [ ! -e "$packages_policy" ] || packages_policy=
    if [ -n "$packages_policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$packages_policy"
        chmod 755 "$packages_policy"
    fi
    packages_status=0
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" || packages_status=$?
    [ -z "$packages_policy" ] || rm -f "$packages_policy"
    return "$packages_status"
}

packages_install_dnf() { dnf install -y -q "$@"; }

# The output of the package manager is of interest only when it fails.
packages_install() { # PACKAGE...
    packages_log=$(mktemp)
    if "packages_install_$packages_tool" "$@" >"$packages_log" 2>&1 </dev/null; then
        rm -f "$packages_log"
        return
    fi
    tail -n 5 "$packages_log" >&2
    rm -f "$packages_log"
    return 1
}

packages_tool=none
for packages_try in apt-get dnf; do
    if command -v "$packages_try" >/dev/null 2>&1; then
        packages_tool=${packages_try%-get}
        break
    fi
done

need_packages() { # GROUP...
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    if [ "$packages_tool" = none ]; then
        echo "Missing, by their Debian names: $missing" >&2
        echo "Install them with the package manager of this system, then start again." >&2
        exit 1
    fi
    if [ "$(id -u)" != 0 ]; then
        echo "Missing packages: $missing" >&2
        if [ "$packages_tool" = apt ]; then
            echo "Install them:  sudo apt-get install --no-install-recommends $missing" >&2
        else
            echo "Install them:  sudo dnf install $missing" >&2
        fi
        exit 1
    fi
    echo "Installing: $missing"
    # shellcheck disable=SC2086 # one word a package
    packages_install $missing || { echo "These packages could not be installed: $missing" >&2; exit 1; }
}

want_packages() { # GROUP...
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    if [ "$packages_tool" = none ] || [ "$(id -u)" != 0 ]; then
        echo "Not installed, so some tests will be skipped: $missing"
        return 0
    fi
    echo "Installing: $missing"
    # shellcheck disable=SC2086 # one word a package
    packages_install $missing 2>/dev/null && return 0
    for package in $missing; do
        packages_install "$package" 2>/dev/null || echo "Not to be had here, so some tests will be skipped: $package"
    done
}
