#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual against the program: settings, commands and flags of both are the same, and the pages are well formed.

With --update the list of settings in metrichost.yml.5 is written anew.
"""
import os
import re
import shutil
import subprocess
import sys

SOURCE = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")
PAGE_1 = os.path.join(SOURCE, "docs/metrichost.1")
PAGE_5 = os.path.join(SOURCE, "docs/metrichost.yml.5")
BEGIN, END = '.\\" BEGIN\n', '.\\" END\n'
failures = []


def check(good, message):
    if not good:
        failures.append(message)
        print("FAIL " + message)


def read(path):
    with open(path) as file:
        return file.read()


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def settings():
    return output_of(os.path.join(BUILD, "tests/unit/print_host_keys"))


def update():
    page = read(PAGE_5)
    before, rest = page.split(BEGIN)
    with open(PAGE_5, "w") as file:
        file.write(before + BEGIN + settings() + END + rest.split(END)[1])


def check_settings():
    page = read(PAGE_5)
    listed = page.split(BEGIN)[1].split(END)[0]
    check(listed == settings(), "the settings of metrichost.yml.5 are not those of the program; run "
                                "tests/integration/manual.py --update")


def plain(page):
    """The text of a page without the fonts."""
    text = re.sub(r"\\f.", "", page)
    text = text.replace("\\-", "-").replace('"', "")
    return re.sub(r"^\.(B|I|BI|BR|IB|IR|RB|RI) ", "", text, flags=re.M)


def check_commands_and_flags():
    page = plain(read(PAGE_1))
    help_text = output_of(os.path.join(BUILD, "metrichost"), "help")
    commands = re.findall(r"^  ([a-z][a-z -]*[a-z])(?: |$)", help_text.split("Flags:")[0], re.M)
    flags = re.findall(r"^  +(-[A-Za-z]|--[a-z.]+)", help_text.split("Flags:")[1], re.M)
    check(len(commands) > 8 and len(flags) > 8, "the help has its usual form")
    for name in commands:
        name = re.split(r"  | [A-Z\[]", name)[0]
        check(re.search(r"^%s\b" % re.escape(name), page, re.M), "command %s is in metrichost.1" % name)
        for flag in own_flags(name):
            check(re.search(re.escape(flag) + r"(?![a-z])", page), "flag %s of %s is in metrichost.1" % (flag, name))
    for flag in flags:
        check(re.search(r"^%s\b" % re.escape(flag), page, re.M), "flag %s is in metrichost.1" % flag)


def own_flags(name):
    text = output_of(os.path.join(BUILD, "metrichost"), "help", *name.split())
    part = re.search(r"Flags of this command:\n(.*?)\n\n", text, re.S)
    return re.findall(r"^  +(-[A-Za-z]|--[a-z.-]+)", part.group(1), re.M) if part else []


def check_form(path):
    if shutil.which("man") is None or shutil.which("groff") is None:
        print("no groff here, the form of %s is not checked" % os.path.basename(path))
        return
    result = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", path], capture_output=True, text=True, timeout=60)
    check(result.stderr == "", "%s is well formed: %s" % (path, result.stderr))


def main():
    if sys.argv[1:] == ["--update"]:
        update()
        return 0
    check_settings()
    check_commands_and_flags()
    for path in (PAGE_1, PAGE_5):
        check_form(path)
    print("%d differences between manual and program" % len(failures))
    return 1 if failures else 0


sys.exit(main())
