#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An instance metadata service for tests.

imds_server.py MODE

Prints "port NUMBER" when it listens on a loopback port that the kernel picked; serves until its standard input ends.
MODE:
  v2        as EC2 with IMDSv2 required: no document without a token
  html      a firewall that answers everything with its page and status 200
  openstack metadata like EC2's, but neither token nor identity document
  wrong     a token, but an identity document of somebody else
  hang      never answers the token request, as with a hop limit of 1
  late      503 three times, then v2
"""
import http.server
import json
import socketserver
import sys
import threading
import time

DOCUMENT = {
    "accountId": "123456789012", "architecture": "x86_64", "availabilityZone": "eu-west-1a",
    "imageId": "ami-0abc1234", "instanceId": "i-0abc1234def", "instanceType": "t3.medium",
    "pendingTime": "2026-01-01T00:00:00Z", "privateIp": "10.0.0.7", "region": "eu-west-1",
    "version": "2017-09-30",
}
TOKEN = "AQAEAKx0dGVzdC10b2tlbi1mb3ItdGVzdHM="
PAGE = b"<html><body>Access denied by policy</body></html>"


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    refusals = 3

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def misbehave(self):
        mode = self.server.mode
        if mode == "html":
            self.answer(200, PAGE)
        elif mode == "openstack":
            self.answer(404, b"404 Not Found")
        elif mode == "hang":
            time.sleep(3600)
        elif mode == "late" and Handler.refusals > 0:
            Handler.refusals -= 1
            self.answer(503, b"")
        else:
            return False
        return True

    def do_PUT(self):
        if self.misbehave():
            return
        if self.path != "/latest/api/token" or "X-aws-ec2-metadata-token-ttl-seconds" not in self.headers:
            return self.answer(400, b"")
        self.answer(200, TOKEN.encode())

    def do_GET(self):
        if self.misbehave():
            return
        if self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            return self.answer(401, b"")
        if self.path != "/latest/dynamic/instance-identity/document":
            return self.answer(404, b"")
        document = dict(DOCUMENT, accountId="unknown") if self.server.mode == "wrong" else DOCUMENT
        self.answer(200, json.dumps(document).encode())


def main():
    server = Server(("127.0.0.1", 0), Handler)
    server.mode = sys.argv[1]
    print("port %d" % server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
