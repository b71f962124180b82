# SPDX-License-Identifier: Apache-2.0
"""For tests that look at documents: the daemon with its standard output, a Docker engine, cases that clean up.

A test is a list of functions; run() gives each a folder and a stack that ends what was started, and prints "ok NAME"
or "not ok NAME". Only the standard library.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

import daemon
from daemon import wait_for

HERE = pathlib.Path(__file__).resolve().parent
TOP_SRCDIR = pathlib.Path(os.environ.get("top_srcdir", HERE.parent.parent))
TOP_BUILDDIR = pathlib.Path(os.environ.get("top_builddir", TOP_SRCDIR / "build"))
ENGINE_SCRIPT = HERE / "docker-engine.sh"
IMAGE = "metrichost-test:latest"

# How long something may take on a machine that is busy with other things. A test never fails because of less.
PATIENCE = 60


class Skip(Exception):
    """This test cannot run here; the text says why."""


class Engine:
    """The Docker engine that docker-engine.sh finds or starts."""

    def __init__(self, folder):
        self.folder = folder
        started = subprocess.run([ENGINE_SCRIPT, "start", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if started.returncode == 77:
            raise Skip(started.stderr.strip().splitlines()[-1])
        assert started.returncode == 0, started.stderr
        self.url = started.stdout.strip().removeprefix("DOCKER_HOST=")
        self.containers = []

    def docker(self, *arguments):
        done = subprocess.run(["docker", "-H", self.url, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
        return done.stdout.strip()

    def run(self, name, script, *options):
        """Starts a container that runs a shell script; returns its id."""
        environment = dict(os.environ, DOCKER_HOST=self.url)
        subprocess.run([ENGINE_SCRIPT, "image", IMAGE], env=environment, check=True)
        self.containers.append(name)
        return self.docker("run", "-d", "--name", name, *options, IMAGE, "sh", "-c", script)

    def pid(self, name):
        return int(self.docker("inspect", "-f", "{{.State.Pid}}", name))

    def close(self):
        for name in self.containers:
            subprocess.run(["docker", "-H", self.url, "rm", "-fv", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run([ENGINE_SCRIPT, "stop", self.folder], check=True)


def link_plugins(folder):
    """A folder with the plugins of the build tree, as an installation has them."""
    folder.mkdir(exist_ok=True)
    for module in TOP_BUILDDIR.glob("plugins/*/.libs/*.so"):
        (folder / module.name).symlink_to(module)
    return folder


class Daemon(daemon.Daemon):
    """metrichost from the build tree, with a configuration (YAML text) and its standard output in a file."""

    def __init__(self, folder, stack, configuration):
        super().__init__(configuration, [link_plugins(folder / "plugins")])
        stack.push(self)
        self.out = folder / "out.ndjson"

    def start(self, stdout=None):
        with open(self.out, "ab") as out:
            return super().start(stdout=stdout or out)

    def documents(self):
        """All whole lines on standard output so far."""
        return parse_documents(self.out)

    def wait_documents(self, what, condition):
        """Waits until condition(documents) is true; returns it."""

        def look():
            assert self.process.poll() is None, f"metrichost ended with {self.process.returncode}"
            return condition(self.documents())

        return wait_for(look, PATIENCE, what)


def parse_documents(path):
    text = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in text.split(b"\n")[:-1]]


def value(document, path):
    """The value at a dotted path, or None."""
    for key in path.split("."):
        if not isinstance(document, dict) or key not in document:
            return None
        document = document[key]
    return document


def of(documents, dataset):
    return [d for d in documents if value(d, "event.dataset") == dataset]


@contextlib.contextmanager
def scratch():
    """A folder that goes at the end, with what was put on the stack beside it ended before."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="metrichost-test."))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder, stack


def run(*cases):
    """Runs cases, each function(folder, stack); exits with 0, 1 or, when all skipped, 77."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = 0
    skipped = 0
    for case in cases:
        name = case.__name__
        try:
            with scratch() as (folder, stack):
                case(folder, stack)
            print(f"ok {name}", flush=True)
        except Skip as reason:
            skipped += 1
            print(f"SKIP: {name}: {reason}", flush=True)
        except Exception:
            failed += 1
            traceback.print_exc(file=sys.stdout)
            print(f"not ok {name}", flush=True)
    sys.exit(1 if failed else 77 if skipped == len(cases) else 0)
