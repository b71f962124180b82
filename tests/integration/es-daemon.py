#!/bin/sh
''':'
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
exec python3 -B "$0" "$@"
'''
# SPDX-License-Identifier: Apache-2.0
"""The daemon with the Elasticsearch output: from the input through the queue to a server that misbehaves, is killed, comes late, or is found
through cloud.id. The ledger of the daemon must agree with what the server has.

The input is the Docker module with a stand-in for the engine that has no containers: one docker.info a period.
"""
import http.server
import json
import pathlib
import signal
import socketserver
import threading

from daemon import check_ledger, wait_for
from es_tests import Stub
from testlib import PATIENCE, Daemon, run


class StandIn(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    INFO = {"ID": "stand-in", "Containers": 0, "ContainersRunning": 0, "ContainersPaused": 0, "ContainersStopped": 0, "Images": 0}

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.endswith("/events"):
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.rfile.read(1)
            return
        body = {"_ping": "OK", "json": "[]"}.get(path.rsplit("/", 1)[-1]) or json.dumps({**self.INFO, "ApiVersion": "1.41", "Version": "20.10"})
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_HEAD = do_GET

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass


def configuration(folder, stack, output):
    socket = str(folder / "docker.sock")
    server = StandIn(socket, Answers)
    stack.callback(server.server_close)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    return ('metricbeat.modules: [{module: docker, hosts: ["unix://%s"], period: 1s, metricsets: [info]}]\n' % socket + output)


def output_to(stub, extra=""):
    return 'output.elasticsearch: {hosts: ["%s"], backoff: {init: 50ms, max: 200ms}, timeout: 3s%s}\n' % (stub.url, extra)


def agrees(daemon, stub):
    ledger = daemon.ledger()
    check_ledger(ledger)
    assert ledger["total"]["delivered"] == stub.state()["documents"], (ledger["total"], stub.state())


def every_fault_at_once(folder, stack):
    names = ("429", "503", "reset", "lost", "half", "badgzip", "badjson", "fewer", "429items")
    stub = stack.enter_context(Stub(*[a for n in names for a in ("--fault", n + "=0.08")]))
    daemon = Daemon(folder, stack, configuration(folder, stack, output_to(stub)))
    daemon.start()
    wait_for(lambda: stub.state()["documents"] >= 6, PATIENCE, "what the server has, or the log says")
    stub.set_faults({})
    assert daemon.stop() == 0, daemon.log()
    agrees(daemon, stub)
    # The template came first, and by the daemon itself.
    seen = [r[0] + " " + r[1].split("/")[1] for r in stub.state()["requests_seen"]]
    assert "PUT _index_template" in seen and "PUT _data_stream" in seen, seen
    assert all(index.startswith("metrichost-") for index in stub.state()["per_index"]), stub.state()["per_index"]


def a_server_that_comes_late_gets_everything(folder, stack):
    with Stub() as stub:
        port = stub.port
    config = configuration(folder, stack, output_to(stub))
    daemon = Daemon(folder, stack, config)
    daemon.start()
    wait_for(lambda: "cannot connect to http://127.0.0.1:%d" % port in daemon.log(), PATIENCE, "what the server has, or the log says")
    stub = stack.enter_context(Stub("--port", str(port)))
    wait_for(lambda: stub.state()["documents"] >= 2, PATIENCE, "what the server has, or the log says")
    assert daemon.stop() == 0, daemon.log()
    agrees(daemon, stub)
    assert daemon.log().count("cannot connect to http://127.0.0.1:%d" % port) <= 4, daemon.log()


def killed_and_started_again(folder, stack):
    """Answers that are lost and a daemon that is killed: what is sent again is known by its identity."""
    stub = stack.enter_context(Stub("--fault", "lost=0.5"))
    daemon = Daemon(folder, stack, configuration(folder, stack, output_to(stub)))
    for _ in range(3):
        before = stub.state()["documents"]
        daemon.start()
        wait_for(lambda: stub.state()["documents"] >= before + 2, PATIENCE, "documents")
        daemon.signal(signal.SIGKILL)
        daemon.process.wait()
    daemon.start()
    wait_for(lambda: stub.state()["documents"] >= before + 3, PATIENCE, "documents")
    stub.set_faults({})
    assert daemon.stop() == 0, daemon.log()
    state = stub.state()
    assert state["duplicates"] > 0, state


def refused_documents_are_dead_letters(folder, stack):
    stub = stack.enter_context(Stub("--fault", "refuse=1"))
    daemon = Daemon(folder, stack, configuration(folder, stack, output_to(stub)))
    daemon.start()
    wait_for(lambda: "refused a document for good" in daemon.log(), PATIENCE, "what the server has, or the log says")
    wait_for(lambda: stub.state()["documents"] >= 1 or stub.state()["bulks"] > 6, PATIENCE, "what the server has, or the log says")
    assert daemon.stop() == 0, daemon.log()
    letters = [f for f in pathlib.Path(daemon.dir).rglob("*") if "dead" in f.name and f.is_file()]
    assert letters and "mapper_parsing_exception" in "".join(f.read_text() for f in letters), letters


def cloud_id_is_an_output(folder, stack):
    cloud = "x:ZXUtd2VzdC0xLmF3cy5leGFtcGxlLm5ldDo5MjQzJDExMTFhYWFhJDIyMjJiYmJiOjkyNDQ="
    text = configuration(folder, stack, "cloud.id: \"%s\"\ncloud.auth: \"u:pa,ss\"\n" % cloud
                         + "output.elasticsearch.backoff.init: 100ms\n")
    daemon = Daemon(folder, stack, text)
    daemon.start()
    wait_for(lambda: "https://1111aaaa.eu-west-1.aws.example.net:9243" in daemon.log(), PATIENCE, "what the server has, or the log says")
    assert "pa,ss" not in daemon.log()
    daemon.stop()


run(every_fault_at_once, a_server_that_comes_late_gets_everything, killed_and_started_again, refused_documents_are_dead_letters,
    cloud_id_is_an_output)
