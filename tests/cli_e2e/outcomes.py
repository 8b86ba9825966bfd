"""Exit codes and what stands on stdout and stderr: host.md §8.6; signals: §4.7."""

import signal
import time

import e2e
from e2e import case
from projects import project, run_body

ROWS = [
    ("returns a string: on stdout", 'return "text"', 0, "text\n"),
    ("returns an empty string: an empty line", 'return ""', 0, "\n"),
    ("returns an integer: the code", "return 7", 7, ""),
    ("returns 256: modulo 256", "return 256", 0, ""),
    ("returns -1: modulo 256", "return -1", 255, ""),
    ("returns a float: truncated", "return 3.9", 3, ""),
    ("returns NaN", "return 0/0", 1, ""),
    ("returns infinity", "return 1/0", 1, ""),
    ("returns true", "return true", 0, ""),
    ("returns false", "return false", 1, ""),
    ("returns nil", "return nil", 0, ""),
    ("returns nothing", "", 0, ""),
    ("returns a table", "return { 1 }", 0, ""),
    ("returns a value and nil", "return 5, nil", 5, ""),
]

for title, body, code, out in ROWS:
    case(f"H-267 {title}")(lambda body=body, code=code, out=out: run_body(body).exits(code).prints(out).silent())


@case("H-266 nil, err: the message once on stderr")
def returned_error():
    run_body('return nil, "no luck"').fails_once(r"no luck$").says(r"\AError: no luck\n\Z").prints("")


@case("H-266 false, err is a failure too (seed 002's style)")
def returned_false_error():
    run_body('return false, "no luck"').says(r"\AError: no luck\n\Z").exits(1).prints("")


@case("H-266 a raised error: message once, with its place")
def raised_error():
    run_body('print("before")\nerror("broken")').prints("before\n").fails_once(r".*it\.lua:4: broken|.*broken")


@case("H-266 a runtime error: message once")
def runtime_error():
    run_body("local nothing = nil\nreturn nothing.field").fails_once(r".*attempt to index a nil value").prints("")


@case("H-266 an error object keeps its message")
def error_object():
    run_body('return nil, errors.new({ message = "typed", kind = errors.CONFLICT })').fails_once("typed$").prints("")


@case("8.6 an error of a child is not printed unless main passes it on")
def error_of_child():
    app = project({"it": 'local value, err = process.exec("app:child", "app:processes")\nprint(err)', "child": 'error("inner")'})
    e2e.run(app, "run", "-x", "app:it").exits(0).silent().check_out(r"inner")


@case("8.6 a terminated process: message, code 1")
def terminated():
    run_body("process.terminate(process.pid())").fails_once("process terminated$").prints("")


@case("8.6 a method that is not there: message, code 1")
def missing_method():
    app = e2e.write_files(project({"it": ""}), {"src/it.lua": "return { start = function() end }\n"})
    e2e.run(app, "run", "-x", "app:it").fails_once(r".*main").prints("")


@case("8.6 a chunk that raises at its top level: message once, code 1")
def failing_chunk():
    app = e2e.write_files(project({"it": ""}), {"src/it.lua": 'error("top level")\n'})
    e2e.run(app, "run", "-x", "app:it").fails_once(r".*top level").prints("")


@case("8.6 stdout closed: the runtime ends in order")
def closed_stdout():
    app = project({"it": 'for i = 1, 1000 do print(i) end\nreturn 3'})
    e2e.start(app, "run", "-x", "app:it", out_closed=True).end(5).exits(3)
    e2e.start(project({"it": 'return "text"'}), "run", "-x", "app:it", out_closed=True).end(5).exits(0)


HANDLES = """
print("ready")
while true do
  local event = process.events():receive()
  if event.kind == process.event.CANCEL then break end
end
"""

for number in (signal.SIGINT, signal.SIGTERM):

    def cancelled(number=number, body="return 'done'", code=0, out="ready\ndone\n"):
        program = e2e.start(project({"it": HANDLES + body}), "run", "-x", "app:it")
        program.wait_for("out", "ready")
        program.signal(number)
        return program.end(5).exits(code).prints(out)

    case(f"H-274 {number.name} during a command: CANCEL, then its own result")(cancelled)
    case(f"H-274 {number.name} during a command: its error")(
        lambda cancelled=cancelled: cancelled(body="return nil, 'gave up'", code=1, out="ready\n").fails_once("gave up$"))
    case(f"H-274 {number.name} during a command: its exit code")(
        lambda cancelled=cancelled: cancelled(body="return 5", code=5, out="ready\n"))


@case("H-274 CANCEL carries a deadline and no sender when the runtime asks")
def cancel_event():
    program = e2e.start(project({"it": 'print("ready")\nlocal event = process.events():receive()\n'
                                       "print(event.kind, event.from, type(event.deadline))"}), "run", "-x", "app:it")
    program.wait_for("out", "ready")
    program.signal(signal.SIGINT)
    program.end(5).exits(0).prints("ready\npid.cancel\tnil\tstring\n")


STUBBORN = {"it": ("lifecycle: {auto_start: true}", 'print("up")\ntime.sleep("60s")')}

for first, second, code in ((signal.SIGINT, signal.SIGINT, 130), (signal.SIGTERM, signal.SIGTERM, 1), (signal.SIGTERM, signal.SIGINT, 130)):

    def twice(first=first, second=second, code=code):
        program = e2e.start(project(STUBBORN), "run")
        program.wait_for("err", r"\bup\b")
        program.signal(first)
        time.sleep(0.3)  # two signals within 100 ms count as one
        asked = time.monotonic()
        program.signal(second)
        program.end(5).exits(code).says("second signal")
        program.check(time.monotonic() - asked < 1, "at once")

    case(f"H-168 {first.name}, then {second.name}: ends at once with code {code}")(twice)


@case("H-168 second signal while a terminal process spins")
def second_signal_spinning():
    program = e2e.start(project({"it": 'print("ready")\nwhile true do end'}), "run", "-x", "app:it")
    program.wait_for("out", "ready")
    program.signal(signal.SIGINT)
    time.sleep(0.3)
    program.signal(signal.SIGINT)
    program.end(5).exits(130)


@case("H-167 H-168 one signal ends a service run in order, with code 0")
def graceful():
    for number in (signal.SIGTERM, signal.SIGINT):
        program = e2e.start(project({"it": ("lifecycle: {auto_start: true}",
                                            'print("up")\nprocess.events():receive()\nprint("tidied")')}), "run")
        program.wait_for("err", r"\bup\b")
        program.signal(number)
        program.end(5).exits(0).prints("").says("tidied")


@case("H-167 a run without services waits for its signal")
def idle_run():
    program = e2e.start(project({}), "run")
    time.sleep(0.5)
    program.check(program.running(), "it waits")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0).prints("")
