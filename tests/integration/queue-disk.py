#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The queue on a real disk: killed at any moment, on a full disk, on a read-only one, after six hours without an output.

MH_LONG=1: many more kills.
"""
import errno
import json
import os
import random
import resource
import subprocess
import time

import testlib

DRIVE = testlib.TOP_BUILDDIR / "tests" / "integration" / "queue_drive"
LONG = bool(os.environ.get("MH_LONG"))
SANITIZED = b"__asan_init" in DRIVE.read_bytes() or b"__tsan_init" in DRIVE.read_bytes()
# Six hours of 62 containers, five documents each every 10 s.
SIX_HOURS = 62 * 5 * 6 * 360


def drive(*arguments, status=0, **options):
    done = subprocess.run([DRIVE, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    assert done.returncode == status, f"{arguments}: status {done.returncode}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout) if done.stdout else done.stderr


def campaign(folder, sync, kills):
    """Lives of random length, each ended by SIGKILL; then what was accepted must have come out, and nothing else."""
    chance = random.Random(sync)
    for _ in range(kills):
        life = subprocess.Popen([DRIVE, "run", folder / "queue", folder / "state", sync], stdout=subprocess.PIPE)
        assert life.stdout.readline() == b"ready\n"
        time.sleep(chance.choice((0.002, 0.01, 0.05)) * chance.random())
        assert life.poll() is None, f"ended by itself with {life.returncode}"
        life.kill()
        life.wait()
        life.stdout.close()
    result = drive("check", folder / "queue", folder / "state")
    print(f"   {kills} kills, sync {sync}: {result}")
    assert result["missing"] == 0 and result["lost"] == 0 and result["accepted"] > 100 * kills


def kill_at_any_moment(folder, _):
    campaign(folder, "batch", 2000 if LONG else 110)


def kill_at_any_moment_without_sync(folder, _):
    campaign(folder, "none", 2000 if LONG else 110)


def six_hours_in_constant_memory(folder, _):
    memory = []
    for n in (SIX_HOURS // 20, SIX_HOURS):
        drive("fill", folder / "queue", n, 512)
        result = drive("drain", folder / "queue")
        assert (result["taken"], result["disorder"]) == (n, 0), result
        memory.append(result["memory_kib"])
        print(f"   {n} records of 512 bytes: {memory[-1]} KiB")
    assert not list((folder / "queue").glob("*.seg"))
    if not SANITIZED:
        assert memory[1] < memory[0] + 1024, memory


def mount(stack, folder, *options):
    """A file system of its own on `folder`."""
    folder.mkdir()
    done = subprocess.run(["mount", *options, folder], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise testlib.Skip(f"cannot mount: {done.stderr.strip()}")
    stack.callback(subprocess.run, ["umount", "-l", folder], check=True)


def full_disk(folder, stack):
    mount(stack, folder / "small", "-t", "tmpfs", "-o", "size=3m", "tmpfs")
    result = drive("full", folder / "small" / "queue")
    assert result["accepted"] > 20000, result
    assert (result["error"], result["again"], result["after"]) == (errno.ENOSPC, errno.ENOSPC, 0), result
    assert (result["taken"], result["wrong"]) == (result["accepted"] + 100, 0), result


def file_size_limit(folder, _):
    limit = 100 << 10

    def lower():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    result = drive("full", folder / "queue", preexec_fn=lower)
    assert (result["error"], result["again"]) == (errno.EFBIG, errno.EFBIG), result
    assert (result["taken"], result["wrong"]) == (result["accepted"] + (100 if result["after"] == 0 else 0), 0), result


def read_only_disk(folder, stack):
    mount(stack, folder / "disk", "-t", "tmpfs", "-o", "size=3m", "tmpfs")
    drive("fill", folder / "disk" / "queue", 1000, 100)
    subprocess.run(["mount", "-o", "remount,ro", folder / "disk"], check=True)
    for path in (folder / "disk" / "queue", folder / "disk" / "new"):
        reason = drive("drain", path, status=3)
        assert str(path) in reason and "Read-only file system" in reason, reason
    subprocess.run(["mount", "-o", "remount,rw", folder / "disk"], check=True)
    assert drive("drain", folder / "disk" / "queue")["taken"] == 1000


def one_owner(folder, _):
    life = subprocess.Popen([DRIVE, "run", folder / "queue", folder / "state", "none"], stdout=subprocess.PIPE)
    assert life.stdout.readline() == b"ready\n"
    reason = drive("drain", folder / "queue", status=3)
    assert f"process {life.pid}" in reason, reason
    life.kill()
    life.wait()
    life.stdout.close()
    drive("check", folder / "queue", folder / "state")


testlib.run(
    kill_at_any_moment,
    kill_at_any_moment_without_sync,
    six_hours_in_constant_memory,
    full_disk,
    file_size_limit,
    read_only_disk,
    one_owner,
)
