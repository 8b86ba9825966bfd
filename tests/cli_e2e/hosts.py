"""Hosts of a running application: host.md §3 and the twelve services of §4."""

import re
import signal
import time

import e2e
from e2e import case
from projects import PROCESS_HOST, TERMINAL, project, service

WAITS = "process.events():receive()"
CHILD = {"child": WAITS}


def host(name, host_fields="workers: 1", more="", auto=True):
    return (f"  - {{name: {name}, kind: process.host, host: {{{host_fields}}}{more and ', ' + more}"
            f"{', lifecycle: {auto_start: true}' if auto else ''}}}\n")


def command(body, hosts="", processes=None, more="", fields=""):
    """main of app:it as a command; what it prints."""
    return e2e.run(project({"it": (fields, body), **(processes or CHILD)}, hosts=PROCESS_HOST + TERMINAL + hosts, more=more),
                   "run", "-x", "app:it")


def refused(body, hosts="", processes=None, fields=""):
    body = (f"local pid, err = {body}\nif pid then error('not refused') end\n"
            "local d = err:details() or {}\n"
            "print(err:kind(), err:retryable(), err:message())\nprint(d.host_id, d.pid)")
    return command(body, hosts, processes, fields=fields).exits(0)


@case("H-088 an endless loop on the one worker of a host does not delay the other host", alone=True)
def separate_workers():
    body = ('process.spawn("app:loop", "app:busy")\nlocal me = process.pid()\nlocal begun = time.now()\n'
            'for i = 1, 20 do process.spawn_monitored("app:quick", "app:processes") end\n'
            'local ev = process.events()\nfor i = 1, 20 do ev:receive() end\n'
            'print(time.now():sub(begun):milliseconds() < 2000)')
    command(body, host("busy"), {"loop": "while true do end", "quick": "return 1"},
            ).exits(0).prints("true\n")


@case("H-089 the host runs before a service on it starts; H-160")
def host_first():
    program = e2e.start(project({"a": 'print("up")\n' + WAITS}, more=service("one", "app:a")), "run")
    program.wait_for("err", r"app:processes +from=starting +to=running(.|\n)*app:one +from=stopped +to=starting(.|\n)*\bup\b")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0).says(r"app:one .*to=stopped(.|\n)*app:processes .*to=stopped")


@case("H-090 an unknown host: NOT_FOUND with its ID, as detail too; an ID without a namespace gets a hint")
def unknown_host():
    refused('process.spawn("app:child", "app:nope")').prints("NotFound\tfalse\thost not found: app:nope\napp:nope\tnil\n")
    refused('process.spawn("app:child", "nope")').check_out(r"NotFound\tfalse\thost not found: nope .*ns:name")
    refused('process.spawn("app:child", "")').check_out(r"Invalid\tfalse\thost id required")


@case("H-091 an entry that is no host: INVALID with its kind")
def not_a_host():
    refused('process.spawn("app:child", "app:child")').check_out(r"Invalid\tfalse\tapp:child is a process.lua, not a host")


@case("H-092 a host that was not started: UNAVAILABLE, retryable")
def not_started():
    refused('process.spawn("app:child", "app:cold")', host("cold", auto=False)).prints(
        "Unavailable\ttrue\thost is not running: app:cold\napp:cold\tnil\n")


@case("H-093 H-094 spawns onto a host that stops are refused as such")
def stopping():
    body = (f'print("up")\n{WAITS}\nlocal pid, err = process.spawn("app:child", "app:processes")\n'
            'print("refused:", pid, err:kind(), err:retryable(), err:message())')
    program = e2e.start(project({"it": body, **CHILD}, more=service("one", "app:it")), "run")
    program.wait_for("err", r"\bup\b")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0).says(r"refused:\snil\sUnavailable\sfalse\shost is shutting down: app:processes")


@case("H-095 an unknown entry: NOT_FOUND with its ID; an entry of another kind says its kind")
def unknown_entry():
    refused('process.spawn("app:nope", "app:processes")').check_out(r"NotFound\tfalse\t.*app:nope")
    refused('process.spawn("app:processes", "app:processes")').check_out(r"NotFound\tfalse\t.*app:processes.*process\.host")


FULL = ('local pids = {}\nfor i = 1, 3 do pids[i] = assert(process.spawn_monitored("app:child", "app:small")) end\n'
        'local pid, err = process.spawn("app:child", "app:small")\n'
        'print(pid, err:kind(), err:retryable(), err:message())\n')


@case("H-096 max_processes: the fourth is refused; H-097 after one has ended there is room")
def full():
    body = FULL + ('process.terminate(pids[1])\nprocess.events():receive()\n'
                   'print(process.spawn("app:child", "app:small") ~= nil)')
    command(body, host("small", "workers: 1, max_processes: 3")).exits(0).prints(
        "nil\tUnavailable\ttrue\thost app:small is full (3 of 3 processes)\ntrue\n")


@case("H-098 100 concurrent spawners never exceed max_processes")
def concurrent_full():
    spawner = ('local boss = ...\nlocal n = 0\nfor i = 1, 5 do if process.spawn("app:child", "app:small") then n = n + 1 end end\n'
               'process.send(boss, "made", n)')
    body = ('for i = 1, 100 do process.spawn("app:spawner", "app:processes", process.pid()) end\nlocal sum = 0\n'
            'local inbox = process.inbox()\nfor i = 1, 100 do sum = sum + inbox:receive():payload():data() end\nprint(sum)')
    command(body, host("small", "workers: 2, max_processes: 7"), {"spawner": spawner, **CHILD}).exits(0).prints("7\n")


@case("H-099 more runnable processes than queue_size; H-100 local_queue_size 2 with 1000 processes")
def queues_grow():
    body = ('for i = 1, 1000 do assert(process.spawn("app:quick", "app:small", process.pid())) end\nlocal sum = 0\n'
            'local inbox = process.inbox()\nfor i = 1, 1000 do inbox:receive() sum = sum + 1 end\nprint(sum)')
    command(body, host("small", "workers: 1, queue_size: 4, local_queue_size: 2"),
            {"quick": 'process.send(..., "done", 1)'}).exits(0).prints("1000\n")


@case("H-101 the PID names the host of the spawn, five hex digits; H-102 PIDs are unique over hosts")
def pids():
    body = ('local seen, n = {}, 0\nfor i = 1, 200 do\n'
            '  for _, h in ipairs({"app:processes", "app:second"}) do\n'
            '    local p = process.spawn("app:quick", h)\n    local counter = p:match("^{" .. h .. "|(0x%x%x%x%x%x+)}$")\n'
            '    if not counter or seen[counter] then error(p) end\n    seen[counter] = true\n    n = n + 1\n  end\nend\nprint(n)')
    command(body, host("second"), {"quick": "return 1"}).exits(0).prints("400\n")


@case("H-103 messages between hosts arrive in order; H-104 monitor and link work across hosts")
def across_hosts():
    echo = ('local boss = ...\nfor i = 1, 200 do process.send(boss, "n", i) end\nerror("gone")')
    body = ('process.set_options({trap_links = true})\n'
            'process.spawn_linked_monitored("app:echo", "app:second", process.pid())\nlocal inbox, ev = process.inbox(), process.events()\n'
            'for i = 1, 200 do if inbox:receive():payload():data() ~= i then error("order") end end\n'
            'local kinds = {}\nfor i = 1, 2 do kinds[#kinds + 1] = ev:receive().kind end\ntable.sort(kinds)\nprint(table.concat(kinds, " "))')
    command(body, host("second"), {"echo": echo}).exits(0).prints("pid.exit pid.link.down\n")


MODULES = {"uses": "return 1"}
DENIES = host("sandbox", more="capabilities: {deny_modules: [time]}")


@case("H-110 deny_modules refuses at spawn, naming module, host and entry; H-111 another host takes it; exec too")
def deny_modules():
    text = r"PermissionDenied\tfalse\tmodule 'time' is not allowed on host app:sandbox \(entry app:uses\)"
    for verb in ("spawn", "spawn_monitored", "exec"):
        refused(f'process.{verb}("app:uses", "app:sandbox")', DENIES, MODULES).check_out(text)
    command('print(process.spawn("app:uses", "app:processes") ~= nil)', DENIES, MODULES).exits(0).prints("true\n")


@case("H-112 the allow-list of modules refuses what is not on it")
def allow_modules():
    hosts = host("sandbox", more="capabilities: {modules: [json]}")
    refused('process.spawn("app:uses", "app:sandbox")', hosts, MODULES).check_out("module 'time' is not allowed")


@case("H-113 patterns of entries; kinds")
def entries_and_kinds():
    hosts = (host("users", more='capabilities: {entries: ["app:user.*"]}') +
             host("natives", more="capabilities: {kinds: [process.native]}"))
    names = {"user.script": "return 1", "tool": "return 1"}
    refused('process.spawn("app:tool", "app:users")', hosts, names).check_out(
        r"PermissionDenied\tfalse\tentry app:tool is not allowed on host app:users")
    command('print(process.spawn("app:user.script", "app:users") ~= nil)', hosts, names).exits(0).prints("true\n")
    refused('process.spawn("app:tool", "app:natives")', hosts, names).check_out(
        r"kind process\.lua is not allowed on host app:natives \(entry app:tool\)")


@case("capabilities: spawn: false forbids its processes to spawn, wherever to; exec too")
def no_spawn():
    tries = ('local a, e1 = process.spawn("app:child", "app:processes")\nlocal b, e2 = process.exec("app:child", "app:cage")\n'
             'return a == nil and b == nil and e1:kind() .. " " .. e1:message() .. "/" .. e2:message()')
    command('print((process.exec("app:tries", "app:cage")))', host("cage", more="capabilities: {spawn: false}"),
            {"tries": tries, **CHILD}).exits(0).prints(
        "PermissionDenied processes on host app:cage may not spawn/processes on host app:cage may not spawn\n")


@case("H-295 an upgrade to what the host does not allow crashes with upgrade: and the reason")
def upgrade_refused():
    hosts = host("users", more='capabilities: {entries: ["app:user.*"]}')
    command('local r, err = process.exec("app:user.script", "app:users")\nprint(r, err:message())', hosts,
            {"user.script": 'process.upgrade("app:tool")', "tool": "return 1"}).exits(0).prints(
        "nil\tupgrade: entry app:tool is not allowed on host app:users\n")


@case("H-247 exec on a host that is full, unknown, stopped or none: the very errors of spawn")
def exec_as_spawn():
    hosts = host("full", "workers: 1, max_processes: 1") + host("cold", auto=False)
    body = """assert(process.spawn("app:child", "app:full"))
for _, on in ipairs{ "app:full", "app:none", "app:cold", "app:child", "nope" } do
  local said = {}
  for i, f in ipairs{ process.spawn, process.exec } do
    local v, err = f("app:child", on)
    local d = err:details() or {}
    said[i] = table.concat({ tostring(v), err:kind(), tostring(err:retryable()), err:message(), tostring(d.host_id), tostring(d.pid) }, "|")
  end
  print(said[1] == said[2] and "same" or said[2], said[1])
end"""
    program = command(body, hosts).exits(0)
    e2e.equal([line.split("\t")[0] for line in program.out.splitlines()], ["same"] * 5, program.out)
    program.check_out(r"Unavailable\|true\|host app:full is full", r"NotFound\|false\|host not found: app:none",
                      r"Unavailable\|true\|host is not running: app:cold")


@case("capabilities of a host: a wrong kind, io on a process.host and unknown keys are errors; an unknown module is a warning")
def bad_capabilities():
    def load(text):
        return e2e.run(project({"it": ""}, hosts=PROCESS_HOST + TERMINAL + host("odd", more=f"capabilities: {{{text}}}")), "run")
    load("kinds: [process.lau]").exits(1).says(r"app:odd: capabilities\.kinds: unknown kind .process\.lau.*process\.lua")
    load("io: true").exits(1).says(r"app:odd: capabilities\.io: .*no terminal")
    load("modles: [time]").exits(1).says(r"app:odd: capabilities\.modles")


@case("H-260 a terminal host is busy: CONFLICT, retryable, details host_id and pid; free when its process has ended")
def terminal_busy():
    spawner = ('local me, boss = process.pid(), ...\nlocal pid, err = process.spawn("app:child", "app:terminal")\nlocal d = err:details()\n'
               'return table.concat({tostring(pid), err:kind(), tostring(err:retryable()), d.host_id, tostring(d.pid == boss)}, " ")')
    command('print((process.exec("app:spawner", "app:processes", process.pid())))', "", {"spawner": spawner, **CHILD}
            ).exits(0).prints("nil Conflict true app:terminal true\n")


@case("H-261 the terminal is free after its process, without a shutdown")
def terminal_free():
    body = ('local last\nfor i = 1, 2 do last = process.exec("app:tool", "app:terminal") end\nprint("twice", last)\n' + WAITS)
    hosts = PROCESS_HOST + "  - {name: terminal, kind: terminal.host, lifecycle: {auto_start: true}}\n"
    program = e2e.start(project({"it": body, "tool": "return 7"}, hosts=hosts,
                                more=service("one", "app:it", "requires: ['app:terminal']")), "run")
    program.wait_for("err", r"twice\s7")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0)


@case("H-124 H-179 nobody spawns onto node:control")
def control_host():
    refused('process.spawn("app:child", "node:control")').check_out("NotFound")


# --- twelve services

HANGS = 'print("hangs up")\nwhile true do time.sleep("1s") end'


def twelve():
    """Base b1…b4, m1…m4 on them, a hanging one, a flaky one, a hopeless one, a one-shot one."""
    processes = {"serves": WAITS, "flaky": 'error("flaky")', "hangs": HANGS, "once": "return 1"}
    more = "".join(service(f"b{i}", "app:serves") for i in range(1, 5))
    more += "".join(service(f"m{i}", "app:serves", f"requires: ['app:b{i}', 'app:b{i % 4 + 1}']") for i in range(1, 5))
    more += service("hanging", "app:hangs", "stop_timeout: 500ms, requires: ['app:m1']")
    more += service("flaky.service", "app:flaky", "restart: {delay: 100ms, backoff_factor: 2, max_delay: 400ms, jitter: 0.1}")
    more += service("hopeless", "app:flaky", "startup: optional, restart: {delay: 20ms, max_attempts: 2}")
    more += service("oneshot", "app:once")
    return project(processes, more=more)


def starts(err, name):
    """Seconds of the day at which the service entered `starting` and `failed`."""
    out = []
    for line in err.splitlines():
        found = re.search(r"(\d\d):(\d\d):(\d\d)\.(\d+).*service=" + re.escape(name) + r" +from=\S+ +to=(starting|failed)", line)
        if found:
            h, m, s, fraction, state = found.groups()
            out.append((state, int(h) * 3600 + int(m) * 60 + int(s) + float("0." + fraction)))
    return out


@case("H-145 H-146 H-148 H-155 H-162 H-165 H-166 twelve services: back-off within jitter, order of stop, a hanging stop")
def twelve_services():
    program = e2e.start(twelve(), "run")
    program.wait_for("err", r"(service=app:flaky\.service +from=starting(.|\n)*){5}")
    program.wait_for("err", r"app:m4 .*to=running")
    program.wait_for("err", r"hangs up")
    begun = time.monotonic()
    program.signal(signal.SIGTERM)
    program.end(10).exits(0)
    program.check(0.4 < time.monotonic() - begun < 3, "the hanging stop ends after its 500 ms")
    program.says(r"app:hanging .*to=stopped.*stop timeout after 0\.5s", r"app:oneshot .*to=exited",
                 r"service gave up.*app:hopeless")
    for i in range(1, 5):
        program.says(rf"app:m{i} .*to=stopped(.|\n)*app:b{i} .*to=stopping")
    program.says(r"app:hanging .*to=stopped(.|\n)*app:m1 .*to=stopping")
    # What the supervisor announces is exactly within jitter; the start comes when that is over, however busy the machine is.
    announced = [int(us) / 1e6 for us in re.findall(r"service failed +service=app:flaky\.service.*delay_us=(\d+)", program.err)]
    for got, want in zip(announced, (0.1, 0.2, 0.4, 0.4)):
        program.check(want * 0.9 <= got <= want * 1.1, f"announced {got:.4f} s, expected {want} s within 10 %: {announced}")
    program.check(len(set(announced[2:])) > 1, f"jitter differs: {announced}")
    events = starts(program.err, "app:flaky.service")
    delays = [b[1] - a[1] for a, b in zip(events, events[1:]) if a[0] == "failed" and b[0] == "starting"]
    for got, promised in zip(delays, announced):
        program.check(promised - 0.0015 <= got <= promised + 0.15, f"waited {got:.3f} s instead of {promised:.3f} s")
    program.check(len(delays) >= 4, f"four delays, got {delays} of {events}")


@case("H-169 the shutdown has a limit: who still runs is listed, with pid, entry and what it waits for; exit 1")
def shutdown_limit():
    app = twelve()
    index = app / "src/_index.yaml"
    index.write_text(index.read_text().replace("stop_timeout: 500ms", "stop_timeout: 60s"))
    e2e.write_files(app, {".wippy.yaml": 'version: "1.0"\nshutdown: {timeout: 1s}\n'})
    program = e2e.start(app, "run")
    program.wait_for("err", r"hangs up")
    program.signal(signal.SIGTERM)
    program.end(6).exits(1).says(r"^Error: shutdown timeout after 1s; still alive:",
                                 r"^  service app:hanging stopping: entry app:hangs, process \{app:processes\|0x\w+\} Blocked\(sleep\)",
                                 r"^  service app:m1 running: entry app:serves, process \{app:processes\|0x\w+\} Idle")
    program.check("service app:b4 running" not in program.err or "app:m4" in program.err, "what nobody holds has stopped")


@case("H-168 SIGHUP ends like SIGTERM")
def hangup():
    program = e2e.start(project({"a": 'print("up")\n' + WAITS}, more=service("one", "app:a")), "run")
    program.wait_for("err", r"\bup\b")
    program.signal(signal.SIGHUP)
    program.end(5).exits(0)


# --- workers

@case("hosts: sixteen workers on the usable cores are no collapse beside two (a smoke test, 0.6; a bench must show the 0.9)", alone=True)
def many_workers():
    """Best of five rounds each, in turns: other programs on the machine only ever slow a round down."""
    pair = ('local boss = ...\nlocal inbox = process.inbox()\nlocal other = process.listen("other"):receive()\n'
            'for i = 1, 3000 do\n  process.send(other, "ball", 1)\n  inbox:receive()\nend\nprocess.send(boss, "done", 1)')
    body = ('local begun, me = time.now(), process.pid()\nfor i = 1, 16 do\n'
            '  local a, b = process.spawn("app:pair", "app:many", me), process.spawn("app:pair", "app:many", me)\n'
            '  process.send(a, "other", b)\n  process.send(b, "other", a)\nend\n'
            'local inbox = process.inbox()\nfor i = 1, 32 do inbox:receive() end\nprint(time.now():sub(begun):microseconds())')
    best = {}
    for turn in range(10):
        workers = (2, 16)[turn % 2]
        program = command(body, host("many", f"workers: {workers}"), {"pair": pair}).exits(0)
        best[workers] = min(best.get(workers, float("inf")), int(program.out))
    ratio = best[2] / best[16]
    print(f"     2 workers {best[2]} us, 16 workers {best[16]} us: {ratio:.3f} of the throughput")
    program.check(ratio >= 0.6, f"16 workers give {ratio:.3f} of the throughput of 2: {best} us")


# --- groups

def group(strategy, members, more=""):
    return f"  - {{name: family, kind: service.group, strategy: {strategy}, members: [{members}]{more}}}\n"


def family(strategy, expect, more="", delay="50ms"):
    """a, b, c; b crashes once it is told to by its own timer. Which were started twice?"""
    body = f'print("start {{}}")\n{WAITS}'
    crash = 'print("start b")\ntime.sleep("300ms")\nerror("crash")'
    services = "".join(service(n + ".s", "app:" + n, f"restart: {{delay: {delay}, jitter: 0}}") for n in "abc")
    program = e2e.start(project({"a": body.format("a"), "b": crash, "c": body.format("c")},
                                more=services + group(strategy, "a.s, b.s, c.s", more)), "run")
    program.wait_for("err", r"start b(.|\n)*start b")
    time.sleep(0.15)
    program.signal(signal.SIGTERM)
    program.end(5).exits(0)
    got = {n: program.err.count(f"start {n} ") + program.err.count(f"start {n}\n") for n in "abc"}
    program.check(got == expect, f"starts {got}, expected {expect}")
    return program


@case("group one_for_one: only the one that failed")
def one_for_one():
    family("one_for_one", {"a": 1, "b": 2, "c": 1})


@case("group one_for_all: all, stopped last to first, started first to last")
def one_for_all():
    program = family("one_for_all", {"a": 2, "b": 2, "c": 2})
    program.says(r"app:c\.s .*to=stopping(.|\n)*app:a\.s .*to=stopping(.|\n)*"
                 r"app:a\.s .*to=starting(.|\n)*app:b\.s .*to=starting(.|\n)*app:c\.s .*to=starting")


@case("group rest_for_one: the one that failed and those after it")
def rest_for_one():
    family("rest_for_one", {"a": 1, "b": 2, "c": 2})


@case("group intensity: one failure more than max_restarts in the window ends the group; others go on")
def intensity():
    processes = {"bad": 'print("a run")\nerror("crash")', "good": f'print("good up")\n{WAITS}\nprint("good ends")'}
    more = (service("bad.s", "app:bad", "restart: {delay: 10ms, backoff_factor: 1}") + service("good.s", "app:good") +
            service("alone", "app:good") + group("one_for_one", "bad.s, good.s", ", intensity: {max_restarts: 3, window: 10s}"))
    program = e2e.start(project(processes, more=more), "run")
    program.wait_for("err", r"app:good\.s .*to=stopped")
    program.says(r" error .*service group gave up.*app:family")
    program.check(program.err.count("a run") == 4, "the first run and three restarts")
    program.check(not re.search(r"app:alone +from=running", program.err), "a service outside the group goes on")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0)


@case("groups that cannot be are load errors: no members, a host, two groups, an unknown strategy")
def bad_groups():
    def load(more):
        return e2e.run(project({"a": WAITS}, more=service("a.s", "app:a") + more), "run").exits(1)
    load("  - {name: family, kind: service.group}\n").says("app:family: members is required|members: members is required")
    load(group("one_for_one", "processes")).says("app:processes is a host")
    load(group("all", "a.s")).says("strategy")
    load(group("one_for_all", "a.s") + group("one_for_all", "a.s").replace("family", "second")).says("app:a.s is in two groups")
