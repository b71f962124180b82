#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every way in which a plugin file can be wrong is refused with a message of its own, and the good ones beside it load.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
umask 022
probe=$top_builddir/tests/abi/registry_probe
work=$(mktemp -d "${TMPDIR:-/tmp}/bad-plugins.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

# build FILE ARGUMENT...: one variant of the test plugin. The sanitizers of the daemon's build stay out of it.
build() {
    out=$1
    shift
    $CC -shared -fPIC -fvisibility=hidden -I"$top_srcdir/sdk/include" -o "$out" \
        "$top_srcdir/tests/abi/plugins/variant.c" "$@" || exit 99
}

# expect DESCRIPTION PATTERN: the last answer holds the pattern (a case pattern), in one line that names the file.
expect() {
    # shellcheck disable=SC2254
    case $answer in
    *$2*) echo "ok - $1" ;;
    *)
        echo "FAIL - $1"
        echo "  wanted: $2"
        echo "  got:    $answer"
        failed=1
        ;;
    esac
}

# ask FOLDER COMMAND: one answer of the probe on one folder.
ask() {
    answer=$(printf '%s\n' "$2" | "$probe" "$work/$1" 2>&1) || answer="probe failed: $answer"
}

# refused NAME PATTERN ARGUMENT...: builds NAME.so beside a good one; loading "variant" from it gives the pattern.
refused() {
    name=$1 pattern=$2
    shift 2
    mkdir "$work/$name"
    build "$work/$name/$name.so" "$@"
    build "$work/$name/good.so" -DNAME='"good"'
    ask "$name" "load input variant"
    expect "$name" "refused input variant: $work/$name/$name.so: $pattern"
    ask "$name" "load input good"
    expect "$name: the good one beside it loads" "loaded input good 1.0 keys=2 fields=2"
}

v1="this metrichost * speaks 1.0"
refused major-2 "plugin variant: built for metrichost ABI 2.0; $v1: install" \
    -DENTRY=mh_plugin_entry_v2 -DLINE='"abi=2.0 needs=2.0 kind=input name=variant version=1"'
refused small-descriptor "plugin variant: descriptor too small (40 < 176): rebuild" -DSIZE=40
refused needs-newer "plugin variant: needs metrichost ABI 1.99; $v1: upgrade metrichost" -DNEEDS=99
refused needs-newer-line "plugin variant: needs metrichost ABI 1.7; $v1: upgrade metrichost" \
    -DLINE='"abi=1.9 needs=1.7 kind=input name=variant version=1"'
refused required-feature "plugin variant: requires features *(0x80000000 of 0x80000001)" -DREQUIRED=0x80000001u
refused data-model "plugin variant: uses data model 2" -DMODEL=2
refused no-create "plugin variant: input plugin has no .create" -DCREATE=NULL
refused no-collect "plugin variant: input plugin has no .collect" -DCOLLECT=NULL
refused other-name "plugin variant: its section .metrichost_plugin promises input variant, but its descriptors are: input other" \
    -DOTHER_NAME='"other"'
refused other-kind "plugin variant: its section .metrichost_plugin promises input variant, but its descriptors are: output variant" \
    -DKIND=MH_KIND_OUTPUT
refused null-answer "plugin variant: its entry function refused" -DANSWER=NULL
refused no-entry "has no symbol mh_plugin_entry_v1: write MH_PLUGIN" -DENTRY=something_else
refused missing-symbol "cannot be loaded: *undefined symbol: no_such_function_anywhere; the plugin was built against" -DUNDEFINED
refused option-name "plugin variant: option number 0 has no valid name ('a..b')" -DKEY_NAME='"a..b"'
refused option-twice "plugin variant: has two options 'timeout'" -DKEY_NAME='"timeout"'
refused option-stride "plugin variant: the stride of its options is too small (8 <" -DKEY_STRIDE=8
refused field-star "plugin variant: dataset 'variant.all': field number 0 has no valid name ('a.b*')" -DFIELD_NAME='"a.b*"'
refused field-type "plugin variant: dataset 'variant.all': field 'variant.count' has the unknown type 99" -DFIELD_TYPE=99
refused field-text "plugin variant: dataset 'variant.all': field 'variant.count' is a metric but no number" \
    -DFIELD_TYPE=MH_TYPE_KEYWORD

# A library that is missing at run time.
mkdir "$work/missing-library" "$work/gone"
echo 'int gone(void); int gone(void) { return 0; }' >"$work/gone.c"
$CC -shared -fPIC -Wl,-soname,libgone.so.3 -o "$work/gone/libgone.so" "$work/gone.c" || exit 99
build "$work/missing-library/a.so" -Wl,--no-as-needed -L"$work/gone" -lgone
ask missing-library "load input variant"
expect "missing-library" "a.so: cannot be loaded: libgone.so.3: cannot open shared object file: No such file or directory; install the package that brings"

# Files that are no plugins at all; each is listed with its reason, and the good one beside them loads.
mkdir "$work/alien"
build "$work/alien/good.so"
build "$work/alien/section-less.so" -DNO_LINE
build "$work/alien/later.so" -DNO_LINE -DENTRY=mh_plugin_entry_v3
build "$work/alien/collectd.so" -DNO_LINE -DENTRY=module_register
build "$work/alien/fluentbit.so" -DNO_LINE -DENTRY=out_x_plugin
build "$work/alien/odd-line.so" -DLINE='"hello world"'
build "$work/alien/odd-kind.so" -DLINE='"abi=1.0 needs=1.0 kind=aggregator name=agg version=1 later=key"'
build "$work/alien/odd-name.so" -DLINE='"abi=1.0 needs=1.0 kind=input name=../x version=1"'
echo "int x;" >"$work/alien/text.so"
: >"$work/alien/empty.so"
head -c 5000 "$work/alien/good.so" >"$work/alien/truncated.so"
cp "$work/alien/good.so" "$work/alien/foreign.so"
printf '\003\377' | dd of="$work/alien/foreign.so" bs=1 seek=18 conv=notrunc 2>/dev/null
mkdir "$work/alien/folder.so"
mkfifo "$work/alien/fifo.so"
ln -s /nowhere/x.so "$work/alien/dangling.so"
ask alien list
listing=$answer
for wanted in \
    "section-less.so: has mh_plugin_entry_v1 but no section .metrichost_plugin: write MH_PLUGIN_INFO" \
    "later.so: built for metrichost ABI 3; this metrichost * speaks 1: install" \
    "collectd.so: not a metrichost plugin (it looks like one of collectd)" \
    "fluentbit.so: not a metrichost plugin (it looks like one of Fluent Bit)" \
    "odd-line.so: its section .metrichost_plugin holds a line that is not MH_PLUGIN_INFO's: hello world" \
    "odd-kind.so: plugin agg: is of a kind that this metrichost * does not know" \
    "odd-name.so: plugin ../x: a plugin's name is" \
    "text.so: not a metrichost plugin: it is not an ELF file" \
    "empty.so: not a metrichost plugin: it is empty" \
    "truncated.so: not a metrichost plugin: it has no section table" \
    "foreign.so: is made for another processor" \
    "folder.so: is not a regular file" \
    "fifo.so: is not a regular file" \
    "dangling.so: cannot be opened: No such file" \
    "fine input variant 1.0"; do
    answer=$(printf '%s\n' "$listing" | grep -F "${wanted%%:*}")
    expect "alien: ${wanted%%:*}" "$wanted"
done
ask alien "load input variant"
expect "alien: the good one loads" "loaded input variant 1.0"
ask alien "load input text"
expect "alien: a file that says nothing is found by its own name" "text.so: not a metrichost plugin: it is not"

# Unknown names.
ask alien "load input variat"
expect "unknown: near name" "no input plugin 'variat' is installed; did you mean variant?; folders searched: $work/alien"
ask alien "load output variant"
expect "unknown: other kind" "no output plugin 'variant' is installed; variant is installed as input plugin"
ask nowhere "load input x"
expect "unknown: missing folder" "folders searched: $work/nowhere (does not exist)"

# Whoever may write the file or its folder could run code in the daemon.
mkdir "$work/open-file" "$work/open-folder"
build "$work/open-file/a.so"
build "$work/open-file/b.so" -DNAME='"good"'
chmod o+w "$work/open-file/a.so"
ask open-file "load input variant"
expect "open-file" "a.so: plugin variant: the file is writable by others"
ask open-file "load input good"
expect "open-file: the other loads" "loaded input good"
build "$work/open-folder/a.so"
chmod 1777 "$work/open-folder"
ask open-folder "load input variant"
expect "open-folder" "a.so: plugin variant: its folder is writable by others"

# Two of a name: the first folder wins; in one folder the second is refused.
mkdir "$work/first" "$work/second"
build "$work/first/a.so" -DVERSION='"1.1"'
build "$work/first/b.so" -DVERSION='"1.2"'
build "$work/second/c.so" -DVERSION='"1.3"'
answer=$(printf 'list\nload input variant\n' | "$probe" "$work/second" "$work/first")
expect "twins: first folder wins" "loaded input variant 1.3"
expect "twins: the hidden one says by whom" "$work/first/a.so: plugin variant: hidden by $work/second/c.so, whose folder comes first"
ask first list
expect "twins: one folder" "$work/first/b.so: plugin variant: $work/first/a.so provides the input variant too: remove one"
answer=$(printf 'list\n' | "$probe" "$work/second" "$work/second/../second")
expect "twins: a folder given twice is no twin" "fine input variant 1.3"

# What an author may do and need not fear.
mkdir "$work/fine"
build "$work/fine/optional.so" -DNAME='"optional"' -DOPTIONAL=0xf0u
build "$work/fine/both.so" -DNAME='"both"' -DLINE='"abi=2.1 needs=2.0 kind=input name=both version=2"' \
    -DLINE_2='"abi=1.9 needs=1.0 kind=input name=both version=1 some=thing"'
answer=$(printf 'load input optional\nload input both\n' | "$probe" "$work/fine")
expect "fine: unknown optional features" "loaded input optional 1.0"
expect "fine: a file for two majors" "loaded input both 1.0"

# An upgraded file is loaded beside the old one; an untouched one stays what it was.
mkdir "$work/upgrade"
build "$work/upgrade/a.so" -DVERSION='"1.0"'
build "$work/a.new" -DVERSION='"2.0"'
build "$work/b.new" -DVERSION='"3.0"'
answer=$(printf '%s\n' "load input variant" rescan "same input variant" "rename $work/a.new $work/upgrade/a.so" \
    rescan "load input variant" "rename $work/b.new $work/upgrade/a.so" rescan "load input variant" rescan \
    "same input variant" | "$probe" "$work/upgrade" | tr '\n' '|')
expect "upgrade" "loaded input variant 1.0 keys=2 fields=2|same|loaded input variant 2.0 keys=2 fields=2|loaded input variant 3.0 keys=2 fields=2|same|"

# The same through the daemon: listed with the reason, refused with the place in the configuration, harmless when not used.
daemon() {
    "$top_builddir/metrichost" --path.home "$work" --path.config "$work" --path.data "$work/data" --path.logs "$work/logs" \
        --path.plugins "$@" 2>&1
}
listing=$(daemon "$work/alien" plugins list) || { echo "FAIL - plugins list"; failed=1; }
answer=$(printf '%s\n' "$listing" | grep 'refused: .*collectd.so')
expect "plugins list: reason" "collectd.so: not a metrichost plugin (it looks like one of collectd)"
answer=$(printf '%s\n' "$listing" | grep '^input *variant')
expect "plugins list: the good one" "1.0 * $work/alien/good.so"
cp "$top_builddir"/plugins/output_file/.libs/output_file.so "$work/alien/" || exit 99
cp "$work/alien/output_file.so" "$work/needs-newer/"
printf 'metrichost.modules:\n- module: variant\noutput.console: ~\n' >"$work/metrichost.yml"
answer=$(daemon "$work/needs-newer" test config -c "$work/metrichost.yml") && answer="exit status 0: $answer"
expect "test config: names place, file, versions and fix" \
    "$work/metrichost.yml:2:11: error: $work/needs-newer/needs-newer.so: plugin variant: needs metrichost ABI 1.99; $v1: upgrade"
answer=$(daemon "$work/alien" test config -c "$work/metrichost.yml") || answer="exit status $?: $answer"
expect "test config: bad files beside the one in use do no harm" "OK"

exit $failed
