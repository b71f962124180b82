#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The running daemon with puppet plugins: schedule, delivery, refusals, hangs, signals, reload, ledger."""
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import TOP, Daemon, check_ledger, is_sanitized, run_cases, wait_for  # noqa: E402

PLUGINS = [os.path.join(TOP, "tests/stubs/plugins/.libs")]
LONG = os.environ.get("MH_LONG") == "1"


def config(input_options="", sink_options="", extra="", period="100ms"):
    return f"""
metrichost.modules:
  - module: puppet
    period: {period}
    {input_options}
output.puppet_sink:
  path: "%DIR%/sink"
  down_while: "%DIR%/down"
  {sink_options}
logging.metrics.enabled: false
{extra}
"""


def sink_lines(d):
    try:
        with open(d.path("sink"), encoding="utf-8") as f:
            return [line.split() for line in f if line.endswith("\n")]
    except FileNotFoundError:
        return []


def check_exactly_once(d, lines=None):
    """Each run's numbers are there from 0 without a gap, each once. Returns how many."""
    lines = sink_lines(d) if lines is None else lines
    ids = [line[2] for line in lines]
    assert len(ids) == len(set(ids)), "a record came twice"
    runs = {}
    for run, number, _ in lines:
        runs.setdefault(run, []).append(int(number))
    for run, numbers in runs.items():
        assert sorted(numbers) == list(range(len(numbers))), f"run {run} has gaps: {numbers[:20]}"
    return len(ids)


def delivered(d):
    return d.ledger()["total"]["delivered"]


def records_arrive_in_order_and_the_ledger_adds_up():
    with Daemon(config("records: 7"), PLUGINS) as d:
        d.start()
        wait_for(lambda: len(sink_lines(d)) >= 70, what="70 records")
        check_ledger(d.ledger())
        assert d.stop() == 0
        n = check_exactly_once(d)
        numbers = [int(line[1]) for line in sink_lines(d)]
        assert numbers == sorted(numbers)
        ledger = d.ledger()
        check_ledger(ledger)
        assert ledger["total"]["collected"] == ledger["total"]["delivered"] == n, ledger
        assert "last sample" in d.log()


def the_schedule_is_kept():
    with Daemon(config(period="200ms"), PLUGINS) as d:
        d.start()
        began = time.monotonic()
        wait_for(lambda: len(sink_lines(d)) >= 15, what="15 periods")
        took = time.monotonic() - began
        assert 2.2 < took < 6, took


def refused_records_go_to_the_dead_letter_file():
    with Daemon(config("records: 5", "reject_every: 10"), PLUGINS) as d:
        d.start()
        wait_for(lambda: d.ledger()["total"]["dead_lettered"] >= 5, what="5 refusals")
        assert d.stop() == 0
        ledger = d.ledger()
        check_ledger(ledger)
        with open(d.path("data", "dead-letter.ndjson"), encoding="utf-8") as f:
            dead = [json.loads(line) for line in f]
        assert len(dead) == ledger["total"]["dead_lettered"]
        assert os.stat(d.path("data", "dead-letter.ndjson")).st_mode & 0o777 == 0o600
        for one in dead:
            assert one["reason"] == "told to refuse"
            assert one["document"]["puppet"]["number"] >= 0
            assert len(one["id"]) == 20
        lines = sink_lines(d) + [[one["document"]["puppet"]["run"],
                                  str(one["document"]["puppet"]["number"]), one["id"]]
                                 for one in dead]
        check_exactly_once(d, lines)


def single_records_are_tried_again_and_the_others_not():
    with Daemon(config("records: 20", "retry_every: 3"), PLUGINS) as d:
        d.start()
        wait_for(lambda: len(sink_lines(d)) >= 200, what="200 records")
        assert d.stop() == 0
        check_exactly_once(d)
        check_ledger(d.ledger())


def an_outage_loses_nothing_and_is_said_once():
    with Daemon(config("records: 3"), PLUGINS) as d:
        open(d.path("down"), "w").close()
        d.start()
        wait_for(lambda: d.ledger()["total"]["queued"] >= 30, what="30 records in the queue")
        assert sink_lines(d) == []
        os.unlink(d.path("down"))
        wait_for(lambda: d.ledger()["total"]["queued"] < 10, what="an empty queue")
        assert d.log().count("cannot deliver") == 1, d.log()
        assert d.log().count("delivers again") == 1
        assert d.stop() == 0
        check_exactly_once(d)


def what_cannot_be_sent_stays_for_the_next_start():
    with Daemon(config("records: 3"), PLUGINS) as d:
        open(d.path("down"), "w").close()
        d.start()
        wait_for(lambda: d.ledger()["total"]["queued"] >= 15, what="15 records in the queue")
        assert d.stop() == 0
        assert "stay in the queue" in d.log()
        before = d.ledger()["total"]
        os.unlink(d.path("down"))
        d.start()
        wait_for(lambda: len(sink_lines(d)) >= before["queued"] + 3, what="the records of before")
        assert d.stop() == 0
        check_ledger(d.ledger())
        total = d.ledger()["total"]
        assert total["collected"] == total["delivered"] == check_exactly_once(d), total


def a_killed_daemon_loses_nothing_that_was_queued():
    with Daemon(config("records: 4"), PLUGINS) as d:
        open(d.path("down"), "w").close()
        d.start()
        queued = wait_for(lambda: d.ledger()["total"]["queued"] >= 20 and
                          d.ledger()["total"]["queued"], what="20 records in the queue")
        d.process.kill()
        d.wait()
        os.unlink(d.path("down"))
        d.start()
        wait_for(lambda: len(sink_lines(d)) >= queued + 4, what="the records of before")
        assert d.stop() == 0
        total = d.ledger()["total"]
        check_ledger(d.ledger())
        assert total["collected"] == total["delivered"] == check_exactly_once(d), total
        assert [row["collected"] for row in d.ledger()["instances"] if row["name"] == "recovered"] in (
            [], [0]), d.ledger()


def a_full_memory_queue_makes_a_counted_gap_and_no_stall():
    extra = "queue.mem.events: 40"
    with Daemon(config("records: 10", extra=extra), PLUGINS) as d:
        open(d.path("down"), "w").close()
        d.start()
        wait_for(lambda: d.ledger()["total"]["dropped"].get("total", 0) >= 30, what="30 drops")
        ledger = d.ledger()
        check_ledger(ledger)
        assert ledger["instances"][0]["dropped"]["queue_full"] >= 30
        assert d.log().count("records are being dropped") == 1
        began = time.monotonic()
        d.status()
        assert time.monotonic() - began < 2
        os.unlink(d.path("down"))
        wait_for(lambda: "takes records again" in d.log(), what="the end of the gap in the log")
        assert d.stop() == 0
        check_ledger(d.ledger())


def a_hung_instance_is_named_and_the_others_go_on():
    modules = """
metrichost.modules:
  - {module: puppet, period: 100ms, timeout: 100ms, hang_after: 2, tags: [bad]}
  - {module: puppet, period: 100ms, tags: [good]}
output.puppet_sink.path: "%DIR%/sink"
metrichost.shutdown_timeout: 1s
"""
    with Daemon(modules, PLUGINS) as d:
        d.start()
        wait_for(lambda: "hangs in collect" in d.log(), timeout=20, what="the hang in the log")
        before = delivered(d)
        wait_for(lambda: delivered(d) > before + 5, what="records of the other instance")
        states = {i["name"]: i["state"] for i in d.status()["instances"]}
        assert states["puppet"] == "hung" and states["puppet#2"] == "running", states
        assert d.run("status", "--health").returncode == 1
        began = time.monotonic()
        assert d.stop() == 0
        assert time.monotonic() - began < 8
        assert "left behind" in d.log()


def a_fatal_instance_ends_alone():
    modules = """
metrichost.modules:
  - {module: puppet, period: 100ms, fatal_after: 2}
  - {module: puppet, period: 100ms}
output.puppet_sink.path: "%DIR%/sink"
"""
    with Daemon(modules, PLUGINS) as d:
        d.start()
        wait_for(lambda: "stopped for good" in d.log(), what="the end of one instance")
        before = delivered(d)
        wait_for(lambda: delivered(d) > before + 5, what="records of the other instance")
        assert d.stop() == 0
        check_ledger(d.ledger())


def a_failing_input_says_so_once_and_sends_error_records():
    with Daemon(config("fail_every: 2"), PLUGINS) as d:
        d.start()
        wait_for(lambda: d.log().count("collecting fails") >= 3, what="failures")
        assert d.log().count("collects again") >= 2
        assert d.stop() == 0
        check_ledger(d.ledger())


def a_hung_output_does_not_stop_the_end():
    extra = "metrichost.shutdown_timeout: 1s"
    with Daemon(config("records: 3", "hang_after: 3", extra), PLUGINS) as d:
        d.start()
        wait_for(lambda: d.ledger()["total"]["queued"] >= 10, what="records waiting")
        began = time.monotonic()
        assert d.stop() == 0
        assert time.monotonic() - began < 8
        assert "hangs in write" in d.log()
        queued = d.ledger()["total"]["queued"]
        d.configure(config("records: 3"))
        d.start()
        wait_for(lambda: len(sink_lines(d)) > queued, what="what had waited")
        assert d.stop() == 0
        check_exactly_once(d)


def a_second_signal_ends_at_once():
    extra = "metrichost.shutdown_timeout: 20s"
    with Daemon(config("records: 50", "delay: 500ms, max_records: 5".replace(", ", "\n  "), extra),
                PLUGINS) as d:
        d.start()
        wait_for(lambda: d.ledger()["total"]["queued"] >= 100, what="records waiting")
        d.signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in d.log(), what="the stop to begin")
        time.sleep(0.3)
        began = time.monotonic()
        d.signal(signal.SIGTERM)
        assert d.wait() == 0
        assert time.monotonic() - began < 6
        check_ledger(d.ledger())
        d.configure(config("records: 1"))
        d.start()
        wait_for(lambda: d.ledger()["total"]["queued"] < 5, what="the rest to arrive")
        assert d.stop() == 0
        check_exactly_once(d)


def processors_drop_and_are_counted():
    extra = "processors: [{puppet_filter: {drop_every: 5}}]"
    with Daemon(config("records: 10", extra=extra), PLUGINS) as d:
        d.start()
        wait_for(lambda: delivered(d) >= 80, what="80 records")
        assert d.stop() == 0
        ledger = d.ledger()
        check_ledger(ledger)
        assert ledger["instances"][0]["dropped"]["filtered"] * 5 == ledger["total"]["collected"]


def a_condition_is_refused_and_not_ignored():
    extra = "processors: [{puppet_filter: {drop_every: 5, when.equals.a: b}}]"
    with Daemon(config(extra=extra), PLUGINS) as d:
        done = d.run("test", "config")
        assert done.returncode == 1 and "conditions (`when`) of processors are not supported" in done.stderr, done.stderr


def several_workers_deliver_each_record_once():
    with Daemon(config("records: 200", "workers: 4\n  max_records: 10\n  retry_every: 17"),
                PLUGINS) as d:
        d.start()
        wait_for(lambda: len(sink_lines(d)) >= 4000, what="4000 records")
        assert d.stop() == 0
        check_exactly_once(d)
        check_ledger(d.ledger())


def a_wrong_reload_changes_nothing():
    with Daemon(config("records: 2"), PLUGINS) as d:
        d.start()
        d.configure(config("records: many"))
        d.signal(signal.SIGHUP)
        wait_for(lambda: "the old one goes on" in d.log(), what="the refusal")
        assert "metrichost.yml:5:14: error:" in d.log(), d.log()
        before = delivered(d)
        wait_for(lambda: delivered(d) > before + 10, what="records after the refusal")
        assert d.stop() == 0
        lines = sink_lines(d)
        assert len({line[0] for line in lines}) == 1, "the instance was made anew"
        check_exactly_once(d)


def a_reload_makes_only_what_changed_anew():
    two = """
metrichost.modules:
  - {{module: puppet, period: 100ms, records: {0}}}
  - {{module: puppet, period: 100ms, records: 2}}
output.puppet_sink.path: "%DIR%/sink"
"""
    with Daemon(two.format(1), PLUGINS) as d:
        d.start()
        wait_for(lambda: len(sink_lines(d)) >= 30, what="30 records")
        d.configure(two.format(3))
        d.signal(signal.SIGHUP)
        wait_for(lambda: "reloaded in" in d.log(), what="the reload")
        n = len(sink_lines(d))
        wait_for(lambda: len(sink_lines(d)) >= n + 50, what="50 more")
        assert d.stop() == 0
        runs = {line[0] for line in sink_lines(d)}
        assert len(runs) == 3, runs
        check_exactly_once(d)
        check_ledger(d.ledger())


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def reload_in_a_loop():
    """Collecting and delivering go on through every reload: no loss, no duplicate, no growth."""
    rounds = 500 if LONG else 60
    with Daemon(config("records: 5", period="100ms"), PLUGINS) as d:
        d.start()
        warm = None
        for i in range(1, rounds + 1):
            d.configure(config(f"records: {5 + i % 3}", f"max_records: {50 + i % 2}"))
            d.signal(signal.SIGHUP)
            wait_for(lambda n=i: d.log().count("reloaded in") >= n, what=f"reload {i}")
            if i == rounds // 3:
                warm = resident_kib(d.process.pid), len(os.listdir(f"/proc/{d.process.pid}/fd"))
        end = resident_kib(d.process.pid), len(os.listdir(f"/proc/{d.process.pid}/fd"))
        assert d.stop() == 0
        n = check_exactly_once(d)
        total = d.ledger()["total"]
        check_ledger(d.ledger())
        assert total["collected"] == total["delivered"] == n, (total, n)
        print(f"# {rounds} reloads, {n} records, resident {warm[0]} -> {end[0]} KiB, "
              f"descriptors {warm[1]} -> {end[1]}")
        assert end[1] <= warm[1] + 1, (warm, end)
        if not is_sanitized():
            assert end[0] <= warm[0] * 1.15 + 512, (warm, end)


def modules_are_enabled_while_running():
    extra = """
output.puppet_sink.path: "%DIR%/sink"
metrichost.config.modules.reload: {enabled: true, period: 200ms}
"""
    with Daemon(extra, PLUGINS) as d:
        with open(d.path("etc", "modules.d", "puppet.yml.disabled"), "w", encoding="utf-8") as f:
            f.write("- module: puppet\n  period: 100ms\n")
        d.start()
        assert "no module is enabled" in d.log()
        assert d.run("modules", "enable", "puppet").stdout == "Enabled puppet\n"
        wait_for(lambda: len(sink_lines(d)) >= 5, what="records of the enabled module")
        assert d.run("modules", "disable", "puppet").stdout == "Disabled puppet\n"
        wait_for(lambda: d.log().count("reloaded in") >= 2, what="the second reload")
        n = len(sink_lines(d))
        time.sleep(0.5)
        assert len(sink_lines(d)) == n, "a disabled module still collects"
        assert d.stop() == 0
        check_exactly_once(d)


def a_module_is_tried_without_running():
    modules = config("records: 3") + "name: tester"
    with Daemon(modules, PLUGINS) as d:
        done = d.run("test", "modules")
        assert done.returncode == 0, done.stderr
        assert "puppet...\n  tick... OK, 3 records\n    result: {" in done.stdout, done.stdout
        assert '"agent":{"type":"metrichost"' in done.stdout and '"name":"tester"' in done.stdout
        assert d.run("test", "modules", "other").returncode == 1
        d.configure(config("fail_every: 1"))
        done = d.run("test", "modules", "puppet", "tick")
        assert done.returncode == 1 and "ERROR told to fail at collect 1" in done.stdout, done.stdout
        assert not os.path.exists(d.path("data", "queue")) and sink_lines(d) == []


def the_doctor_shows_every_problem_at_once():
    with Daemon(config(), PLUGINS) as d:
        done = d.run("doctor")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "configuration... OK" in done.stdout and "  puppet_sink... OK" in done.stdout, done.stdout
        broken = d.path("broken")
        os.makedirs(broken)
        with open(os.path.join(broken, "text.so"), "w", encoding="utf-8") as f:
            f.write("no plugin")
        d.plugins = [*PLUGINS, broken]
        with open(d.path("data"), "w", encoding="utf-8") as f:
            f.write("in the way")
        done = d.run("doctor")
        assert done.returncode == 1
        assert "data folder... ERROR" in done.stdout and "text.so" in done.stdout, done.stdout
        os.unlink(d.path("data"))
        d.configure(config("records: many"))
        done = d.run("doctor")
        assert done.returncode == 1 and "modules... ERROR" in done.stdout, done.stdout


def a_refused_plugin_is_left_out_and_the_others_go_on():
    """The file of one input is writable by everybody, so its code must not run; the other input is not its fault."""
    modules = """
metrichost.modules:
  - {module: other, period: 100ms}
  - {module: puppet, period: 100ms}
output.puppet_sink.path: "%DIR%/sink"
"""
    with Daemon(modules, PLUGINS) as d:
        os.makedirs(d.path("others"))
        with open(os.path.join(PLUGINS[0], "puppet.so"), "rb") as f:
            bytes_of_other = f.read().replace(b"name=puppet version", b"name=other  version")
        with open(d.path("others", "other.so"), "wb") as f:
            f.write(bytes_of_other)
        os.chmod(d.path("others", "other.so"), 0o666)
        d.plugins = [*PLUGINS, d.path("others")]
        checked = d.run("test", "config")
        assert checked.returncode == 1 and "other.so" in checked.stderr, checked.stderr
        d.start()
        assert "module other is left out, the others go on" in d.log(), d.log()
        wait_for(lambda: len(sink_lines(d)) >= 5, what="records of the other module")
        assert d.stop() == 0
        check_exactly_once(d)


def two_daemons_do_not_share_a_data_folder():
    with Daemon(config(), PLUGINS) as d:
        d.start()
        second = d.run("run", "-e")
        assert second.returncode == 1
        assert "data path already locked" in second.stderr, second.stderr
        assert d.stop() == 0


def the_identity_of_the_agent_is_kept():
    with Daemon(config(), PLUGINS) as d:
        d.start()
        first = d.status()["agent_id"]
        assert d.stop() == 0
        d.start()
        wait_for(lambda: d.run("status", "--health").returncode == 0, what="the daemon to answer")
        assert d.status()["agent_id"] == first
        assert d.stop() == 0


run_cases([
    records_arrive_in_order_and_the_ledger_adds_up,
    the_schedule_is_kept,
    refused_records_go_to_the_dead_letter_file,
    single_records_are_tried_again_and_the_others_not,
    an_outage_loses_nothing_and_is_said_once,
    what_cannot_be_sent_stays_for_the_next_start,
    a_killed_daemon_loses_nothing_that_was_queued,
    a_full_memory_queue_makes_a_counted_gap_and_no_stall,
    a_hung_instance_is_named_and_the_others_go_on,
    a_fatal_instance_ends_alone,
    a_failing_input_says_so_once_and_sends_error_records,
    a_hung_output_does_not_stop_the_end,
    a_second_signal_ends_at_once,
    processors_drop_and_are_counted,
    a_condition_is_refused_and_not_ignored,
    several_workers_deliver_each_record_once,
    a_wrong_reload_changes_nothing,
    a_reload_makes_only_what_changed_anew,
    reload_in_a_loop,
    modules_are_enabled_while_running,
    a_module_is_tried_without_running,
    the_doctor_shows_every_problem_at_once,
    a_refused_plugin_is_left_out_and_the_others_go_on,
    two_daemons_do_not_share_a_data_folder,
    the_identity_of_the_agent_is_kept,
])
