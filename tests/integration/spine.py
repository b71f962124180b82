#!/bin/sh
''':'
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
exec python3 "$0" "$@"
'''
# SPDX-License-Identifier: Apache-2.0
"""The daemon as an operator meets it, without any real peer: wrong configurations, outputs that fail, signals.

The input is the Docker module with an engine that does not exist, or a stand-in that answers like one.
"""
import contextlib
import http.server
import os
import json
import socketserver
import subprocess
import threading

from daemon import check_ledger
from testlib import PATIENCE, Daemon, Skip, of, parse_documents, run, wait_for


class StandIn(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers as a Docker engine without containers: enough for one docker.info document a period."""

    daemon_threads = True


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.endswith("/events"):
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            self.rfile.read(1)
            return
        body = {"_ping": "OK", "json": "[]"}.get(path.rsplit("/", 1)[-1])
        if body is None:
            body = json.dumps({"ID": "stand-in", "Containers": 0, "ContainersRunning": 0, "ContainersPaused": 0, "ContainersStopped": 0, "Images": 0, "ApiVersion": "1.41", "Version": "20.10"})
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


def stand_in(folder, stack):
    socket = str(folder / "docker.sock")
    server = StandIn(socket, Answers)
    stack.callback(server.server_close)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    return f"""
metricbeat.modules:
- module: docker
  hosts: ["unix://{socket}"]
  period: 1s
  metricsets: [info]
"""


NO_ENGINE = """
metricbeat.modules:
- module: docker
  hosts: ["unix:///does/not/exist.sock"]
  period: 1s
"""


def refused(folder, stack, configuration, *words):
    done = Daemon(folder, stack, configuration).run("-e")
    assert done.returncode == 1, done
    for word in words:
        assert word in done.stderr, f"'{word}' is not in: {done.stderr}"


def several_outputs_are_refused(folder, stack):
    refused(folder, stack, NO_ENGINE + "output.console: {}\noutput.file: {path: /tmp}\n", "console", "file", "output")


def no_output_is_refused(folder, stack):
    refused(folder, stack, NO_ENGINE, "output")


def an_unknown_output_is_refused_with_the_near_name(folder, stack):
    refused(folder, stack, NO_ENGINE + "output.consol.enabled: true\n", "consol", "console")


def a_missing_path_of_output_file_is_refused(folder, stack):
    refused(folder, stack, NO_ENGINE + "output.file: {filename: x}\n", "output.file", "path")


def a_wrong_value_is_refused_with_its_place(folder, stack):
    refused(folder, stack, NO_ENGINE + "output.file:\n  path: /tmp\n  number_of_files: 1\n", "metrichost.yml:", "number_of_files", "from 2 to 1024")


def an_absent_engine_is_no_reason_to_end(folder, stack):
    daemon = Daemon(folder, stack, NO_ENGINE + "output.console: {}\n")
    daemon.start()
    wait_for(lambda: "/does/not/exist.sock" in daemon.log(), PATIENCE, "a word about the engine")
    assert daemon.process.poll() is None, daemon.log()
    assert daemon.stop(PATIENCE) == 0, daemon.log()


def console_documents_are_lines_and_sigterm_ends_well(folder, stack):
    daemon = Daemon(folder, stack, stand_in(folder, stack) + "output.console: {}\nqueue.mem: {}\n")
    daemon.start()
    daemon.wait_documents("documents", lambda d: len(of(d, "docker.info")) >= 2)
    assert daemon.stop(PATIENCE) == 0, daemon.log()
    assert daemon.out.read_bytes().endswith(b"\n")
    for line in daemon.out.read_bytes().splitlines():
        assert line.startswith(b'{"@timestamp":"'), line


def the_ledger_agrees_with_what_was_written(folder, stack):
    daemon = Daemon(folder, stack, stand_in(folder, stack) + "output.console: {}\n")
    daemon.start()
    daemon.wait_documents("documents", lambda d: len(d) >= 3)
    assert daemon.stop(PATIENCE) == 0, daemon.log()
    check_ledger(daemon.ledger())
    assert daemon.ledger()["total"]["delivered"] == len(daemon.documents()), daemon.ledger()


def a_full_disk_delays_and_loses_nothing(folder, stack):
    """output.file on a tiny file system that is full for a while."""
    disk = folder / "disk"
    disk.mkdir()
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,nr_inodes=100", "tmpfs", disk], capture_output=True).returncode != 0:
        raise Skip("a small file system can only be mounted by root")
    stack.callback(subprocess.run, ["umount", disk])
    ballast = disk / "ballast"
    daemon = Daemon(folder, stack, stand_in(folder, stack) + f"output.file: {{path: {disk}}}\n")
    daemon.start()

    def written():
        return [d for file in sorted(disk.glob("*.ndjson")) for d in parse_documents(file)]

    wait_for(lambda: len(written()) >= 2, PATIENCE, "documents")
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x")
    wait_for(lambda: "No space left" in daemon.log(), PATIENCE, "a word about the disk")
    ballast.unlink()
    before = len(written())
    wait_for(lambda: len(written()) >= before + 2, PATIENCE, "documents after the disk was full")
    assert daemon.stop(PATIENCE) == 0, daemon.log()
    documents = written()
    total = daemon.ledger()["total"]
    assert total["delivered"] == len(documents) == total["collected"], total
    times = [d["@timestamp"] for d in documents]
    assert times == sorted(set(times)), "a document is there twice or out of order"


def a_console_without_reader_does_not_end_the_daemon(folder, stack):
    daemon = Daemon(folder, stack, stand_in(folder, stack) + "output.console: {}\n")
    reader, writer = os.pipe()
    daemon.start(stdout=writer)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    wait_for(lambda: "nobody reads standard output" in daemon.log(), PATIENCE, "a word about the reader")
    daemon.stop(PATIENCE)


run(
    several_outputs_are_refused,
    no_output_is_refused,
    an_unknown_output_is_refused_with_the_near_name,
    a_missing_path_of_output_file_is_refused,
    a_wrong_value_is_refused_with_its_place,
    an_absent_engine_is_no_reason_to_end,
    console_documents_are_lines_and_sigterm_ends_well,
    the_ledger_agrees_with_what_was_written,
    a_full_disk_delays_and_loses_nothing,
    a_console_without_reader_does_not_end_the_daemon,
)
