#!/bin/sh
''':'
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
exec python3 -B "$0" "$@"
'''
# SPDX-License-Identifier: Apache-2.0
"""Requests of setup against every kind of server, recorded; twice: the second time nothing changes. Then what a key that may only
write gets, and what export prints."""
import json

from es_tests import Daemon, Stub, drive, expect, write_config

V = None  # the daemon's version
DS, TPL, POL, ISM = "/_data_stream/", "/_index_template/", "/_ilm/policy/", "/_plugins/_ism/policies/"


def setup(daemon, stub, *args, code=0):
    before = len(stub.state()["requests_seen"])
    got, out = daemon.run("setup", *args)
    expect(got == code, "setup ended with %d, not %d" % (got, code), out)
    return [r[0] + " " + r[1] for r in stub.state()["requests_seen"][before:]], out


def body_of(stub, path):
    for method, seen, body in stub.state()["requests_seen"]:
        if method == "PUT" and seen == path:
            return json.loads(body)
    expect(False, "no PUT " + path, [r[:2] for r in stub.state()["requests_seen"]])


def check(flavor, first, second, inspect=None, output=""):
    with Stub("--flavor", flavor) as stub:
        daemon = Daemon('hosts: ["%s"]\n%s' % (stub.url, output), "setup-" + flavor)
        requests, out = setup(daemon, stub)
        expect(requests == first, "%s: other requests" % flavor, "\n".join(requests), out)
        expect("created" in out, "%s: nothing was created" % flavor, out)
        requests, out = setup(daemon, stub)
        expect(requests == second, "%s: other requests the second time" % flavor, "\n".join(requests), out)
        expect("created" not in out and "updated" not in out and "unchanged" in out, "%s: not idempotent" % flavor, out)
        if inspect:
            inspect(stub, daemon)


def version():
    code, out = Daemon("hosts: [x]", "version").run("version")
    return out.split()[2]


V = "metrichost-" + version()
ASK = ["GET /", "GET " + DS + V, "GET " + POL + "metrichost"]



def leaf(mappings, dotted):
    node = mappings
    for name in dotted.split("."):
        node = node["properties"][name]
    return node


def inspect_8(stub, daemon):
    policy = body_of(stub, POL + "metrichost")
    expect(policy == {"policy": {"phases": {"hot": {"actions": {"rollover": {"max_age": "30d", "max_primary_shard_size": "50gb"}}}}}},
           "another policy", policy)
    body = body_of(stub, TPL + V)
    expect(body["index_patterns"] == [V] and body["priority"] == 150 and body["data_stream"] == {}, "another envelope", body)
    settings, mappings = body["template"]["settings"], body["template"]["mappings"]
    expect(settings["index.lifecycle.name"] == "metrichost" and settings["index.codec"] == "best_compression"
           and settings["index.mapping.total_fields.limit"] == 10000, "other settings", settings)
    expect(mappings["date_detection"] is False and mappings["_meta"]["managed_by"] == "metrichost", "other mappings", mappings)
    pct = leaf(mappings, "docker.cpu.total.pct")
    expect(pct == {"type": "double", "meta": {"unit": "percent", "metric_type": "gauge"}, "time_series_metric": "gauge"}, "docker.cpu.total.pct", pct)
    expect(leaf(mappings, "container.id") == {"type": "keyword", "ignore_above": 1024}, "container.id", leaf(mappings, "container.id"))
    expect(leaf(mappings, "@timestamp") == {"type": "date"}, "@timestamp")
    expect(leaf(mappings, "docker.container.labels")["type"] == "flattened", "labels", leaf(mappings, "docker.container.labels"))
    names = [list(t)[0] for t in mappings["dynamic_templates"]]
    expect("docker.cpu.core.*.pct" in names and names[-1] == "strings_as_keyword", "dynamic templates", names)

    # What exists and differs: setup rewrites the template, leaves the policy; --force rewrites both.
    daemon.configure('hosts: ["%s"]\nsetup.template.settings: {number_of_shards: 3, index.codec: default}\nsetup.ilm.delete_after: 90d' % stub.url)
    requests, out = setup(daemon, stub)
    expect(requests == ASK + ["GET " + TPL + V, "PUT " + TPL + V] and "updated" in out, "a changed template", requests, out)
    requests, out = setup(daemon, stub, "--force")
    expect(requests == ASK + ["PUT " + POL + "metrichost", "GET " + TPL + V, "PUT " + TPL + V], "--force", requests, out)
    last = [r for r in stub.state()["requests_seen"] if r[0] == "PUT" and r[1] == TPL + V][-1]
    settings = json.loads(last[2])["template"]["settings"]
    expect(settings["index.number_of_shards"] == "3" and settings["index.codec"] == "default", "settings of the user", settings)
    last = [r for r in stub.state()["requests_seen"] if r[0] == "PUT" and r[1] == POL + "metrichost"][-1]
    expect(json.loads(last[2])["policy"]["phases"]["delete"] == {"min_age": "90d", "actions": {"delete": {}}}, "delete phase", last)


def inspect_old(stub, daemon):
    policy = body_of(stub, POL + "metrichost")
    expect("max_size" in policy["policy"]["phases"]["hot"]["actions"]["rollover"], "7.11 has no max_primary_shard_size", policy)
    mappings = body_of(stub, TPL + V)["template"]["mappings"]
    expect("time_series_metric" not in leaf(mappings, "docker.cpu.total.pct"), "7.11 knows no time_series_metric")


def inspect_legacy(stub, daemon):
    body = body_of(stub, "/_template/" + V)
    expect(body["order"] == 1 and body["index_patterns"] == [V + "-*"] and "template" not in body, "legacy template", body)
    expect(body["settings"]["index.lifecycle.rollover_alias"] == V, "rollover alias", body["settings"])
    alias = body_of(stub, "/%3C" + V + "-%7Bnow%2Fd%7D-000001%3E")
    expect(alias == {"aliases": {V: {"is_write_index": True}}}, "first index", alias)


def inspect_serverless(stub, daemon):
    body = body_of(stub, TPL + V)
    expect(body["template"]["lifecycle"] == {"data_retention": "90d"}, "lifecycle of the stream", body["template"])
    expect("index.number_of_shards" not in body["template"]["settings"], "serverless takes no shards", body["template"]["settings"])


def inspect_opensearch(stub, daemon):
    policy = body_of(stub, ISM + "metrichost")["policy"]
    expect(policy["states"][0]["actions"][0]["rollover"]["min_index_age"] == "30d", "ISM policy", policy)
    expect(policy["ism_template"] == [{"index_patterns": [V], "priority": 150}], "ISM template", policy)
    mappings = body_of(stub, TPL + V)["template"]["mappings"]
    expect(leaf(mappings, "docker.container.labels") == {"type": "flat_object"}, "labels", leaf(mappings, "docker.container.labels"))
    expect("time_series_metric" not in leaf(mappings, "docker.cpu.total.pct"), "OpenSearch knows no time_series_metric")
    requests, out = setup(daemon, stub, "--force")
    expect("PUT " + ISM + "metrichost?if_seq_no=7&if_primary_term=1" in requests, "an update of a policy names what it replaces", requests)


def inspect_opensearch_1(stub, daemon):
    mappings = body_of(stub, TPL + V)["template"]["mappings"]
    expect(leaf(mappings, "docker.container.labels") == {"type": "object", "enabled": False}, "labels", leaf(mappings, "docker.container.labels"))


def inspect_series(stub, daemon):
    body = body_of(stub, TPL + V)["template"]
    expect(body["settings"]["index.mode"] == "time_series", "index.mode", body["settings"])
    expect("container.id" in body["settings"]["index.routing_path"], "routing_path", body["settings"])
    expect(leaf(body["mappings"], "container.id") == {"type": "keyword", "time_series_dimension": True}, "dimension", leaf(body["mappings"], "container.id"))
    late = body_of(stub, TPL + V + "-late")["template"]
    expect("index.mode" not in late["settings"], "the late stream is none of time series", late["settings"])


STREAM = ["PUT " + POL + "metrichost", "GET " + TPL + V, "PUT " + TPL + V, "PUT " + DS + V]
for flavor, inspect in (("7.11.0", inspect_old), ("7.17.14", None), ("8.10.3", inspect_8), ("9.0.1", None)):
    check(flavor, ASK + STREAM, ASK + ["GET " + TPL + V], inspect)
check("8.11.1", ASK + STREAM + ["GET " + TPL + V + "-late", "PUT " + TPL + V + "-late", "PUT " + DS + V + "-late"],
      ASK + ["GET " + TPL + V, "GET " + TPL + V + "-late", "PUT " + DS + V + "-late"], inspect_series, "setup.template.time_series: true")
check("7.5.0", ASK + ["PUT " + POL + "metrichost", "GET /_template/" + V, "PUT /_template/" + V, "GET /_alias/" + V, "HEAD /" + V,
                      "PUT /%3C" + V + "-%7Bnow%2Fd%7D-000001%3E"],
      ASK + ["GET /_template/" + V, "GET /_alias/" + V], inspect_legacy)
check("7.17.0+nostreams+noilm", ASK + ["GET " + TPL + V, "PUT " + TPL + V], ASK + ["GET " + TPL + V])
check("serverless", ASK[:2] + STREAM[1:], ASK[:2] + ["GET " + TPL + V], inspect_serverless, "setup.ilm.delete_after: 90d")
OS = ["GET /", "GET " + DS + V, "GET " + ISM + "metrichost"]
check("opensearch-2.11.0", OS + ["PUT " + ISM + "metrichost"] + STREAM[1:], OS + ["GET " + TPL + V], inspect_opensearch)
check("opensearch-1.3.0+noism", OS + STREAM[1:], OS + ["GET " + TPL + V], inspect_opensearch_1)
check("8.10.4", ["GET /", "GET " + DS + "own-stream"] + ["GET " + TPL + "own-stream", "PUT " + TPL + "own-stream", "PUT " + DS + "own-stream"],
      ["GET /", "GET " + DS + "own-stream", "GET " + TPL + "own-stream"], None, "index: own-stream\nsetup.ilm.enabled: false")

# A key that may only write: setup names the privileges, running goes on without them.
with Stub("--flavor", "8.10.3+writeonly") as stub:
    daemon = Daemon('hosts: ["%s"]' % stub.url, "writeonly")
    requests, out = setup(daemon, stub, code=1)
    expect("manage_ilm" in out and "manage_index_templates" in out, "setup names the missing privileges", out)
    code, figures, log = drive(write_config('hosts: ["%s"]' % stub.url), 500)
    expect(code == 0 and stub.state()["documents"] == 500, "a key that may only write is enough", figures, log)

# Nobody there.
daemon = Daemon('hosts: ["http://127.0.0.1:1"]', "nobody")
code, out = daemon.run("setup")
expect(code == 1 and "cannot connect to http://127.0.0.1:1" in out, "setup without a server", out)
code, out = daemon.run("test", "output")
expect(code == 1 and "dial up... ERROR" in out, "test output without a server", out)

# Artefacts on paper.
for given, pattern in ((None, V), ("7.17.0", V), ("opensearch-2.11.0", V), ("7.5.0", V + "-*")):
    code, out = daemon.run("export", "template", *(["--es.version", given] if given else []))
    expect(code == 0 and json.loads(out)["index_patterns"] == [pattern], "export template " + str(given), out[:500])
code, out = daemon.run("export", "ilm-policy")
expect(code == 0 and "rollover" in json.dumps(json.loads(out)), "export ilm-policy", out)
code, out = daemon.run("export", "fields")
expect(code == 0 and '- name: "docker.cpu.total.pct"' in out and 'unit: "percent"' in out, "export fields", out[:500])
code, out = daemon.run("export", "template", "--es.version", "new")
expect(code == 1 and "is no version" in out, "export for no version", out)
print("ok")
