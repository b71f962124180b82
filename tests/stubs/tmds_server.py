#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A task metadata endpoint, version 4, for tests.

tmds_server.py FOLDER [--live] [--rate N --burst N] [--sample SECONDS] [--address ADDRESS] [--port PORT]

Prints "port NUMBER" when it listens (by default on loopback, on a port that the kernel picked), serves until its standard
input ends or it is killed, and answers below /v4/any-id/:

  task, task/stats, taskWithTags   from FOLDER/task.json, FOLDER/stats.json, FOLDER/taskWithTags.json
  anything else                    404 with a JSON text, as the agent does

A file FOLDER/NAME.reply (NAME: task, stats, taskWithTags), a JSON object, changes the answer:
  status, headers, body (text), truncate (bytes after which the connection closes), drip (seconds between bytes),
  hang (true: never answers), times (how many requests it holds for; then it is removed)

--live: counters of stats.json grow and time stamps are now, with a new sample every --sample seconds.
--rate: a token bucket as the ECS agent's; over it the answer is 429. Every request is a line in FOLDER/requests.log:
seconds since 1970, path, status.
"""
import argparse
import datetime
import http.server
import json
import os
import socketserver
import sys
import threading
import time


class Bucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.tokens, self.filled = burst, time.monotonic()
        self.lock = threading.Lock()

    def take(self):
        if not self.rate:
            return True
        with self.lock:
            now = time.monotonic()
            self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.rate)
            self.filled = now
            if self.tokens < 1:
                return False
            self.tokens -= 1
            return True


def grow(stats, seconds):
    """Counters as they are after so many seconds more: a fifth of a core, 1000 bytes and 10 packets a second."""
    used = int(seconds * 0.2e9)
    for part in (stats["cpu_stats"], stats["precpu_stats"]):
        cores = part.get("online_cpus", 1)
        part["cpu_usage"]["total_usage"] += used
        part["cpu_usage"]["usage_in_usermode"] = part["cpu_usage"].get("usage_in_usermode", 0) + used
        part["system_cpu_usage"] += int(seconds * cores * 1e9)
    for counters in (stats.get("networks") or {}).values():
        for name in ("rx_bytes", "tx_bytes"):
            counters[name] += int(seconds * 1000)
        for name in ("rx_packets", "tx_packets"):
            counters[name] += int(seconds * 10)


def stamp(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    names = {"task": "task", "task/stats": "stats", "taskWithTags": "taskWithTags"}

    def log_message(self, *args):
        pass

    def note(self, status):
        with self.server.log_lock, open(os.path.join(self.server.folder, "requests.log"), "a") as log:
            log.write("%.6f %s %d\n" % (time.time(), self.path, status))

    def answer(self, status, body, headers=None, reply=None):
        reply = reply or {}
        self.note(status)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if "truncate" in reply:
            self.wfile.write(body[:reply["truncate"]])
            self.close_connection = True
            return
        if "drip" not in reply:
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(reply["drip"])

    def load(self, name):
        with open(os.path.join(self.server.folder, name + ".json"), "rb") as file:
            return file.read()

    def live(self, body):
        server = self.server
        now = time.time()
        sample = server.begin + int((now - server.begin) / server.sample) * server.sample
        answer = json.loads(body)
        for stats in answer.values():
            if not stats:
                continue
            grow(stats, sample - server.begin)
            stats["read"], stats["preread"] = stamp(sample), stamp(sample - server.sample)
        return json.dumps(answer).encode()

    def reply_of(self, name):
        path = os.path.join(self.server.folder, name + ".reply")
        with self.server.log_lock:
            try:
                with open(path) as file:
                    reply = json.load(file)
            except FileNotFoundError:
                return {}
            if "times" in reply:
                reply["times"] -= 1
                if reply["times"] <= 0:
                    os.remove(path)
                else:
                    with open(path, "w") as file:
                        json.dump(reply, file)
        return reply

    def do_GET(self):
        parts = self.path.strip("/").split("/", 2)
        name = self.names.get(parts[2] if len(parts) == 3 and parts[0] == "v4" else "")
        if not self.server.bucket.take():
            return self.answer(429, b"You have reached maximum request limit.")
        if name is None:
            return self.answer(404, b'"V4 metadata handler: unknown path"')
        reply = self.reply_of(name)
        if reply.get("hang"):
            self.note(0)
            time.sleep(3600)
        try:
            body = reply["body"].encode() if "body" in reply else self.load(name)
        except FileNotFoundError:
            return self.answer(404, b'"V4 metadata handler: no such answer"')
        if self.server.live and name == "stats" and "body" not in reply:
            body = self.live(body)
        self.answer(reply.get("status", 200), body, reply.get("headers"), reply)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--sample", type=float, default=10)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--burst", type=float, default=60)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    server = Server((options.address, options.port), Handler)
    server.folder, server.live, server.sample = options.folder, options.live, options.sample
    server.bucket = Bucket(options.rate, options.burst)
    server.log_lock = threading.Lock()
    server.begin = time.time() - 1000
    print("port %d" % server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if options.port:
        threading.Event().wait()
    sys.stdin.read()


main()
