#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The docker input against a real engine: containers with known loads, both sources side by side, the engine's own figures and the
kernel's, and an engine that stops, restarts and churns.

METRICHOST_TEST_CONTAINERS: how many idle containers the counting test starts (default 40).
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 1)[0])
from docker_fake import TOP_SRC, Probe, get, main, wait_for  # noqa: E402

IMAGE = "metrichost/busybox:test"
ENGINE_SCRIPT = os.path.join(TOP_SRC, "tests/integration/docker-engine.sh")
MARK = "org.metrichost.test"  # label of everything that is started here
IDLE = int(os.environ.get("METRICHOST_TEST_CONTAINERS", "40"))
SPIN = "while :; do :; done"


def docker(*args, check=True):
    done = subprocess.run(["docker", *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
    assert done.returncode == 0 or not check, f"docker {' '.join(args)}: {done.stdout}"
    return done.stdout.strip()


def run(name, *args, command=("sleep", "100000"), options=()):
    return docker("run", "-d", "--name", name, "-l", f"{MARK}=1", *options, *args, IMAGE, *command)


class Engine:
    """Starts a private engine, or takes the machine's own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="metrichost-live-")
        self.dir = os.path.join(self.folder, "engine")

    def start(self):
        done = subprocess.run(["sh", ENGINE_SCRIPT, "start", self.dir], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode == 77:
            print("SKIP: no Docker engine can be had here")
            sys.exit(77)
        assert done.returncode == 0, "docker-engine.sh start failed"
        os.environ["DOCKER_HOST"] = done.stdout.strip().split("=", 1)[1]
        self.socket = os.environ["DOCKER_HOST"].removeprefix("unix://")
        subprocess.run(["sh", ENGINE_SCRIPT, "image", IMAGE], check=True)

    def is_private(self):
        return os.path.islink(os.path.join(self.dir, "run"))

    def pid(self):
        with open(os.path.join(self.dir, "run", "pid"), encoding="ascii") as file:
            return int(file.read())

    def stop(self):
        subprocess.run(["sh", ENGINE_SCRIPT, "stop", self.dir], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


ENGINE = Engine()


def remove_all():
    ids = docker("ps", "-aq", "--filter", f"label={MARK}").split()
    if ids:
        docker("rm", "-fv", *ids)


def clean(test, needs_private=False):
    """Each test begins without containers of these tests; with needs_private, without any."""
    def wrapped():
        if needs_private and not ENGINE.is_private():
            print("     (skipped: the machine's own engine has containers of its own and is left alone)")
            return
        remove_all()
        try:
            test()
        finally:
            remove_all()
    wrapped.__name__ = test.__name__
    return wrapped


def alone(test):
    return clean(test, needs_private=True)


def disk_of(path):
    """The whole disk that a path is on, as /dev/NAME, or None."""
    device = os.stat(path).st_dev
    block = os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    if os.path.exists(os.path.join(block, "partition")):
        block = os.path.dirname(block)
    name = "/dev/" + os.path.basename(block)
    return name if os.path.exists(name) and os.path.exists(block) else None


def cgroup_dir(ident, controller):
    with open(f"/proc/{docker('inspect', '-f', '{{.State.Pid}}', ident)}/cgroup", encoding="ascii") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if controller in controllers.split(",") and os.path.isdir(f"/sys/fs/cgroup/{controller}{path}"):
                return f"/sys/fs/cgroup/{controller}{path}"
            if controllers == "" and os.path.exists(f"/sys/fs/cgroup{path}/cpu.stat"):
                return f"/sys/fs/cgroup{path}"
    raise AssertionError(f"no cgroup of {ident}")


def cpu_ns(ident):
    folder = cgroup_dir(ident, "cpuacct")
    if os.path.exists(f"{folder}/cpuacct.usage"):
        with open(f"{folder}/cpuacct.usage", encoding="ascii") as file:
            return int(file.read())
    with open(f"{folder}/cpu.stat", encoding="ascii") as file:
        return int(file.readline().split()[1]) * 1000


@clean
def known_loads_are_measured():
    run("busy", "--cpus", "0.5", command=("sh", "-c", SPIN))
    run("hog", "-m", "64m", command=("sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=40; sleep 100000"), options=("--shm-size", "60m"))
    run("server", command=("sh", "-c", "nc -ll -p 7777 -e cat >/dev/null"))
    address = docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "server")
    run("talker", command=("sh", "-c", f"while :; do dd if=/dev/zero bs=10k count=10 2>/dev/null | nc {address} 7777 -w 1 >/dev/null; sleep 0.1; done"))
    run("silent", "--network", "none")
    run("on-host", "--network", "host")
    run("paused")
    docker("pause", "paused")
    run("labelled", "-l", "a.b=1", "-l", "a.b.c=2", "-l", "gr\u00fc\u00dfe=\u4f60\u597d \U0001f600")
    with Probe(ENGINE.socket) as probe:
        first = probe.collect()
        assert first.result == 0, first.words
        before, begin = cpu_ns("busy"), time.monotonic()
        time.sleep(4)
        second = probe.collect()
        used, took = cpu_ns("busy") - before, time.monotonic() - begin
        _, log, _ = probe.end()
    assert "from cgroup files" in log and "of 0 from the engine's API" in log, log

    cpu = second.one("cpu", "busy")
    pct, truth = get(cpu, "docker.cpu.total.pct"), used / took / 1e9
    assert abs(pct - truth) <= 0.1 * truth, f"CPU {pct}, by its cgroup {truth}"
    assert get(cpu, "docker.cpu.limit.cores") == 0.5
    assert abs(get(cpu, "docker.cpu.limit.pct") - pct / 0.5) < 1e-6
    assert get(cpu, "docker.cpu.throttling.throttled_periods") is not None
    assert get(second.one("cpu", "silent"), "docker.cpu.throttling.periods") is None
    assert get(second.one("cpu", "paused"), "docker.cpu.total.pct") < 0.01

    memory = second.one("memory", "hog")
    assert get(memory, "docker.memory.limit") == 64 << 20
    assert (40 << 20) <= get(memory, "docker.memory.usage.total") < (50 << 20), get(memory, "docker.memory.usage.total")
    with open("/proc/meminfo", encoding="ascii") as file:
        total = int(re.search(r"MemTotal: *(\d+)", file.read()).group(1)) * 1024
    assert get(second.one("memory", "silent"), "docker.memory.limit") == total

    talker = second.one("network", "talker")
    assert get(talker, "docker.network.interface") == "eth0"
    assert get(talker, "docker.network.out.bytes") > 10_000, get(talker, "docker.network.out.bytes")
    assert get(talker, "container.network.egress.bytes") == get(talker, "docker.network.outbound.bytes")
    assert not second.of("network", "silent") and not second.of("network", "on-host")
    assert get(second.one("container", "paused"), "docker.container.state") == "paused"
    assert "(Paused)" in get(second.one("container", "paused"), "docker.container.status")
    assert get(second.one("container", "labelled"), "docker.container.labels") == {
        MARK.replace(".", "_"): "1", "a_b": "1", "a_b_c": "2", "gr\u00fc\u00dfe": "\u4f60\u597d \U0001f600"}


# Fields that both sources send must agree: exactly, or within (relative, absolute) for what moves between the two moments.
MOVING = {
    "docker.cpu": (0.10, 0.02), "docker.cpu.total.ticks": (0.02, 3e8), "docker.cpu.kernel.ticks": (0.05, 3e8),
    "docker.cpu.user.ticks": (0.05, 3e8), "docker.cpu.system.ticks": (0.001, 5e9), "docker.cpu.core": (0.1, 3e8),
    "docker.cpu.throttling": (0.10, 2e8), "container.cpu.usage": (0.10, 0.02),
    "docker.memory": (0.10, 2 << 20), "container.memory.usage": (0.10, 0.05),
    "docker.diskio": (0.20, 64 << 20), "container.disk": (0.20, 64 << 20),
    "docker.network": (0.25, 2e5), "container.network": (0.10, 2e5), "docker.container.pids": (0, 3),
}
EXACT = ("docker.memory.limit", "docker.cpu.online", "docker.cpu.limit.cores")


def flatten(value, path, to):
    if isinstance(value, dict):
        for key, member in value.items():
            flatten(member, f"{path}.{key}" if path else key, to)
    else:
        to[path] = value
    return to


def tolerance(path):
    if path in EXACT:
        return 0, 0
    rules = [rule for rule in MOVING if path == rule or path.startswith(rule + ".")]
    return MOVING[max(rules, key=len)] if rules else (0, 0)


def differences(one, other):
    one, other = flatten(one, "", {}), flatten(other, "", {})
    shared = [path for path in one if path in other and path != "@timestamp"]
    for path in shared:
        a, b = one[path], other[path]
        if isinstance(a, (int, float)) and not isinstance(a, bool):
            relative, absolute = tolerance(path)
            if abs(a - b) > relative * max(abs(a), abs(b)) + absolute:
                yield f"{path}: {a} and {b}"
        elif a != b and not path.endswith("container.status"):
            yield f"{path}: {a!r} and {b!r}"


def compare(by_files, by_api, sets):
    """How many values both have, and those that differ or that only the API has."""
    wrong, compared = [], 0
    for dataset, mine in ((dataset, document) for dataset in sets for document in by_files.of(dataset)):
        name = mine["container"]["name"]
        theirs = by_api.one(dataset, name)
        compared += len(set(flatten(mine, "", {})) & set(flatten(theirs, "", {})))
        wrong += [f"{name} {dataset} {text}" for text in differences(mine, theirs)]
        missing = set(flatten(theirs, "", {})) - set(flatten(mine, "", {}))
        wrong += [f"{name} {dataset}: only the API has {path}" for path in missing]
    return compared, wrong


@alone
def both_sources_agree():
    run("busy", "--cpus", "0.4", "-m", "100m", command=("sh", "-c", SPIN))
    run("plain", "-l", "x=y")
    run("quiet", "--network", "none", "--pids-limit", "77")
    disk = disk_of(ENGINE.folder)
    if disk:
        volume = os.path.join(ENGINE.folder, "volume")
        os.mkdir(volume)
        # A limit makes new kernels count at all on cgroup v1.
        run("writer", "-v", f"{volume}:/v", "--device-write-bps", f"{disk}:1gb", command=(
            "sh", "-c", "while :; do dd if=/dev/zero of=/v/x bs=64k count=32 conv=fsync oflag=direct 2>/dev/null; sleep 0.2; done"))
    sets = ["container", "cpu", "diskio", "memory", "network"]
    # On a busy machine much happens between the two samples; then the next pair decides.
    with Probe(ENGINE.socket, source="cgroup", metricsets=sets) as files, Probe(ENGINE.socket, source="api", metricsets=sets) as api:
        for attempt in range(8):
            by_files, by_api = files.collect(), api.collect()
            compared, wrong = compare(by_files, by_api, sets)
            if attempt >= 2 and not wrong:
                break
            time.sleep(2)
    assert not wrong, "\n  ".join(["", *wrong])
    assert compared > 300, compared
    if disk:
        assert get(by_files.one("diskio", "writer"), "docker.diskio.write.bytes") > 1 << 20
        assert get(by_files.one("diskio", "writer"), "docker.diskio.write.rate") > 1


@clean
def the_docker_command_says_the_same():
    run("busy", "--cpus", "0.5", "-m", "100m", command=("sh", "-c", SPIN))
    with Probe(ENGINE.socket, metricsets=["cpu", "memory"]) as probe:
        probe.collect()
        time.sleep(2)
        stats = json.loads(docker("stats", "--no-stream", "--format", "{{json .}}", "busy"))
        collect = probe.collect()
    theirs = float(stats["CPUPerc"].rstrip("%")) / 100
    mine = get(collect.one("cpu"), "docker.cpu.total.pct")
    assert abs(theirs - mine) < 0.15, (theirs, mine)
    number, unit = re.match(r"([\d.]+)([KM]?i?B)", stats["MemUsage"]).groups()
    bytes_used = float(number) * {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}[unit]
    assert abs(bytes_used - get(collect.one("memory"), "docker.memory.usage.total")) < 1 << 20, stats


@clean
def health_checks_are_followed():
    run("well", "--health-cmd", "echo fine", "--health-interval", "1s")
    run("sick", "--health-cmd", "echo broken; exit 3", "--health-interval", "1s", "--health-retries", "2")
    with Probe(ENGINE.socket) as probe:
        def states():
            return {d["container"]["name"]: d["docker"]["healthcheck"] for d in probe.collect().of("healthcheck")}
        last = {}

        def settled():
            time.sleep(0.3)
            last.update(states())
            return last.get("well", {}).get("status") == "healthy" and last.get("sick", {}).get("status") == "unhealthy"
        wait_for(settled, "one healthy and one unhealthy container")
        streak = last["sick"]["failingstreak"]
        assert last["sick"]["event"]["exit_code"] == 3 and last["sick"]["event"]["output"] == "broken\n"
        assert last["well"]["event"]["exit_code"] == 0

        def went_on():
            time.sleep(0.3)
            return states().get("sick", {}).get("failingstreak", 0) > streak + 1
        wait_for(went_on, "later probes of the unhealthy container")


@clean
def short_lives_leave_their_totals():
    with Probe(ENGINE.socket) as probe:
        probe.collect()
        time.sleep(0.5)
        probe.collect()
        docker("run", "--name", "short", "-l", f"{MARK}=1", IMAGE, "sh", "-c", "dd if=/dev/zero of=/dev/null bs=1M count=6000 2>/dev/null; exit 5", check=False)
        docker("run", "--name", "oom", "-l", f"{MARK}=1", "-m", "16m", "--memory-swap", "16m", IMAGE, "sh", "-c",
               "head -c 100m /dev/zero | tail >/dev/null; exit 9", check=False)
        documents = []

        def both_ended():
            documents.extend(probe.collect().documents)
            time.sleep(0.1)
            return len([d for d in documents if get(d, "docker.container.final")]) == 2
        wait_for(both_ended, "both last documents")
        _, _, rest = probe.end()
        documents.extend(rest)
    named = {name: [d for d in documents if get(d, "container.name") == name] for name in ("short", "oom")}
    end = next(d for d in named["short"] if get(d, "docker.container.final"))
    assert get(end, "docker.container.exit_code") == 5 and get(end, "docker.container.state") == "exited"
    cpu = [d for d in named["short"] if get(d, "docker.cpu.total.ticks")]
    assert cpu and get(cpu[-1], "docker.cpu.total.ticks") > 2e7, [get(d, "docker.cpu") for d in cpu]
    memory = [get(d, "docker.memory.events.oom_kill") for d in named["oom"] if get(d, "docker.memory")]
    assert memory and max(memory) >= 1, memory


class CountingProxy:
    """Sits before the engine's socket and counts requests by what they are for."""

    def __init__(self, target):
        self.folder = tempfile.TemporaryDirectory(prefix="metrichost-proxy-")
        self.path = os.path.join(self.folder.name, "docker.sock")
        self.target, self.requests, self.lock = target, [], threading.Lock()
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(self.target)
            threading.Thread(target=self.copy, args=(client, engine, True), daemon=True).start()
            threading.Thread(target=self.copy, args=(engine, client, False), daemon=True).start()

    def copy(self, source, to, count):
        try:
            while data := source.recv(65536):
                if count:
                    with self.lock:
                        self.requests += re.findall(rb"^([A-Z]+ \S+) HTTP/", data, re.MULTILINE)
                to.sendall(data)
        except OSError:
            pass
        for end in (source, to):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def take(self):
        with self.lock:
            requests, self.requests = self.requests, []
        return [request.decode() for request in requests]


@alone
def files_cost_the_engine_no_request_for_each_container():
    for number in range(IDLE):
        run(f"idle{number}", "--network", "none")
    proxy = CountingProxy(ENGINE.socket)
    with Probe(proxy.path, metricsets=["container", "cpu", "diskio", "memory", "network", "healthcheck", "event"]) as probe:
        assert len(probe.collect().of("cpu")) == IDLE
        first = proxy.take()
        inspections = [r for r in first if re.search("/containers/[0-9a-f]{64}/json$", r)]
        assert len(inspections) == IDLE, (len(inspections), first)
        time.sleep(1)
        probe.collect()
        proxy.take()
        cpu_ns_used = []
        for _ in range(5):
            collect = probe.collect()
            assert len(collect.of("cpu")) == IDLE
            cpu_ns_used.append(collect.cpu_ns / IDLE / 1000)
            time.sleep(0.3)
        requests = proxy.take()
    assert all(request.startswith("GET ") for request in first + requests)
    assert not [r for r in requests if "/containers/" in r and "/containers/json" not in r], requests
    assert len(requests) <= 1, requests
    print(f"     ({IDLE} containers: {min(cpu_ns_used):.1f} us of CPU for one, {len(requests)} requests in 5 periods)")


@alone
def a_stopped_engine_does_not_stop_the_figures():
    run("busy", "--cpus", "0.3", command=("sh", "-c", SPIN))
    with Probe(ENGINE.socket, request_timeout="1s", reconcile="1s") as probe:
        probe.collect()
        time.sleep(0.5)
        probe.collect()
        time.sleep(1)
        os.kill(ENGINE.pid(), signal.SIGSTOP)
        try:
            begin = time.monotonic()
            collect = probe.collect()
            assert time.monotonic() - begin < 8
            assert collect.result == -1 and ENGINE.socket in collect.words, (collect.result, collect.words)
            assert get(collect.one("cpu", "busy"), "docker.cpu.total.pct") > 0.1
        finally:
            os.kill(ENGINE.pid(), signal.SIGCONT)

        def recovered():
            time.sleep(0.3)
            return probe.collect().result == 0
        wait_for(recovered, "the input finds the engine again")
        assert len(probe.collect().of("cpu", "busy")) == 1


@alone
def churn_leaves_nothing_behind():
    with Probe(ENGINE.socket) as probe:
        pid = probe.process.pid
        probe.collect()

        def resources():
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                return len(os.listdir(f"/proc/{pid}/fd")), int(re.search(r"VmRSS:\s*(\d+)", status.read()).group(1))
        started = []
        for cycle in range(4):
            names = [f"churn{cycle}-{number}" for number in range(5)]
            for name in names:
                run(name, "--rm")
            collect = probe.collect()
            assert len(collect.of("cpu")) == 5, len(collect.of("cpu"))
            docker("rm", "-f", *names)
            wait_for(lambda: time.sleep(0.1) or not probe.collect().of("cpu"), "no container is left")
            started.append(resources())
    assert started[-1][0] <= started[0][0], started
    assert started[-1][1] <= started[0][1] + 1024, started


ENGINE.start()
try:
    main([known_loads_are_measured, both_sources_agree, the_docker_command_says_the_same, health_checks_are_followed,
          short_lives_leave_their_totals, files_cost_the_engine_no_request_for_each_container,
          a_stopped_engine_does_not_stop_the_figures, churn_leaves_nothing_behind])
finally:
    ENGINE.stop()
