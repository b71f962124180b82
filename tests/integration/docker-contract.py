#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every field that Metricbeat's docker module documents: sent with the value its formula gives, or deliberately not, with the reason.

Recorded stats objects go in through a fake engine, whole documents come out. The wanted values were computed from the formulas by an
independent program (tests/fixtures/expected).
"""
import json
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 1)[0])
from docker_fake import Engine, Probe, fixture, get, main  # noqa: E402

V1 = "stats_cgroupv1_extracted_from_ecs_exporter_fargate"
V2 = "stats_cgroupv2_extracted_from_ecs_exporter_ec2"

# What Metricbeat sends and we do not, and why. A star stands for any name.
OMITTED = {
    "docker.container.size.root_fs": "always 0: the size is not asked for, because that can stall the engine",
    "docker.container.size.rw": "always 0: the size is not asked for, because that can stall the engine",
    "docker.container.tags": "never had a value",
    "docker.cpu.system.pct": "a constant (the number of CPUs)",
    "docker.cpu.system.norm.pct": "a constant (1)",
    "docker.diskio.*.service_time": "0 where the kernel does not measure it",
    "docker.diskio.*.wait_time": "0 where the kernel does not measure it",
    "docker.diskio.*.queued": "0 where the kernel does not measure it",
    "docker.diskio.*.rate": "0 in the first document of a container",
    "docker.network.in.*": "0 in the first document of a container",
    "docker.network.out.*": "0 in the first document of a container",
}
# Better than Metricbeat, by capture: path -> (value, why).
BETTER = {
    V1: {
        "docker.memory.limit": (None, "2^63 means no limit; the size of a remote machine is not known"),
        "docker.memory.usage.pct": (None, "there is no limit to divide by"),
        "docker.memory.rss.pct": (None, "there is no limit to divide by"),
        "container.memory.usage": (None, "there is no limit to divide by"),
    },
    V2: {
        "docker.memory.usage.max": (None, "not known on this kernel; Metricbeat sends 0"),
        "docker.memory.rss.total": (37691392, "anonymous memory exists on v2 too, under another name"),
        "docker.memory.rss.pct": (0.140411377, "as above"),
        "docker.diskio.read.ops": (None, "not in the API on v2; Metricbeat sends 0"),
        "docker.diskio.write.ops": (None, "not in the API on v2; Metricbeat sends 0"),
        "docker.diskio.summary.ops": (None, "not in the API on v2; Metricbeat sends 0"),
        "docker.diskio.summary.bytes": (60960768 + 57344, "read + write; Metricbeat sends 0"),
    },
}


def flatten(value, path, to):
    if isinstance(value, dict):
        for key, member in value.items():
            flatten(member, f"{path}.{key}" if path else key, to)
    else:
        to[path] = value
    return to


def is_omitted(path):
    return any(len(path.split(".")) == len(rule.split(".")) and
               all(r in ("*", p) for r, p in zip(rule.split("."), path.split("."))) for rule in OMITTED)


def collect_capture(name, **options):
    """One collect of one container with these stats, from an engine too old for one-shot, whose answers carry the moment before."""
    with Engine(api_version="1.40") as engine:
        engine.add(1, name="app", stats=json.loads(fixture(f"docker-api/{name}.json")))
        with Probe(engine.socket, source="api", metricsets=["container", "cpu", "diskio", "memory", "network"], **options) as probe:
            return probe.collect()


def wanted_values(name):
    expected = json.loads(fixture(f"expected/{name}.expected.json"))
    values = {}
    for path, value in expected.items():
        if path == "docker.network":
            flatten(value[0], path, values)
        elif path != "_note":
            flatten(value, path, values)
    for way in ("read", "write"):
        values[f"container.disk.{way}.bytes"] = values[f"docker.diskio.{way}.bytes"]
    values["container.network.ingress.bytes"] = values["docker.network.inbound.bytes"]
    values["container.network.egress.bytes"] = values["docker.network.outbound.bytes"]
    values["container.memory.usage"] = values["docker.memory.usage.pct"]
    return values


def check_capture(name):
    collect = collect_capture(name)
    assert collect.result == 0, collect.words
    sent = {}
    for document in collect.documents:
        flatten(document, "", sent)
    wrong = []
    for path, value in wanted_values(name).items():
        have = sent.get(path)
        if path in BETTER[name]:
            value = BETTER[name][path][0]
        elif is_omitted(path) and have is None:
            continue
        same = have == value or (isinstance(value, float) and isinstance(have, (int, float)) and abs(have - value) <= 5.1e-10)
        if not same:
            wrong.append(f"{path}: {have}, wanted {value}")
    assert not wrong, "\n  ".join(["", *wrong])


def cgroup_v1_values_are_metricbeats():
    check_capture(V1)


def cgroup_v2_values_are_metricbeats():
    check_capture(V2)


def identity_and_container_fields():
    with Engine() as engine:
        engine.add(7, name="x", Names=["/web/db", "/db"], Image="repo/db@sha256:12", Command="postgres -D x",
                   Labels={"com.docker.swarm.task": "1", "com.docker.swarm.task.id": "2", "plain": "b\u00fccher \U0001f600"},
                   Status="Up 2 hours (Paused)", State="paused",
                   NetworkSettings={"Networks": {"a": {"IPAddress": "10.1.2.3", "GlobalIPv6Address": "fd00::1"}, "b": {"IPAddress": ""}, "c": None}})
        with Probe(engine.socket, source="api") as probe:
            collect = probe.collect()
    for dataset in ("container", "cpu", "diskio", "memory", "network"):
        document = collect.one(dataset)
        assert get(document, "container.id") == f"{7:064x}"
        assert get(document, "container.name") == "db"
        assert get(document, "container.image.name") == "repo/db@sha256:12"
        assert get(document, "container.runtime") == "docker"
        assert get(document, "docker.container.labels") == {
            "com_docker_swarm_task": "1", "com_docker_swarm_task_id": "2", "plain": "b\u00fccher \U0001f600"}
        assert get(document, "service.address") == engine.socket
    document = collect.one("container")
    assert get(document, "docker.container.created") == "2023-11-14T22:13:20.000Z"
    assert get(document, "docker.container.command") == "postgres -D x"
    assert get(document, "docker.container.status") == "Up 2 hours (Paused)"
    assert sorted(get(document, "docker.container.ip_addresses")) == ["10.1.2.3", "fd00::1"]
    assert get(document, "docker.container.restart_count") == 0


def labels_keep_their_dots_on_request():
    with Engine() as engine:
        engine.add(1, Labels={"a.b": "1", "a.b.c": "2"})
        with Probe(engine.socket, source="api", labels__dedot=False) as probe:
            assert get(probe.collect().one("cpu"), "docker.container.labels") == {"a.b": "1", "a.b.c": "2"}


def no_labels_no_field():
    with Engine() as engine:
        engine.add(1)
        with Probe(engine.socket, source="api") as probe:
            assert get(probe.collect().one("cpu"), "docker.container.labels") is None


def info_and_images():
    with Engine() as engine:
        with Probe(engine.socket, source="api") as probe:
            collect = probe.collect()
    info = collect.one("info")["docker"]["info"]
    wanted = json.loads(fixture("docker-api/info_20.10.json"))
    assert info["id"] == wanted["ID"]
    assert info["containers"] == {"total": wanted["Containers"], "running": wanted["ContainersRunning"],
                                  "paused": wanted["ContainersPaused"], "stopped": wanted["ContainersStopped"]}
    assert info["images"] == wanted["Images"]
    images = [document["docker"]["image"] for document in collect.of("image")]
    source = json.loads(fixture("docker-api/moby_v1.24_images_json.json"))
    assert len(images) == len(source)
    for image, entry in zip(images, source):
        assert image["id"]["current"] == entry["Id"]
        assert image["size"]["regular"] == entry["Size"]
        assert image["tags"] == entry["RepoTags"]


def health_checks():
    with Engine() as engine:
        ident = engine.add(1, name="sick", Status="Up 5 minutes (unhealthy)")
        engine.inspect[ident]["State"]["Health"] = {"Status": "unhealthy", "FailingStreak": 4, "Log": [
            {"Start": "2024-01-01T00:00:00Z", "End": "2024-01-01T00:00:01Z", "ExitCode": 0, "Output": "old"},
            {"Start": "2024-01-01T01:02:03.25Z", "End": "2024-01-01T01:02:04.5+00:00", "ExitCode": 7, "Output": "no\n"}]}
        starting = engine.add(2, name="starting", Status="Up 1 second (health: starting)")
        engine.inspect[starting]["State"]["Health"] = {"Status": "starting", "FailingStreak": 0, "Log": []}
        engine.add(3, name="none")
        with Probe(engine.socket, source="api") as probe:
            health = probe.collect().of("healthcheck")
    assert len(health) == 1
    assert health[0]["docker"]["healthcheck"] == {
        "status": "unhealthy", "failingstreak": 4,
        "event": {"start_date": "2024-01-01T01:02:03.250Z", "end_date": "2024-01-01T01:02:04.500Z", "exit_code": 7, "output": "no\n"}}


def rates_of_the_second_sample():
    with Engine() as engine:
        ident = engine.add(1)
        stats = engine.stats[ident]
        stats["networks"] = {"eth0": {"rx_bytes": 1000, "tx_packets": 5}, "eth1": {"rx_bytes": 77}}
        with Probe(engine.socket, source="api") as probe:
            first = probe.collect()
            assert get(first.one("cpu"), "docker.cpu.total.pct") is None
            assert all(get(d, "docker.network.in.bytes") is None for d in first.of("network"))
            time.sleep(1)
            stats["cpu_stats"]["cpu_usage"]["total_usage"] += 400_000_000
            stats["cpu_stats"]["system_cpu_usage"] += 2_000_000_000
            stats["networks"]["eth0"]["rx_bytes"] += 100_000
            stats["networks"]["eth1"]["rx_bytes"] -= 1
            second = probe.collect()
            statistics, _, _ = probe.end()
    assert get(second.one("cpu"), "docker.cpu.total.pct") == 0.4
    assert get(second.one("cpu"), "docker.cpu.total.norm.pct") == 0.2
    assert get(second.one("cpu"), "container.cpu.usage") == 0.2
    networks = {get(d, "docker.network.interface"): d for d in second.of("network")}
    assert 5_000 < get(networks["eth0"], "docker.network.in.bytes") <= 100_000
    assert get(networks["eth1"], "docker.network.in.bytes") is None
    assert get(networks["eth1"], "docker.network.inbound.bytes") == 76
    assert statistics["rejected_samples"] == 1, statistics


def events_of_old_and_new_engines():
    old = json.loads(fixture("docker-api/events_20.10.ndjson").splitlines()[0])
    new = {"Type": "container", "Action": "health_status: healthy", "scope": "local", "time": 1700000001, "timeNano": 1700000001250000000,
           "Actor": {"ID": "c" * 64, "Attributes": {"image": "app:2", "a.b": "c"}}}
    with Engine() as engine:
        with Probe(engine.socket, source="api") as probe:
            probe.collect()
            engine.wait_for_stream()
            engine.send_event(old)
            engine.send_event(new)
            documents = []
            from docker_fake import wait_for
            wait_for(lambda: documents.extend(probe.collect().of("event")) or len(documents) >= 2, "both events")
    first, second = (document["docker"]["event"] for document in documents)
    assert first["id"] == old["id"] and first["status"] == old["status"] and first["from"] == old["from"]
    assert second["id"] == "c" * 64 and second["status"] == "health_status: healthy" and second["from"] == "app:2"
    assert second["type"] == "container" and second["actor"] == {"id": "c" * 64, "attributes": {"image": "app:2", "a_b": "c"}}
    assert documents[1]["@timestamp"] == "2023-11-14T22:13:21.250Z"


def as_of_1_24(engine, ident):
    """Docker 1.12: no online_cpus, one value for each processor; images say their virtual size."""
    del engine.stats[ident]["cpu_stats"]["online_cpus"]
    engine.stats[ident].pop("preread", None)
    engine.inspect[ident]["State"].pop("Health", None)


def as_of_1_44(engine, ident):
    """Docker 25: no VirtualSize; networks have fewer members, and new ones."""
    for network in engine.containers[ident]["NetworkSettings"]["Networks"].values():
        network.update({"DNSNames": None, "MacAddress": "02:42:ac:11:00:02"})
    images = json.loads(engine.answers["/images/json"][1])
    for image in images:
        image.pop("VirtualSize")
        image.update({"Containers": -1, "SharedSize": -1})
    engine.answers["/images/json"] = (200, json.dumps(images))


def as_of_1_52(engine, ident):
    """Docker 29: os_type in the stats, health in the list, and no legacy members in events."""
    as_of_1_44(engine, ident)
    engine.stats[ident]["os_type"] = "linux"
    engine.containers[ident].update({"Health": {"Status": "none", "FailingStreak": 0}, "ImageManifestDescriptor": {"size": 1}})


def as_of_podman(engine, ident):
    """Podman's compatible API: null where there is nothing, no values for each processor, a zero sample before."""
    stats = engine.stats[ident]
    stats["cpu_stats"]["cpu_usage"]["percpu_usage"] = None
    stats["precpu_stats"] = {"cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0}, "throttling_data": {}}
    for name in ("io_serviced_recursive", "io_queue_recursive", "io_wait_time_recursive", "io_service_time_recursive"):
        stats["blkio_stats"][name] = None
    engine.containers[ident].update({"Ports": None, "Mounts": None, "SizeRw": 0})


DIALECTS = {"1.24": as_of_1_24, "1.41": lambda engine, ident: None, "1.44": as_of_1_44, "1.52": as_of_1_52, "1.41 podman": as_of_podman}


def told_by(dialect):
    """What the input makes of one container in this dialect: its documents by kind, without times, addresses and who told it."""
    version = dialect.split()[0]
    with Engine(api_version=version) as engine:
        ident = engine.add(1, name="web", Labels={"a.b": "1"}, Status="Up 5 minutes",
                           NetworkSettings={"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}})
        stats = engine.stats[ident]
        stats["networks"] = {"eth0": {"rx_bytes": 1000, "tx_bytes": 10, "rx_packets": 5, "tx_packets": 1}}
        stats["cpu_stats"]["online_cpus"] = 2
        stats["cpu_stats"]["cpu_usage"]["percpu_usage"] = [600_000_000, 400_000_000]
        stats["blkio_stats"]["io_service_bytes_recursive"] = [
            {"major": 8, "minor": 0, "op": "Read", "value": 4096}, {"major": 8, "minor": 0, "op": "Write", "value": 8192}]
        images = json.loads(fixture("docker-api/moby_v1.24_images_json.json"))
        for image in images:
            image["VirtualSize"] = image["Size"]  # they are the same thing since layers are shared by content
        engine.answers["/images/json"] = (200, json.dumps(images))
        DIALECTS[dialect](engine, ident)
        with Probe(engine.socket, source="api") as probe:
            probe.collect()
            time.sleep(1)  # so much processor time takes so much time
            stats["cpu_stats"]["cpu_usage"]["total_usage"] += 400_000_000
            stats["cpu_stats"]["system_cpu_usage"] += 2_000_000_000
            documents = probe.collect().documents
        assert any(path.startswith(f"/v{version}/") for path in engine.paths), engine.paths[:5]
    for document in documents:
        for volatile in ("@timestamp", "event", "service", "metricset"):
            document.pop(volatile, None)
        document["docker"].get("info", {}).pop("api_version", None)
        networks = document["docker"].get("network", {})
        networks.pop("in", None)  # depend on the time between the samples
        networks.pop("out", None)
    return {kind: [d for d in documents if kind in d["docker"] and (kind != "container" or "status" in d["docker"]["container"])]
            for kind in ("container", "cpu", "memory", "network", "diskio", "image", "info")}


def engines_of_all_ages_mean_the_same():
    base = told_by("1.41")
    assert all(len(base[kind]) >= 1 for kind in base), {kind: len(base[kind]) for kind in base}
    assert get(base["cpu"][0], "docker.cpu.total.pct") == 0.4 and get(base["cpu"][0], "docker.cpu.core.1.ticks") == 400_000_000
    assert get(base["diskio"][0], "docker.diskio.write.bytes") == 8192
    for dialect in DIALECTS:
        told = told_by(dialect)
        if dialect == "1.41 podman":  # what it does not know is left out, and nothing else
            assert get(told["cpu"][0], "docker.cpu.core") is None
            base["cpu"][0]["docker"]["cpu"].pop("core")
            for part in ("read", "write", "summary"):
                for d in (base["diskio"][0], told["diskio"][0]):
                    kept = d["docker"]["diskio"].get(part, {})
                    d["docker"]["diskio"][part] = {"bytes": kept.get("bytes")}
        for kind, documents in base.items():
            assert told[kind] == documents, f"{dialect}, {kind}: {told[kind]} instead of {documents}"


def only_reads():
    with Engine() as engine:
        engine.add(1)
        with Probe(engine.socket, source="api") as probe:
            probe.collect()
            probe.collect()
        assert engine.methods == {"GET"}, engine.methods
        assert any("one-shot=true" in path for path in engine.paths), engine.paths


main([cgroup_v1_values_are_metricbeats, cgroup_v2_values_are_metricbeats, identity_and_container_fields, labels_keep_their_dots_on_request,
      no_labels_no_field, info_and_images, health_checks, rates_of_the_second_sample, events_of_old_and_new_engines,
      engines_of_all_ages_mean_the_same, only_reads])
