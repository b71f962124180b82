#!/bin/sh
''':'
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
exec python3 -B "$0" "$@"
'''
# SPDX-License-Identifier: Apache-2.0
"""Several hosts of which one dies and comes back; credentials that are wrong and mended in their file; keys in all forms; a proxy's
odd answers; wake-ups. Against the fault server."""
import base64
import os
import time

from es_tests import Stub, WORK, drive, expect, finish, get, wait_for, write_config

FAST = "backoff.init: 20ms\nbackoff.max: 200ms\ntimeout: 5s\nbulk_max_size: 20\n"


def numbers(*stubs):
    return sorted(n for stub in stubs for n in stub.state()["numbers"])


def killed_and_revived(loadbalance):
    """Two nodes of one cluster; one is killed under load and comes back. Every document is there, once, and both are used again."""
    store = os.path.join(WORK, "store-" + loadbalance)
    with Stub("--store", store) as one:
        two = Stub("--store", store)
        config = write_config('hosts: ["%s", "%s"]\nloadbalance: %s\n%s' % (one.url, two.url, loadbalance, FAST))
        process = drive(config, 12000, batch=20, workers=4, background=True)
        wait_for(lambda: one.state()["documents"] > 1200, "documents flow")
        if loadbalance == "true":
            expect(one.state()["taken"] > 0 and two.state()["taken"] > 0, "both hosts are used")
        port, documents = two.port, one.state()["documents"]
        two.kill()
        wait_for(lambda: one.state()["documents"] > documents + 1000, "one host is enough")
        with Stub("--store", store, port=port) as revived:
            code, figures, log = finish(process)
            expect(code == 0 and figures["taken"] == 12000, "not all were taken", figures, log)
            expect(numbers(one) == list(range(12000)), "each document is there once", len(numbers(one)))
            if loadbalance == "true":
                expect(revived.state()["taken"] > 0, "the revived host is used again", log)
                expect("is back" in log, "the log says that it is back", log)
        expect(log.count("cannot connect") + log.count("broke") <= 4, "one line for a change of state", log)


def fails_over_without_balancing():
    with Stub() as one, Stub() as two:
        config = write_config('hosts: ["%s", "%s"]\nloadbalance: false\n%s' % (one.url, two.url, FAST))
        code, figures, log = drive(config, 500, workers=1)
        used = [s for s in (one, two) if s.state()["documents"]]
        expect(code == 0 and len(used) == 1 and used[0].state()["documents"] == 500, "one host only", figures, log)
        used[0].set_faults({"503": 1})
        code, figures, log = drive(config, 500, first=500, workers=1)
        expect(code == 0 and numbers(one, two) == list(range(1000)), "the other host takes over", figures, log)


def password_mended_in_its_file():
    path = os.path.join(WORK, "password")
    with open(path, "w") as file:
        file.write("wrong\n")
    with Stub("--user", "writer:right") as stub:
        config = write_config('hosts: ["%s"]\nusername: writer\npassword_file: %s\n%s' % (stub.url, path, FAST))
        process = drive(config, 200, background=True)
        time.sleep(0.5)
        expect(stub.state()["documents"] == 0, "a wrong password stores nothing")
        with open(path, "w") as file:
            file.write("right\n")
        code, figures, log = finish(process)
        expect(code == 0 and numbers(stub) == list(range(200)), "the right password is found in the file", figures, log)
        expect("401" in log and "right" not in log and "wrong" not in log, "the log names the status, not the password", log)
        expect(log.count("401") <= 2, "one line for the state", log)
        # Changed on both sides, with the same length and time: the 401 makes it read the file again.
        stat = os.stat(path)
        process = drive(config, 4000, first=200, batch=20, background=True)
        wait_for(lambda: stub.state()["documents"] > 400, "documents flow")
        with open(path, "w") as file:
            file.write("RIGHT\n")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        stub.set_user("writer:RIGHT")
        code, figures, log = finish(process)
        expect(code == 0 and numbers(stub) == list(range(4200)), "a new password is found after a 401", figures, log)


def authorization(config):
    with Stub() as stub:
        code, figures, log = drive(write_config('hosts: ["%s"]\n%s' % (stub.url, config)), 10)
        expect(code == 0, "authorization", figures, log)
        return stub.state()["bulk_headers"].get("Authorization")


def all_kinds_of_keys():
    def b64(text):
        return base64.b64encode(text.encode()).decode()
    path = os.path.join(WORK, "key")
    with open(path, "w") as file:
        file.write("id:from-file\n")
    for config, wanted in (
            ("", None),
            ('username: "u"\npassword: "p:w"', "Basic " + b64("u:p:w")),
            ('api_key: "id:key"', "ApiKey " + b64("id:key")),
            ('api_key: "%s"' % b64("id:key"), "ApiKey " + b64("id:key")),
            ("api_key_file: " + path, "ApiKey " + b64("id:from-file")),
            ("bearer_token: abc", "Bearer abc"),
            ("service_token: AAE", "Bearer AAE")):
        expect(authorization(config) == wanted, "authorization of " + config, authorization(config), wanted)
    with Stub("--user", "u:p@ss") as stub:
        url = stub.url.replace("http://", "http://u:p%40ss@")
        code, figures, log = drive(write_config('hosts: ["%s"]' % url), 10)
        expect(code == 0 and "p%40ss" not in log and "p@ss" not in log, "credentials in the URL", figures, log)


def request_as_asked():
    with Stub() as stub:
        config = write_config('hosts: ["%s"]\npath: /prefix\nparameters: {routing: "a b"}\nheaders: {X-Found: "here", Accept: "application/vnd+json"}\n'
                              "pipeline: main\nescape_html: true\n" % stub.url)
        code, figures, log = drive(config, 10)
        headers = stub.state()["bulk_headers"]
        expect(headers["path"].startswith("/prefix/_bulk?filter_path=") and headers["path"].endswith("&routing=a%20b"), "the path", headers)
        expect(headers["X-Found"] == "here" and headers["User-Agent"].startswith("metrichost/"), "the headers", headers)
        expect(headers["Content-Encoding"] == "gzip" and headers["Content-Type"] == "application/x-ndjson", "the encoding", headers)


def connections_are_kept_and_aged():
    with Stub() as stub:
        config = write_config('hosts: ["%s"]\nmax_connection_age: 1s\nbulk_max_size: 10\n' % stub.url)
        code, figures, log = drive(config, 500, batch=5, workers=1)
        expect(code == 0, "age", figures, log)


def redirects_are_not_followed():
    with Stub() as thief, Stub("--fault", "redirect=1") as stub:
        process = drive(write_config('hosts: ["%s"]\nusername: u\npassword: secret\n%s' % (stub.url, FAST)), 10, seconds=1, background=True)
        code, figures, log = finish(process)
        expect(code == 1 and "302" in log, "a redirect is an error", figures, log)
        expect(get(thief.url + "/__state")["bulks"] == 0, "nobody else was asked")


for test in (lambda: killed_and_revived("true"), lambda: killed_and_revived("false"), fails_over_without_balancing,
             password_mended_in_its_file, all_kinds_of_keys, request_as_asked, connections_are_kept_and_aged,
             redirects_are_not_followed):
    begun = time.monotonic()
    test()
    print("%-40s %.1f s" % (test.__name__, time.monotonic() - begun), flush=True)
print("ok")
