#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Configurations as Metricbeat's operators have them: they are read unchanged, with warnings at most."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("top_builddir", "."))
PROGRAM = os.path.join(BUILD, "metrichost")
NEEDED = ("docker", "awsfargate", "output_es", "host_metadata", "cloud_metadata")

# The keys that a Metricbeat package ships switched on, of 7.x and 8.x, and those that operators add most.
PACKAGED = """
metricbeat.config.modules:
  path: ${path.config}/modules.d/*.yml
  reload.enabled: false
setup.template.settings:
  index.number_of_shards: 1
  index.codec: best_compression
setup.kibana:
output.elasticsearch:
  hosts: ["localhost:9200"]
processors:
  - add_host_metadata: ~
  - add_cloud_metadata: ~
  - add_docker_metadata: ~
  - add_kubernetes_metadata: ~
"""
CLOUD = """
metricbeat.config.modules.path: ${path.config}/modules.d/*.yml
cloud.id: "staging:ZXhhbXBsZS5jb20kYWJjJGRlZg=="
cloud.auth: "elastic:pass,word"
"""
GROWN = """
name: web-1
tags: ["service-X", "web-tier"]
fields:
  env: staging
fields_under_root: true
max_procs: 2
timestamp.precision: millisecond
metricbeat.max_start_delay: 10s
metricbeat.config.modules.path: ${path.config}/modules.d/*.yml
metricbeat.config.modules.reload.enabled: true
metricbeat.config.modules.reload.period: 10s
queue.mem:
  events: 4096
  flush.min_events: 2048
  flush.timeout: 1s
output.console.enabled: false
output.logstash:
  enabled: false
  hosts: ["${UNSET_LOGSTASH}:5044"]
output.elasticsearch:
  enabled: true
  hosts: '${ES_HOSTS}'
  protocol: https
  username: elastic
  password: '${ES_PASSWORD}'
  index: "metricbeat-%{[agent.version]}-%{+yyyy.MM.dd}"
  worker: 1
  bulk_max_size: 50
  compression_level: 1
  backoff.init: 1s
  backoff.max: 60s
  timeout: 90
  ssl.verification_mode: full
  ssl.certificate_authorities: ["pki/ca.pem"]
setup.template.name: metricbeat
setup.template.pattern: "metricbeat-*"
setup.ilm.enabled: auto
setup.dashboards.enabled: false
setup.kibana.host: "https://kibana:5601"
logging.level: info
logging.to_files: true
logging.files:
  path: ${path.logs}
  name: metricbeat
  keepfiles: 7
  permissions: 0644
  interval: 0
logging.metrics.enabled: false
http.enabled: true
http.port: 5066
monitoring.enabled: false
monitoring.elasticsearch.password: ${UNSET_MONITORING}
instrumentation.enabled: false
seccomp.enabled: true
migration.6_to_7.enabled: true
processors:
  - add_host_metadata:
      netinfo.enabled: false
  - add_cloud_metadata: ~
"""
DOCKER = """
- module: docker
  metricsets:
    - container
    - cpu
    - diskio
    - event
    - healthcheck
    - info
    - memory
    - network
  period: 10s
  hosts: ["unix:///var/run/docker.sock"]
  enabled: true
  labels.dedot: false
"""
FARGATE = """
- module: awsfargate
  period: 10s
  metricsets:
    - task_stats
"""
INLINE = """
metricbeat.modules:
- module: docker
  metricsets: ["container", "cpu"]
  hosts: ["${DOCKER_HOST_SOCKET:unix:///var/run/docker.sock}"]
  period: 30s
""" + PACKAGED.replace("metricbeat.config.modules:\n  path: ${path.config}/modules.d/*.yml\n  reload.enabled: false\n", "")

CASES = (
    ("as packaged", PACKAGED, {"docker.yml": DOCKER}),
    ("with cloud.id", CLOUD, {"awsfargate.yml": FARGATE}),
    ("grown", GROWN, {"docker.yml": DOCKER, "system.yml.disabled": "- module: system\n"}),
    ("inline modules", INLINE, {}),
)


def write(folder, name, content):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "w") as file:
        file.write(content)
    os.chmod(path, 0o644)


def check(name, main_file, modules):
    folder = tempfile.mkdtemp(prefix="mh-metricbeat-config-")
    environment = {**os.environ, "ES_HOSTS": "es1:9200,es2:9200", "ES_PASSWORD": "a,b:c'\"#{"}
    try:
        write(folder, "metricbeat.yml", main_file)
        write(folder, "pki/ca.pem", "")
        for module, content in modules.items():
            write(folder, "modules.d/" + module, content)
        flags = [a for unit in NEEDED for a in ("--path.plugins", os.path.join(BUILD, "plugins", unit, ".libs"))]
        result = subprocess.run([PROGRAM, "test", "config", "-path.config", folder, "-path.data", folder + "/data",
                                 "-path.home", folder, "-path.logs", folder, "-environment", "systemd"] + flags,
                                capture_output=True, text=True, env=environment, timeout=60)
    finally:
        shutil.rmtree(folder)
    errors = [line for line in result.stderr.splitlines() if ": warning: " not in line]
    good = result.returncode == 0 and not errors and result.stdout == "Config OK\n"
    print("%s: %s" % (name, "ok" if good else "FAIL, exit %d" % result.returncode))
    print("".join("    %s\n" % line.replace(folder, "DIR") for line in result.stderr.splitlines()), end="")
    return good


def main():
    missing = [u for u in NEEDED if not glob.glob(os.path.join(BUILD, "plugins", u, ".libs", "*.so"))]
    if missing:
        print("SKIP: not built: " + ", ".join(missing))
        return 77
    results = [check(*case) for case in CASES]
    return 0 if all(results) else 1


sys.exit(main())
