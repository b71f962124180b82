#!/bin/sh
''':'
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
exec python3 -B "$0" "$@"
'''
# SPDX-License-Identifier: Apache-2.0
"""The options in metrichost-output-es(7) are those of the program. With --update they are written anew."""
import os
import subprocess
import sys

from es_tests import BUILD, SRC, expect

PAGE = os.path.join(SRC, "plugins/output_es/metrichost-output-es.7")
BEGIN, END = '.\\" BEGIN\n', '.\\" END\n'

options = subprocess.run([os.path.join(BUILD, "tests/unit/print_es_keys")], check=True, stdout=subprocess.PIPE, text=True).stdout
with open(PAGE) as file:
    page = file.read()
before, rest = page.split(BEGIN)
listed, after = rest.split(END)
if "--update" in sys.argv:
    with open(PAGE, "w") as file:
        file.write(before + BEGIN + options + END + after)
else:
    expect(listed == options, "the options of metrichost-output-es.7 are not those of the program; run tests/integration/es-manual.py --update")
print("ok")
