# SPDX-License-Identifier: Apache-2.0
"""A Docker engine that is all fake, on a unix socket, and a hand on the docker input that watches it.

Engine answers from tables that a test may change while it runs, counts requests and how many are open at once, and can hang,
fail or lie on demand. Probe runs tests/integration/docker_probe step by step.
"""
import collections
import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlparse

TOP_SRC = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
TOP_BUILD = os.environ.get("top_builddir", ".")
PROBE = os.path.join(TOP_BUILD, "tests/integration/docker_probe")
DEADLINE = 20


def fixture(name):
    with open(os.path.join(TOP_SRC, "tests/fixtures", name), encoding="utf-8") as file:
        return file.read()


def container_id(number):
    return f"{number:064x}"


class Engine:
    """Tables: `containers` (list entries by id), `stats` and `inspect` (by id), `answers` (whole paths: (status, text))."""

    def __init__(self, api_version="1.41"):
        self.folder = tempfile.TemporaryDirectory(prefix="metrichost-fake-")
        self.socket = os.path.join(self.folder.name, "docker.sock")
        self.api_version = api_version
        self.containers = {}
        self.stats = {}
        self.inspect = {}
        self.answers = {}
        self.hang = set()  # ids whose stats never come
        self.pause = 0.0  # before each stats answer
        self.requests = collections.Counter()  # by kind
        self.methods = set()
        self.paths = []
        self.open_now = 0
        self.open_most = 0
        self.n_streams = 0
        self.events = []  # all that were ever sent
        self.event_queues = []
        self.lock = threading.Condition()
        self.server = None
        self.stop_hanging = threading.Event()

    def add(self, number, name=None, stats=None, **entry):
        ident = container_id(number)
        self.containers[ident] = {
            "Id": ident, "Names": [f"/{name or f'c{number}'}"], "Image": "example/app:1", "Command": "run", "Created": 1700000000,
            "Labels": {}, "State": "running", "Status": "Up 5 minutes", "HostConfig": {"NetworkMode": "default"},
            "NetworkSettings": {"Networks": {}}, **entry}
        self.inspect.setdefault(ident, {"Id": ident, "RestartCount": 0, "HostConfig": {}, "State": {
            "Pid": 0, "StartedAt": "2024-01-01T00:00:00.5Z", "ExitCode": 0, "OOMKilled": False}})
        self.stats[ident] = stats if stats is not None else json.loads(fixture("docker-api/stats_20.10_one_shot.json"))
        return ident

    def wait_for_stream(self):
        """Until somebody listens; events that were sent before are not repeated to a stream without `since`."""
        with self.lock:
            assert self.lock.wait_for(lambda: self.n_streams > 0, 20), "nobody asked for events"

    def send_event(self, event):
        with self.lock:
            self.events.append(event)
            self.lock.notify_all()

    def start(self):
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def address_string(self):
                return "unix"

            def do_GET(self):
                engine.handle(self)

            do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                pass

        self.stop_hanging = threading.Event()  # of this run: handlers of the one before keep theirs
        self.server = Server(self.socket, Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        self.stop_hanging.set()
        with self.lock:
            self.lock.notify_all()
        self.server.shutdown()
        self.server.server_close()
        if os.path.exists(self.socket):
            os.unlink(self.socket)

    def __enter__(self):
        return self.start()

    def __exit__(self, *args):
        self.stop()
        self.folder.cleanup()

    def reply(self, handler, status, text):
        body = text.encode() if isinstance(text, str) else text
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def handle(self, handler):
        url = urlparse(handler.path)
        path = url.path
        if path.startswith("/v1."):
            path = path[path.index("/", 1):]
        self.methods.add(handler.command)
        with self.lock:
            self.paths.append(handler.path)
            self.requests[path if len(path) < 20 else "/containers/ID/" + path.rsplit("/", 1)[1]] += 1
        if path in self.answers:
            return self.reply(handler, *self.answers[path])
        if path == "/events":
            return self.stream(handler, parse_qs(url.query))
        if path.endswith("/stats"):
            return self.answer_stats(handler, path.split("/")[2])
        return self.answer(handler, path)

    def answer(self, handler, path):
        if path == "/version":
            return self.reply(handler, 200, json.dumps({"Version": "99.0.1", "ApiVersion": self.api_version}))
        if path == "/containers/json":
            return self.reply(handler, 200, json.dumps(list(self.containers.values())))
        if path == "/info":
            return self.reply(handler, 200, fixture("docker-api/info_20.10.json"))
        if path == "/images/json":
            return self.reply(handler, 200, fixture("docker-api/moby_v1.24_images_json.json"))
        if path.startswith("/containers/") and path.endswith("/json"):
            found = self.inspect.get(path.split("/")[2])
            if found is not None:
                return self.reply(handler, 200, json.dumps(found))
        return self.reply(handler, 404, json.dumps({"message": "no such thing"}))

    def answer_stats(self, handler, ident):
        with self.lock:
            self.open_now += 1
            self.open_most = max(self.open_most, self.open_now)
        try:
            if ident in self.hang:
                self.stop_hanging.wait(60)
                return None
            time.sleep(self.pause)
            stats = self.stats.get(ident)
            if stats is None:
                return self.reply(handler, 404, json.dumps({"message": "No such container"}))
            return self.reply(handler, 200, stats if isinstance(stats, str) else json.dumps(stats))
        finally:
            with self.lock:
                self.open_now -= 1

    def stream(self, handler, query):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.flush()
        stopping = self.stop_hanging
        since = float(query["since"][0]) if "since" in query else None
        with self.lock:
            sent = len(self.events) if since is None else 0
            self.n_streams += 1
            self.lock.notify_all()
        while not stopping.is_set():
            with self.lock:
                if sent == len(self.events):
                    self.lock.wait(0.2)
                new = self.events[sent:]
                sent = len(self.events)
            for event in new:
                if since is None or event["timeNano"] / 1e9 >= since:
                    handler.wfile.write((json.dumps(event) + "\n").encode())
            handler.wfile.flush()
        handler.close_connection = True


class Collect:
    """One collect: its documents and result."""

    def __init__(self, documents, result, cpu_ns, words):
        self.documents, self.result, self.cpu_ns, self.words = documents, result, cpu_ns, words

    def of(self, dataset, name=None):
        """The part docker.<dataset> of the documents that have it, with the root fields under their names."""
        return [d for d in self.documents if is_of(d, dataset) and (name is None or d["container"]["name"] == name)]

    def one(self, dataset, name=None):
        found = self.of(dataset, name)
        assert len(found) == 1, f"{len(found)} documents of {dataset} for {name}, wanted 1"
        return found[0]


def is_of(document, dataset):
    part = document["docker"].get(dataset)
    return part is not None and (dataset != "container" or set(part) != {"labels"})


def get(document, path):
    """Value at a dotted path, or None."""
    for step in path.split("."):
        if not isinstance(document, dict) or step not in document:
            return None
        document = document[step]
    return document


class Probe:
    """The docker input, one collect at a time."""

    def __init__(self, socket, collects=1000, **options):
        self.folder = tempfile.TemporaryDirectory(prefix="metrichost-probe-")
        config = os.path.join(self.folder.name, "docker.yml")
        metricsets = options.pop("metricsets", [])
        lines = ["module: docker"]
        options.setdefault("hosts", [socket if "://" in socket else f"unix://{socket}"])
        lines += [f"{key.replace('__', '.')}: {json.dumps(value)}" for key, value in options.items()]
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.log = open(os.path.join(self.folder.name, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [PROBE, config, str(collects), "step", *metricsets],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.first = True
        self.may_exit_with = ()

    def collect(self):
        if not self.first:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        self.first = False
        documents = []
        for line in self.process.stdout:
            if line.startswith("-- "):
                _, result, cpu_ns, words = line.rstrip("\n").split(" ", 3)
                return Collect(documents, int(result), int(cpu_ns), words)
            documents.append(json.loads(line))
        raise AssertionError(f"the probe ended: {self.read_log()}")

    def read_log(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def end(self):
        """Ends the input; returns the statistics and the log."""
        self.process.stdin.close()
        rest = [json.loads(line) for line in self.process.stdout if line.strip() and not line.startswith("--")]
        assert self.process.wait(DEADLINE) == 0, f"the probe failed: {self.read_log()}"
        log = self.read_log()
        statistics = dict(line.split("=") for line in log.splitlines() if "=" in line and ":" not in line and " " not in line)
        return {key: int(value) for key, value in statistics.items()}, log, rest

    def __enter__(self):
        return self

    def __exit__(self, kind, *args):
        ended = None
        if self.process.poll() is None:
            killer = threading.Timer(DEADLINE, self.process.kill)
            killer.start()
            self.process.stdin.close()
            self.process.stdout.read()
            ended = self.process.wait()
            killer.cancel()
        elif kind is None:
            ended = self.process.returncode
        if kind is None and ended not in (None, 0, *self.may_exit_with):
            kind = AssertionError
        if kind is not None:
            sys.stderr.write(self.read_log())
        report = self.read_log()
        self.log.close()
        self.folder.cleanup()
        assert kind is not AssertionError or args[0] is not None, f"the probe ended with {ended}: {report}"


def wait_for(condition, what, seconds=DEADLINE):
    """Polls until condition() is true; returns its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


def main(tests):
    """Runs the functions, each named for what it shows; exits with their number that failed."""
    failed = 0
    for test in tests:
        try:
            test()
            print(f"ok   {test.__name__}")
        except Exception as error:  # noqa: BLE001 - any failure of one test must not hide the others
            failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"FAIL {test.__name__}: {type(error).__name__}: {error} (line {where.lineno}: {where.line})")
    sys.exit(1 if failed else 0)
