#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the RPM packages and looks into them: who provides what, and that the one for ECS is complete and starts.
set -eu
. "$(dirname "$0")/lib.sh"

command -v rpmbuild >/dev/null || skip "rpmbuild is missing (Debian: apt-get install rpm; Amazon Linux: dnf install rpm-build)"
make_scratch
make -C "$top_builddir" rpm RPMBUILD_FLAGS="--define 'metrichost_no_check 1'" >"$scratch/log" 2>&1 ||
    { tail -n 30 "$scratch/log"; fail "make rpm"; }

package() { # NAME
    find "$top_builddir/rpm/RPMS" -name "$1-[0-9]*.rpm" | head -n 1
}

install_package() { # NAME ROOT
    rpm -i --root "$2" --dbpath /rpmdb --nodeps --noscripts --ignorearch "$(package "$1")" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log"; fail "rpm -i of $1"; }
}

for name in metrichost metrichost-ecs; do
    rpm -qp --provides "$(package "$name")" | grep -q '^metrichost(abi) = 1\.0$' || fail "$name does not provide metrichost(abi)"
done
for unit in docker awsfargate output-es output-file metadata; do
    file=$(package "metrichost-$unit")
    [ -n "$file" ] || fail "no package metrichost-$unit"
    rpm -qp --requires "$file" | grep -q '^metrichost(abi) >= 1\.0$' || fail "metrichost-$unit does not require metrichost(abi)"
    rpm -qpl "$file" | grep -q '/metrichost/.*\.so$' || fail "metrichost-$unit has no plugin"
done
ok "units ask for the ABI that the daemon provides"

# The plugins that the files hold, as the ELF strings say, are what the packages provide.
provided() { rpm -qp --provides "$(package "$1")" | sed -n 's/^metrichost(\([a-z]*:[a-z0-9_-]*\))$/\1/p' | sort; }
for unit in docker awsfargate output-es output-file metadata; do
    install_package "metrichost-$unit" "$scratch/$unit"
    held=$(find "$scratch/$unit" -name '*.so' -exec grep -aoh 'abi=[0-9.]* needs=[0-9.]* kind=[a-z]* name=[a-z0-9_-]*' {} + |
        sed 's/.*kind=\([a-z]*\) name=\(.*\)/\1:\2/' | sort)
    [ "$held" = "$(provided "metrichost-$unit")" ] || fail "metrichost-$unit holds '$held' and provides '$(provided "metrichost-$unit")'"
    [ -z "$(echo "$held" | grep -vxF "$(provided metrichost-ecs)")" ] || fail "metrichost-ecs does not provide all of '$held'"
done
ok "packages provide the plugins that they hold"

rpm -qpl "$(package metrichost)" | grep '\.so$' && fail "the daemon's package has a plugin"
for file in /usr/bin/metrichost /etc/metrichost/metrichost.yml /etc/metrichost/modules.d/docker.yml.disabled; do
    rpm -qpl "$(package metrichost-ecs)" | grep -qx "$file" || fail "metrichost-ecs lacks $file"
done
rpm -qpc "$(package metrichost-ecs)" | grep -qx /etc/metrichost/metrichost.yml || fail "metrichost.yml is no configuration file"
ok "the package for ECS is complete"

install_package metrichost-ecs "$scratch/root"
root=$scratch/root
[ "$(stat -c %a "$root/etc/metrichost/metrichost.yml")" = 600 ] || fail "metrichost.yml is not of mode 0600"
"$root/usr/bin/metrichost" version >"$scratch/log" || fail "the installed program does not run"
plugins=$(dirname "$(find "$root" -name docker.so)")
"$root/usr/bin/metrichost" modules enable docker --path.config "$root/etc/metrichost" --path.data "$scratch/data" \
    --path.plugins "$plugins" | grep -qx 'Enabled docker' || fail "modules enable docker"
"$root/usr/bin/metrichost" test config --path.config "$root/etc/metrichost" --path.data "$scratch/data" \
    --path.plugins "$plugins" >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "test config"; }
ok "the installed package runs with the module enabled"
