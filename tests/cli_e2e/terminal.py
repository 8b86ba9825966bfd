"""The io module (host.md §8.7): pipes, and a pseudo terminal for raw mode."""

import os
import pty
import select
import signal
import subprocess
import termios
import time

import e2e
from e2e import case
from projects import HEAD, PROCESS_HOST, TERMINAL


def app(body, terminal=TERMINAL):
    index = HEAD + PROCESS_HOST + terminal
    for name in ("it", "child"):
        index += f"  - {{name: {name}, kind: process.lua, source: 'file://{name}.lua', modules: [io, time, logger]}}\n"
    child = """local io = require('io')
return { main = function()
  local out = {}
  for _, f in ipairs{'write', 'print', 'eprint', 'read', 'readline', 'flush', 'raw'} do
    local v, err = io[f](f == 'raw' or 1)
    out[#out + 1] = tostring(v) .. err:kind() .. tostring(err)
  end
  return table.concat(out, ';') .. #io.args()
end }\n"""
    text = f"local io, time = require('io'), require('time')\nreturn {{ main = function(...)\n{body}\nend }}\n"
    return e2e.write_files(e2e.scratch(), {"src/_index.yaml": index, "src/it.lua": text, "src/child.lua": child})


def piped(directory, *pieces, arguments=()):
    """Feeds the pieces with pauses, then ends the input; (exit code, stdout, stderr)."""
    program = subprocess.Popen([str(e2e.BINARY), "run", "-x", "app:it", *arguments], cwd=directory, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for piece in pieces:
        time.sleep(0.15)
        program.stdin.write(piece)
        program.stdin.flush()
    out, err = program.communicate(timeout=20)
    return program.returncode, out.decode(), err.decode()


@case("H-262: io is there on a terminal host and nowhere else, not for children either")
def elsewhere():
    code, out, _ = piped(app("io.print((process.exec('app:child', 'app:processes')))"))
    e2e.equal((code, out), (0, ";".join(["nilUnavailableno terminal context"] * 7) + "0\n"), "child")


@case("H-263 H-265: write, print, eprint and args")
def writing():
    body = "io.write('a', 1, nil, true) io.write('|') io.print('b', 2.5, {}) io.eprint('c', 'd') io.flush() io.print(table.concat(io.args(), ','))"
    code, out, err = piped(app(body), arguments=("x", "-v", "y z"))
    e2e.equal((code, err), (0, "c\td\n"), "code and stderr")
    e2e.equal(out, "a1niltrue|b\t2.5\ttable: 0x00000001\nx,-v,y z\n", "stdout")


@case("H-264: readline, read and the end; other coroutines run; one read at a time")
def reading():
    body = """local n = 0
coroutine.spawn(function() while true do n = n + 1 time.sleep('5ms') end end)
coroutine.spawn(function() local v, err = io.read() io.print(v, err:kind()) end)
io.print(io.readline(), n > 3) io.print(io.readline()) io.print(io.read(3), io.readline()) io.print(io.readline()) io.print(io.readline())
local v, err = io.readline() io.print(v, err, err:kind() == '')"""
    e2e.equal(piped(app(body), b"one\r\ntw", b"o\nabcdef\n\nrest")[:2],
              (0, "nil\tConflict\none\ttrue\ntwo\nabc\tdef\n\nrest\nnil\tEOF\ttrue\n"), "output")


@case("H-264: a process that ends while it reads does not keep the runtime")
def abandoned():
    directory = app("coroutine.spawn(function() io.readline() end) time.sleep('20ms') return 3")
    program = subprocess.Popen([str(e2e.BINARY), "run", "-x", "app:it"], cwd=directory, stdin=subprocess.PIPE)
    e2e.equal(program.wait(timeout=5), 3, "exit code")
    program.stdin.close()


@case("io: a closed stdout is an error to the process")
def closed():
    directory = app("local v, err = io.print('x') io.eprint(v, err:kind()) return 4")
    program = e2e.start(directory, "run", "-x", "app:it", out_closed=True)
    program.end().exits(4).says("nil\tUnavailable")


@case("H-269: hide_logs holds log lines back while the process runs")
def hidden():
    body = "require('logger'):info('a line of the log') time.sleep('20ms')"
    for hide in ("true", "false"):
        run = e2e.run(app(body, "  - {name: terminal, kind: terminal.host, hide_logs: " + hide + "}\n"), "run", "-v", "-x", "app:it")
        run.exits(0)
        e2e.equal("a line of the log" in run.err, hide == "false", "log line with hide_logs: " + hide)


def in_terminal(body, act):
    """Runs it on a pseudo terminal; act(program, fd) once it is raw. Whether the terminal was raw, and is afterwards."""
    main, side = pty.openpty()
    before = termios.tcgetattr(side)
    program = subprocess.Popen([str(e2e.BINARY), "run", "-x", "app:it"], cwd=app(body), stdin=side, stdout=side, stderr=side)
    seen, deadline = b"", time.monotonic() + 10
    while b"ready" not in seen and time.monotonic() < deadline:
        if select.select([main], [], [], 0.1)[0]:
            seen += os.read(main, 1000)
    raw = termios.tcgetattr(side)[3] & termios.ICANON == 0
    act(program, main)
    program.wait(timeout=10)
    after = termios.tcgetattr(side)
    os.close(main)
    os.close(side)
    return raw, after == before


RAW = "assert(io.raw(true)) assert(io.raw(true)) assert(io.raw(false)) io.print('ready') "


@case("H-270: raw mode is undone at a normal end, an error, a crash and by signals")
def raw():
    for what, body, act in (
            ("normal end", RAW + "io.read(1)", lambda program, fd: os.write(fd, b"q")),
            ("error", RAW + "io.read(1) error('x')", lambda program, fd: os.write(fd, b"q")),
            ("SIGTERM", RAW + "process.events():receive()", lambda program, fd: program.send_signal(signal.SIGTERM)),
            ("SIGHUP", RAW + "process.events():receive()", lambda program, fd: program.send_signal(signal.SIGHUP)),
            ("SIGQUIT", RAW + "time.sleep('1h')", lambda program, fd: program.send_signal(signal.SIGQUIT)),
            ("SIGSEGV", RAW + "time.sleep('1h')", lambda program, fd: program.send_signal(signal.SIGSEGV))):
        e2e.equal(in_terminal(body, act), (True, True), what)


@case("H-059: io, dofile, loadfile, os.execute and os.getenv are not there for a script that does not list io")
def absent():
    files = {"src/_index.yaml": HEAD + PROCESS_HOST + TERMINAL + "  - {name: it, kind: process.lua, source: 'file://it.lua'}\n",
             "src/it.lua": "return { main = function() print(io, dofile, loadfile, os.execute, os.getenv, (pcall(require, 'io'))) end }\n"}
    e2e.run(e2e.write_files(e2e.scratch(), files), "run", "-x", "app:it").exits(0).prints("nil\tnil\tnil\tnil\tnil\tfalse\n")
