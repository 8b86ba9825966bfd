"""The flight recorder from outside: at the end, on SIGUSR1, after a crash, when an objective is missed."""

import json
import signal

from e2e import case
import e2e
from projects import project

PING = """
local pong = assert(process.spawn("app:pong", "app:processes"))
local replies = process.listen("reply")
for i = 1, 20 do
  process.send(pong, "ball", { from = process.pid(), i = i })
  assert(replies:receive() == i)
end
process.send(pong, "ball", false)
"""
PONG = """
local balls = process.listen("ball")
for ball in function() return balls:receive() end do process.send(ball.from, "reply", ball.i) end
"""
READY = ("lifecycle: {auto_start: true}", 'print("ready")\nprocess.events():receive()')


def arrows(program, path):
    """Checks the file, returns events and the number of arrows."""
    events = json.loads(path.read_text())["traceEvents"]
    ends = {phase: {e["id"]: e for e in events if e["ph"] == phase} for phase in "sf"}
    program.check(ends["s"].keys() == ends["f"].keys(), "an arrow without one of its ends")
    for name, sent in ends["s"].items():
        program.check(sent["ts"] < ends["f"][name]["ts"], f"{name} arrives before it is sent")
    return events, len(ends["s"])


def labels(events):
    return [e["args"]["name"] for e in events if e["name"] == "thread_name"]


@case("flight recorder: --trace at the end has every message as an arrow, and labelled tracks of two hosts")
def at_the_end():
    app = project({"it": PING, "pong": PONG})
    program = e2e.run(app, "run", "--trace", "out.json", "-x", "app:it").exits(0).silent()
    events, n = arrows(program, app / "out.json")
    program.check(n >= 41, f"41 messages, {n} arrows")
    for label in ("app:processes/0 ", "app:processes/1 ", "app:terminal/0 "):
        program.check(any(t.startswith(label) for t in labels(events)), f"no track {label}")
    program.check(not (app / "out.json.part").exists(), "the temporary file is left")


@case("flight recorder: SIGUSR1 writes it and the run goes on")
def on_request():
    app = project({"it": READY})
    program = e2e.start(app, "run", "--trace", "out.json")
    program.wait_for("err", "ready")
    for times in (1, 2):
        program.signal(signal.SIGUSR1)
        program.wait_for("err", r"(?s)(flight recorder written .*asked by SIGUSR1.*){%d}" % times)
    program.check(program.running(), "it ended")
    arrows(program, app / "out.json")
    program.signal(signal.SIGTERM)
    program.end().exits(0)


@case("flight recorder: a crash leaves FILE.crash, and wippy trace turns it into a valid file")
def after_a_crash():
    app = project({"it": READY, "ping": ("lifecycle: {auto_start: true}", PING), "pong": PONG})
    program = e2e.start(app, "run", "--trace", "out.json")
    program.wait_for("err", "ready")
    program.signal(signal.SIGSEGV)
    program.end().exits(-signal.SIGSEGV).says(r"^wippy: crashed; the flight recorder is in out\.json\.crash$")
    e2e.run(app, "trace", "out.json.crash", "out.json").exits(0).silent().prints("")
    events, _ = arrows(program, app / "out.json")
    program.check(any(e["ph"] == "X" for e in events), "no steps")


@case("flight recorder: wippy trace says what is wrong with a recording")
def bad_recordings():
    app = e2e.write_files(e2e.scratch(), {"text": "hello, this is no recording", "cut": "WPYFLT2\nabc"})
    e2e.run(app, "trace", "none", "out").fails_once("cannot read none")
    e2e.run(app, "trace", "text", "out").fails_once("text: not a flight recording")
    e2e.run(app, "trace", "cut", "out").fails_once("cut: the file ends in its header")
    e2e.run(app, "trace", "cut").fails_once("expected the recording and the file to write")


@case("flight recorder: a missed latency objective is logged and writes it")
def missed_objective():
    app = project({"it": READY})
    program = e2e.start(app, "run", "--trace", "out.json", "--latency-objective", "1ns")
    program.wait_for("err", r"warn .*latency objective missed .*host=app:processes .*late_us=\d+")
    program.wait_for("err", "flight recorder written .*why=latency objective missed")
    arrows(program, app / "out.json")
    program.signal(signal.SIGTERM)
    program.end().exits(0)


@case("flight recorder: bad values of its options, and a file that cannot be written")
def bad_options():
    app = project({"it": ""})
    for bad in ("0s", "-1ms", "soon"):
        e2e.run(app, "run", f"--latency-objective={bad}", "-x", "app:it").fails_once("--latency-objective: expected .*got " + bad)
    e2e.run(app, "run", "--trace", "no/out.json", "-c", "-x", "app:it").exits(0).says(
        "error .*flight recorder not written .*cannot write no/out.json.part")
