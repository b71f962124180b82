#!/bin/sh
''':'
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
exec python3 "$0" "$@"
'''
# SPDX-License-Identifier: Apache-2.0
"""The daemon in front of a task metadata endpoint: documents of both metricsets, a configuration as Metricbeat ships it, the
last sample of a task that ends, an endpoint that comes late or not at all, and its rate limit shared with others.

Times are scaled: a period of 200 ms stands for 10 s.
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from testlib import PATIENCE, TOP_SRCDIR, Daemon, of, run, value, wait_for

FIXTURES = TOP_SRCDIR / "tests" / "fixtures" / "ecs-tmds-v4"
VARIABLE = "ECS_CONTAINER_METADATA_URI_V4"
CONSOLE = "output.console: {}\n"
BOTH = """
metrichost.modules:
- module: awsfargate
  period: 200ms
  max_requests_per_second: 1000
  metricsets: [task_stats, task]
"""
# As Metricbeat's own files have it.
METRICBEAT = """
metricbeat.modules:
- module: awsfargate
  period: 1s
  metricsets:
    - task_stats
processors:
  - add_host_metadata: ~
  - add_cloud_metadata: ~
  - add_docker_metadata: ~
  - add_kubernetes_metadata: ~
"""


class Endpoint:
    """tests/stubs/tmds_server.py with a recorded task of Fargate."""

    def __init__(self, folder, stack, *options):
        self.folder = folder / "endpoint"
        self.folder.mkdir()
        for name, fixture in (("task", "metadata"), ("stats", "stats")):
            shutil.copy(FIXTURES / f"ecs_exporter_fargate_task_{fixture}.json", self.folder / f"{name}.json")
        server = TOP_SRCDIR / "tests" / "stubs" / "tmds_server.py"
        self.process = subprocess.Popen(
            [sys.executable, server, self.folder, "--live", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        stack.callback(self.close)
        self.port = int(self.process.stdout.readline().split()[1])
        self.uri = f"http://127.0.0.1:{self.port}/v4/test"

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def statuses(self, since=0.0):
        log = self.folder / "requests.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [int(line.split()[2]) for line in lines if float(line.split()[0]) >= since]


@contextlib.contextmanager
def variable(name, text):
    before = os.environ.get(name)
    os.environ.pop(name, None)
    if text is not None:
        os.environ[name] = text
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before


def start(folder, stack, configuration, uri):
    daemon = Daemon(folder, stack, configuration)
    with variable(VARIABLE, uri), variable("AWS_EC2_METADATA_DISABLED", "true"):
        return daemon.start()


def both_metricsets_are_collected(folder, stack):
    endpoint = Endpoint(folder, stack, "--sample", "0.2")
    daemon = start(folder, stack, BOTH + CONSOLE, endpoint.uri)
    daemon.wait_documents("CPU against the task's limit", lambda d: [x for x in of(d, "awsfargate.task") if value(x, "awsfargate.task.cpu.pct_of_task_limit")])
    assert daemon.stop() == 0, daemon.log()
    documents = daemon.documents()
    containers = {value(d, "container.name") for d in of(documents, "awsfargate.task_stats")}
    assert containers == {"prometheus", "ecs-exporter", "nonessential"}, containers
    for document in documents:
        assert value(document, "cloud.region") == "us-east-1", document
        assert value(document, "aws.ecs.task.family") == "prom-ecs-exporter-sandbox-main-fargate", document
        assert value(document, "service.type") == "awsfargate", document


def shares_of_cpu_are_what_the_endpoint_plays(folder, stack):
    """The stub's containers use a fifth of a core each."""
    endpoint = Endpoint(folder, stack, "--sample", "0.5")
    daemon = start(folder, stack, BOTH + CONSOLE, endpoint.uri)

    def shares(documents):
        found = [value(d, "awsfargate.task_stats.cpu.total.pct") for d in of(documents, "awsfargate.task_stats") if value(d, "container.name") == "prometheus"]
        return found[1:] if len(found) >= 4 else None

    for share in daemon.wait_documents("three rates of our own", shares):
        assert abs(share - 0.2) < 0.01, share
    rates = [value(d, "awsfargate.task.network.eth1.in.bytes") for d in of(daemon.documents(), "awsfargate.task")]
    assert any(rate is not None and abs(rate - 1000) < 10 for rate in rates), rates


def a_configuration_of_metricbeat_works(folder, stack):
    endpoint = Endpoint(folder, stack, "--sample", "1")
    daemon = start(folder, stack, METRICBEAT + CONSOLE, endpoint.uri)
    daemon.wait_documents("documents with the cloud's service", lambda d: [x for x in d if value(x, "cloud.service.name") == "Fargate"])
    documents = daemon.documents()
    assert not of(documents, "awsfargate.task"), "metricset task is off"
    with_network = [d for d in documents if value(d, "awsfargate.task_stats.network.eth1.inbound.bytes") is not None]
    times = [d["event"]["duration"] for d in with_network]
    assert len(times) == len(set(times)) and with_network, "the task's traffic is there more than once a period"
    assert all(value(d, "host.hostname") for d in documents)
    wait_for(lambda: daemon.log().count("has nothing to do") == 2, PATIENCE, "why nothing is to do")


def the_last_sample_of_a_task_arrives(folder, stack):
    endpoint = Endpoint(folder, stack, "--sample", "0.1")
    daemon = start(folder, stack, BOTH.replace("200ms", "1h") + CONSOLE, endpoint.uri)
    daemon.wait_documents("the first sample", lambda d: of(d, "awsfargate.task"))
    time.sleep(0.3)  # lets the endpoint have a newer sample; nothing depends on how much newer
    before = len(of(daemon.documents(), "awsfargate.task"))
    assert daemon.stop() == 0, daemon.log()
    tasks = of(daemon.documents(), "awsfargate.task")
    assert len(tasks) == before + 1, daemon.log()


def without_the_variable_the_log_says_what_to_check(folder, stack):
    daemon = start(folder, stack, BOTH + CONSOLE, None)
    wait_for(lambda: f"{VARIABLE} is not set" in daemon.log(), PATIENCE, "words")
    assert "platform version 1.4.0" in daemon.log()


def an_endpoint_that_comes_late_is_found(folder, stack):
    endpoint = Endpoint(folder, stack, "--sample", "0.2")
    (endpoint.folder / "task.reply").write_text(json.dumps({"status": 500, "body": '"not yet"', "times": 5}))
    daemon = start(folder, stack, BOTH + CONSOLE, endpoint.uri)
    daemon.wait_documents("documents", lambda d: of(d, "awsfargate.task_stats"))
    errors = [value(d, "error.message") for d in daemon.documents() if value(d, "error.message")]
    assert errors and "not yet" in errors[0], errors


def ask_as_another_container(uri, stop, refused):
    while not stop.is_set():
        try:
            urllib.request.urlopen(uri + "/task", timeout=PATIENCE).read()
        except urllib.error.HTTPError as error:
            refused.append(error.code)
        stop.wait(0.1)


def others_are_never_refused_because_of_us(folder, stack):
    """20 requests a second for all, of which another client takes 10. With a budget of 8 for us none is refused, though a
    period of 100 ms wants 20."""
    endpoint = Endpoint(folder, stack, "--sample", "0.2", "--rate", "20", "--burst", "40")
    stop, refused = threading.Event(), []
    client = threading.Thread(target=ask_as_another_container, args=(endpoint.uri, stop, refused))
    configuration = BOTH.replace("200ms", "100ms").replace("per_second: 1000", "per_second: 8")
    daemon = start(folder, stack, configuration + CONSOLE, endpoint.uri)
    client.start()
    stack.callback(client.join)
    stack.callback(stop.set)
    begin = time.time()
    wait_for(lambda: len(endpoint.statuses()) >= 200, PATIENCE, "200 requests")
    seconds = time.time() - begin
    stop.set()
    client.join()
    assert daemon.stop() == 0, daemon.log()
    assert not refused, refused
    assert 429 not in endpoint.statuses()
    assert len(endpoint.statuses()) < (8 + 10) * seconds + 40, "the budget is not kept"


def a_storm_of_refusals_is_left_alone(folder, stack):
    endpoint = Endpoint(folder, stack)
    (endpoint.folder / "task.reply").write_text(json.dumps({"status": 429, "body": "", "headers": {"Retry-After": "3600"}}))
    daemon = start(folder, stack, BOTH.replace("200ms", "100ms") + CONSOLE, endpoint.uri)
    wait_for(lambda: "429" in daemon.log() or "429" in daemon.out.read_text(), PATIENCE, "a word about it")
    time.sleep(1)  # ten periods in which nothing may be asked
    assert len(endpoint.statuses()) == 1, endpoint.statuses()


run(
    both_metricsets_are_collected,
    shares_of_cpu_are_what_the_endpoint_plays,
    a_configuration_of_metricbeat_works,
    the_last_sample_of_a_task_arrives,
    without_the_variable_the_log_says_what_to_check,
    an_endpoint_that_comes_late_is_found,
    others_are_never_refused_because_of_us,
    a_storm_of_refusals_is_left_alone,
)
