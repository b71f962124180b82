#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Elasticsearch and OpenSearch that misbehaves on demand and remembers everything.

  es_fault_server.py [--flavor 8.10.3] [--fault NAME=SHARE ...] [--seed N] [--port N] [--max-body BYTES]
                     [--user NAME:PASSWORD] [--hang SECONDS] [--store FILE]

Prints its URL on one line, serves until SIGTERM or until its standard input ends (with --stdin).

With --store the documents are in a database file: they survive the death of a server, and several servers with the same file are
nodes of one cluster, where a document exists once whoever took it.

Flavors: a version of Elasticsearch ("7.11.0", "8.10.3"), "serverless", "opensearch-VERSION", and with "+": "noilm", "nostreams", "noism",
"writeonly" (403 for everything but _bulk), for example "7.17.0+nostreams+noilm".

Faults, each with the share of bulk requests that it hits:
  429 503 502html 500 401 403 404 400       the whole request is refused
  429items 503items 403items                some items of a request are
  redirect                                  302
  hang                                      no answer
  reset                                     the connection is reset before the answer; nothing was stored
  lost                                      everything was stored, then the connection is reset
  half                                      stored, then half of the answer
  halfchunked                               the same with chunks
  drip                                      stored, the answer comes byte by byte
  badgzip                                   stored, the answer is cut gzip
  badjson empty nothing fewer more nostatus html   stored, but the answer cannot be trusted
  series                                    the target is a time series stream: takes no _id, makes one of drive.number, and no odd numbers
  refuse                                    some documents are refused for good (mapper_parsing_exception)
Control, not part of the pretended server:
  GET /__state    JSON: documents stored, requests, duplicates, faults played, numbers (of drive.number, sorted), requests_seen
  POST /__faults  {"429": 0.5}   replaces the faults
  POST /__user    "name:password" or "" replaces the credentials
"""
import argparse
import base64
import gzip
import json
import random
import signal
import socket
import sqlite3
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

WHOLE = {"429": 429, "503": 503, "500": 500, "401": 401, "403": 403, "404": 404, "400": 400, "502html": 502, "redirect": 302}


class Memory:
    """The documents of one server: (index, id) -> number."""

    def __init__(self):
        self.numbers = {}

    def add(self, key, number):
        """False: it was there already."""
        if key in self.numbers:
            return False
        self.numbers[key] = number
        return True

    def __contains__(self, key):
        return key in self.numbers

    def all(self):
        return list(self.numbers.values())


class Database:
    """The same in a file that several servers share."""

    def __init__(self, path):
        self.connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=OFF")
        self.connection.execute("CREATE TABLE IF NOT EXISTS documents (name TEXT, id TEXT, number INTEGER, PRIMARY KEY (name, id))")

    def add(self, key, number):
        return self.connection.execute("INSERT OR IGNORE INTO documents VALUES (?, ?, ?)", (*key, number)).rowcount == 1

    def __contains__(self, key):
        return self.connection.execute("SELECT 1 FROM documents WHERE name = ? AND id = ?", key).fetchone() is not None

    def all(self):
        return [row[0] for row in self.connection.execute("SELECT number FROM documents")]


class State:
    def __init__(self, args):
        self.lock = threading.Lock()
        self.random = random.Random(args.seed)
        self.faults = dict(parse_share(f) for f in args.fault)
        self.flavor = Flavor(args.flavor)
        self.user = args.user
        self.max_body = args.max_body
        self.hang = args.hang
        self.stop = threading.Event()
        self.documents = Database(args.store) if args.store else Memory()
        self.taken = 0          # documents that this server stored itself
        self.per_index = {}
        self.refused = set()
        self.duplicates = 0
        self.bulks = 0
        self.played = {}
        self.seen = []          # [method, path, body or None] of everything but _bulk
        self.bulk_headers = {}
        self.things = {}        # path -> JSON of templates, policies, streams, aliases

    def pick_fault(self):
        with self.lock:
            self.bulks += 1
            at = self.random.random()
            for name, share in self.faults.items():
                if at < share:
                    self.played[name] = self.played.get(name, 0) + 1
                    return name
                at -= share
        return None

    def chance(self, share):
        with self.lock:
            return self.random.random() < share


def parse_share(text):
    name, _, share = text.partition("=")
    return name, float(share or 1)


class Flavor:
    def __init__(self, text):
        base, *minus = text.split("+")
        self.opensearch = base.startswith("opensearch-")
        self.serverless = base == "serverless"
        self.version = base.replace("opensearch-", "") if not self.serverless else "8.11.0"
        parts = tuple(int(p) for p in self.version.split(".")[:2])
        self.ilm = not self.opensearch and not self.serverless and "noilm" not in minus
        self.ism = self.opensearch and "noism" not in minus
        self.streams = (self.opensearch or parts >= (7, 9)) and "nostreams" not in minus
        self.composable = self.opensearch or parts >= (7, 8)
        self.writeonly = "writeonly" in minus

    def root(self):
        version = {"number": self.version, "build_flavor": "serverless" if self.serverless else "default"}
        if self.opensearch:
            version = {"number": self.version, "distribution": "opensearch"}
        return {"name": "stub", "cluster_name": "stub", "cluster_uuid": "stub", "version": version, "tagline": "stub"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120

    def log_message(self, *args):
        pass

    @property
    def state(self):
        return self.server.state

    # -- plumbing

    def read_body(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return body

    def answer(self, status, value, headers=(), as_is=False):
        body = value if as_is else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-elastic-product", "Elasticsearch")
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, kind, reason):
        self.answer(status, {"error": {"root_cause": [], "type": kind, "reason": reason}, "status": status})

    def reset(self):
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, OSError, ValueError):
            pass

    def finish(self):
        try:
            super().finish()
        except (ConnectionError, OSError, ValueError):
            pass

    def allowed(self):
        if not self.state.user:
            return True
        wanted = "Basic " + base64.b64encode(self.state.user.encode()).decode()
        return self.headers.get("Authorization") == wanted

    # -- requests

    def serve(self):
        path = urlsplit(self.path).path
        if path.startswith("/prefix/"):
            path = path[len("/prefix"):]
        body = self.read_body()
        if path.startswith("/__"):
            return self.control(path, body)
        if path.endswith("/_bulk"):
            with self.state.lock:
                self.state.bulk_headers = dict(self.headers.items())
                self.state.bulk_headers["path"] = self.path
        else:
            with self.state.lock:
                self.state.seen.append([self.command, self.path, body.decode("utf-8", "replace") or None])
        if not self.allowed():
            return self.error(401, "security_exception", "unable to authenticate user")
        if path.endswith("/_bulk"):
            return self.bulk(body)
        if self.state.flavor.writeonly:
            return self.error(403, "security_exception", "action [%s] is unauthorized for API key" % path)
        return self.manage(path, body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve

    def control(self, path, body):
        state = self.state
        with state.lock:
            if path == "/__faults":
                state.faults = json.loads(body or b"{}")
            elif path == "/__user":
                state.user = body.decode()
            numbers = state.documents.all()
            value = {
                "documents": len(numbers), "taken": state.taken, "per_index": state.per_index, "bulks": state.bulks,
                "duplicates": state.duplicates, "refused": len(state.refused), "faults": state.played,
                "numbers": sorted(n for n in numbers if n is not None),
                "requests_seen": state.seen, "bulk_headers": state.bulk_headers,
            }
        self.answer(200, value)

    # -- index management

    def manage(self, path, body):
        f = self.state.flavor
        if path == "/":
            return self.answer(200, f.root())
        for prefix, there in (("/_data_stream/", f.streams), ("/_ilm/policy/", f.ilm), ("/_plugins/_ism/policies/", f.ism),
                              ("/_index_template/", f.composable), ("/_template/", True), ("/_alias/", True)):
            if path.startswith(prefix):
                if there:
                    return self.thing(prefix, unquote(path[len(prefix):]), body)
                return self.error(400, "illegal_argument_exception", "no handler found for uri [%s]" % path)
        if path == "/_security/user/_has_privileges":
            return self.privileges(json.loads(body))
        if self.command == "PUT":
            return self.create_index(unquote(path[1:]), json.loads(body or b"{}"))
        with self.state.lock:
            there = path in self.state.things
        return self.answer(200 if there else 404, {})

    def thing(self, prefix, name, body):
        key = prefix + name
        with self.state.lock:
            if self.command == "PUT":
                if prefix == "/_data_stream/" and key in self.state.things:
                    return self.error(400, "resource_already_exists_exception", "data_stream [%s] already exists" % name)
                self.state.things[key] = json.loads(body or b"{}")
                return self.answer(200, {"acknowledged": True})
            value = self.state.things.get(key)
        if value is not None:
            extra = {"_seq_no": 7, "_primary_term": 1} if "_ism" in prefix else {}
            return self.answer(200, {name: value, **extra})
        if prefix == "/_data_stream/":
            return self.error(404, "index_not_found_exception", "no such index [%s]" % name)
        if prefix == "/_plugins/_ism/policies/":
            return self.error(404, "status_exception", "Policy not found")
        if prefix == "/_alias/":
            return self.answer(404, {"error": "alias [%s] missing" % name, "status": 404})
        return self.error(404, "resource_not_found_exception", "%s matching [%s] not found" % (prefix, name))

    def create_index(self, name, body):
        with self.state.lock:
            self.state.things["/" + name] = body
            for alias in body.get("aliases", {}):
                self.state.things["/_alias/" + alias] = body
        self.answer(200, {"acknowledged": True})

    def privileges(self, asked):
        names = asked["index"][0]["names"]
        granted = {name: {p: True for p in asked["index"][0]["privileges"]} for name in names}
        self.answer(200, {"has_all_requested": True, "index": granted})

    # -- bulk

    def bulk(self, body):
        state = self.state
        fault = state.pick_fault()
        if state.max_body and len(body) > state.max_body:
            return self.answer(413, b"<html>413 Request Entity Too Large</html>", as_is=True)
        if fault == "502html":
            return self.answer(502, b"<html>Bad Gateway</html>", as_is=True)
        if fault == "redirect":
            return self.answer(302, b"", [("Location", "/elsewhere")], as_is=True)
        if fault in WHOLE:
            return self.error(WHOLE[fault], "fault_exception", "the fault " + fault)
        if fault == "hang":
            state.stop.wait(state.hang)
            return self.reset()
        if fault == "reset":
            return self.reset()
        if not body.endswith(b"\n"):
            return self.error(400, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]")
        items = self.store(body, fault)
        self.send_items(items, fault)

    def store(self, body, fault):
        lines = body.split(b"\n")
        items = []
        for i in range(0, len(lines) - 1, 2):
            action = json.loads(lines[i])
            document = json.loads(lines[i + 1])
            items.append({"create": self.store_one(action["create"], document, fault)})
        return items

    def store_one(self, meta, document, fault):
        state = self.state
        number = document.get("drive", {}).get("number")
        key = (meta["_index"], meta.get("_id"))
        if "@timestamp" not in document:
            return {"_index": meta["_index"], "status": 400, "error": {"type": "mapper_parsing_exception", "reason": "no @timestamp"}}
        if "series" in state.faults and not meta["_index"].endswith("-late"):
            if "_id" in meta:
                return {"_index": meta["_index"], "status": 400, "error": {
                    "type": "illegal_argument_exception",
                    "reason": "_id must be unset or set to [x] but was [%s] because [s] is in time_series mode" % meta["_id"]}}
            if number % 2:
                return {"_index": meta["_index"], "status": 400, "error": {
                    "type": "timestamp_error", "reason": "the document timestamp [x] is outside of ranges of currently writable indices [[a,b]]"}}
            key = (meta["_index"], number)
        with state.lock:
            lucky = state.random.random() < 0.5
            if not lucky and fault in ("429items", "503items", "403items"):
                status = int(fault[:3])
                kind = {429: "es_rejected_execution_exception", 503: "unavailable_shards_exception", 403: "security_exception"}
                return {"_index": meta["_index"], "status": status, "error": {"type": kind[status], "reason": "the fault " + fault}}
            if number in state.refused or (fault == "refuse" and not lucky and key not in state.documents):
                state.refused.add(number)
                return {"_index": meta["_index"], "status": 400, "error": {
                    "type": "mapper_parsing_exception",
                    "reason": "failed to parse field [drive.number] of type [ip] in document with id 'x'. Preview of field's value: '%s'" % number}}
            if not state.documents.add(key, number):
                state.duplicates += 1
                return {"_index": meta["_index"], "status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "exists"}}
            state.taken += 1
            state.per_index[meta["_index"]] = state.per_index.get(meta["_index"], 0) + 1
        return {"_index": meta["_index"], "_id": meta.get("_id"), "status": 201}

    def send_items(self, items, fault):
        value = {"took": 1, "errors": any(i["create"]["status"] >= 300 for i in items), "items": items}
        if fault == "fewer":
            items.pop()
        elif fault == "more":
            items.append({"create": {"status": 201}})
        elif fault == "nostatus":
            del items[-1]["create"]["status"]
        elif fault == "nothing":
            value = {}
        body = json.dumps(value).encode()
        if fault == "lost":
            return self.reset()
        if fault in ("half", "halfchunked", "drip"):
            return self.send_oddly(body, fault)
        if fault == "badjson":
            body = body.replace(b'"items"', b'items')
        elif fault == "empty":
            body = b""
        elif fault == "html":
            body = b"<html><body>Welcome to the portal</body></html>"
        elif fault == "badgzip":
            return self.answer(200, gzip.compress(body)[:-12], [("Content-Encoding", "gzip")], as_is=True)
        self.answer(200, body, as_is=True)

    def send_oddly(self, body, fault):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if fault == "halfchunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            half = body[:len(body) // 2]
            self.wfile.write(b"%x\r\n" % len(half) + half + b"\r\n")
            return self.reset()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "half":
            self.wfile.write(body[:len(body) // 2])
            return self.reset()
        for i in range(0, min(len(body), 200)):
            self.wfile.write(body[i:i + 1])
            self.wfile.flush()
            time.sleep(0.002)
        self.wfile.write(body[200:])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--flavor", default="8.10.3")
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--max-body", type=int, default=0)
    parser.add_argument("--user", default="")
    parser.add_argument("--hang", type=float, default=5)
    parser.add_argument("--stdin", action="store_true")
    parser.add_argument("--store", default="")
    args = parser.parse_args()
    Server.allow_reuse_address = True
    server = Server(("127.0.0.1", args.port), Handler)
    server.state = State(args)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("http://127.0.0.1:%d" % server.server_address[1], flush=True)
    if args.stdin:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
        server.state.stop.set()
    else:
        server.serve_forever()


if __name__ == "__main__":
    main()
