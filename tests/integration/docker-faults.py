#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The docker input against an engine that is down, hangs, lies, restarts or changes all the time: it reports, recovers, stalls nobody
and does not grow."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 1)[0])
from docker_fake import PROBE, Engine, Probe, container_id, get, main, wait_for  # noqa: E402

RETRY = -1


def collect_until(probe, condition, what):
    """Collects until the condition holds for one of them."""
    found = []

    def attempt():
        found.append(probe.collect())
        time.sleep(0.1)
        return condition(found[-1])
    wait_for(attempt, what)
    return found[-1]


def names(collect, dataset):
    return sorted(get(d, "container.name") for d in collect.of(dataset))


def no_socket_then_an_engine():
    engine = Engine()
    engine.add(1, name="app")
    with Probe(engine.socket, source="api") as probe:
        collect = probe.collect()
        assert collect.result == RETRY, collect.result
        assert engine.socket in collect.words, collect.words
        assert not collect.documents
        with engine:
            collect = collect_until(probe, lambda c: c.result == 0, "the input finds the engine")
            assert names(collect, "cpu") == ["app"]
        statistics, log, _ = probe.end()
    assert "the engine answers again" in log, log
    assert statistics["engine_up"] == 1


def no_permission_names_the_group():
    if os.getuid() != 0:
        print("     (skipped: only root can become somebody without permission)")
        return
    with Engine() as engine:
        os.chmod(engine.folder.name, 0o755)
        os.chmod(engine.socket, 0o660)
        config = os.path.join(engine.folder.name, "docker.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"module: docker\nhosts: ['unix://{engine.socket}']\n")
        import shutil
        import subprocess
        probe = shutil.copy(PROBE, engine.folder.name)
        output = subprocess.run([probe, config, "1"], user=65534, group=65534, extra_groups=[], cwd="/", stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=20, check=False).stdout
    assert "-- -1 " in output and engine.socket in output, output
    assert "group root (0)" in output, output


def one_hanging_container_stalls_nobody():
    with Engine() as engine:
        for number in range(8):
            engine.add(number + 1)
        engine.hang.add(container_id(3))
        with Probe(engine.socket, source="api", request_timeout="300ms") as probe:
            begin = time.monotonic()
            first = probe.collect()
            took = time.monotonic() - begin
            assert len(first.of("cpu")) == 7, names(first, "cpu")
            assert "c3" not in names(first, "cpu")
            assert "c3" in names(first, "container")  # its facts are known
            assert took < 5, took
            for _ in range(3):
                probe.collect()
            asked = sum(container_id(3) + "/stats" in path for path in engine.paths)
            later = probe.collect()
            assert len(later.of("cpu")) == 7
            assert sum(container_id(3) + "/stats" in path for path in engine.paths) == asked, "the breaker is not open"
            statistics, log, _ = probe.end()
    assert statistics["breaker_open"] == 1, statistics
    assert log.count("asking less often") == 1, log


def failing_stats_send_no_zeros():
    with Engine() as engine:
        good = engine.add(1, name="good")
        engine.add(2, name="gone")
        engine.add(3, name="garbage")
        engine.add(4, name="empty")
        engine.add(5, name="null")
        engine.add(6, name="wrong")
        engine.stats[container_id(2)] = None
        engine.stats[container_id(3)] = "<html>no</html>"
        engine.stats[container_id(4)] = {"read": "0001-01-01T00:00:00Z", "id": "x", "name": "y"}
        engine.stats[container_id(5)] = "null"
        engine.stats[container_id(6)] = {**engine.stats[good], "cpu_stats": [1], "memory_stats": "much", "networks": {"eth0": -1}}
        with Probe(engine.socket, source="api") as probe:
            collect = probe.collect()
    assert collect.result == 0
    assert names(collect, "cpu") == ["good"], names(collect, "cpu")
    assert names(collect, "memory") == ["good"], names(collect, "memory")
    assert names(collect, "diskio") == ["good", "wrong"], names(collect, "diskio")
    assert "gone" not in names(collect, "container")


def wrong_lists_are_errors_and_pass():
    with Engine() as engine:
        engine.add(1)
        for answer in ((200, "[{]"), (200, '{"a":1}'), (200, ""), (500, '{"message":"disk on fire"}'), (200, "[" * 100)):
            engine.answers["/containers/json"] = answer
            with Probe(engine.socket, source="api") as probe:
                collect = probe.collect()
                assert collect.result == RETRY and "/containers/json" in collect.words, (answer, collect.result, collect.words)
                if answer[0] == 500:
                    assert "disk on fire" in collect.words, collect.words
                del engine.answers["/containers/json"]
                collect_until(probe, lambda c: c.result == 0 and len(c.of("cpu")) == 1, "a right list is read again")


def requests_are_bounded():
    with Engine() as engine:
        for number in range(40):
            engine.add(number + 1)
        engine.pause = 0.02
        with Probe(engine.socket, source="api", max_concurrency=3) as probe:
            assert len(probe.collect().of("cpu")) == 40
            assert len(probe.collect().of("cpu")) == 40
        assert engine.open_most == 3, engine.open_most
        asked = engine.requests["/containers/ID/stats"]
        assert asked == 80, asked


def the_list_and_inspections_are_read_once():
    with Engine() as engine:
        for number in range(10):
            engine.add(number + 1)
        with Probe(engine.socket, source="api") as probe:
            probe.collect()
            wait_for(lambda: engine.requests["/events"] == 1, "the event stream")
            time.sleep(0.2)
            probe.collect()  # the stream was opened: once more
            lists, inspections = engine.requests["/containers/json"], engine.requests["/containers/ID/json"]
            for _ in range(5):
                assert len(probe.collect().of("cpu")) == 10
        assert engine.requests["/containers/json"] == lists <= 2, engine.requests
        assert engine.requests["/containers/ID/json"] == inspections <= 20, engine.requests


def changes_come_by_events():
    with Engine() as engine:
        engine.add(1, name="old")
        with Probe(engine.socket, source="api") as probe:
            probe.collect()
            wait_for(lambda: engine.requests["/events"] == 1, "the event stream")
            time.sleep(0.2)
            probe.collect()
            new = engine.add(2, name="new")
            now = time.time_ns()
            engine.send_event({"Type": "container", "Action": "start", "Actor": {"ID": new, "Attributes": {"name": "new", "image": "i"}},
                               "time": now // 10**9, "timeNano": now})
            collect_until(probe, lambda c: names(c, "cpu") == ["new", "old"], "the new container")
            inspections = sum(new + "/json" in path for path in engine.paths)
            assert inspections == 1, f"{inspections} inspections for one start"
            del engine.containers[new]
            engine.send_event({"Type": "container", "Action": "die", "time": now // 10**9 + 1, "timeNano": now + 10**9,
                               "Actor": {"ID": new, "Attributes": {"name": "new", "image": "i", "exitCode": "137", "my.label": "x"}}})
            final = []
            wait_for(lambda: final.extend(d for d in probe.collect().of("container") if get(d, "docker.container.final")) or final,
                     "the last document")
    assert get(final[0], "container.name") == "new"
    assert get(final[0], "docker.container.exit_code") == 137
    assert get(final[0], "docker.container.state") == "exited"
    assert get(final[0], "docker.container.labels") == {"my_label": "x"}


def events_survive_a_restart_of_the_engine_without_doubles():
    def event(number):
        moment = time.time_ns()
        return {"Type": "volume", "Action": f"n{number}", "Actor": {"ID": "v", "Attributes": {}}, "time": moment // 10**9,
                "timeNano": moment}
    with Engine() as engine:
        seen = []
        with Probe(engine.socket, source="api") as probe:
            def collect():
                seen.extend(get(d, "docker.event.action") for d in probe.collect().of("event"))
                return seen
            collect()
            wait_for(lambda: engine.requests["/events"] == 1, "the event stream")
            time.sleep(0.2)
            for number in range(5):
                engine.send_event(event(number))
            wait_for(lambda: len(collect()) == 5, "the events before")
            engine.stop()
            engine.send_event(event(5))  # while nobody listens
            engine.start()
            wait_for(lambda: collect() and "n5" in seen, "the event in between")
            engine.send_event(event(6))
            wait_for(lambda: collect() and "n6" in seen, "the event after")
            statistics, _, _ = probe.end()
    assert seen == [f"n{number}" for number in range(7)], seen
    assert statistics["reconnects"] >= 1


def a_proxy_that_denies_events_and_version():
    with Engine() as engine:
        engine.add(1, name="app")
        for path in ("/events", "/version", "/info", "/images/json"):
            engine.answers[path] = (403, "Forbidden")
        with Probe(engine.socket, source="api") as probe:
            assert names(probe.collect(), "cpu") == ["app"]
            engine.add(2, name="new")
            collect = probe.collect()
            assert names(collect, "cpu") == ["app", "new"], names(collect, "cpu")
            assert collect.result == 0
            assert not any(path.startswith("/v1") for path in engine.paths), engine.paths
            _, log, _ = probe.end()
    assert log.count("no events from the engine") == 1, log
    assert "403" in log, log


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


def is_sanitized():
    with open(PROBE, "rb") as program:
        text = program.read()
    return b"__asan_init" in text or b"__tsan_init" in text


def churn_does_not_grow():
    with Engine() as engine:
        with Probe(engine.socket, source="api") as probe:
            pid = probe.process.pid
            number = 0
            after_warm_up = files = 0
            for cycle in range(60):
                for ident in list(engine.containers):
                    del engine.containers[ident], engine.inspect[ident], engine.stats[ident]
                for _ in range(20):
                    number += 1
                    engine.add(number, Labels={f"label{i}": "x" * 50 for i in range(20)})
                engine.answers["/events"] = (500, "")  # the list is read each time
                collect = probe.collect()
                assert len(collect.of("cpu")) == 20, (cycle, len(collect.of("cpu")))
                if cycle == 15:
                    after_warm_up, files = resident_kb(pid), len(os.listdir(f"/proc/{pid}/fd"))
            grown = resident_kb(pid) - after_warm_up
            assert len(os.listdir(f"/proc/{pid}/fd")) <= files, "descriptors leak"
    if not is_sanitized():  # their memory is kept back on purpose
        assert grown < 1024, f"{grown} KiB more after {number} containers"


def ends_while_requests_hang():
    with Engine() as engine:
        engine.add(1)
        engine.hang.add(container_id(1))
        with Probe(engine.socket, source="api", request_timeout="300ms") as probe:
            probe.collect()
            begin = time.monotonic()
            probe.end()
            assert time.monotonic() - begin < 5


def wrong_options_are_refused():
    for options, word in (({"hosts": ["npipe:////x"]}, "npipe"), ({"max_concurrency": 0}, "max_concurrency"),
                          ({"ssl__certificate": "/x.pem", "hosts": ["tcp://h:1"]}, "ssl.key"), ({"skip_major": [-1]}, "skip_major"),
                          ({"source": "magic"}, "source")):
        probe = Probe("/nowhere", **options)
        probe.process.stdin.close()
        assert probe.process.wait(20) == 1, options
        assert word in probe.read_log(), (options, probe.read_log())
        probe.may_exit_with = (1,)
        probe.__exit__(None, None, None)


main([no_socket_then_an_engine, no_permission_names_the_group, one_hanging_container_stalls_nobody, failing_stats_send_no_zeros,
      wrong_lists_are_errors_and_pass, requests_are_bounded, the_list_and_inspections_are_read_once, changes_come_by_events,
      events_survive_a_restart_of_the_engine_without_doubles, a_proxy_that_denies_events_and_version, churn_does_not_grow,
      ends_while_requests_hang, wrong_options_are_refused])
