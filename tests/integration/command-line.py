#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as operators and their scripts use it: words, streams and exit codes, without network."""
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.environ.get("top_builddir", ".")
PROGRAM = os.path.abspath(os.path.join(BUILD, "metrichost"))
PLUGINS = os.path.abspath(os.path.join(BUILD, "plugins/output_file/.libs"))


class Place(unittest.TestCase):
    """A folder of configuration, removed afterwards."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mh-command-line-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.write("metrichost.yml", "output.console.enabled: true\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        os.makedirs(os.path.dirname(self.path(name)), mode=0o700, exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(content)
        os.chmod(self.path(name), 0o600)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def run_program(self, *args, stdin="", env=None):
        folders = ["--path.config", self.folder, "--path.data", self.folder]
        return subprocess.run([PROGRAM, *args, *folders], input=stdin, capture_output=True, text=True,
                              env={**os.environ, **(env or {})}, timeout=60)

    def expect(self, args, code=0, stdout="", stderr="", **more):
        result = self.run_program(*args, **more)
        self.assertEqual((result.returncode, result.stdout, result.stderr.replace(self.folder, "DIR")),
                         (code, stdout, stderr))


class Modules(Place):
    def setUp(self):
        super().setUp()
        for name in ("docker.yml.disabled", "elasticsearch-xpack.yml.disabled", "elasticsearch.yml.disabled",
                     "system.yml"):
            self.write("modules.d/" + name, "- module: " + name.split(".")[0] + "\n")

    def names(self):
        return sorted(os.listdir(self.path("modules.d")))

    def test_list(self):
        self.expect(["modules", "list"], stdout="Enabled:\nsystem\n\nDisabled:\ndocker\nelasticsearch\n"
                                                "elasticsearch-xpack\n")

    def test_enable_and_disable(self):
        self.expect(["modules", "enable", "docker"], stdout="Enabled docker\n")
        self.assertIn("docker.yml", self.names())
        self.assertNotIn("docker.yml.disabled", self.names())
        self.expect(["modules", "enable", "docker"], stdout="Module docker is already enabled\n")
        self.expect(["modules", "disable", "docker"], stdout="Disabled docker\n")
        self.expect(["modules", "disable", "docker"], stderr="Module docker is already disabled\n")
        self.assertEqual(self.read("modules.d/docker.yml.disabled"), "- module: docker\n")

    def test_unknown_names_stop(self):
        self.expect(["modules", "enable", "docker", "nope", "elasticsearch"], code=1,
                    stdout="Enabled docker\nModule nope doesn't exist!\n")
        self.assertIn("elasticsearch.yml.disabled", self.names())
        self.expect(["modules", "disable", "nope"], code=1, stderr="Module nope doesn't exist!\n")
        self.expect(["modules", "enable"])

    def test_the_same_name_twice(self):
        self.expect(["modules", "enable", "docker", "docker"],
                    stdout="Enabled docker\nModule docker is already enabled\n")

    def test_names_are_no_paths(self):
        self.write("secret.yml.disabled", "x: 1\n")
        self.expect(["modules", "enable", "../secret"], code=1, stdout="Module ../secret doesn't exist!\n")

    def test_both_files_are_kept(self):
        self.write("modules.d/system.yml.disabled", "packaged\n")
        self.expect(["modules", "list"],
                    stdout="Enabled:\nsystem\n\nDisabled:\ndocker\nelasticsearch\nelasticsearch-xpack\n",
                    stderr="system: both system.yml and system.yml.disabled are in DIR/modules.d; system.yml counts\n")
        self.expect(["modules", "disable", "system"], stdout="Disabled system\n",
                    stderr="Module system: kept the file DIR/modules.d/system.yml.disabled that was there as "
                           "DIR/modules.d/system.yml.disabled.old\n")
        self.assertEqual(self.read("modules.d/system.yml.disabled"), "- module: system\n")
        self.assertEqual(self.read("modules.d/system.yml.disabled.old"), "packaged\n")

    def test_a_broken_configuration_does_not_matter(self):
        self.write("metrichost.yml", "output: [\n")
        self.expect(["modules", "enable", "docker"], stdout="Enabled docker\n")
        os.unlink(self.path("metrichost.yml"))
        self.expect(["modules", "disable", "docker"], stdout="Disabled docker\n")

    def test_another_folder(self):
        self.write("metrichost.yml", "metricbeat.config.modules.path: ${path.config}/other/*.yml\n")
        self.write("other/x.yml", "")
        self.expect(["modules", "list"], stdout="Enabled:\nx\n\nDisabled:\n")

    def test_a_pattern_without_star(self):
        self.write("metrichost.yml", "metricbeat.config.modules.path: m/*.conf\n")
        self.expect(["modules", "list"], code=1,
                    stderr="Error in modules manager: wrong settings for config.modules.path, it is expected to end "
                           "with *.yml. Got: DIR/m/*.conf\n")


class Flags(Place):
    def usage_error(self, args, message):
        result = self.run_program(*args)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "")
        self.assertTrue(result.stderr.startswith("Exiting: " + message + "\nUsage: metrichost"), result.stderr)

    def test_one_dash_and_two(self):
        for form in (["-path.logs", "/l"], ["--path.logs", "/l"], ["-path.logs=/l"], ["--path.logs=/l"]):
            self.expect(["test", "config", "--path.plugins", PLUGINS, *form], stdout="Config OK\n")

    def test_flags_stand_anywhere(self):
        self.expect(["-E", "name=x", "--path.plugins", PLUGINS, "test", "-e", "config"], stdout="Config OK\n")
        self.expect(["-environment", "container", "--path.plugins", PLUGINS, "test", "config"],
                    stdout="Config OK\n")

    def test_unknown_flags(self):
        self.usage_error(["--path.hom", "x"], "unknown flag: --path.hom; did you mean --path.home?")
        self.usage_error(["-Ename=x"], "unknown flag: -Ename; put a space after -E")
        self.usage_error(["--E", "name=x"], "unknown flag: --E")
        self.usage_error(["version", "--force"], 'unknown flag: --force is not a flag of "version"')
        self.usage_error(["-environment", "contaner"],
                         'invalid argument "contaner" for --environment; did you mean container?')
        self.usage_error(["--strict.perms=maybe"], "--strict.perms=maybe: a switch takes =true or =false")

    def test_a_missing_argument(self):
        result = subprocess.run([PROGRAM, "-c"], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stderr.startswith("Exiting: flag needs an argument: -c FILE\n"), result.stderr)

    def test_unknown_commands(self):
        self.usage_error(["modlues"], 'unknown command "modlues" for "metrichost"; did you mean "modules"?')
        self.usage_error(["modules", "enabel", "x"],
                         'unknown command "enabel" for "metrichost modules"; did you mean "enable"?')
        self.usage_error(["version", "x"], 'unexpected argument "x" for "metrichost version"')

    def test_help(self):
        for args in (["--help"], ["-h"], ["help"]):
            result = self.run_program(*args)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("modules enable MODULE...", result.stdout)
        for args in (["modules", "enable", "--help"], ["help", "modules", "enable"]):
            result = self.run_program(*args)
            self.assertEqual(result.returncode, 0)
            self.assertIn("Usage: metrichost modules enable MODULE... [FLAGS]", result.stdout)
        self.assertIn("modules list", self.run_program("modules").stdout)
        self.assertEqual(self.run_program("help", "nope").returncode, 1)

    def test_version(self):
        result = self.run_program("version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^metrichost version [0-9.]+ \([a-z0-9_]+\), plugin ABI [0-9]+\.[0-9]+\n$")

    def test_a_closed_output_is_an_error(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([PROGRAM, "version"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "Exiting: standard output cannot be written\n")


class Export(Place):
    def test_merged_without_secrets(self):
        self.write("metrichost.yml", 'output.elasticsearch:\n  hosts: ["https://user:p@hunter2@es:9200/p?q=@"]\n'
                                     "  password: hunter2\n  api_key: ${API_KEY}\n  username: ${USER_NAME:elastic}\n"
                                     "  ssl.key_passphrase: ${PASS:hunter2}\n  headers: {Authorization: hunter2}\n"
                                     "cloud.auth: elastic:hunter2\n")
        self.write("second.yml", 'output.elasticsearch.hosts: ["${HOST}"]\nname: "yes"\n')
        files = ["-c", "metrichost.yml", "-c", "second.yml"]
        result = self.run_program("export", "config", *files, "-E", "tags=[a]")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertNotIn("hunter2", result.stdout)
        self.assertIn('    hosts:\n    - "${HOST}"\n', result.stdout)
        self.assertIn("    password: xxxxx\n", result.stdout)
        self.assertIn("    api_key: ${API_KEY}\n", result.stdout)
        self.assertIn("    username: ${USER_NAME:elastic}\n", result.stdout)
        self.assertIn('name: "yes"\n', result.stdout)
        first = self.run_program("export", "config").stdout
        self.assertIn("https://xxxxx@es:9200/p?q=@", first)
        self.assertNotIn("hunter2", first)

    def test_what_comes_out_goes_in(self):
        self.write("metrichost.yml", 'name: "a: b # c"\ntags: ["1", "true", "null", "", " x", "l1\\nl2"]\n'
                                     "fields: {n: 1, t: true, e: ~, s: '~'}\n")
        first = self.run_program("export", "config").stdout
        self.write("metrichost.yml", first)
        self.assertEqual(self.run_program("export", "config").stdout, first)
        self.assertIn('- "1"', first)
        self.assertIn('s: "~"', first)


class Plugins(Place):
    def test_list(self):
        result = self.run_program("plugins", "list", "--path.plugins", PLUGINS)
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"\noutput +console +[0-9.]+ +1\.[0-9]+ +1\.0 +/.*/output_file\.so\n")

    def test_a_file_that_is_none(self):
        self.write("p/broken.so", "nonsense")
        result = self.run_program("plugins", "list", "--path.plugins", self.path("p"))
        self.assertEqual(result.returncode, 0)
        self.assertIn("broken.so\n           refused: ", result.stdout)

    def test_none(self):
        os.mkdir(self.path("p"))
        result = self.run_program("plugins", "list", "--path.plugins", self.path("p"))
        self.assertEqual(result.returncode, 0)
        if not result.stdout.startswith("KIND"):
            self.assertTrue(result.stdout.startswith("No plugins found. Searched:\n  " + self.path("p") + "\n"))


class Keystore(Place):
    def test_life_of_a_secret(self):
        self.expect(["keystore", "list"], code=1,
                    stderr="Exiting: the keystore DIR/metrichost.keystore does not exist; run `metrichost keystore "
                           "create`\n")
        self.expect(["keystore", "create"], stdout="Created metrichost keystore\n")
        self.assertEqual(os.stat(self.path("metrichost.keystore")).st_mode & 0o7777, 0o600)
        self.expect(["keystore", "add", "ES_PASSWORD", "--stdin"], stdin="hunter2, with comma\n",
                    stdout="Successfully updated the keystore\n")
        self.expect(["keystore", "add", "a.b", "--stdin"], stdin="x", stdout="Successfully updated the keystore\n")
        self.expect(["keystore", "list"], stdout="ES_PASSWORD\na.b\n")
        self.assertNotIn("hunter2", self.read("metrichost.keystore"))
        for setting in ("logging.level: ${ES_PASSWORD}", "queue.mem.events: x${ES_PASSWORD}",
                        "fields: {x: '${ES_PASSWORD}'}\nqueue.mem.events: ${fields.x}"):
            self.write("metrichost.yml", "output.console.enabled: true\n" + setting + "\n")
            result = self.run_program("test", "config", "--path.plugins", PLUGINS)
            self.assertEqual(result.returncode, 1)
            self.assertIn("a value that is secret", result.stderr)
            self.assertNotIn("hunter2", result.stderr)
        self.expect(["keystore", "remove", "ES_PASSWORD", "nope"], code=1,
                    stderr="Exiting: could not find key 'nope' in the keystore\n")
        self.expect(["keystore", "remove", "ES_PASSWORD"], stdout="successfully removed key: ES_PASSWORD\n")
        self.expect(["keystore", "list"], stdout="a.b\n")

    def test_nothing_is_replaced_unasked(self):
        self.expect(["keystore", "add", "K", "--stdin", "--force"], stdin="one",
                    stdout="Created keystore\nSuccessfully updated the keystore\n")
        self.expect(["keystore", "add", "K", "--stdin"], stdin="two", code=1,
                    stderr="Exiting: the settings K already exist in the keystore use `--force` to replace it\n")
        self.expect(["keystore", "create"], stdout="Exiting without creating keystore.\n")
        self.expect(["keystore", "list"], stdout="K\n")

    def test_permissions(self):
        self.expect(["keystore", "create"], stdout="Created metrichost keystore\n")
        os.chmod(self.path("metrichost.keystore"), 0o644)
        self.expect(["keystore", "list"], code=1,
                    stderr="Exiting: DIR/metrichost.keystore: must belong to root or to the user that runs "
                           "metrichost, with permissions 0600; run: chmod 600 DIR/metrichost.keystore\n")

    def test_without_a_terminal(self):
        self.expect(["keystore", "add", "K", "--force"], code=1, stdout="Created keystore\n",
                    stderr="Exiting: standard input is no terminal; use --stdin to read the value from it\n")

    def test_at_a_terminal_the_value_is_not_shown(self):
        main, side = pty.openpty()
        command = [PROGRAM, "keystore", "add", "K", "--force", "--path.config", self.folder, "--path.data",
                   self.folder]
        process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side)
        os.close(side)
        shown = b""
        while b"Enter value for K: " not in shown:
            shown += os.read(main, 1024)
        os.write(main, b"hunter2\n")
        self.assertEqual(process.wait(timeout=60), 0)
        try:
            shown += os.read(main, 4096)
        except OSError:
            pass  # the other side is closed
        os.close(main)
        self.assertNotIn(b"hunter2", shown)
        self.expect(["keystore", "list"], stdout="K\n")

    def test_a_keystore_made_elsewhere(self):
        # Made by an independent implementation of the format: KEY is "warning".
        self.write("metrichost.keystore", FOREIGN)
        self.expect(["keystore", "list"], stdout="KEY\n")
        self.write("metrichost.yml", "output.console.enabled: true\nlogging.level: ${KEY}\n")
        self.expect(["test", "config", "--path.plugins", PLUGINS], stdout="Config OK\n")


FOREIGN = ("v1PGA8+D+XE0Z54JP1NPYaTYUtPuRAPEY8tKX9Ksk33TEx8SG6qWnVHPhGPMA010RXHgOfH6mzYpTzqzW7RBwhgVLwQuPXfhyGgb"
           "H+qJp/TMM5bExqfkduQng3iDnvXb5iH2jZRVV3M0eTefyXtI3TMUBla1f4Zuac9bLQxP9s")

if __name__ == "__main__":
    if not os.path.exists(os.path.join(PLUGINS, "output_file.so")):
        print("SKIP: plugins/output_file is not built")
        sys.exit(77)
    unittest.main()
