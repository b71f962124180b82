#!/bin/sh
''':'
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
exec python3 "$0" "$@"
'''
# SPDX-License-Identifier: Apache-2.0
"""The whole way from real containers to documents: metrichost from the build tree, a real Docker engine."""
import pathlib
import time

from testlib import PATIENCE, Daemon, Engine, of, parse_documents, run, value, wait_for

IDLE = "while :; do sleep 1; done"
BUSY = "while :; do :; done"


def configuration(engine, output="output.console.enabled: true", metricsets=("cpu", "container", "memory", "network", "info")):
    return f"""
metricbeat.modules:
- module: docker
  hosts: ["{engine.url}"]
  period: 1s
  metricsets: [{', '.join(metricsets)}]
queue.mem: {{}}
{output}
"""


def samples(documents):
    """[(time, names of containers)] of docker.cpu, one per collection."""
    times = {}
    for d in of(documents, "docker.info"):
        times[d["@timestamp"]] = set()
    for d in of(documents, "docker.container"):
        times.setdefault(d["@timestamp"], set()).add(value(d, "container.name"))
    return sorted(times.items())


def utc_now():
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"


def start(folder, stack, **options):
    engine = Engine(folder / "engine")
    stack.callback(engine.close)
    daemon = Daemon(folder, stack, configuration(engine, **options))
    return engine, daemon


def later_samples(daemon, moment, n):
    """Waits for n samples that were taken after the moment."""

    def condition(documents):
        found = [names for at, names in samples(documents) if at > moment]
        return found if len(found) >= n else None

    return daemon.wait_documents(f"{n} samples", condition)


def containers_come_and_go_within_one_period(folder, stack):
    engine, daemon = start(folder, stack)
    engine.run("first", IDLE)
    daemon.start()
    later_samples(daemon, "", 2)
    engine.run("second", IDLE)
    found = later_samples(daemon, utc_now(), 2)
    # A sample may have been under way when the container came; the one after it has both.
    assert found[1] >= {"first", "second"}, found
    engine.docker("kill", "first")
    found = later_samples(daemon, utc_now(), 2)
    assert "first" not in found[1] and "second" in found[1], found
    assert daemon.stop(PATIENCE) == 0, daemon.log()


def cpu_usage_ns(pid):
    """CPU time of the cgroup that the process is in, from the kernel."""
    for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpuacct" in controllers.split(","):
            for mount in ("cpuacct", "cpu,cpuacct"):
                file = pathlib.Path(f"/sys/fs/cgroup/{mount}{path}/cpuacct.usage")
                if file.exists():
                    return int(file.read_text())
        file = pathlib.Path(f"/sys/fs/cgroup{path}/cpu.stat")
        if controllers == "" and file.exists() and "usage_usec" in file.read_text():
            return int(file.read_text().split()[1]) * 1000
    raise AssertionError(f"no CPU accounting found for {pid}")


def cpu_of_a_busy_container_is_that_of_its_cgroup(folder, stack):
    engine, daemon = start(folder, stack, metricsets=("cpu",))
    engine.run("busy", BUSY)
    pid = engine.pid("busy")
    daemon.start()

    def percentages(documents):
        return [(d["@timestamp"], value(d, "docker.cpu.total.pct")) for d in of(documents, "docker.cpu")]

    daemon.wait_documents("the first rate", lambda d: [p for _, p in percentages(d) if p])
    usage, clock, moment = cpu_usage_ns(pid), time.monotonic_ns(), utc_now()
    rates = daemon.wait_documents(
        "eight rates", lambda d: [r for r in ([p for at, p in percentages(d) if at > moment],) if len(r) >= 8]
    )[0]
    kernel = (cpu_usage_ns(pid) - usage) / (time.monotonic_ns() - clock)
    reported = sum(rates) / len(rates)
    print(f"kernel {kernel:.3f}, reported {reported:.3f} in {len(rates)} samples")
    assert abs(reported - kernel) <= 0.1 * kernel
    daemon.stop(PATIENCE)


def network_of_talking_containers_is_counted(folder, stack):
    engine, daemon = start(folder, stack, metricsets=("network",))
    engine.run("server", "dd if=/dev/zero of=/tmp/page bs=1k count=100 2>/dev/null; httpd -f -p 80 -h /tmp")
    address = engine.docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "server")
    engine.run("client", f"while :; do wget -q -O /dev/null http://{address}/page; sleep 0.1; done")
    daemon.start()

    def received(documents):
        bytes_in = [value(d, "docker.network.inbound.bytes") for d in of(documents, "docker.network") if value(d, "container.name") == "client"]
        return len(bytes_in) >= 3 and bytes_in[-1] > bytes_in[0] + 100 * 1024

    daemon.wait_documents("traffic", received)
    daemon.stop(PATIENCE)


def sigterm_writes_what_was_collected(folder, stack):
    files = folder / "documents"
    engine, daemon = start(folder, stack, output=f"output.file: {{path: {files}, rotate_every_kb: 16, number_of_files: 1000}}")
    engine.run("idle", IDLE)
    daemon.start()

    def written():
        return [d for file in sorted(files.glob("*.ndjson")) for d in parse_documents(file)]

    wait_for(lambda: len(list(files.glob("*.ndjson"))) >= 3, PATIENCE, "documents in several files")
    assert daemon.stop(PATIENCE) == 0, daemon.log()
    for file in files.glob("*.ndjson"):
        assert file.read_bytes().endswith(b"\n"), file
        assert file.stat().st_mode & 0o777 == 0o600
    # One sample gives all metricsets: the last one is there as a whole.
    documents = written()
    last = max(d["@timestamp"] for d in documents)
    datasets = {value(d, "event.dataset") for d in documents if d["@timestamp"] == last}
    assert datasets == {f"docker.{m}" for m in ("cpu", "container", "memory", "network", "info")}, datasets


run(
    containers_come_and_go_within_one_period,
    cpu_of_a_busy_container_is_that_of_its_cgroup,
    network_of_talking_containers_is_counted,
    sigterm_writes_what_was_collected,
)
