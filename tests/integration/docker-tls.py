#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The docker input and an engine behind TLS with client certificates: it connects, refuses what it must, and takes a renewed certificate
without a restart."""
import os
import shutil
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 1)[0])
from docker_fake import Engine, Probe, main  # noqa: E402

FOLDER = tempfile.mkdtemp(prefix="metrichost-tls-")


def path(name):
    return os.path.join(FOLDER, name)


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=FOLDER)


def make_authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.pem")


def make_certificate(name, authority, alternative="DNS:client"):
    with open(path("ext"), "w", encoding="ascii") as file:
        file.write(f"subjectAltName={alternative}\n")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial",
            "-days", "2", "-extfile", "ext", "-out", f"{name}.pem")


class TlsEngine(Engine):
    """The same engine on a TCP port of the loopback that the kernel picks, behind TLS."""

    def start(self):
        super().start()
        handler = self.server.RequestHandlerClass
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path("server.pem"), path("server.key"))
        context.load_verify_locations(path("authority.pem"))
        context.verify_mode = ssl.CERT_REQUIRED

        class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads = True

            def get_request(self):
                client, address = super().get_request()
                client.settimeout(10)
                return context.wrap_socket(client, server_side=True), address

            def handle_error(self, request, client_address):
                pass

        self.tcp = Server(("127.0.0.1", 0), handler)
        self.url = f"tcp://127.0.0.1:{self.tcp.server_address[1]}"
        threading.Thread(target=self.tcp.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        self.tcp.shutdown()
        self.tcp.server_close()
        super().stop()


def options(**more):
    return {"ssl__certificate_authority": path("authority.pem"), "ssl__certificate": path("client.pem"),
            "ssl__key": path("client.key"), **more}


def client_certificates_are_used():
    with TlsEngine() as engine:
        engine.add(1, name="far")
        with Probe(engine.url, **options()) as probe:
            collect = probe.collect()
            assert collect.result == 0, collect.words
            assert [d["container"]["name"] for d in collect.of("cpu")] == ["far"]
            assert collect.documents[0]["service"]["address"] == engine.url.removeprefix("tcp://")


def an_unknown_authority_is_refused():
    with TlsEngine() as engine:
        with Probe(engine.url, **options(ssl__certificate_authority=path("other.pem"))) as probe:
            collect = probe.collect()
            assert collect.result == -1 and "certificate" in collect.words.lower(), collect.words
        assert not engine.paths, engine.paths


def no_verification_on_request():
    with TlsEngine() as engine:
        with Probe(engine.url, **options(ssl__certificate_authority=path("other.pem"), ssl__verification_mode="none")) as probe:
            assert probe.collect().result == 0


def a_renewed_certificate_is_taken():
    shutil.copy(path("foreign.pem"), path("changing.pem"))
    shutil.copy(path("foreign.key"), path("changing.key"))
    with TlsEngine() as engine:
        with Probe(engine.url, **options(ssl__certificate=path("changing.pem"), ssl__key=path("changing.key"))) as probe:
            assert probe.collect().result == -1
            shutil.copy(path("client.key"), path("changing.key"))
            shutil.copy(path("client.pem"), path("changing.pem"))
            import time
            for _ in range(40):
                time.sleep(0.25)
                collect = probe.collect()
                if collect.result == 0:
                    break
            assert collect.result == 0, collect.words


if shutil.which("openssl") is None:
    print("SKIP: there is no openssl command to make certificates")
    sys.exit(77)
try:
    make_authority("authority")
    make_authority("other")
    make_certificate("server", "authority", "IP:127.0.0.1")
    make_certificate("client", "authority")
    make_certificate("foreign", "other")
    main([client_certificates_are_used, an_unknown_authority_is_refused, no_verification_on_request, a_renewed_certificate_is_taken])
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
