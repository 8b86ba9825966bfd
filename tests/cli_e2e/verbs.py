"""The verbs beside run, memory limit, colours, progress line, completion: host.md §1.2, §8.1, §8.2."""

import json
import os
import pty
import select
import subprocess
import time

import e2e
from e2e import case
from projects import HEAD, PROCESS_HOST, TERMINAL, command, project, run_body


@case("8.1 registry list: one line an entry; filters by kind, namespace, name and meta")
def registry_list():
    app = project({"hello": (command("greet"), "")})
    e2e.run(app, "registry", "list").exits(0).silent().prints_lines(
        [r"app:hello +process\.lua +src/_index\.yaml:7", r"app:processes +process\.host +src/_index\.yaml:5",
         r"app:terminal +terminal\.host +src/_index\.yaml:6"])
    e2e.run(app, "registry", "list", "-k", "*.host", "--name", "t*").exits(0).prints_lines([r"app:terminal .*"])
    program = e2e.run(app, "registry", "list", "--json", "--meta", "command.name=greet").exits(0)
    e2e.equal([entry["id"] for entry in json.loads(program.out)], ["app:hello"], "the only one")


@case("8.1 registry show: one entry; a field; as it is")
def registry_show():
    app = project({"hello": (command("greet"), 'print("x")')})
    e2e.run(app, "registry", "show", "app:hello").exits(0).silent().check_out(r"^kind: process\.lua$", r"^    name: greet$")
    text = (app / "src/hello.lua").read_text()
    e2e.run(app, "registry", "show", "hello", "--field", "source", "--raw").exits(0).prints(text)
    e2e.run(app, "registry", "show", "app:nope").fails_once("no entry app:nope")


@case("8.1 registry shows placeholders, never what variables hold")
def registry_secrets():
    app = project({"hello": ("method: '${env:SECRET_NAME}'", "")})
    program = e2e.run(app, "registry", "show", "app:hello", environment={"SECRET_NAME": "hunter2"}).exits(0)
    program.check("hunter2" not in program.out, "no secret").check_out(r"\$\{env:SECRET_NAME\}")


@case("1.2 init writes a lock file that run accepts, and never overwrites one")
def init():
    app = e2e.write_files(e2e.scratch(), {"code/_index.yaml": HEAD + TERMINAL + "  - {name: it, kind: process.lua, source: "
                                          "'return {main = function() return 7 end}'}\n"})
    e2e.run(app, "run", "-x", "it").exits(1)
    e2e.run(app, "init", "-d", "code").exits(0).silent()
    e2e.run(app, "run", "-x", "it").exits(7)
    before = (app / "wippy.lock").read_text()
    e2e.run(app, "init").fails_once("wippy.lock exists already|.*wippy.lock exists already")
    e2e.equal((app / "wippy.lock").read_text(), before, "the lock file")


@case("8.1 test runs the entry with use_case: test, its outcome is the exit code")
def run_test():
    test = "meta: {command: {name: check, use_case: test}}"
    e2e.run(project({"it": (test, "return false")}), "test").exits(1)
    app = project({"it": (test, 'print("args", ...)'), "other": (command("greet"), "return 9")})
    e2e.run(app, "test").exits(0).prints("args\n")
    e2e.run(app, "test", "check", "a", "-v").exits(0).prints("args\ta\t-v\n")
    e2e.run(app, "test", "list").exits(0).check_out(r"check .*app:it")
    e2e.run(project({"other": (command("greet"), "")}), "test").fails_once("no test found")


@case("8.1 lint --json: one object for scripts, code 1 on errors")
def lint_json():
    e2e.run(project({"it": ""}), "lint").exits(0).silent().check_out(r"3 entries, 0 warnings, no errors")
    program = e2e.run(project({}, more="  - {name: a, kind: proces.lua}\n"), "lint", "--json").exits(1).silent()
    e2e.equal(json.loads(program.out)["errors"][0]["line"], 7, "the line")


@case("8.2 -m: a process that wants more than is left fails, the others do not")
def memory_limit():
    hungry = 'local t = {}\nfor i = 1, 150 do t[i] = ("x"):rep(1024 * 1024) .. i end\nreturn "ate all"'
    body = """
assert(process.spawn_monitored("app:hungry", "app:processes"))
local event = process.events():receive()
print(event.result.error or event.result.value)
return 4"""
    app = project({"it": body, "hungry": hungry})
    e2e.run(app, "run", "-x", "app:it").exits(4).prints("ate all\n").silent()
    e2e.run(app, "run", "-m", "64M", "-x", "app:it").exits(4).check_out(r"memory").silent()
    e2e.run(app, "run", "-m", "1G", "-x", "app:it").exits(4).prints("ate all\n")


@case("8.2 -m: what is no size is refused")
def memory_limit_refused():
    e2e.run(project({}), "run", "-m", "lots").fails_once("-m: expected a number of bytes or a size.*got lots")


def on_terminal(directory, *arguments, environment=None, timeout_s=e2e.TIMEOUT_S):
    """Runs wippy with a terminal as stderr; (exit code, what it showed)."""
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | (environment or {})
    process = subprocess.Popen([str(e2e.BINARY), *map(str, arguments)], cwd=directory, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=theirs, env=env)
    os.close(theirs)
    shown, end = b"", time.monotonic() + timeout_s
    while time.monotonic() < end:
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            data = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not data:
            break
        shown += data
    os.close(ours)
    process.kill()
    return process.wait(), shown.decode(errors="replace")


@case("8.2 colours on a terminal, none with NO_COLOR, TERM=dumb or into a pipe")
def colours():
    app = project({"it": 'error("broken")'})
    code, shown = on_terminal(app, "run", "-x", "app:it")
    e2e.equal((code, "\x1b[1;31mError:\x1b[0m " in shown), (1, True), f"a coloured error in {shown!r}")
    code, shown = on_terminal(app, "run", "-c", "-x", "app:it")
    e2e.equal("\x1b[32minfo \x1b[0m" in shown, True, f"a coloured level in {shown!r}")
    for variable in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, shown = on_terminal(app, "run", "-c", "-x", "app:it", environment=variable)
        e2e.equal(("Error: " in shown, "\x1b" in shown), (True, False), f"plain text in {shown!r}")
    program = e2e.run(app, "run", "-c", "-x", "app:it")
    program.check("\x1b" not in program.err, "no colours in a pipe")


@case("8.2 what takes longer than a second shows one line, which goes away")
def progress():
    app = e2e.write_files(project({"it": ""}), {"src/it.lua": "x = x + 1\n" * 6_000_000 + "return {}\n"})
    code, shown = on_terminal(app, "lint")
    e2e.equal(code, 0, f"the exit code; shown: {shown[-200:]!r}")
    e2e.equal("loading .… 1 s" in shown, True, f"the line in {shown!r}")
    e2e.equal(shown.endswith("\r\x1b[K"), True, f"a clean end of {shown!r}")
    e2e.equal("\n" in shown, False, "one line")
    e2e.equal(on_terminal(app, "lint", "-s"), (0, ""), "-s")
    e2e.run(app, "lint").exits(0).silent()


@case("8.2 nothing of the line when it is quick")
def no_progress():
    e2e.equal(on_terminal(project({"it": "return 3"}), "run", "-x", "app:it"), (3, ""), "nothing shown")


@case("8.1 completion: bash completes commands, options and IDs with colons")
def completion_bash():
    app = project({"hello": (command("greet"), ""), "help": (command("grow"), "")})
    script = r"""
eval "$(wippy completion bash)"
try() {
  COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
  _wippy
  echo "${COMPREPLY[*]}"
}
try 'wippy reg'
try 'wippy run g'
try 'wippy run --hos'
try 'wippy run -x app:he'
try 'wippy run greet '
"""
    e2e.equal(shell(app, "bash", "--norc", "-c", script), ["registry", "greet grow", "--host", "hello help", ""], "bash")


def shell(directory, *command_line):
    """The lines that a shell prints, wippy being in its PATH."""
    env = dict(os.environ, PATH=f"{e2e.BINARY.parent}:{os.environ['PATH']}", HOME=str(directory))
    done = subprocess.run(command_line, cwd=directory, env=env, capture_output=True, text=True, timeout=20)
    e2e.equal((done.returncode, done.stderr), (0, ""), f"{command_line[0]} is content")
    return done.stdout.splitlines()


@case("8.1 completion: zsh")
def completion_zsh():
    app = project({"hello": (command("greet"), ""), "help": (command("grow"), "")})
    script = r"""
compdef() { print -r -- "$1 completes $2"; }
eval "$(wippy completion zsh)"
compadd() { shift; print -r -- "$@"; }
_files() { print files; }
try() { words=("$@") CURRENT=$#; _wippy; }
try wippy reg
try wippy run -x app:he
try wippy run greet ''
"""
    e2e.equal(shell(app, "zsh", "-f", "-c", script),
              ["_wippy completes wippy", "registry", "app:hello app:help", "files"], "zsh")


@case("8.1 completion: fish")
def completion_fish():
    app = project({"hello": (command("greet"), ""), "help": (command("grow"), "")})
    script = 'wippy completion fish | source\ncomplete -C "wippy reg"\ncomplete -C "wippy run -x app:he"\ncomplete -C "wippy run g"'
    e2e.equal(shell(app, "fish", "-N", "-c", script), ["registry", "app:hello", "app:help", "greet", "grow"], "fish")


@case("8.1 help: every verb, with examples")
def help_texts():
    for words in (["--help"], ["run", "--help"], ["help", "test"], ["registry", "list", "--help"], ["lint", "--help"]):
        e2e.run(e2e.scratch(), *words).exits(0).silent().check_out(r"^Examples:$")
    e2e.run(e2e.scratch()).exits(1).prints("").says("expected a command", r"run <command>")


@case("8.2 -e without an event bus is refused, not ignored")
def events_refused():
    e2e.run(project({}), "run", "-e").fails_once("-e: ")
