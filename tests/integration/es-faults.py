#!/bin/sh
''':'
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
exec python3 -B "$0" "$@"
'''
# SPDX-License-Identifier: Apache-2.0
"""Every fault alone, then all mixed under load: in the end the server has exactly the documents that were collected.

ES_FAULT_SECONDS (10): length of the mixed part; the long form of continuous integration uses 120."""
import os
import time

from es_tests import Stub, drive, expect, finish, write_config

ALONE = ["429", "503", "502html", "500", "401", "403", "404", "400", "redirect", "reset", "lost", "half", "halfchunked", "drip",
         "badgzip", "badjson", "empty", "nothing", "fewer", "more", "nostatus", "html", "429items", "503items", "403items"]
OUTPUT = 'hosts: ["%s"]\nbackoff.init: 10ms\nbackoff.max: 100ms\ntimeout: 2s\nbulk_max_size: 100\n%s'


def check_exact(stub, count, what, log):
    state = stub.state()
    expect(state["numbers"] == list(range(count)), "%s: documents are missing or double" % what,
           "%d of %d" % (state["documents"], count), {k: v for k, v in state.items() if k not in ("numbers", "requests_seen")}, log)
    return state


def alone(fault):
    with Stub("--fault", fault + "=0.4", "--hang", "3") as stub:
        code, figures, log = drive(write_config(OUTPUT % (stub.url, "")), 1000, batch=100)
        expect(code == 0 and figures.get("taken") == 1000, "%s: not all were taken" % fault, code, figures, log)
        state = check_exact(stub, 1000, fault, log)
        expect(state["faults"].get(fault, 0) > 0, "%s: was never played" % fault)
        # One line for each change of state, not for each failure.
        expect(len(log.splitlines()) <= 2 * figures["retries"] + 6, "%s: too many lines of log" % fault, log)


def hang():
    with Stub("--fault", "hang=0.1", "--hang", "2") as stub:
        code, figures, log = drive(write_config(OUTPUT.replace("2s", "1s") % (stub.url, "")), 1000, batch=100)
        expect(code == 0, "hang: not all were taken", figures, log)
        check_exact(stub, 1000, "hang", log)


def too_large():
    with Stub("--max-body", "9000") as stub:
        code, figures, log = drive(write_config(OUTPUT % (stub.url, "compression_level: 0\n")), 1000, batch=100)
        expect(code == 0 and figures["taken"] == 1000, "413: not all were taken", figures, log)
        check_exact(stub, 1000, "413", log)
    with Stub("--max-body", "100") as stub:
        code, figures, log = drive(write_config(OUTPUT % (stub.url, "")), 20, batch=20)
        expect(code == 0 and figures["rejected"] == 20, "413 for one document alone refuses it", figures, log)


def refused():
    with Stub("--fault", "refuse=0.5") as stub:
        code, figures, log = drive(write_config(OUTPUT % (stub.url, "")), 1000, batch=100)
        state = stub.state()
        expect(code == 0 and figures["rejected"] > 0, "refuse: nothing was refused", figures, log)
        expect(figures["taken"] + figures["rejected"] == 1000 and figures["taken"] == state["documents"],
               "refuse: the sum is wrong", figures, state["documents"])
        expect("field=drive.number" in log and "mapper_parsing_exception" in log, "refuse: the log names no field", log)
        expect("Preview" not in log, "refuse: the log shows the document", log)


def time_series():
    """No identity is sent where the stream makes it; what is too late for it goes elsewhere, with its identity."""
    with Stub("--fault", "series=0") as stub:
        code, figures, log = drive(write_config(OUTPUT % (stub.url, "setup.template.time_series: true\n")), 1000, batch=100)
        expect(code == 0 and figures["taken"] == 1000, "time series: not all were taken", figures, log)
        state = check_exact(stub, 1000, "time series", log)
        expect(sorted(state["per_index"].values()) == [500, 500] and any(i.endswith("-late") for i in state["per_index"]),
               "time series: late documents are elsewhere", state["per_index"])
    with Stub("--fault", "series=0") as stub:
        code, figures, log = drive(write_config(OUTPUT % (stub.url, "")), 100, batch=100)
        expect(code == 0 and figures["rejected"] == 50, "without late_index they are refused", figures, log)


def mixed(seconds):
    names = [n for n in ALONE if n not in ("401", "403", "404", "400", "redirect")]
    faults = [arg for n in names for arg in ("--fault", "%s=0.025" % n)] + ["--fault", "hang=0.01"]
    with Stub(*faults, "--hang", "3", "--seed", str(os.getpid())) as stub:
        config = write_config(OUTPUT % (stub.url, ""))
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            code, figures, log = drive(config, 4000, first=count, batch=100, workers=4, seconds=120)
            count += 4000
            expect(code == 0, "mixed: not all were taken", figures, log)
        state = check_exact(stub, count, "mixed", log)
        print("mixed: %d documents in %d requests, %d duplicates refused, faults %s"
              % (count, state["bulks"], state["duplicates"], sum(state["faults"].values())))


def shrinks():
    """Under 429 requests become smaller and fewer, and grow back."""
    with Stub("--fault", "429=1") as stub:
        process = drive(write_config(OUTPUT % (stub.url, "")), 3000, batch=100, background=True)
        deadline = time.monotonic() + 20
        while stub.state()["bulks"] < 10 and time.monotonic() < deadline:
            time.sleep(0.02)
        stub.set_faults({})
        code, figures, log = finish(process)
        expect(code == 0 and figures["taken"] == 3000, "429: not all were taken", figures, log)
        # 30 requests of 100 would do; smaller ones came in between.
        expect(stub.state()["bulks"] > 42, "429: requests did not become smaller", stub.state()["bulks"])
        check_exact(stub, 3000, "429 for all", log)


for one in ALONE:
    alone(one)
hang()
too_large()
refused()
shrinks()
time_series()
mixed(float(os.environ.get("ES_FAULT_SECONDS", "10")))
print("ok")
