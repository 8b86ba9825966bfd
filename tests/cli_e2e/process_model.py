"""Promises of the process model that need the real binary: entries of other kinds, several cores, the end of a run."""

import signal

import e2e
from e2e import case
from projects import PROCESS_HOST, TERMINAL, project, service

SPAWNS = ["spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored", "exec"]


@case("C-035 spawning what is no process: an error that names the kind, no process, no event")
def no_process():
    names = ", ".join(f'"{name}"' for name in SPAWNS)
    it = f"""
process.set_options({{ trap_links = true }})
local events = process.events()
for _, id in ipairs({{ "app:processes", "app:one" }}) do
  for _, name in ipairs({{ {names} }}) do
    local pid, err = process[name](id, "app:processes")
    print(name, pid, err:kind(), err)
  end
end
local late = time.after("100ms")
local r = channel.select({{ events:case_receive(), late:case_receive() }})
print(r.channel == late and "no event" or r.value.kind)
"""
    app = project({"it": it, "worker": ""}, more=service("one", "app:worker").replace("auto_start: true", "auto_start: false"))
    program = e2e.run(app, "run", "-x", "app:it").exits(0).silent()
    kinds = {"app:processes": "process.host", "app:one": "process.service"}
    program.prints_lines([rf"{name}\tnil\tNotFound\t.*{entry}.*{kind}.*"
                          for entry, kind in kinds.items() for name in SPAWNS] + ["no event"])


@case("C-040 two entries with one source and different methods")
def two_methods():
    app = project({"it": 'for _, id in ipairs({ "app:first", "app:second" }) do print(process.exec(id, "app:processes")) end'},
                  more="".join(f"  - {{name: {name}, kind: process.lua, source: 'file://both.lua', method: {name}}}\n"
                               for name in ("first", "second")))
    both = 'return { first = function() return "the first" end, second = function() return "the second" end }\n'
    e2e.write_files(app, {"src/both.lua": both})
    e2e.run(app, "run", "-x", "app:it").exits(0).silent().prints("the first\tnil\nthe second\tnil\n")


BURN = "local x = 0\nfor i = 1, 6000000 do x = x + i % 7 end\nreturn x"
FOUR = """
local events, start = process.events(), time.now()
for i = 1, 4 do assert(process.spawn_monitored("app:burn", "app:processes")) end
for i = 1, 4 do
  local event = events:receive()
  assert(event.error == nil, event.error)
end
print(time.now():sub(start):microseconds())
"""


def burned_us(workers):
    """Four CPU-bound processes on that many workers."""
    hosts = PROCESS_HOST.replace("workers: 2", f"workers: {workers}") + TERMINAL
    program = e2e.run(project({"it": FOUR, "burn": BURN}, hosts=hosts), "run", "--cores", "4", "-x", "app:it").exits(0).silent()
    return int(program.out)


@case("C-324 four CPU-bound processes on four workers: at most 0.6 of one worker's time", alone=True)
def parallel():
    # Other load hides what two cores could do, but nothing makes it look faster: the best of some rounds counts.
    ratios = []
    while len(ratios) < 8 and (not ratios or min(ratios) > 0.6):
        ratios.append(burned_us(4) / burned_us(1))
    if min(ratios) > 0.6:
        raise e2e.CheckFailed(f"four workers need {', '.join(f'{r:.2f}' for r in ratios)} of one worker's time")


POLITE = """
local events = process.events()
print("polite is up")
local event = events:receive()
print("polite got", event.kind, event.from, type(event.deadline))
"""
STUBBORN = """
local events = process.events()
print(kind .. " is up")
local event = events:receive()
print(kind .. " got", event.kind)
"""


@case("C-327 the end of a run: every process gets CANCEL, who does not end is killed after the grace period")
def shutdown():
    root = 'for _, id in ipairs({ "app:polite", "app:deaf", "app:busy" }) do assert(process.spawn(id, "app:processes")) end'
    processes = {"root": ("lifecycle: {auto_start: true}", root),
                 "polite": POLITE,
                 "deaf": 'local kind = "deaf"' + STUBBORN + 'process.inbox():receive()\nprint("deaf lives on")',
                 "busy": 'local kind = "busy"' + STUBBORN + 'while true do pcall(function() while true do end end) print("busy goes on") end'}
    app = e2e.write_files(project(processes), {".wippy.yaml": 'version: "1.0"\nshutdown: {timeout: 1s}\n'})
    program = e2e.start(app, "run")
    for name in ("polite", "deaf", "busy"):
        program.wait_for("err", f"{name} is up")
    asked = e2e.time.monotonic()
    program.signal(signal.SIGTERM)
    program.end(10)
    seconds = e2e.time.monotonic() - asked
    program.says(r"polite got\spid\.cancel\snil\sstring", r"deaf got\spid\.cancel", r"busy got\spid\.cancel")
    program.says(r"processes terminated at the stop of a host.*count=2")
    program.check("lives on" not in program.err and "goes on" not in program.err, "the killed run nothing more")
    program.check(0.9 < seconds < 5, f"about the grace period of 1 s, took {seconds:.2f}")
