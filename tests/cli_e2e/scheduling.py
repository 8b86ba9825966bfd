"""What the scheduler owes an application: host.md §11 D, seen from scripts on the real binary."""

import os
import signal
import time
from pathlib import Path

import e2e
from e2e import case
from hosts import command, host
from projects import PROCESS_HOST, TERMINAL, project, service

# Prints how many milliseconds `what` takes.
TIMED = "local begun = time.now()\n%s\nlocal took = time.now():sub(begun):milliseconds()\n"
ECHO = ("while true do\n  local m = process.receive()\n  if m.kind then return end\n"
        "  process.send(m:from(), \"pong\", m:payload() and m:payload():data())\nend")


def cpu_s(task):
    """CPU seconds of /proc/<task>."""
    fields = Path(f"/proc/{task}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def took(program):
    """The number that the last line of its output ends with."""
    return float(program.out.split()[-1])


@case("H-125 10,000 processes that wait on two workers answer one ping each")
def ten_thousand():
    body = ('local pong, pids = process.listen("pong"), {}\n'
            'for i = 1, 10000 do pids[i] = assert(process.spawn("app:echo", "app:processes")) end\n'
            'for i, pid in ipairs(pids) do assert(process.send(pid, "ping", i)) end\n'
            'local seen, n = {}, 0\n'
            'for _ = 1, 10000 do\n  local i = pong:receive()\n  assert(not seen[i], "twice")\n  seen[i] = true\n  n = n + 1\nend\n'
            'print(n, #seen)')
    command(body, processes={"echo": ECHO}).exits(0).silent().prints("10000\t10000\n")


@case("H-126 who sleeps does not hold up others on the one worker")
def sleeper():
    body = ('local pong = process.listen("pong")\n'
            'local sleepers = {}\n'
            'for i = 1, 50 do sleepers[i] = assert(process.spawn("app:sleeper", "app:one")) end\n'
            'local echo = assert(process.spawn("app:echo", "app:one"))\n' +
            TIMED % 'for i = 1, 100 do process.send(echo, "ping", i) assert(pong:receive() == i) end' +
            'for _, pid in ipairs(sleepers) do process.terminate(pid) end\nprint(took)')
    program = command(body, host("one"), {"echo": ECHO, "sleeper": 'time.sleep("20s")'}).exits(0)
    program.check(took(program) < 2000, "100 answers while 50 processes sleep for 20 s")


# On fewer cores than workers time tells nothing: what each worker's thread has used does.
@case("H-127 16 busy children of one parent keep four workers busy", alone=True)
def four_workers():
    body = ('print("begin")\nfor i = 1, 16 do assert(process.spawn_monitored("app:busy", "app:four")) end\n'
            'for i = 1, 16 do process.events():receive() end\nprint("done")\nprocess.inbox():receive()')
    busy = "local n = 0\nfor i = 1, 15000000 do n = n + i % 3 end"
    program = e2e.start(project({"it": body, "busy": busy}, hosts=PROCESS_HOST + TERMINAL + host("four", "workers: 4")),
                        "run", "--cores", "4", "-x", "app:it")
    program.wait_for("out", "done")
    used = sorted(cpu_s(f"{program.pid}/task/{thread}") for thread in os.listdir(f"/proc/{program.pid}/task"))
    program.kill()
    # four threads of a quarter each; no other does anything
    program.check(used[-4] > 0.15 * sum(used), f"CPU seconds of the threads: {used}")


@case("H-129 one worker, one endless loop: another process answers within 100 ms", alone=True)
def endless_neighbour():
    body = ('local pong = process.listen("pong")\n'
            'local echo = assert(process.spawn("app:echo", "app:one"))\n'
            'process.send(echo, "ping", 0) pong:receive()\n'
            'local loop = assert(process.spawn("app:loop", "app:one"))\ntime.sleep("20ms")\n'
            'local all = {}\nfor i = 1, 21 do\n' + TIMED % 'process.send(echo, "ping", i) pong:receive()' +
            '  all[i] = took\nend\nprocess.terminate(loop)\ntable.sort(all)\nprint(all[11])')
    program = command(body, host("one"), {"echo": ECHO, "loop": "while true do end"})
    program.check(took(program) < 100, "the median of 21 answers")


@case("H-131 a host with nothing to do takes next to no CPU in two seconds", alone=True)
def idle_host():
    program = e2e.start(project({"waits": 'print("up")\nprocess.events():receive()'}, more=service("one", "app:waits"),
                                hosts=host("processes", "workers: 8") + TERMINAL), "run")
    program.wait_for("err", r"\bup\b")
    time.sleep(0.3)
    before = cpu_s(program.pid)
    time.sleep(2)
    used = cpu_s(program.pid) - before
    program.signal(signal.SIGTERM)
    program.end(5).exits(0).check(used <= 0.1, f"used {used:.2f} s in 2 s")


PLAYER = ('local other, rounds = ...\nif rounds then\n'
          '  local pong = process.listen("pong")\n'
          '  for i = 1, rounds do process.send(other, "ping", i) if pong:receive() ~= i then error("lost") end end\n'
          '  return rounds\nend\n') + ECHO


@case("H-132 a million rounds between two hosts, no wake-up lost", alone=True)
def million_rounds():
    body = ('local far = assert(process.spawn("app:player", "app:far"))\n'
            'assert(process.spawn_monitored("app:player", "app:processes", far, 1000000))\n'
            'local event = process.events():receive()\nprint(event.value, event.error)')
    e2e.run(project({"it": body, "player": PLAYER}, hosts=PROCESS_HOST + TERMINAL + host("far")),
            "run", "-x", "app:it", timeout_s=120).exits(0).silent().prints("1000000\tnil\n")


@case("H-133 terminate ends an endless loop")
def terminate_loop():
    body = ('local pid = assert(process.spawn_monitored("app:loop", "app:one"))\ntime.sleep("50ms")\n' +
            TIMED % 'process.terminate(pid)\nlocal event = process.events():receive()' +
            'print(event.kind, event.error, took)')
    program = command(body, host("one"), {"loop": "while true do pcall(function() while true do end end) end"}).exits(0)
    program.check_out(r"pid\.exit\tprocess terminated\t").check(took(program) < 1000, "soon")


BLOCKED = {
    "sleeps": 'time.sleep("60s")', "receives": "process.inbox():receive()",
    "executes": 'process.exec("app:receives", "app:one")',
    "calls": 'require("funcs").call("app:slow")',
}


@case("H-134 terminate ends who sleeps, receives, or is in exec or funcs.call, at once")
def terminate_blocked():
    names = ", ".join(f'"app:{name}"' for name in BLOCKED)
    body = (f'for _, entry in ipairs{{ {names} }} do\n'
            '  local pid = assert(process.spawn_monitored(entry, "app:one"))\n  time.sleep("50ms")\n' +
            TIMED % '  process.terminate(pid)\n  local event = process.events():receive()' +
            '  print(entry, event.from == pid, event.error, took < 1000)\nend')
    slow = ("  - name: slow\n    kind: function.lua\n    modules: [time]\n    source: |\n"
            "      return { main = function() require('time').sleep('60s') end }\n")
    app = project({"it": body, **BLOCKED}, hosts=PROCESS_HOST + TERMINAL + host("one"), more=slow)
    index = app / "src/_index.yaml"
    index.write_text(index.read_text().replace("source: 'file://calls.lua', modules: [time]",
                                               "source: 'file://calls.lua', modules: [time, funcs]"))
    e2e.run(app, "run", "-x", "app:it").exits(0).prints(
        "".join(f"app:{name}\ttrue\tprocess terminated\ttrue\n" for name in BLOCKED))


@case("H-136 operations of one process that wait end each for itself")
def independent_operations():
    body = ('local inbox, done = process.inbox(), channel.new(8)\n'
            'local function op(name, f) coroutine.spawn(function() f() done:send(name) end) end\n'
            'op("slow sleep", function() time.sleep("240ms") end)\n'
            'op("exec", function() assert(process.exec("app:later", "app:processes", "120ms") == "120ms") end)\n'
            'op("sleep", function() time.sleep("60ms") end)\n'
            'op("slow exec", function() process.exec("app:later", "app:processes", "180ms") end)\n'
            'op("timer", function() time.after("300ms"):receive() end)\n'
            'op("mail", function() inbox:receive() end)\n'
            'process.send(process.pid(), "now")\n'
            'for i = 1, 6 do print((done:receive())) end')
    command(body, processes={"later": 'time.sleep((...))\nreturn (...)'}).exits(0).prints(
        "mail\nsleep\nexec\nslow exec\nslow sleep\ntimer\n")


@case("H-138 what with_message gives comes ahead of what is sent after the spawn")
def first_messages():
    body = ('local got = process.listen("got")\n'
            'for round = 1, 200 do\n'
            '  local b = process.with_context({}):with_message("m", 1):with_message("m", 2)\n'
            '  local pid = assert(b:spawn("app:forwards", "app:processes", process.pid()))\n'
            '  process.send(pid, "m", 3)\n'
            '  for i = 1, 3 do local v = got:receive() if v ~= i then error("round " .. round .. ": " .. v) end end\nend\n'
            'print("in order")')
    forwards = 'local m = process.listen("m")\nfor i = 1, 3 do process.send((...), "got", (m:receive())) end'
    command(body, processes={"forwards": forwards}).exits(0).silent().prints("in order\n")


@case("H-139 an answer for one that ended or was upgraded is dropped")
def late_answers():
    body = ('process.set_options({ trap_links = true })\nlocal heard, events = process.listen("heard"), process.events()\n'
            # ended: its child's value comes when it is gone
            'local gone = assert(process.spawn_monitored("app:asks", "app:processes", "end"))\n'
            'print("ended", events:receive().from == gone)\n'
            # upgraded: timers, exec and calls of the old code
            'local pid = assert(process.spawn_monitored("app:asks", "app:processes", "upgrade", process.pid()))\n'
            'print("heard", (heard:receive()))\nlocal event = events:receive()\nprint(event.from == pid, event.value, event.error)')
    asks = ('local how, parent = ...\n'
            'coroutine.spawn(function() process.exec("app:later", "app:processes") end)\n'
            'coroutine.spawn(function() time.sleep("40ms") end)\ntime.after("40ms")\ntime.sleep("5ms")\n'
            'if how == "upgrade" then process.upgrade("app:listens", parent) end')
    listens = ('local parent = ...\nlocal late = time.after("120ms")\n'
               'local r = channel.select{ process.events():case_receive(), process.inbox():case_receive(), late:case_receive() }\n'
               'process.send(parent, "heard", r.channel == late and "nothing" or "something")\nreturn "fine"')
    command(body, processes={"asks": asks, "listens": listens, "later": 'time.sleep("40ms")\nreturn 1'}).exits(0).silent().prints(
        "ended\ttrue\nheard\tnothing\ntrue\tfine\tnil\n")


@case("H-281 an upgrade to an unknown entry: EXIT with an error; a service starts its own entry again")
def upgrade_to_nothing():
    body = ('local pid = assert(process.spawn_monitored("app:moves", "app:processes"))\n'
            'local event = process.events():receive()\nprint(event.kind, event.from == pid, event.error)')
    moves = 'print("moves runs")\ntime.sleep("10ms")\nprocess.upgrade("app:nowhere")'
    command(body, processes={"moves": moves}).exits(0).check_out(r"pid\.exit\ttrue\tupgrade: .*app:nowhere")
    program = e2e.start(project({"moves": moves}, more=service("one", "app:moves", "restart: {delay: 20ms}")), "run")
    program.wait_for("err", r"moves runs(.|\n)*upgrade: (.|\n)*moves runs(.|\n)*moves runs")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0)


@case("H-156 depends_on means the same as requires, and both lists count")
def depends_on():
    waits = 'print("up " .. process.id())\nprocess.events():receive()'
    more = (service("c", "app:pc", "requires: [a], depends_on: [b]") + service("a", "app:pa") +
            service("b", "app:pb"))
    slow = 'time.sleep("30ms")\n' + waits
    program = e2e.start(project({"pa": slow, "pb": slow, "pc": waits}, more=more), "run")
    program.wait_for("err", r"up app:pc")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0)
    for needed in ("app:a", "app:b"):
        program.says(rf"{needed} .*to=running(.|\n)*app:c .*to=starting", rf"app:c .*to=stopped(.|\n)*{needed} .*to=stopped")


@case("workers that are not pinned may run on every processor, whoever started them")
def no_inherited_pin():
    program = e2e.start(project({"waits": 'print("up")\nprocess.events():receive()'}, more=service("one", "app:waits"),
                                hosts=host("processes", "workers: 4") + TERMINAL), "run", "--cores", "64")
    program.wait_for("err", r"\bup\b")
    allowed = {}
    for task in Path(f"/proc/{program.pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        allowed[name] = next(line.split()[1] for line in (task / "status").read_text().splitlines()
                             if line.startswith("Cpus_allowed_list"))
    program.signal(signal.SIGTERM)
    program.end(5).exits(0)
    mine = next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Cpus_allowed_list"))
    workers = {name: cpus for name, cpus in allowed.items() if name.startswith("app:proces") or name == "wippy/blocking"}
    e2e.equal(set(workers.values()), {mine}, f"processors of the threads {allowed}")
