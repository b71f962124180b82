#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wrong configurations: what `metrichost test config` says about each, word for word, and its exit code.

A case is the main file, what stderr must be (DIR stands for the folder, PLUGINS for the list of searched folders) and,
where it matters, arguments, environment or more files. Cases with exit code 0 are those that only warn.
"""
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("top_builddir", ".")
PROGRAM = os.path.abspath(os.path.join(BUILD, "metrichost"))
PLUGINS = os.path.abspath(os.path.join(BUILD, "plugins/output_file/.libs"))
OUT = "output.console.enabled: true\n"
MAIN = "DIR/metrichost.yml"
CASES = []


def case(name, text, stderr, code=1, args=(), env=None, files=None, mode=0o600, setup=None):
    CASES.append((name, text, stderr, code, list(args), env or {}, files or {}, mode, setup))


def error(name, text, finding, **more):
    """One error, at a position of the main file unless it names another place."""
    if finding[0].isdigit():
        finding = MAIN + ":" + finding
    case(name, text, "Exiting: " + finding + "\n", **more)


def warning(name, text, finding, **more):
    if finding[0].isdigit():
        finding = MAIN + ":" + finding
    case(name, text, finding + "\n", code=0, **more)


UNDEFINED = ('variable "%s" is not defined; set it in the environment or in the keystore, or give a default: '
             '${%s:value}')
DURATION = "expected a duration such as 10s, 500ms or 1m30s, found "
NO_OUTPUT = (MAIN + ": error: no outputs are defined, please define one under the output section, for instance "
             "`output.console: {}`")


def not_installed(kind, name, hint=""):
    return (f"no {kind} plugin '{name}' is installed; {hint}PLUGINS; install the package that brings it "
            f"(dnf install 'metrichost({kind}:{name})'), or set path.plugins to its folder")



# The text itself.
error("tab as indentation", "output.console:\n\tpretty: true\n",
      "2:1: error: a tab is used for indentation; YAML allows only spaces there")
error("tab after spaces", "output:\n  console:\n  \tpretty: true\n",
      "3:3: error: a tab is used for indentation; YAML allows only spaces there")
error("wrong indentation", "output.console:\n  pretty: true\n enabled: true\n",
      "3:2: error: YAML syntax: did not find expected key (while parsing a block mapping that begins in line 1); "
      "check the indentation of this line and the lines above")
error("no colon", OUT + "name web\n",
      "2:1: error: YAML syntax: could not find expected ':'; a key needs a colon and a space after it")
error("no space after the colon", OUT + "name:web\ntags: [x]\n",
      "2:1: error: YAML syntax: could not find expected ':'; a key needs a colon and a space after it")
error("colon in a text", OUT + "name: a: b\n",
      "2:8: error: YAML syntax: mapping values are not allowed in this context; check the indentation, and quote a "
      "text that holds \": \"")
error("quote not closed", OUT + 'name: "abc\ntags: [x]\n',
      "2:7: error: YAML syntax: found unexpected end of stream; a quote is not closed")
error("bracket not closed", OUT + "tags: [a, b\nname: x\n",
      "3:5: error: YAML syntax: did not find expected ',' or ']' (while parsing a flow sequence that begins in line 2); "
      "a bracket is not closed, or ${...} inside brackets lacks quotes")
error("reference in brackets without quotes", OUT + "tags: [${X}]\n",
      "2:9: error: YAML syntax: did not find expected ',' or ']'; a bracket is not closed, or ${...} inside brackets "
      "lacks quotes")
error("percent sign", OUT + "name: %x\n",
      "2:7: error: YAML syntax: found character that cannot start any token; quote a text that begins with this "
      "character")
error("lone star", OUT + "tags: *\n",
      "2:8: error: YAML syntax: did not find expected alphabetic or numeric character; quote a text that begins with "
      "* or &")
error("binary garbage", b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe",
      "1:1: error: not a YAML text: control characters are not allowed (byte 0)")
error("Latin-1", b"output.console.enabled: true\nname: caf\xe9s\n",
      "2:11: error: not a YAML text: invalid trailing UTF-8 octet (byte 39)")
error("NUL byte", b"output.console.enabled: true\nname: a\x00b\n",
      "2:8: error: not a YAML text: control characters are not allowed (byte 36)")
error("escaped NUL", OUT + 'name: "a\\0b"\n', "2:7: error: the text holds a NUL byte")
warning("byte order mark and an unknown key", b"\xef\xbb\xbfoutput.console.enabled: true\nnmae: x\n",
        "2:1: warning: nmae: unknown setting, ignored; did you mean name?")
warning("carriage returns", b"output.console.enabled: true\r\nnmae: x\r\n",
        "2:1: warning: nmae: unknown setting, ignored; did you mean name?")
error("two documents", OUT + "---\nname: x\n",
      '3:1: error: a second document begins here; a file holds one only, remove the line "---" above')
error("tag", OUT + "name: !vault x\n", "2:7: error: the tag !vault is not supported")
error("list as key", OUT + "? [a, b]\n: c\n", "2:3: error: a key must be a plain text")
error("empty part of a key", OUT + "a..b: 1\n", '2:1: error: the key "a..b" has an empty part between dots')

error("<< in a dotted key", OUT + "fields.<<: {a: 1}\n",
      '2:1: error: the key "fields.<<": << cannot be part of a dotted key')
error("<< twice", OUT + "fields:\n  <<: {a: 1}\n  <<: {b: 1}\n",
      "4:7: error: << stands for members of another mapping: once in a mapping, and alone")
error("<< with a text", OUT + "fields: {<<: x}\n", "2:14: error: << wants a mapping or a list of mappings")

# Size and depth.
error("mappings nested deeply", OUT + "fields: " + "{a: " * 80 + "1" + "}" * 80 + "\n",
      "2:265: error: more than 64 levels are nested here")
error("100000 brackets", OUT + "fields: " + "[" * 100000 + "\n", "2:73: error: more than 64 levels are nested here")
error("70 dots", OUT + ".".join(["a"] * 70) + ": 1\n", "2:1: error: the key has more than 64 levels")
error("alias bomb", OUT + "fields:\n  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    "  a%d: &a%d [%s]\n" % (i, i, ",".join(["*a%d" % (i - 1)] * 10)) for i in range(1, 9)),
      "7:36: error: alias *a3 makes the file too large: more than 100000 values or 64 levels")
error("alias inside its anchor", OUT + "fields: &f\n  x: *f\n", "3:6: error: alias *f lies inside its own anchor &f")
error("alias without anchor", OUT + "tags: *nope\n", "2:7: error: alias *nope has no anchor &nope above it")
error("10050 keys", "".join("k%d: 1\n" % i for i in range(10050)),
      "1:1: error: a mapping or list has more than 10000 members")
error("9 MiB", b"# " + b"x" * (9 << 20), MAIN + ": error: is larger than 8 MiB")

# The file.
case("empty file", "", MAIN + ":1:1: warning: the file holds no settings\nExiting: " + NO_OUTPUT + "\n")
case("only a comment", "# nothing\n", MAIN + ":1:1: warning: the file holds no settings\nExiting: " + NO_OUTPUT + "\n")
error("list at the top", "- module: docker\n", "1:1: error: expected settings (name: value), found a list")
error("text at the top", "hello\n", "1:1: error: expected settings (name: value), found a single value")
error("missing file", OUT, "nope.yml: error: no such file, neither in DIR nor in the current folder",
      args=["-c", "nope.yml"])
error("folder as file", OUT, "/: error: cannot be read: Is a directory", args=["-c", "/"])
error("no file at all", None,
      "DIR: error: no configuration file: the folder holds neither metrichost.yml nor metricbeat.yml; name a file "
      "with -c FILE, or the folder with --path.config FOLDER")
error("writable by all", OUT, MAIN + ": error: may only be writable by its owner, but its permissions are -rw-rw-rw-; "
      "run: chmod go-w DIR/metrichost.yml (or start with --strict.perms=false)", mode=0o666)
error("writable by the group", OUT, MAIN + ": error: may only be writable by its owner, but its permissions are "
      "-rw--w----; run: chmod go-w DIR/metrichost.yml (or start with --strict.perms=false)", mode=0o620)
warning("writable by all, allowed", OUT, MAIN + ": warning: may only be writable by its owner, but its permissions are "
        "-rw-rw-rw-; run: chmod go-w DIR/metrichost.yml (or start with --strict.perms=false)", mode=0o666,
        args=["--strict.perms=false"])
if os.geteuid() == 0:
    error("owned by somebody else", OUT, MAIN + ": error: must be owned by root or by the user that runs metrichost "
          "(uid 0), but is owned by uid 4711; run: chown 0 DIR/metrichost.yml",
          setup=lambda folder: os.chown(folder + "/metrichost.yml", 4711, 0))
else:
    error("unreadable file", OUT, MAIN + ": error: cannot be read: Permission denied", mode=0)

# Keys and types.
warning("unknown key", OUT + "nmae: x\n", "2:1: warning: nmae: unknown setting, ignored; did you mean name?")
warning("unknown nested key", OUT + "logging:\n  levle: info\n",
        "3:3: warning: logging.levle: unknown setting, ignored; did you mean logging.level?")
warning("key of another level", OUT + "keepfiles: 3\n",
        "2:1: warning: keepfiles: unknown setting, ignored; did you mean logging.files.keepfiles?")
warning("unknown key without a near one", OUT + "zzzzzzzz: x\n", "2:1: warning: zzzzzzzz: unknown setting, ignored")
warning("key without effect", OUT + "seccomp.enabled: true\n",
        "2:18: warning: seccomp: has no effect here: the systemd unit limits the system calls")
error("no truth value", OUT + "fields_under_root: maybe\n",
      '2:20: error: fields_under_root: expected true or false, found "maybe"')
error("mapping for a text", OUT + "name:\n  first: x\n", "3:3: error: name: expected a text, found a mapping")
error("list for a text", OUT + "name: [a]\n", "2:7: error: name: expected a text, found a list")
error("text for a mapping", OUT + "logging.files: here\n",
      "2:16: error: logging.files: expected a mapping, found a single value")
error("none of the choices", OUT + "logging.level: verbose\n",
      '2:16: error: logging.level: must be one of debug, info, warning, error, not "verbose"')
error("duration in words", OUT + "metricbeat.max_start_delay: 10 seconds\n",
      "2:29: error: metrichost.max_start_delay: " + DURATION + '"10 seconds"')
error("duration without its last unit", OUT + "metricbeat.max_start_delay: 1m30\n",
      "2:29: error: metrichost.max_start_delay: " + DURATION + '"1m30"')
error("negative duration", OUT + "metricbeat.max_start_delay: -1s\n",
      "2:29: error: metrichost.max_start_delay: " + DURATION + '"-1s"')
error("size in words", OUT + "queue.disk.max_size: 10 gigs\n",
      '2:22: error: queue.disk.max_size: expected a size such as 10MiB or 512kB, found "10 gigs"')
error("no number", OUT + "queue.mem.events: many\n",
      '2:19: error: queue.mem.events: expected a whole number, found "many"')
error("mapping in a list of texts", OUT + "tags:\n- a\n- b: c\n",
      "4:3: error: tags: expected a list of texts, found a mapping")
error("same key twice", OUT + "name: a\ntags: [x]\nname: b\n",
      '4:1: error: duplicate key "name": it is set in line 2 already')
error("same key dotted and nested", "output.console.pretty: true\noutput:\n  console:\n    pretty: false\n",
      '4:5: error: duplicate key "output.console.pretty": it is set in line 1 already')
error("same section twice", "output.console:\n  pretty: true\noutput.console:\n  enabled: true\n",
      '3:1: error: duplicate key "output.console": it is set in line 1 already')
case("several at once", OUT + "name: [a]\nlogging.level: x\nnmae: y\n",
     MAIN + ":2:7: error: name: expected a text, found a list\n" +
     MAIN + ':3:16: error: logging.level: must be one of debug, info, warning, error, not "x"\n' +
     MAIN + ":4:1: warning: nmae: unknown setting, ignored; did you mean name?\n"
     "Exiting: 2 errors in the configuration, listed above\n")

# Variables.
error("undefined variable", OUT + "name: ${MH_NOT_SET}\n",
      "2:7: error: name: " + UNDEFINED % ("MH_NOT_SET", "MH_NOT_SET"))
case("two undefined variables", OUT + 'name: ${MH_NOT_SET}\ntags: [x, "a${MH_OTHER}"]\n',
     MAIN + ":2:7: error: name: " + UNDEFINED % ("MH_NOT_SET", "MH_NOT_SET") + "\n" +
     MAIN + ":3:11: error: tags.1: " + UNDEFINED % ("MH_OTHER", "MH_OTHER") + "\n"
     "Exiting: 2 errors in the configuration, listed above\n")
error("variable with a message", OUT + "name: ${MH_NOT_SET:?set it to the host's name}\n",
      "2:7: error: name: set it to the host's name (variable \"MH_NOT_SET\")")
error("variable of the wrong type", OUT + "queue.mem.events: ${MH_NUMBER}\n",
      '2:19: error: queue.mem.events: expected a whole number, found "4k"', env={"MH_NUMBER": "4k"})
error("reference not closed", OUT + "name: ${MH_X\n", '2:7: error: name: a reference "${" is not closed with "}"')
error("reference without a name", OUT + "name: a${}b\n",
      "2:7: error: name: a reference without a name; write $$ for a dollar sign")
error("references in a circle", OUT + "name: ${fields.a}\nfields.a: ${name}\n",
      "3:11: error: fields.a: ${name} leads back to itself")
error("mapping inside a text", OUT + "fields: {m: {x: 1}}\nname: a${fields.m}\n",
      "3:7: error: name: a reference to a list or mapping must be the whole value")
error("mapping beside an empty text", OUT + "fields: {m: {x: 1}}\nname: ${fields.m}${MH_NOT_SET:}\n",
      "3:7: error: name: a reference to a list or mapping must be the whole value")
error("variable in a module file", OUT, "DIR/modules.d/docker.yml:2:11: error: docker.period: " +
      UNDEFINED % ("MH_NOT_SET", "MH_NOT_SET"),
      files={"modules.d/docker.yml": "- module: docker\n  period: ${MH_NOT_SET}\n"})
LOOSE = {"metrichost.keystore": "v1bm90IGEga2V5c3RvcmU="}
error("keystore that others may read", OUT + "name: ${MH_NOT_SET}\n",
      '2:7: error: name: variable "MH_NOT_SET" cannot be looked up in the keystore: DIR/metrichost.keystore: must belong to '
      "root or to the user that runs metrichost, with permissions 0600; run: chmod 600 DIR/metrichost.keystore",
      files=LOOSE, setup=lambda folder: os.chmod(folder + "/metrichost.keystore", 0o644))
error("keystore that others may read, allowed but damaged", OUT + "name: ${MH_NOT_SET}\n",
      '2:7: error: name: variable "MH_NOT_SET" cannot be looked up in the keystore: DIR/metrichost.keystore: is damaged '
      "or no keystore; create a new one with `metrichost keystore create --force`",
      files=LOOSE, setup=lambda folder: os.chmod(folder + "/metrichost.keystore", 0o644), args=["--strict.perms=false"])
error("damaged keystore", OUT + "name: ${MH_NOT_SET}\n",
      '2:7: error: name: variable "MH_NOT_SET" cannot be looked up in the keystore: DIR/metrichost.keystore: is damaged '
      "or no keystore; create a new one with `metrichost keystore create --force`",
      files={"metrichost.keystore": "v1bm90IGEga2V5c3RvcmU="})

# Output, queue, modules, processors.
error("two outputs", "output.console:\n  pretty: true\noutput.file:\n  path: /x\n",
      '4:3: error: output: only one output can be enabled, but both "console" and "file" are; set '
      "output.console.enabled: false")
error("no output", "name: x\n", NO_OUTPUT)
error("output as a list", "output:\n- console: x\n",
      "2:1: error: output: expected a mapping with the output's name, found a list")
error("unknown output", "output.consol:\n  pretty: true\n",
      "2:3: error: " + not_installed("output", "consol", "did you mean console?; "))
error("unknown module", OUT + "metricbeat.modules:\n- module: dokcer\n",
      "3:11: error: " + not_installed("input", "dokcer"))
error("unknown processor", OUT + "processors:\n- add_hostmetadata: ~\n",
      "3:21: error: " + not_installed("processor", "add_hostmetadata"))
warning("unknown key of a plugin", "output.console:\n  prety: true\n",
        "2:3: warning: output.console.prety: unknown setting, ignored; did you mean output.console.pretty?")
error("wrong type for a plugin", "output.console:\n  pretty: perhaps\n",
      '2:11: error: output.console.pretty: expected true or false, found "perhaps"')
error("required by a plugin", "output.file:\n  filename: x\n",
      "2:3: error: output.file.path: is required but not set: The folder of the files; made when it is missing.")
error("two queues", OUT + "queue.mem.events: 100\nqueue.disk.max_size: 1GB\n",
      '3:22: error: queue: only one queue can be enabled, but both "mem" and "disk" are; remove one of them')
error("module without a name", OUT + "metricbeat.modules:\n- metricsets: [cpu]\n",
      '3:3: error: a module block needs its name: "module: docker"')
error("module with a wrong name", OUT + "metricbeat.modules:\n- module: Docker\n",
      "3:11: error: module: expected a name of lower-case letters, digits, - and _, found Docker")
error("module as a text", OUT + "metricbeat.modules:\n- docker\n",
      "3:3: error: expected a module block (- module: NAME), found a single value")
error("modules without dashes", OUT + "metricbeat.modules:\n  module: docker\n",
      "3:3: error: expected a list of module blocks (- module: NAME), found a mapping")
error("module file without a dash", OUT,
      "DIR/modules.d/docker.yml:1:1: error: expected a list of module blocks (- module: NAME), found a mapping",
      files={"modules.d/docker.yml": "module: docker\n"})
error("module file with wrong indentation", OUT,
      "DIR/modules.d/docker.yml:2:10: error: YAML syntax: mapping values are not allowed in this context; check the "
      "indentation, and quote a text that holds \": \"",
      files={"modules.d/docker.yml": "- module: docker\n   period: 10s\n"})
error("processor with its options too far left", OUT + "processors:\n- a:\n  b: 1\n",
      "3:3: error: processors.0: a processor is a mapping with one name, but here are 2 (a, b); check the indentation "
      "of what follows the name")
error("processor as a text", OUT + "processors:\n- add_host_metadata\n",
      '3:3: error: processors.0: a processor is a mapping; write "add_host_metadata: ~"')
error("processors as a mapping", OUT + "processors:\n  add_host_metadata: ~\n",
      "3:3: error: processors: expected a list (- name: ...), found a mapping")

# -E.
error("-E without a key", OUT, "-E : error: this is no setting's name; write -E name.of.setting=value",
      args=["-E", "=x"])
error("-E with a bracket, and no word of the value", OUT,
      "-E cloud.auth: error: the value begins with [ but does not parse; put it into single quotes (\"'...'\") when it "
      "is plain text", args=["-E", "cloud.auth=[hunter2"])
error("-E of the wrong type", OUT,
      "-E queue.mem.events: error: queue.mem.events: expected a whole number, found a list",
      args=["-E", "queue.mem.events=[1,2]"])
warning("-E with an unknown key", OUT, "-E nmae: warning: nmae: unknown setting, ignored; did you mean name?",
        args=["-E", "nmae=x"])


def write(folder, name, content, mode=0o600):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    os.chmod(path, mode)


def run(folder, args, env):
    command = [PROGRAM, "test", "config", "--path.config", folder, "--path.data", folder, "--path.plugins", PLUGINS]
    return subprocess.run(command + args, capture_output=True, env={**os.environ, **env}, timeout=60)


def without_places(text, folder):
    """The folder of the test becomes DIR, the list of searched folders PLUGINS."""
    text = text.replace(folder, "DIR")
    lines = []
    for line in text.splitlines(keepends=True):
        start = line.find("folders searched: ")
        end = line.find("; install", start)
        lines.append(line[:start] + "PLUGINS" + line[end:] if start >= 0 and end >= 0 else line)
    return "".join(lines)


def check(name, text, stderr, code, args, env, files, mode, setup):
    folder = tempfile.mkdtemp(prefix="mh-wrong-config-")
    try:
        if text is not None:
            write(folder, "metrichost.yml", text, mode)
        for file, content in files.items():
            write(folder, file, content)
        if setup:
            setup(folder)
        result = run(folder, args, env)
    finally:
        shutil.rmtree(folder)
    got = without_places(result.stderr.decode("utf-8", "replace"), folder)
    stdout = result.stdout.decode()
    wanted_stdout = "Config OK\n" if code == 0 else ""
    if (result.returncode, got, stdout) == (code, stderr, wanted_stdout):
        return True
    print("FAIL %s\n  exit %d, wanted %d\n  stdout %r\n  stderr %s  wanted %s" %
          (name, result.returncode, code, stdout, got, stderr))
    return False


def main():
    if not os.path.exists(os.path.join(PLUGINS, "output_file.so")):
        print("SKIP: plugins/output_file is not built")
        return 77
    good = sum(check(*c) for c in CASES)
    print("%d of %d wrong configurations are reported as they should" % (good, len(CASES)))
    return 0 if good == len(CASES) else 1


sys.exit(main())
