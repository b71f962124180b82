#!/bin/sh
''':'
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
exec python3 -B "$0" "$@"
'''
# SPDX-License-Identifier: Apache-2.0
"""Against real servers: OpenSearch (data streams) and the open core of Elasticsearch 7 (daily indices). Setup twice, the types as mapped,
500 labels, documents exactly once, through nginx with TLS, client certificates and basic authentication."""
import base64
import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import time

from es_tests import WORK, Daemon, Server, drive, expect, finish, get, skip, wait_for, write_config


def numbers(url, target):
    get(url + "/%s/_refresh" % target, method="POST")
    seen, after = [], None
    while True:
        query = {"size": 5000, "_source": ["drive.number"], "sort": [{"drive.number": "asc"}]}
        if after is not None:
            query["search_after"] = after
        hits = get(url + "/%s/_search" % target, data=json.dumps(query).encode(), headers={"Content-Type": "application/json"})["hits"]["hits"]
        if not hits:
            return seen
        seen += [hit["_source"]["drive"]["number"] for hit in hits]
        after = hits[-1]["sort"]


def real(family):
    server = Server(family)
    daemon = Daemon('hosts: ["%s"]' % server.url, "real-" + family)
    code, out = daemon.run("test", "output")
    expect(code == 0 and "talk to server... OK" in out, "test output", out)
    code, out = daemon.run("setup")
    expect(code == 0 and "created" in out and "ERROR" not in out, "setup", out)
    code, out = daemon.run("setup")
    expect(code == 0 and "created" not in out and "updated" not in out, "setup for the second time", out)
    return server, daemon


def type_of(mapping, dotted):
    for name in dotted.split("."):
        mapping = mapping["properties"][name]
    return mapping.get("type"), mapping.get("meta")


def mapped_types(server, target, labels):
    mappings = list(get(server.url + "/%s/_mapping" % target).values())[0]["mappings"]
    expect(type_of(mappings, "docker.cpu.total.pct") == ("double", {"unit": "percent", "metric_type": "gauge"}), "docker.cpu.total.pct", mappings)
    expect(type_of(mappings, "container.id")[0] == "keyword", "container.id")
    expect(type_of(mappings, "@timestamp")[0] == "date", "@timestamp")
    expect(type_of(mappings, "docker.container.labels")[0] == labels, "labels", type_of(mappings, "docker.container.labels"))


def many_labels(server, target):
    """Labels that conflict with one another as paths, 500 of them in a document: one field in the mapping."""
    before = len(json.dumps(get(server.url + "/%s/_mapping" % target)))
    lines = []
    for n in range(3):
        labels = {"com.example.%d.%d" % (n, i): "v%d" % i for i in range(500)}
        labels.update({"com.docker": "value", "com.docker.swarm": "value", "com.docker.swarm.task": str(n)})
        lines += [{"create": {"_index": target}}, {"@timestamp": "2026-01-01T00:00:00.000Z", "docker": {"container": {"labels": labels}}}]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    answer = get(server.url + "/_bulk?refresh=true", data=body, headers={"Content-Type": "application/x-ndjson"})
    expect(not answer["errors"], "labels are taken", answer)
    expect(len(json.dumps(get(server.url + "/%s/_mapping" % target))) == before, "labels do not fill the mapping")
    query = {"query": {"term": {"docker.container.labels.com.docker.swarm.task": "2"}}}
    hits = get(server.url + "/%s/_search" % target, data=json.dumps(query).encode(), headers={"Content-Type": "application/json"})
    expect(hits["hits"]["total"]["value"] == 1, "labels are found", hits)


def dynamic_families(server, target):
    lines = [{"create": {"_index": target}},
             {"@timestamp": "2026-01-01T00:00:00.000Z", "docker": {"cpu": {"core": {"0": {"pct": 1}, "1": {"pct": 0.5}}}, "memory": {"stats": {"cache": 5}}}}]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    answer = get(server.url + "/_bulk?refresh=true", data=body, headers={"Content-Type": "application/x-ndjson"})
    expect(not answer["errors"], "families are taken", answer)
    mappings = list(get(server.url + "/%s/_mapping" % target).values())[0]["mappings"]
    expect(type_of(mappings, "docker.cpu.core.0.pct")[0] == "double", "a family's type does not depend on its first value",
           type_of(mappings, "docker.cpu.core.0.pct"))


# ---- nginx

def openssl(*args):
    subprocess.run(["openssl", *args], cwd=WORK, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificates():
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test ca")
    for name, subject, extension in (("server", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1"), ("bare", "/CN=localhost", ""),
                                     ("client", "/CN=client", "")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", subject)
        with open(os.path.join(WORK, name + ".ext"), "w") as file:
            file.write(extension)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", name + ".pem",
                "-days", "2", "-extfile", name + ".ext")
    openssl("rsa", "-aes128", "-passout", "pass:open sesame", "-in", "client.key", "-out", "client.enc.key")


NGINX = """
{user} worker_processes 1; daemon off; pid {work}/nginx.pid; error_log {work}/nginx.err;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {work}/n1; proxy_temp_path {work}/n2; fastcgi_temp_path {work}/n3; uwsgi_temp_path {work}/n4;
  scgi_temp_path {work}/n5; client_max_body_size 10m;
  server {{
    listen 127.0.0.1:{tls} ssl {http2}; ssl_certificate {work}/{server}.pem; ssl_certificate_key {work}/{server}.key;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_client_certificate {work}/ca.pem; ssl_verify_client {verify};
    auth_basic "es"; auth_basic_user_file {work}/htpasswd;
    location / {{ proxy_pass {upstream}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization ""; }}
  }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    def __init__(self, upstream, server="server", verify="on", http2="http2"):
        self.port = free_port()
        with open(os.path.join(WORK, "htpasswd"), "w") as file:
            file.write("writer:{SHA}" + base64.b64encode(hashlib.sha1(b"pa:ss").digest()).decode() + "\n")
        path = os.path.join(WORK, "nginx.conf")
        with open(path, "w") as file:
            file.write(NGINX.format(work=WORK, tls=self.port, upstream=upstream, server=server, verify=verify, http2=http2,
                                   user="user root;" if os.getuid() == 0 else ""))
        self.process = subprocess.Popen(["nginx", "-c", path], stderr=subprocess.DEVNULL)
        self.url = "https://localhost:%d" % self.port
        context = ssl._create_unverified_context()

        def answers():
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as s, context.wrap_socket(s):
                    return True
            except ssl.SSLError:
                return True
            except OSError:
                return False
        wait_for(answers, "nginx")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def tls_config(nginx, **change):
    ssl_options = {"certificate_authorities": '["%s/ca.pem"]' % WORK, "certificate": WORK + "/client.pem", "key": WORK + "/client.enc.key",
                   "key_passphrase": "open sesame"}
    options = {"hosts": '["%s"]' % change.pop("url", nginx.url), "username": "writer", "password": '"pa:ss"', "backoff.init": "20ms",
               "backoff.max": "100ms"}
    for name, value in change.items():
        where = options if name in options else ssl_options
        if value is None:
            where.pop(name, None)
        else:
            where[name] = value
    text = "".join("%s: %s\n" % kv for kv in options.items()) + "ssl:\n" + "".join("  %s: %s\n" % kv for kv in ssl_options.items())
    return text


def inline(name):
    with open(os.path.join(WORK, name)) as file:
        return "|\n" + "".join("    " + line for line in file)


def works(nginx, what, **change):
    code, figures, log = drive(write_config(tls_config(nginx, **change)), 20, first=10 ** 7, workers=1, seconds=15)
    expect(code == 0, "TLS: %s should work" % what, figures, log)


def fails(nginx, what, words, **change):
    code, figures, log = drive(write_config(tls_config(nginx, **change)), 20, workers=1, seconds=1)
    expect(code == 1 and words in log, "TLS: %s should fail with '%s'" % (what, words), figures, log)
    expect("open sesame" not in log and "pa:ss" not in log and "PRIVATE" not in log, "the log holds a secret", log)


def fingerprint(name):
    with open(os.path.join(WORK, name)) as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


def pin(name):
    der = subprocess.run("openssl x509 -in %s -pubkey -noout | openssl pkey -pubin -outform der" % name, shell=True, cwd=WORK, check=True,
                         stdout=subprocess.PIPE).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def through_nginx(server):
    for tool in ("nginx", "openssl"):
        if not shutil.which(tool):
            print("SKIP: no %s here; TLS is not tested" % tool)
            return
    certificates()
    with Nginx(server.url) as nginx:
        daemon = Daemon(tls_config(nginx), "tls")
        code, out = daemon.run("test", "output")
        expect(code == 0 and "handshake... OK" in out and "TLS version: TLSv1.3" in out, "test output over TLS", out)
        works(nginx, "client certificate with passphrase over HTTP/2")
        works(nginx, "by address", url="https://127.0.0.1:%d" % nginx.port)
        works(nginx, "inline PEM", certificate_authorities="\n  - " + inline("ca.pem"), certificate=inline("client.pem"), key=inline("client.key"),
              key_passphrase=None)
        works(nginx, "TLS 1.2 with a cipher", supported_protocols="[TLSv1.2]", cipher_suites="[ECDHE-RSA-AES-128-GCM-SHA256]", curve_types="[P-256]")
        works(nginx, "a pin of the CA", ca_sha256='["%s"]' % pin("ca.pem"))
        fails(nginx, "a pin of another key", "ca_sha256", ca_sha256='["%s"]' % pin("client.pem"))
        works(nginx, "verification none", verification_mode="none", certificate_authorities=None)
        works(nginx, "strict", verification_mode="strict")
        fails(nginx, "an unknown CA", "ssl.certificate_authorities", certificate_authorities=None)
        fails(nginx, "no client certificate", "400", certificate=None, key=None, key_passphrase=None)
        fails(nginx, "a wrong passphrase", "ssl.key_passphrase", key_passphrase="wrong")
        fails(nginx, "a file that is not there", "No such file", certificate_authorities='["%s/none.pem"]' % WORK)
        fails(nginx, "a wrong password", "401", password="wrong")
        code, out = Daemon(tls_config(nginx, certificate_authorities=None), "tls2").run("test", "output")
        expect(code == 1 and "handshake... ERROR" in out, "test output with an unknown CA", out)
        rotation(server, nginx)
    with Nginx(server.url, server="bare", verify="off", http2="") as nginx:
        works(nginx, "no alternative name, full", certificate=None, key=None, key_passphrase=None)
        fails(nginx, "no alternative name, strict", "alternative name", verification_mode="strict", certificate=None, key=None, key_passphrase=None)
        fails(nginx, "another name", "ssl.verification_mode", url="https://127.0.0.1:%d" % nginx.port, certificate=None, key=None, key_passphrase=None)
        works(nginx, "another name, certificate", url="https://127.0.0.1:%d" % nginx.port, verification_mode="certificate", certificate=None,
              key=None, key_passphrase=None)
        works(nginx, "a fingerprint of the server's own certificate", certificate_authorities=None, ca_trusted_fingerprint=fingerprint("bare.pem"),
              certificate=None, key=None, key_passphrase=None)
        fails(nginx, "a fingerprint of another", "TLS with", certificate_authorities=None, ca_trusted_fingerprint=fingerprint("ca.pem"),
              certificate=None, key=None, key_passphrase=None)


def rotation(server, nginx):
    """The CA file is wrong, then mended, while documents wait; then exchanged below a connection that works, which must end. No restart."""
    path = os.path.join(WORK, "rotating.pem")
    shutil.copy(os.path.join(WORK, "client.pem"), path)
    first, count = 2 * 10 ** 7, 4000
    query = json.dumps({"query": {"range": {"drive.number": {"gte": first}}}}).encode()

    def stored():
        get(server.url + "/metrichost-0.0.0-test/_refresh", method="POST")
        return get(server.url + "/metrichost-0.0.0-test/_count", data=query, headers={"Content-Type": "application/json"})["count"]

    config = write_config(tls_config(nginx, certificate_authorities='["%s"]' % path))
    process = drive(config, count, first=first, batch=5, workers=1, seconds=120, background=True)
    time.sleep(0.5)
    expect(process.poll() is None and stored() == 0, "documents wait for the right CA")
    shutil.copy(os.path.join(WORK, "ca.pem"), path)
    wait_for(lambda: stored() > 0, "a CA file that is mended is read again")
    shutil.copy(os.path.join(WORK, "client.pem"), path)
    time.sleep(0.5)
    expect(process.poll() is None, "documents wait again")
    before = stored()
    time.sleep(0.5)
    expect(stored() - before <= 5, "a connection that was made with another CA is used on", before, stored())
    shutil.copy(os.path.join(WORK, "ca.pem"), path)
    code, figures, log = finish(process)
    expect(code == 0 and log.count("is back") >= 2, "in the end all are taken", figures, log)


def exactly_once(server, target):
    code, figures, log = drive(write_config('hosts: ["%s"]' % server.url), 5000, batch=500, workers=3)
    expect(code == 0 and figures["taken"] == 5000, "not all were taken", figures, log)
    expect(numbers(server.url, target) == list(range(5000)), "documents are missing or double")


opensearch, daemon = real("opensearch")
stream = "metrichost-" + daemon.run("version")[1].split()[2]
mapped_types(opensearch, stream, "flat_object")
dynamic_families(opensearch, stream)
many_labels(opensearch, stream)
exactly_once(opensearch, "metrichost-0.0.0-test")
through_nginx(opensearch)
opensearch.stop()
core, daemon = real("elasticsearch")
exactly_once(core, "metrichost-0.0.0-test-*")
core.stop()
print("ok")
