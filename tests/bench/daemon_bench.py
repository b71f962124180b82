#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole daemon against a real Docker engine and a server that takes everything: what a container costs.

For the cgroup files and for the engine's API, in the same run and over the same containers: processor time of the daemon per
container and sample (collecting, the documents, the disk queue, gzip, sending), processor time caused in the engine, requests, memory. Then the time
from the start to the first document, and the installed size. Figures and budgets only; nothing here fails because of a figure.

  MH_BENCH_CONTAINERS (60), MH_BENCH_SECONDS (15)
"""
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
import testlib  # noqa: E402

N = int(os.environ.get("MH_BENCH_CONTAINERS", "60"))
SECONDS = int(os.environ.get("MH_BENCH_SECONDS", "15"))
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process, from schedstat-exact counters where the kernel has them."""
    total = 0.0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total


def engine_pids(engine):
    """dockerd and the containerd below it."""
    folder = pathlib.Path(engine.folder)
    answer = subprocess.run(["pgrep", "-f", "dockerd|containerd "], stdout=subprocess.PIPE, text=True, check=False)
    pids = []
    for pid in answer.stdout.split():
        try:
            line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except FileNotFoundError:
            continue
        run = (folder / "run").resolve()
        if str(run) in line or engine.url.removeprefix("unix://") in line:
            pids.append(int(pid))
    return pids


def memory_kib(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    pick = {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines()[1:]}
    return pick["Rss"], pick["Pss"], pick["Private_Dirty"]


def state(url):
    with urllib.request.urlopen(url + "/__state") as answer:
        return json.load(answer)


def statistics(daemon):
    return next(i for i in daemon.status()["instances"] if i["kind"] == "input")["statistics"]


def measure(folder, stack, engine, sink, source):
    daemon = testlib.Daemon(folder, stack, f"""
metrichost.modules:
  - {{module: docker, hosts: ["{engine.url}"], period: 1s, source: {source}}}
output.elasticsearch.hosts: ["{sink}"]
setup.template.enabled: false
setup.ilm.enabled: false
""")
    daemon.start()
    testlib.wait_for(lambda: "established" in daemon.log() and daemon.status()["ledger"]["total"]["delivered"] > N, 60,
                     "the first documents")
    time.sleep(2)
    pids = engine_pids(engine)
    before = cpu_seconds(daemon.process.pid), sum(map(cpu_seconds, pids)), statistics(daemon), daemon.status()["ledger"]["total"]
    time.sleep(SECONDS)
    after = cpu_seconds(daemon.process.pid), sum(map(cpu_seconds, pids)), statistics(daemon), daemon.status()["ledger"]["total"]
    memory = memory_kib(daemon.process.pid)
    daemon.stop()
    samples = (after[2]["collections"] - before[2]["collections"]) * N
    documents = after[3]["delivered"] - before[3]["delivered"]
    requests = after[2]["api_requests"] - before[2]["api_requests"]
    return {
        "daemon": (after[0] - before[0]) / samples * 1e6,
        "engine": (after[1] - before[1]) / samples * 1e6,
        "requests": requests / samples,
        "documents": documents / samples,
        "memory": memory,
    }


def report(source, r):
    print(f"source: {source}")
    print(f"  daemon, per container and sample   {r['daemon']:8.1f} us of CPU for {r['documents']:.1f} documents, everything included")
    print(f"  engine, per container and sample   {r['engine']:8.1f} us of CPU in dockerd and containerd")
    print(f"  requests per container and sample  {r['requests']:8.3f}")
    print(f"  memory                             resident {r['memory'][0]} KiB, proportional {r['memory'][1]} KiB, own {r['memory'][2]} KiB")


def per_document(folder, stack, sink, level):
    """Documents of about 1 KB from an input that only makes them: what queue, encoding and sending cost."""
    daemon = testlib.Daemon(folder, stack, f"""
metrichost.modules:
  - {{module: puppet, period: 500ms, records: 1600, filler: 560}}
output.elasticsearch: {{hosts: ["{sink}"], compression_level: {level}, bulk_max_size: 1600}}
setup.template.enabled: false
setup.ilm.enabled: false
""")
    (folder / "plugins" / "puppet.so").symlink_to(testlib.TOP_BUILDDIR / "tests/stubs/plugins/.libs/puppet.so")
    daemon.start()
    testlib.wait_for(lambda: "established" in daemon.log() and daemon.status()["ledger"]["total"]["delivered"] > 3000, 60,
                     "documents")
    before = cpu_seconds(daemon.process.pid), daemon.status()
    time.sleep(SECONDS)
    after = cpu_seconds(daemon.process.pid), daemon.status()
    daemon.stop()
    documents = after[1]["ledger"]["total"]["delivered"] - before[1]["ledger"]["total"]["delivered"]
    output = [next(i for i in s["instances"] if i["kind"] == "output")["statistics"] for s in (before[1], after[1])]
    size = (output[1]["bytes"] - output[0]["bytes"]) / max(output[1]["documents"] - output[0]["documents"], 1)
    return (after[0] - before[0]) / documents * 1e6, size


def first_document(folder, stack, engine):
    daemon = testlib.Daemon(folder, stack, f"""
metrichost.modules:
  - {{module: docker, hosts: ["{engine.url}"], period: 1s}}
output.console: {{}}
""")
    began = time.monotonic()
    daemon.start()
    while not daemon.out.exists() or daemon.out.stat().st_size == 0:
        time.sleep(0.001)
        if time.monotonic() - began > 60:
            break
    took = time.monotonic() - began
    daemon.stop()
    return took


def installed_size(folder):
    target = folder / "stripped"
    target.mkdir()
    total = 0
    for file in ("metrichost", "plugins/docker/.libs/docker.so", "plugins/output_es/.libs/output_es.so"):
        copy = target / pathlib.Path(file).name
        subprocess.run(["strip", "-o", copy, testlib.TOP_BUILDDIR / file], check=True)
        total += copy.stat().st_size
    return total


def bench(folder, stack):
    engine = testlib.Engine(str(folder / "engine"))
    stack.callback(engine.close)
    for i in range(N):
        engine.run(f"bench-{i}", "while :; do sleep 1; done")
    server = subprocess.Popen([sys.executable, str(HERE.parent / "stubs" / "es_fault_server.py"), "--stdin"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.callback(server.wait)
    stack.callback(server.stdin.close)
    sink = server.stdout.readline().strip()
    print(f"{N} containers, {SECONDS} s at a period of 1 s", flush=True)
    results = {}
    for source in ("cgroup", "api"):
        place = folder / source
        place.mkdir()
        results[source] = measure(place, stack, engine, sink, source)
        report(source, results[source])
    ratio = {k: results["api"][k] / max(results["cgroup"][k], 1e-9) for k in ("daemon", "engine")}
    print(f"api : cgroup   daemon {ratio['daemon']:.1f} : 1, engine {ratio['engine']:.1f} : 1")
    print(f"budget: 60 us, no request per container   got {results['cgroup']['daemon']:.1f} us, "
          f"{results['cgroup']['requests']:.3f}")
    for level in (0, 1):
        place = folder / f"level-{level}"
        place.mkdir()
        cost, size = per_document(place, stack, sink, level)
        print(f"end to end, gzip {level}: {cost:.1f} us of CPU a document, {size:.0f} bytes each on the wire"
              + (" (budget 5.1: half of Fluent Bit's es output)" if level == 0 else ""))
    place = folder / "first"
    place.mkdir()
    print(f"start to first document: {first_document(place, stack, engine) * 1000:.0f} ms (budget 200)")
    print(f"installed size, stripped: {installed_size(folder) / 1024:.0f} KiB (budget 1024)")


testlib.run(bench)
