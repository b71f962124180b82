#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon with a full queue and an output that cannot deliver: it stops in time, and a reload drops nothing."""
import os
import signal
import time

from daemon import TOP, Daemon, check_ledger, run_cases, wait_for

PLUGINS = [os.path.join(TOP, "tests/stubs/plugins/.libs")]
CONFIG = """
metrichost.modules:
  - {module: flood, period: 60s, state: "%DIR%/accepted", limit: LIMIT}
output.puppet_sink:
  path: "%DIR%/sink"
  down_while: "%DIR%/down"
QUEUE
metrichost.shutdown_timeout: 3s
"""
QUEUES = {
    "disk": "queue.disk: {max_size: 256KiB, segment_size: 32KiB}",
    "memory": "queue.mem.events: 1000",
}


def daemon(queue, limit=1 << 24):
    d = Daemon(CONFIG.replace("QUEUE", QUEUES[queue]).replace("LIMIT", str(limit)), PLUGINS)
    with open(d.path("down"), "w"):
        return d


def wait_until_full(d):
    """Numbers are handed over until the queue is full; then one push waits."""

    def steady():
        before = d.ledger()["total"]["collected"]
        time.sleep(0.3)
        return before > 100 and before == d.ledger()["total"]["collected"]

    wait_for(steady, what="a full queue")


def stops_in_time(queue):
    with daemon(queue) as d:
        d.start()
        wait_until_full(d)
        began = time.monotonic()
        assert d.stop() == 0, d.log()[-2000:]
        assert time.monotonic() - began < 15
        assert "left behind" not in d.log()
        check_ledger(d.ledger())


def a_full_disk_queue_does_not_hold_up_the_stop():
    stops_in_time("disk")


def a_full_memory_queue_does_not_hold_up_the_stop():
    stops_in_time("memory")


def a_reload_while_the_queue_is_full_drops_nothing():
    with daemon("disk", limit=20000) as d:
        d.start()
        wait_until_full(d)
        text = open(d.path("etc", "metrichost.yml"), encoding="utf-8").read()
        d.configure(text.replace('path: "', 'workers: 2\n  path: "', 1))
        d.signal(signal.SIGHUP)
        wait_for(lambda: "reload" in d.log(), what="the reload in the log")
        os.unlink(d.path("down"))
        wait_for(lambda: d.ledger()["total"]["delivered"] == 20000, what="20000 delivered records")
        assert d.ledger()["total"]["dropped"]["total"] == 0, d.ledger()
        check_ledger(d.ledger())
        assert d.stop() == 0


run_cases([
    a_full_disk_queue_does_not_hold_up_the_stop,
    a_full_memory_queue_does_not_hold_up_the_stop,
    a_reload_while_the_queue_is_full_drops_nothing,
])
