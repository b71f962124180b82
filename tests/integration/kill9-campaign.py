#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon, killed again and again at full load: a real search server behind a proxy that cuts connections must hold every
accepted record, each once, and nothing that was not handed over.

An input (tests/stubs/plugins/flood.c) hands over numbered records as fast as the queue takes them, and notes in shared memory
which ones were accepted.

MH_LONG=1: 200 kills instead of 15. MH_KILLS: any number.
"""
import asyncio
import json
import mmap
import os
import random
import subprocess
import threading
import time
import urllib.request

import testlib

KILLS = int(os.environ.get("MH_KILLS") or (200 if os.environ.get("MH_LONG") else 15))
SERVER_SCRIPT = testlib.HERE / "search-server.sh"
FLOOD = testlib.TOP_BUILDDIR / "tests" / "stubs" / "plugins" / ".libs" / "flood.so"
PAGE = 5000
# The daemon's queue: small, so that segments come and go all the time, and the input is slowed down by the output.
CONFIGURATION = """
metrichost.modules:
  - {{module: flood, period: 60s, state: "{state}", limit: {limit}}}
output.elasticsearch:
  hosts: ["{url}"]
  bulk_max_size: 500
  worker: 2
  backoff.init: 100ms
  backoff.max: 1s
queue.disk:
  max_size: 4MiB
  segment_size: 256KiB
  sync: {sync}
metrichost.shutdown_timeout: 1s
logging.level: info
"""


class Proxy:
    """Forwards connections and resets each after a random number of bytes of the answer."""

    def __init__(self, target, seed):
        self.port = 0
        self.cuts = 0
        self.cutting = True
        self.target = target
        self.chance = random.Random(seed)
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    async def _serve(self, client_in, client_out):
        try:
            server_in, server_out = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            client_out.transport.abort()
            return
        budget = int(self.chance.expovariate(1 / 20_000))
        await asyncio.gather(self._copy(client_in, server_out, None), self._copy(server_in, client_out, budget))

    async def _copy(self, source, sink, budget):
        try:
            while data := await source.read(65536):
                if budget is not None and self.cutting:
                    budget -= len(data)
                    if budget < 0:
                        self.cuts += 1
                        sink.transport.abort()
                        return
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()


class RealServer:
    def __init__(self, folder, stack):
        started = subprocess.run([SERVER_SCRIPT, "start", "opensearch", folder / "server"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if started.returncode == 77:
            raise testlib.Skip(started.stderr.strip().splitlines()[-1])
        assert started.returncode == 0, started.stderr
        stack.callback(subprocess.run, [SERVER_SCRIPT, "stop", folder / "server"], check=True)
        self.url = started.stdout.strip()
        self.port = int(self.url.rsplit(":", 1)[1])

    def get(self, path, body=None):
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def numbers(self):
        """flood.number of every document, repeated ones repeated."""
        self.get("/metrichost-*/_refresh", {})
        found = []
        page = self.get(f"/metrichost-*/_search?scroll=1m&size={PAGE}&_source=flood.number", {"sort": ["_doc"]})
        while page["hits"]["hits"]:
            found += [hit["_source"]["flood"]["number"] for hit in page["hits"]["hits"]]
            page = self.get("/_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})
        return found


class Accepted:
    """What the input noted: see flood.c."""

    def __init__(self, path):
        self.path = path

    def next_number(self):
        if not self.path.exists():
            return 0
        with open(self.path, "rb") as file:
            return int.from_bytes(file.read(8), "little")

    def read(self):
        with open(self.path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            next_number = int.from_bytes(view[:8], "little")
            flags = view[8 : 8 + next_number]
        return {number for number, flag in enumerate(flags) if flag}, next_number


def configuration(folder, url, sync, limit=1 << 24):
    return CONFIGURATION.format(state=folder / "accepted", limit=limit, url=url, sync=sync)


def daemon_with_flood(folder, stack, url, sync):
    daemon = testlib.Daemon(folder, stack, configuration(folder, url, sync))
    (folder / "plugins" / "flood.so").symlink_to(FLOOD)
    return daemon


def kill_again_and_again(daemon, folder, sync):
    chance = random.Random(sync)
    accepted = Accepted(folder / "accepted")
    for _ in range(KILLS):
        before = accepted.next_number()
        daemon.start()
        # The queue is full after a while: then something is accepted only when something was delivered.
        testlib.wait_for(lambda: accepted.next_number() >= before + 200, testlib.PATIENCE, "an accepted batch")
        time.sleep(chance.random() * chance.choice((0.01, 0.1, 0.6)))
        assert daemon.process.poll() is None, "the daemon ended by itself"
        daemon.process.kill()
        daemon.process.wait()


def drain(daemon, folder, proxy, url, sync):
    """The last life hands over nothing, and ends when nothing waits."""
    proxy.cutting = False
    daemon.configure(configuration(folder, url, sync, limit=0))
    daemon.start()
    testlib.wait_for(lambda: daemon.ledger()["total"]["queued"] == 0, 10 * testlib.PATIENCE, "an empty queue")
    assert daemon.stop() == 0
    ledger = daemon.ledger()["total"]
    assert ledger["collected"] == ledger["delivered"] + ledger["dropped"]["total"] + ledger["dead_lettered"], ledger
    assert ledger["dropped"]["total"] == ledger["dead_lettered"] == ledger["queued"] == 0, ledger


def compare(folder, found, proxy, sync):
    accepted, next_number = Accepted(folder / "accepted").read()
    distinct = set(found)
    missing = accepted - distinct
    unanswered = distinct - accepted
    print(
        f"   sync {sync}: {KILLS} kills, {proxy.cuts} cut connections, {len(accepted)} accepted, {len(found)} in the index, "
        f"{len(found) - len(distinct)} twice, {len(missing)} missing, {len(unanswered)} that were being handed over at a kill"
    )
    assert len(found) == len(distinct), "documents stand twice in the index"
    assert not missing, f"missing: {sorted(missing)[:20]}"
    assert all(0 <= number < next_number for number in unanswered), "documents that were never handed over"
    assert len(accepted) > 100 * KILLS


def campaign(folder, server, sync, stack):
    folder.mkdir(exist_ok=True)
    proxy = Proxy(server.port, sync)
    url = f"http://127.0.0.1:{proxy.port}"
    daemon = daemon_with_flood(folder, stack, url, sync)
    kill_again_and_again(daemon, folder, sync)
    drain(daemon, folder, proxy, url, sync)
    compare(folder, server.numbers(), proxy, sync)


def every_accepted_record_once(folder, stack):
    campaign(folder, RealServer(folder, stack), "batch", stack)


def every_accepted_record_once_without_sync(folder, stack):
    campaign(folder, RealServer(folder, stack), "none", stack)


testlib.run(every_accepted_record_once, *([every_accepted_record_once_without_sync] if KILLS >= 100 else []))
