"""Commands, arguments and hosts: host.md §8.1-8.5."""

import json
import re

import e2e
from e2e import case
from projects import HEAD, PROCESS_HOST, TERMINAL, command, entry, project, run_body

WAITS = "process.events():receive()"


@case("H-249 run <command> runs the entry of that meta.command.name")
def run_command():
    e2e.run(project({"hello": (command("greet"), 'print("hello " .. process.id())')}), "run", "greet").exits(0).prints(
        "hello app:hello\n").silent()


@case("H-250 run list shows name and short, starts nothing")
def run_list():
    app = project({"b": (command("zeta", "Last one"), ""), "a": (command("alpha", "First one"), ""),
                   "loud": ("lifecycle: {auto_start: true}", 'print("started")')})
    e2e.run(app, "run", "list").exits(0).silent().prints(
        "Available commands:\n  alpha  First one  (app:a)\n  zeta   Last one   (app:b)\n\n"
        "Run one with 'wippy run <command> [args...]'.\n")


@case("H-250 run list shows the commands of both examples")
def run_list_examples():
    e2e.run(e2e.EXAMPLES / "monitored_pool", "run", "list").exits(0).check_out(r"monitored_pool .*app\.test\.process:pool")
    e2e.run(e2e.EXAMPLES / "supervised_pool", "run", "list").exits(0).check_out(r"^No commands found\.")


@case("H-251 run list without commands hints at meta.command")
def run_list_none():
    e2e.run(project({"a": ""}), "run", "list").exits(0).silent().check_out(r"^No commands found\.$", r"command")


@case("H-252 meta.command without name is a load error with its line")
def nameless_command():
    app = project({"a": ("meta: {command: {short: x}}", "")})
    e2e.run(app, "run", "list").fails_once(r"src/_index\.yaml:7:\d+: entry app:a: meta\.command.*name")


@case("H-253 an unknown command is named, run list is pointed at, a near one proposed")
def unknown_command():
    program = e2e.run(project({"a": (command("greet"), "")}), "run", "gret").prints("")
    program.fails_once(r'command "gret" not found\. Use \'wippy run list\'.*greet')


@case("8.4 two commands of one name: both listed, running it names both")
def same_command():
    app = project({"a": (command("twin"), ""), "b": (command("twin"), "")})
    e2e.run(app, "run", "list").exits(0).check_out(r"twin .*app:a", r"twin .*app:b")
    e2e.run(app, "run", "twin").fails_once(r'command "twin".*app:a, app:b')


def whole_lines(text, pattern, letters="AB", count=1000):
    """`count` lines of each letter, numbered in order; pattern has the groups letters and number."""
    got = {c: [] for c in letters}
    for line in text.splitlines():
        match = re.fullmatch(pattern, line)
        e2e.equal(bool(match and set(match[1]) in [{c} for c in letters]), True, f"a whole line: {line[:80]!r}…")
        got[match[1][0]].append(int(match[2]))
    for c in letters:
        e2e.equal(got[c], list(range(1, count + 1)), f"the lines of {c}")


PRINTER = 'local letter, length = ...\nfor i = 1, 1000 do print(letter:rep(length), i) end'


@case("C-308 two processes print 1,000 lines each into the log: each line is whole")
def print_log():
    app = project({"printer": PRINTER, "it": """
        for _, letter in ipairs{"A", "B"} do process.spawn_monitored("app:printer", "app:processes", letter, 200) end
        for _ = 1, 2 do process.events():receive() end"""})
    program = e2e.run(app, "run", "-c", "-x", "app:it").exits(0).prints("")
    lines = "\n".join(line for line in program.err.splitlines() if "  supervisor  " not in line)
    whole_lines(lines, r"\S+ info  app:printer  (A{200}|B{200})\t(\d+)  pid=\{app:processes\|0x[0-9a-f]+\}")


@case("C-308 two terminal hosts share a stdout: each line is whole, however long")
def print_terminals():
    hosts = PROCESS_HOST + TERMINAL + "  - {name: second, kind: terminal.host, lifecycle: {auto_start: true}}\n"
    app = project({"printer": PRINTER, "it": """
        assert(process.spawn_monitored("app:printer", "app:second", "B", 10000))
        for i = 1, 1000 do print(("A"):rep(10000), i) end
        process.events():receive()"""}, hosts=hosts)
    program = e2e.run(app, "run", "--host", "app:terminal", "-x", "app:it").exits(0)
    whole_lines(program.out, r"(A{10000}|B{10000})\t(\d+)")


@case("8.1 an unknown sub-command gives usage on stderr")
def unknown_subcommand():
    e2e.run(project({}), "rum").exits_in(1, 2).prints("").says("unknown command rum", "run", "usage")


@case("8.2 an unknown option gives usage on stderr")
def unknown_option():
    e2e.run(project({}), "run", "--hots", "a:b").exits_in(1, 2).prints("").says("--hots", "usage")


@case("8.1 version")
def version():
    number = e2e.run(e2e.scratch(), "version", "--short").exits(0).silent().check_out(r"\A\d+\.\d+\.\d+\n\Z").out
    e2e.run(e2e.scratch(), "version").exits(0).prints("wippy " + number)


@case("H-255 run -x runs any process entry; a bare name will do when it is the only one")
def run_exec():
    app = project({"hello": 'print("hello")'})
    e2e.run(app, "run", "-x", "app:hello").exits(0).prints("hello\n")
    e2e.run(app, "run", "-x", "hello").exits(0).prints("hello\n")
    e2e.run(app, "run", "-x", "app:helo").fails_once("no process entry app:helo.*app:hello").prints("")
    e2e.run(app, "run", "-x", "app:processes").fails_once("app:processes is a process.host, not a process").prints("")


@case("H-255 a bare name of several entries is refused with their IDs")
def run_exec_ambiguous():
    app = project({"hello": ""})
    e2e.write_files(app, {"src/other.yaml": HEAD.replace("app", "other") + entry("hello")})
    e2e.run(app, "run", "-x", "hello").fails_once("several processes are named hello.*app:hello, other:hello")


@case("H-256 words after -x are the arguments, as strings")
def run_exec_arguments():
    body = 'for i = 1, select("#", ...) do print(i, type((select(i, ...))), (select(i, ...))) end'
    run_body(body, "a b", "", "7", "ünï").exits(0).prints("1\tstring\ta b\n2\tstring\t\n3\tstring\t7\n4\tstring\tünï\n")


@case("H-257 options after the command are the process's; the first -- is dropped")
def arguments_like_options():
    app = project({"echo": (command("echo"), 'print(table.concat({ ... }, "|"))')})
    e2e.run(app, "run", "echo", "-v", "--host", "x", "-x").exits(0).prints("-v|--host|x|-x\n")
    e2e.run(app, "run", "echo", "--", "-c", "--", "a").exits(0).prints("-c|--|a\n")
    e2e.run(app, "run", "-x", "app:echo", "--", "-c").exits(0).prints("-c\n")


@case("H-258 no terminal.host")
def no_terminal():
    e2e.run(project({"a": ""}, hosts=PROCESS_HOST), "run", "-x", "app:a").fails_once("no terminal.host found").prints("")


@case("H-259 two terminal.hosts: refused without --host, --host chooses")
def two_terminals():
    hosts = PROCESS_HOST + TERMINAL + "  - {name: second, kind: terminal.host}\n"
    app = project({"a": "print(process.pid())"}, hosts=hosts)
    program = e2e.run(app, "run", "-x", "app:a").prints("")
    program.fails_once(r"multiple terminal hosts found \(app:second, app:terminal\), use --host")
    e2e.run(app, "run", "--host", "app:second", "-x", "app:a").exits(0).check_out(r"^\{app:second\|0x")
    e2e.run(app, "run", "--host", "app:processes", "-x", "app:a").fails_once("--host: app:processes is a process.host")
    e2e.run(app, "run", "--host", "app:nope", "-x", "app:a").fails_once("--host: no entry app:nope")


@case("H-260 the terminal host refuses a second process, naming the first")
def busy_terminal():
    program = run_body('local pid, err = process.spawn("app:it", "app:terminal")\n'
                       'print(pid, err:kind(), err:message():find(process.pid(), 1, true) ~= nil, err)')
    program.exits(0).prints_lines([r"nil\tConflict\ttrue\tterminal host app:terminal is busy: .*"])


@case("H-261 a terminal host takes the next process after the first one's end")
def terminal_again():
    app = project({"it": 'print("runs"); error("once more")'}, more=(
        "  - name: again\n    kind: process.service\n    process: app:it\n    host: app:terminal\n"
        "    lifecycle: {auto_start: true, restart: {delay: 100ms, max_attempts: 2}}\n"))
    program = e2e.start(app, "run")
    program.wait_for("out", r"\A(runs\n){3}")
    program.signal(15)
    program.end(5).exits(0).prints("runs\n" * 3)


@case("H-272 H-271 print: stdout on the terminal host, a log line with the pid elsewhere")
def printing():
    app = project({"it": 'print("here", 1, nil, true)\nprocess.exec("app:other", "app:processes")',
                   "other": 'print("there", 2)'})
    e2e.run(app, "run", "-x", "app:it").exits(0).prints("here\t1\tnil\ttrue\n").silent()
    program = e2e.run(app, "run", "-c", "-x", "app:it").exits(0).prints("here\t1\tnil\ttrue\n")
    program.says(r"info .*app:other .*there\s2 .*pid=\{app:processes\|0x[0-9a-f]+\}")


@case("H-271 plain run logs what services print")
def printing_service():
    program = e2e.start(project({"it": ("lifecycle: {auto_start: true}", f'print("at work")\n{WAITS}')}), "run")
    program.wait_for("err", r"info .*app:it .*at work .*pid=\{app:processes\|0x[0-9a-f]+\}")
    program.signal(15)
    program.end(5).exits(0).prints("")


@case("H-268 a command run logs nothing unless asked; logs go to stderr")
def command_logs():
    app = project({"it": 'print("out")', "noise": ("lifecycle: {auto_start: true}", f'print("noise")\n{WAITS}')})
    e2e.run(app, "run", "-x", "app:it").exits(0).prints("out\n").silent()
    e2e.run(app, "run", "-c", "-x", "app:it").exits(0).prints("out\n").says("noise")
    e2e.run(app, "run", "-c", "-s", "-x", "app:it").exits(0).prints("out\n").silent()


@case("H-273 a terminal process spawns on a process host and watches")
def terminal_spawns():
    app = project({"it": 'local pid = assert(process.spawn_monitored("app:child", "app:processes", 20, 22))\n'
                         'local event = process.events():receive()\n'
                         'return tostring(event.from == pid) .. " " .. event.value',
                   "child": "local a, b = ...\nreturn a + b"})
    e2e.run(app, "run", "-x", "app:it").exits(0).prints("true 42\n").silent()


@case("H-276 a terminal host without auto_start, and no process host at all")
def terminal_only():
    e2e.run(project({"it": 'print("alone")'}, hosts=TERMINAL), "run", "-x", "app:it").exits(0).prints("alone\n").silent()


@case("8.2 -C runs a project from elsewhere")
def other_directory():
    app = project({"it": 'print("found")'})
    e2e.run(e2e.scratch(), "-C", app, "run", "-x", "app:it").exits(0).prints("found\n")
    e2e.run(e2e.scratch(), "run", "-C", app, "-x", "app:it").exits(0).prints("found\n")


@case("topology: text, and one line of JSON that says the same")
def topology():
    e2e.run(e2e.scratch(), "topology").exits(0).silent().check_out(r"core")
    program = e2e.run(e2e.scratch(), "topology", "--json", "--workers", "3").exits(0).silent()
    plan = json.loads(program.out)
    program.check(program.out.count("\n") == 1, "one line")
    program.check(isinstance(plan, dict) and len(plan) > 1, "an object")
    program.check(len(re.findall(r'"worker"', program.out)) == 3 or any(
        isinstance(v, list) and len(v) == 3 for v in plan.values()), "three workers are placed")
    repeated = e2e.run(e2e.scratch(), "topology", "--json", "--workers", "3").out
    program.check(repeated == program.out, "the same plan again")


@case("3.9 refused spawns name the host: full, not started, unknown")
def refused_spawns():
    hosts = TERMINAL + (
        "  - {name: small, kind: process.host, host: {workers: 1, max_processes: 1}, lifecycle: {auto_start: true}}\n"
        "  - {name: asleep, kind: process.host, host: {workers: 1}}\n")
    body = """
local first = assert(process.spawn_monitored("app:child", "app:small"))
local function told(host)
  local pid, err = process.spawn("app:child", host)
  print(pid, err:kind(), err:retryable(), err)
end
told("app:small")
told("app:asleep")
told("app:nope")
process.terminate(first)
process.events():receive()
local second = assert(process.spawn("app:child", "app:small"))  -- the place is free before EXIT arrives
process.terminate(second)
"""
    program = e2e.run(project({"it": body, "child": "time.sleep('60s')"}, hosts=hosts), "run", "-x", "app:it").exits(0)
    program.prints("nil\tUnavailable\ttrue\thost app:small is full (1 of 1 processes)\n"
                   "nil\tUnavailable\ttrue\thost is not running: app:asleep\n"
                   "nil\tNotFound\tfalse\thost not found: app:nope\n")
