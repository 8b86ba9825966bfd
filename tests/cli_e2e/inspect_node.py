"""ps, dump and top on a running node: docs/inspect.md."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import termios
import time

import e2e
from e2e import case
from projects import PROCESS_HOST, TERMINAL, project, service

WAITS = "process.events():receive()"


class Node:
    """A started application that can be asked; ends with the block."""

    def __init__(self, processes, more, ready, *flags, hosts=PROCESS_HOST + TERMINAL):
        self.runtime_dir = e2e.scratch()
        os.chmod(self.runtime_dir, 0o700)
        self.environment = {"XDG_RUNTIME_DIR": str(self.runtime_dir)}
        self.program = e2e.start(project(processes, more=more, hosts=hosts), "run", *flags, environment=self.environment)
        self.program.wait_for("err", ready)
        self.folder = self.runtime_dir / f"wippy-{os.geteuid()}"
        self.socket = self.folder / f"{self.program.pid}.sock"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.program.signal(signal.SIGTERM)
        if kind is None:
            self.program.end(10).exits(0)
            e2e.equal(self.socket.exists(), False, "the socket after the end")
        else:
            self.program.kill()

    def ask(self, *arguments):
        return e2e.run(self.runtime_dir, *arguments, environment=self.environment)

    def json(self, *arguments):
        return json.loads(self.ask(*arguments, "--json").exits(0).out)


def by_entry(answer):
    return {row.get("entry"): row for row in answer["rows"]}


@case("inspect: ps tells entry, host, state, wait, mail, memory, names, restarts; the socket is this user's alone")
def list_processes():
    processes = {
        "sleeps": 'time.sleep("60s")',
        "mail": 'process.registry.register("letterbox")\nlocal m = process.listen("never")\nprint("up")\nm:receive()',
        "crashes": 'time.sleep("20ms")\nerror("oops")',
        "root": 'process.spawn("app:sleeps", "app:processes")\nprocess.spawn("app:mail", "app:processes")\ntime.sleep("50ms")\n'
                'for i = 1, 4 do process.send("letterbox", "x", i) end\nprint("ready")\n' + WAITS}
    more = service("one", "app:root") + service("two", "app:crashes", "restart: {delay: 1ms, max_delay: 1ms, jitter: 0}")
    hosts = PROCESS_HOST.replace("lifecycle: {auto_start: true}", "lifecycle: {auto_start: true, stop_timeout: 200ms}") + TERMINAL
    with Node(processes, more, r"\bready\b", hosts=hosts) as node:
        e2e.equal(stat.S_IMODE(node.folder.stat().st_mode), 0o700, "mode of the folder")
        e2e.equal(stat.S_IMODE(node.socket.stat().st_mode), 0o600, "mode of the socket")
        time.sleep(0.3)
        node.json("ps")
        time.sleep(0.05)
        rows = by_entry(node.json("ps"))
        mail = rows["app:mail"]
        e2e.equal((mail["host"], mail["state"], mail["mailbox"], mail["names"]), ("app:processes", "idle", 4, ["letterbox"]), "app:mail")
        node.program.check(mail["oldest_ms"] >= 50 and mail["memory"] > 1000, f"age and memory: {mail}")
        e2e.equal((rows["app:sleeps"]["state"], rows["app:sleeps"]["wait"]), ("blocked", "sleep"), "app:sleeps")
        crashing = [row["restarts"] for _ in range(40) for row in node.json("ps")["rows"] if row.get("service") == "app:two"]
        node.program.check(crashing and max(crashing) > 3, f"restarts: {crashing[-3:]}")
        e2e.equal([r["entry"] for r in node.json("ps", "--sort", "mailbox", "--limit", "1")["rows"]], ["app:mail"], "sorted, limited")
        e2e.equal([r["entry"] for r in node.json("ps", "--entry", "app:s*")["rows"]], ["app:sleeps"], "by entry")
        e2e.equal([r["entry"] for r in node.json("ps", "--filter", "letterb")["rows"]], ["app:mail"], "filtered")
        e2e.equal(node.json("ps", "--host", "app:terminal")["rows"], [], "by host")
        node.ask("ps", "--host", "app:none").exits(1).says("no such host: app:none")
        node.ask("ps", "--sort", "size").exits(1).says("cpu")
        node.ask("ps").exits(0).check_out(r"PID +ENTRY +STATE", r"app:mail \(letterbox\) +idle")


@case("inspect: no node, several nodes, a stale socket, --no-inspect, a folder open to others")
def which_node():
    waits = {"waits": 'print("up")\n' + WAITS}
    with Node(waits, service("one", "app:waits"), r"\bup\b") as node:
        node.ask("ps", "--node", "1").exits(1).says(f"no node with PID 1; there are: {node.program.pid}")
        node.ask("ps", "--node", str(node.program.pid)).exits(0)
        stale = node.folder / "999999.sock"
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(stale))
        node.ask("ps").exits(0)
        e2e.equal(stale.exists(), False, "the stale socket")
        other = e2e.start(project(waits, more=service("one", "app:waits")), "run", environment=node.environment)
        other.wait_for("err", r"\bup\b")
        node.ask("ps").exits(1).says("several nodes run: .*--node PID")
        other.signal(signal.SIGTERM)
        other.end(10).exits(0)
        os.chmod(node.folder, 0o755)
        node.ask("ps").exits(1).says("expected a folder of this user alone")
        refused = e2e.start(project(waits, more=service("one", "app:waits")), "run", environment=node.environment)
        refused.wait_for("err", r"cannot ask this node(.|\n)*0700|0700(.|\n)*\bup\b")
        refused.signal(signal.SIGTERM)
        refused.end(10).exits(0)
        os.chmod(node.folder, 0o700)
    empty = {"XDG_RUNTIME_DIR": str(e2e.scratch())}
    e2e.run(e2e.scratch(), "ps", environment=empty).exits(1).says("no wippy runs here")
    quiet = e2e.start(project(waits, more=service("one", "app:waits")), "run", "--no-inspect", environment=empty)
    quiet.wait_for("err", r"\bup\b")
    e2e.run(e2e.scratch(), "dump", environment=empty).exits(1).says("no wippy runs here")
    quiet.signal(signal.SIGTERM)
    quiet.end(10).exits(0)


@case("inspect: the socket answers nonsense with an error and goes on; too many observers are told so")
def protocol():
    waits = {"waits": 'print("up")\n' + WAITS}
    with Node(waits, service("one", "app:waits"), r"\bup\b") as node:
        def connect():
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(5)
            s.connect(str(node.socket))
            return s
        with connect() as s:
            f = s.makefile("rw")
            for line in ("nonsense", "[]", "{}", '{"do": "x"}', '{"do": "ps", "limit": "many"}', '{"do": "terminate", "pid": "x"}',
                         '{"do": "cancel", "pid": "{app:processes|0xfffff}"}'):
                f.write(line + "\n")
                f.flush()
                node.program.check("error" in json.loads(f.readline()), line)
            f.write('{"do": "ps"}\n')
            f.flush()
            e2e.equal(len(json.loads(f.readline())["rows"]), 1, "it goes on")
        many = [connect() for _ in range(9)]
        answers = [s.makefile().readline() for s in many[8:]]
        node.program.check("too many" in answers[0], answers[0])
        for s in many:
            s.close()
        deadline = time.monotonic() + 5
        while node.ask("ps").code != 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        with connect() as s:
            s.sendall(b"x" * 200_000)
            try:
                e2e.equal(s.recv(100), b"", "a line without end")
            except ConnectionError:
                pass
        node.ask("ps").exits(0)


def circle(n):
    """Entries and a root that makes n processes wait for room in each other's mailboxes."""
    member = ('local next = process.listen("next"):receive()\nfor i = 1, 100 do process.send(next, "x", i) end')
    root = (f'local pids = {{}}\nfor i = 1, {n} do pids[i] = process.spawn("app:member", "app:processes") end\n'
            f'for i = 1, {n} do process.send(pids[i], "next", pids[i % {n} + 1]) end\nprint("circle is made")\n' + WAITS)
    return {"member": ("mailbox: {max_messages: 2, policy: block, deadline: 60s}", member), "root": root}


HURRY = PROCESS_HOST.replace("lifecycle: {auto_start: true}", "lifecycle: {auto_start: true, stop_timeout: 200ms}") + TERMINAL


def named_deadlocks(node):
    """The first dump that names one, and how long after the first question."""
    began = time.monotonic()
    while time.monotonic() - began < 5:
        answer = node.json("dump")
        if answer["deadlocks"]:
            return answer["deadlocks"], time.monotonic() - began
        time.sleep(0.02)
    raise e2e.CheckFailed("no deadlock is named")


@case("inspect: dump names planted deadlocks of 2, 3 and 7 processes within a second")
def deadlocks():
    for n in (2, 3, 7):
        with Node(circle(n), service("one", "app:root"), r"circle is made", hosts=HURRY) as node:
            found, seconds = named_deadlocks(node)
            e2e.equal([len(members) for members in found], [n], "members")
            e2e.equal({(m["entry"], m["wait"]) for m in found[0]}, {("app:member", "room")}, "who")
            e2e.equal(len({m["pid"] for m in found[0]}), n, "distinct")
            node.program.check(seconds < 1, f"named after {seconds:.2f} s")
            node.ask("dump").exits(0).check_out(rf"deadlock of {n}: \{{app:processes\|0x\w+\}} app:member \(room\) -> .*the first")
            # the end of one ends the circle
            node.ask("ps")
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(node.socket))
                s.sendall((json.dumps({"do": "terminate", "pid": found[0][0]["pid"]}) + "\n").encode())
                e2e.equal(json.loads(s.makefile().readline()), {"done": True}, "terminate")
            time.sleep(0.1)
            e2e.equal(node.json("dump")["deadlocks"], [], "after one has ended")


@case("inspect: an exec whose child waits for room in its caller's mailbox is a deadlock; waits that somebody else can end are none")
def mixed_deadlock():
    caller = ('local me = process.pid()\nfor i = 1, 2 do process.send(me, "x", i) end\n'
              'process.exec("app:child", "app:processes", me)')
    child = 'process.send((...), "x", 3)'
    honest = 'process.exec("app:sleeper", "app:processes")'
    root = ('process.spawn("app:caller", "app:processes")\nprocess.spawn("app:honest", "app:processes")\n'
            'print("made")\n' + WAITS)
    processes = {"caller": ("mailbox: {max_messages: 2, policy: block, deadline: 60s}", caller), "child": child, "honest": honest,
                 "sleeper": 'time.sleep("60s")', "root": root}
    with Node(processes, service("one", "app:root"), r"\bmade\b", hosts=HURRY) as node:
        found, _ = named_deadlocks(node)
        e2e.equal([{(m["entry"], m["wait"]) for m in members} for members in found], [{("app:caller", "exec"), ("app:child", "room")}], "circle")
        rows = by_entry(node.json("dump"))
        e2e.equal((rows["app:honest"]["wait"], rows["app:honest"]["waits_for"]), ("exec", rows["app:sleeper"]["pid"]), "exec names the child")


class Screen:
    """wippy top in a terminal of its own."""

    def __init__(self, node, *arguments):
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 120, 0, 0))
        self.process = subprocess.Popen([str(e2e.BINARY), "top", *arguments], stdin=slave, stdout=slave, stderr=slave,
                                        env=dict(os.environ, TERM="xterm", **node.environment), close_fds=True)
        os.close(slave)
        self.text = ""

    def wait_for(self, pattern, timeout_s=10):
        deadline = time.monotonic() + timeout_s
        while not re.search(pattern, self.text):
            if time.monotonic() > deadline:
                raise e2e.CheckFailed(f"no {pattern!r} on the screen:\n{self.text[-3000:]}")
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.master, 65536).decode(errors="replace")
                except OSError:
                    break

    def type(self, keys):
        self.text = ""
        os.write(self.master, keys.encode())

    def end(self):
        e2e.equal(self.process.wait(5), 0, "exit code of top")
        os.close(self.master)


@case("inspect: top in a terminal: sort, filter, choose, cancel, terminate after a question, quit; one frame without a terminal")
def live_table():
    processes = {"polite": WAITS + '\nprint("polite was told")', "busy": "while true do end", "deaf": "process.inbox():receive()",
                 "root": 'for _, e in ipairs{ "polite", "busy", "deaf" } do process.spawn_monitored("app:" .. e, "app:processes") end\nprint("ready")\n'
                         'local ev = process.events()\nwhile true do local e = ev:receive() if e.kind == "pid.cancel" then return end print("ended", e.error) end'}
    with Node(processes, service("one", "app:root"), r"\bready\b", hosts=HURRY) as node:
        screen = Screen(node, "--period", "100")
        screen.wait_for(r"sorted by cpu(.|\n)*PID +ENTRY(.|\n)*app:busy +(running|ready)(.|\n)*s sort by")
        screen.type("s")
        screen.wait_for(r"sorted by memory")
        screen.type("/polite\r")
        screen.wait_for(r'"polite" fits 1')
        screen.type("c")
        node.program.wait_for("err", r"polite was told")
        screen.type("/")
        screen.type("\x7f" * 6 + "busy\r")
        screen.wait_for(r'"busy" fits 1')
        screen.type("t")
        screen.wait_for(r"terminate \{app:processes\|0x\w+\}\? y/n")
        screen.type("n")
        screen.wait_for(r"s sort by")
        screen.type("t")
        screen.wait_for(r"\? y/n")
        screen.type("y")
        node.program.wait_for("err", r"ended\sprocess terminated")
        screen.type("q")
        screen.wait_for(r"\x1b\[\?1049l")
        screen.end()
        node.ask("top").exits(0).check_out(r"wippy top: node \d+, sorted by cpu", r"app:deaf +idle")
        plain = Screen(node, "--period", "100")
        plain.wait_for(r"app:deaf")
        node.program.signal(signal.SIGTERM)
        plain.wait_for(r"has ended|\x1b\[\?1049l")
        e2e.equal(plain.process.wait(5), 1, "exit code when the node ends")
