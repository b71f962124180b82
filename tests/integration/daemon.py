# SPDX-License-Identifier: Apache-2.0
"""The daemon under test: a folder of its own, a configuration, signals, the log and the status. Standard library only."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

TOP = os.environ.get("top_builddir", ".")


class Daemon:
    """A metrichost with its own folders. Use it as a context manager: it is ended and its folder removed."""

    def __init__(self, config, plugins, name="daemon", wrapper=()):
        self.dir = tempfile.mkdtemp(prefix=f"mh-{name}-")
        os.makedirs(self.path("etc", "modules.d"))
        self.log_path = self.path("log")
        self.plugins = plugins
        self.wrapper = list(wrapper)
        self.process = None
        self.configure(config)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def configure(self, config):
        """Writes the main configuration; %DIR% stands for the daemon's folder."""
        with open(self.path("etc", "metrichost.yml"), "w", encoding="utf-8") as f:
            f.write(config.replace("%DIR%", self.dir))
        os.chmod(self.path("etc", "metrichost.yml"), 0o600)

    def arguments(self):
        args = ["--path.config", self.path("etc"), "--path.data", self.path("data"),
                "--path.logs", self.path("logs")]
        for folder in self.plugins:
            args += ["--path.plugins", folder]
        return args

    def start(self, ready="start running", stdout=None):
        """stdout: a file or descriptor that standard output goes to instead of the log."""
        seen = self.log().count(ready) if ready else 0
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [*self.wrapper, os.path.join(TOP, "metrichost"), "-e", *self.arguments()],
            stdout=stdout or log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        if ready:
            wait_for(lambda: self.log().count(ready) > seen, what=f"'{ready}' in the log")
        return self

    def run(self, *words, check=False):
        """A command of the program with this daemon's folders. Returns the finished process."""
        return subprocess.run([os.path.join(TOP, "metrichost"), *words, *self.arguments()],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=check,
                              timeout=60)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=30):
        return self.process.wait(timeout)

    def stop(self, timeout=30):
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def status(self):
        answer = self.run("status", "--json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def ledger(self):
        """The counts from the running daemon, or from its file when it has ended."""
        if self.process and self.process.poll() is None:
            return self.status()["ledger"]
        with open(self.path("data", "ledger.json"), encoding="utf-8") as f:
            return json.load(f)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if kind is not None:
            print("---- log of the daemon:")
            print(self.log()[-6000:])
        shutil.rmtree(self.dir, ignore_errors=True)


def is_sanitized(program=os.path.join(TOP, "metrichost")):
    """Whether a program holds memory back for a sanitizer, so that its growth says nothing."""
    with open(program, "rb") as f:
        code = f.read()
    return b"__asan_init" in code or b"__tsan_init" in code


def wait_for(condition, timeout=30, what="condition"):
    """Polls until the condition holds and returns its value. Fails with `what` when it does not in time."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {timeout} s: {what}"
        time.sleep(0.02)


def check_ledger(counts):
    """collected = delivered + queued + dropped + dead-lettered, in total and per instance."""
    for row in [counts["total"], *counts["instances"]]:
        assert row["collected"] == (row["delivered"] + row["queued"] + row["dead_lettered"]
                                    + row["dropped"]["total"]), row


def run_cases(cases):
    """Runs test functions, prints a TAP line for each; the exit status says whether all passed."""
    import sys
    import traceback
    failed = 0
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        try:
            case()
            print(f"ok {number} - {case.__name__}", flush=True)
        except Exception:
            failed += 1
            traceback.print_exc(file=sys.stdout)
            print(f"not ok {number} - {case.__name__}", flush=True)
    sys.exit(1 if failed else 0)
