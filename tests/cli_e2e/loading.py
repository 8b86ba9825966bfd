"""Load problems: host.md §1.13. Every one on stderr with file, line and entry; code 1; nothing started; stdout empty."""

import e2e
from e2e import case
from projects import HEAD, PROCESS_HOST, TERMINAL, project

ROWS = [
    ("H-009 missing source file", "  - {name: a, kind: process.lua, source: 'file://nope.lua'}\n", r"src/_index\.yaml:\d+:\d+: entry app:a: source: .*nope\.lua"),
    ("H-007 a source outside the root", "  - {name: a, kind: process.lua, source: 'file://../../../etc/passwd'}\n", r"src/_index\.yaml:\d+:\d+: entry app:a: source: "),
    ("H-018 entry without name", "  - {kind: process.lua, source: 'return {}'}\n", r"src/_index\.yaml:7:\d+: entry entries\[2\]: .*name"),
    ("H-019 entry without kind", "  - {name: a}\n", r"src/_index\.yaml:7:\d+: entry app:a: .*kind"),
    ("H-020 YAML syntax", "  - {name: a, kind: [\n", r"src/_index\.yaml:\d+:\d+: "),
    ("1.13 tab indentation", "\t- {name: a}\n", r"src/_index\.yaml:7:\d+: .*spaces"),
    ("H-021 unknown kind", "  - {name: a, kind: proces.lua}\n", r"src/_index\.yaml:7:\d+: entry app:a: .*proces\.lua.*process\.lua"),
    ("H-023 wrong type", "  - {name: a, kind: process.host, host: {workers: many}}\n", r"src/_index\.yaml:7:\d+: entry app:a: host\.workers: .*many"),
    ("H-024 malformed duration", "  - {name: a, kind: process.host, lifecycle: {stop_timeout: 5 parsecs}}\n", r"src/_index\.yaml:7:\d+: entry app:a: lifecycle\.stop_timeout: .*5 parsecs"),
    ("H-032 dangling reference", "  - {name: a, kind: process.service, process: nope, host: processes, lifecycle: {auto_start: true}}\n", r"src/_index\.yaml:7:\d+: entry app:a: process: no entry app:nope"),
    ("H-034 reference to a wrong kind", "  - {name: a, kind: process.service, process: processes, host: processes}\n", r"src/_index\.yaml:7:\d+: entry app:a: process: .*process\.host"),
    ("H-144 delay and initial_delay that differ", "  - {name: a, kind: process.lua, source: 'return {}', lifecycle: {restart: {delay: 1s, initial_delay: 2s}}}\n", r"src/_index\.yaml:7:\d+: entry app:a: lifecycle\.restart\.\w*delay"),
    ("mailbox: no limit given", "  - {name: a, kind: process.lua, source: 'return {}', mailbox: {policy: block, deadline: 1s}}\n", r"src/_index\.yaml:7:\d+: entry app:a: mailbox: expected max_messages, max_bytes or both"),
    ("mailbox: unknown policy", "  - {name: a, kind: process.lua, source: 'return {}', mailbox: {max_messages: 5, policy: drop}}\n", r"src/_index\.yaml:7:\d+: entry app:a: mailbox\.policy: .*drop_newest"),
    ("mailbox: block without deadline", "  - {name: a, kind: process.host, mailbox: {max_messages: 5, policy: block}}\n", r"src/_index\.yaml:7:\d+: entry app:a: mailbox\.policy: .*deadline"),
    ("mailbox: deadline without block", "  - {name: a, kind: process.lua, source: 'return {}', mailbox: {max_bytes: 1MiB, deadline: 1s}}\n", r"src/_index\.yaml:7:\d+: entry app:a: mailbox\.deadline: only policy block"),
    ("mailbox: unknown key", "  - {name: a, kind: process.lua, source: 'return {}', mailbox: {max_mesages: 5, max_bytes: 1}}\n", r"src/_index\.yaml:7:\d+: entry app:a: mailbox\.max_mesages: "),
]

for title, line, pattern in ROWS:
    case(title)(lambda line=line, pattern=pattern: e2e.run(
        project({}, more=line), "run").exits(1).prints("").says(pattern, r"^Error: "))


@case("H-050 Lua syntax error: entry, Lua file and line")
def lua_syntax():
    app = e2e.write_files(project({"it": ""}), {"src/it.lua": "local a = 1\nlocal function main(\nreturn {}\n"})
    e2e.run(app, "run", "-x", "app:it").exits(1).prints("").says(r"app:it", r"it\.lua:3")


@case("H-017 duplicate ID: both places")
def duplicate():
    app = e2e.write_files(project({"it": ""}), {"src/z.yaml": HEAD + "  - {name: it, kind: process.lua, source: 'return {}'}\n"})
    e2e.run(app, "run").exits(1).says(r"app:it", r"src/_index\.yaml:7", r"src/z\.yaml:5")


@case("H-033 H-020 all problems of all files in one run")
def all_problems():
    app = e2e.write_files(project({}, more=(
        "  - {name: a, kind: process.service, process: nope1, host: processes, lifecycle: {auto_start: true}}\n"
        "  - {name: b, kind: process.service, process: nope2, host: nope3, lifecycle: {auto_start: true}}\n")), {"src/z.yaml": "namespace: z\nentries: {\n"})
    e2e.run(app, "run").exits(1).prints("").says("nope1", "nope2", "nope3", r"src/z\.yaml:\d+", r"^Error: 4 problems, nothing was started")


@case("H-022 an unknown key is a warning with the nearest key, and the run goes on")
def unknown_key():
    hosts = PROCESS_HOST.replace("workers: 2", "worker: 2") + TERMINAL
    app = project({"it": 'print("ran")'}, hosts=hosts)
    e2e.run(app, "run", "-c", "-x", "app:it").exits(0).prints("ran\n").says(r"Warning: src/_index\.yaml:5:\d+: entry app:processes: host\.worker: .*workers")


@case("H-038 a directory without an application: told at once")
def nothing_there():
    e2e.run(e2e.scratch(), "run").fails_once("no application found in ").prints("")


@case("H-001 an index and one Lua file are enough")
def smallest():
    app = e2e.write_files(e2e.scratch(), {
        "src/_index.yaml": HEAD + PROCESS_HOST + "  - {name: hello, kind: process.lua, source: 'file://hello.lua', lifecycle: {auto_start: true}}\n",
        "src/hello.lua": 'return { main = function() print("hello") end }\n'})
    program = e2e.start(app, "run")
    program.wait_for("err", "hello")
    program.signal(15)
    program.end(5).exits(0)


@case("8.1 lint: loads, starts nothing, code 1 on errors")
def lint():
    e2e.run(project({"it": 'print("ran")'}), "lint").exits(0).silent().check_out("no errors")
    e2e.run(project({}, more="  - {name: a}\n"), "lint").exits(1).check_out(r"error: src/_index\.yaml:7")
