# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Elasticsearch output share: starting stubs, driving documents, asking for the result."""
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

SRC = os.environ.get("top_srcdir") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("top_builddir") or os.getcwd()
WORK = tempfile.mkdtemp(prefix="es-test.")
atexit.register(shutil.rmtree, WORK, ignore_errors=True)


def skip(reason):
    print("SKIP:", reason)
    sys.exit(77)


def get(url, timeout=30, data=None, method=None, headers=None):
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.loads(answer.read() or b"null")


class Stub:
    """The fault server, ended with this object or with this program."""

    def __init__(self, *args, port=0):
        command = [sys.executable, os.path.join(SRC, "tests/stubs/es_fault_server.py"), "--stdin", "--port", str(port), *args]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://"), "the fault server did not start"

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def state(self):
        return get(self.url + "/__state")

    def set_faults(self, faults):
        get(self.url + "/__faults", data=json.dumps(faults).encode())

    def set_user(self, user):
        get(self.url + "/__user", data=user.encode())

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()


def write_config(text, name="config.yml"):
    path = os.path.join(WORK, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def drive(config, count, first=0, batch=200, workers=2, seconds=60, background=False):
    """Sends documents; returns (exit code, figures, log), or the process."""
    command = [*os.environ.get("ES_DRIVE_PREFIX", "").split(), os.path.join(BUILD, "tests/integration/es_drive"), config, str(first), str(count), str(batch), str(workers), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if background:
        return process
    return finish(process)


def finish(process):
    out, log = process.communicate()
    figures = json.loads(out) if out.strip() else {}
    return process.returncode, figures, log


def expect(condition, what, *details):
    if condition:
        return
    print("FAIL:", what)
    for detail in details:
        print("  ", str(detail)[:3000])
    sys.exit(1)


def wait_for(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    expect(False, "not within %d s: %s" % (seconds, what))


class Server:
    """A real search server; skips the test where there is none."""

    def __init__(self, family):
        self.dir = os.path.join(WORK, family)
        self.script = os.path.join(SRC, "tests/integration/search-server.sh")
        run = subprocess.run([self.script, "start", family, self.dir], stdout=subprocess.PIPE, text=True)
        if run.returncode == 77:
            skip("no real %s here" % family)
        expect(run.returncode == 0, "the real %s did not start" % family)
        self.url = run.stdout.strip()
        atexit.register(self.stop)

    def stop(self):
        subprocess.run([self.script, "stop", self.dir])


class Daemon:
    """The program from the build folder, with the plugins of the build folder, in a folder of its own."""

    def __init__(self, output, name="daemon", extra=""):
        self.home = os.path.join(WORK, name)
        self.plugins = os.path.join(self.home, "plugins")
        for folder in ("conf", "data", "logs", "plugins"):
            os.makedirs(os.path.join(self.home, folder), exist_ok=True)
        for unit in ("docker", "awsfargate", "output_es"):
            built = os.path.join(BUILD, "plugins", unit, ".libs", unit + ".so")
            if os.path.exists(built):
                shutil.copy(built, self.plugins)
        self.configure(output, extra)

    def configure(self, output, extra=""):
        with open(os.path.join(self.home, "conf/metrichost.yml"), "w") as file:
            file.write(extra + "output.elasticsearch:\n" + "".join("  " + line + "\n" for line in output.splitlines()))

    def run(self, *args, env=None):
        command = [os.path.join(BUILD, "metrichost"), "--path.home", self.home, "--path.config", self.home + "/conf",
                   "--path.data", self.home + "/data", "--path.logs", self.home + "/logs", "--path.plugins", self.plugins,
                   *args]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**os.environ, **(env or {})}, timeout=120)
        return done.returncode, done.stdout
