"""The system and metrics modules, the pages for Prometheus and the runtime's own events: host.md §10."""

import re
import signal
import socket
import urllib.error
import urllib.request

import e2e
from e2e import case
from projects import PROCESS_HOST, TERMINAL, project, service

WAITS = "process.events():receive()"
MODULES = "modules: [time, system, metrics, events, security]"


def app(processes, more="", hosts=PROCESS_HOST + TERMINAL, settings=""):
    made = project(processes, more=more, hosts=hosts)
    index = made / "src/_index.yaml"
    index.write_text(index.read_text().replace("modules: [time]", MODULES))
    if settings:
        e2e.write_files(made, {".wippy.yaml": 'version: "1.0"\n' + settings})
    return made


def it(body, processes=None, more="", **given):
    text = 'local system, metrics = require("system"), require("metrics")\n' + body
    return e2e.run(app({"it": text, **(processes or {})}, more, **given), "run", "-x", "app:it")


@case("H-275 system.exit(3) by anybody: shutdown with code 3; wrong codes are refused")
def exits():
    leaver = ('local system = require("system")\nfor _, code in ipairs{ -1, 256, "3", 1.5 } do\n'
              '  local ok, err = system.exit(code)\n  print("refused", ok, err:kind())\nend\nprint("leaves", system.exit(3))\n' + WAITS +
              '\nprint("was told")')
    made = app({"leaver": leaver, "stays": 'print("up")\n' + WAITS + '\nprint("stays was told")'},
               more=service("one", "app:stays") + service("two", "app:leaver", "requires: [one]"))
    program = e2e.run(made, "run")
    program.exits(3).says(r"leaves\strue", r"was told", r"stays was told")
    program.check(len(re.findall(r"refused\snil\sInvalid", program.err)) == 4, "four codes refused")
    it('local pid = process.spawn("app:leaver", "app:processes")\n' + WAITS, {"leaver": 'require("system").exit(7)'}).exits(7)


@case("H-178 system.supervisor.state tells state, wish, retries and details")
def supervisor_state():
    body = ('for i = 1, 200 do\n  local s = system.supervisor.state("app:bad")\n'
            '  if s and s.status == "failed" and s.retry_count == 3 then\n'
            '    print(s.id, s.status, s.desired, s.retry_count, s.restarts, s.last_update > 0, s.started_at > 0, s.details)\n    break\n  end\n'
            '  time.sleep("10ms")\nend\n'
            'local good = system.supervisor.state("app:good")\nprint(good.id, good.status, good.desired, good.retry_count, good.details)\n'
            'local none, err = system.supervisor.state("app:none")\nprint(none, err:kind(), err)\n'
            'print(select(2, system.supervisor.state()):kind(), select(2, system.supervisor.state(5)):kind())\n'
            'local ids = {}\nfor _, s in ipairs(system.supervisor.states()) do ids[#ids + 1] = s.id end\nprint(table.concat(ids, " "))')
    more = (service("bad", "app:crashes", "restart: {delay: 5ms, max_attempts: 2, jitter: 0}") + service("good", "app:waits"))
    made = app({"it": ("meta: {command: {name: look}}", 'local system = require("system")\n' + body),
                "crashes": 'error("oops")', "waits": WAITS}, more=more)
    program = e2e.run(made, "run", "look").exits(0)
    program.prints_lines([r"app:bad\tfailed\t(running|stopped)\t3\t2\ttrue\ttrue\tgave up after 3 failures: .*oops", r"app:good\trunning\trunning\t0\tnil",
                          "nil\tNotFound\tservice not found: app:none", "Invalid\tInvalid",
                          r"app:bad app:good app:processes app:terminal command app:it"])


@case("H-301 hosts.list: threads, processes, steps, steals and queue of each, in the IDs' order")
def hosts_list():
    hosts = ("  - {name: zebra, kind: process.host, host: {workers: 3}, lifecycle: {auto_start: true}}\n"
             "  - {name: alpha, kind: process.host, host: {workers: 1}, lifecycle: {auto_start: true}}\n" + TERMINAL)
    body = ('for i = 1, 5 do assert(process.spawn("app:waits", "app:zebra")) end\ntime.sleep("50ms")\n'
            'for _, h in ipairs(system.hosts.list()) do\n'
            '  print(h.id, h.kind, h.workers, h.processes, h.executed > 0, h.stolen >= 0, h.queue_depth >= 0)\nend')
    made = app({"it": 'local system = require("system")\n' + body, "waits": WAITS},
               hosts=hosts, more=service("one", "app:waits").replace("app:processes", "app:alpha"))
    index = made / "src/_index.yaml"
    index.write_text(index.read_text() + "  - {name: two, kind: process.service, process: 'app:waits', host: zebra, lifecycle: {auto_start: true}}\n")
    e2e.run(made, "run", "-x", "app:it").exits(0).prints_lines([
        r"app:alpha\tprocess\.host\t1\t1\ttrue\ttrue\ttrue", r"app:terminal\tterminal\.host\t1\t1\ttrue\ttrue\ttrue",
        r"app:zebra\tprocess\.host\t3\t6\ttrue\ttrue\ttrue"])


@case("H-302 H-137 hosts.processes: who runs there, of which entry, in which state; an unknown host: empty")
def hosts_processes():
    body = (
        'local pids = {}\nfor _, entry in ipairs{ "sleeps", "receives", "executes", "loops" } do\n'
        '  pids[assert(process.spawn("app:" .. entry, "app:processes"))] = entry\nend\n'
        'process.registry.register("the loop", (function() for pid, e in pairs(pids) do if e == "loops" then return pid end end end)())\n'
        'local receiver\nfor pid, entry in pairs(pids) do if entry == "receives" then receiver = pid end end\n'
        'for i = 1, 3 do process.send(receiver, "other", i) end\ntime.sleep("50ms")\n'
        'local list, err = system.hosts.processes("app:processes")\nlocal lines = {}\n'
        'for _, p in ipairs(list) do\n  if pids[p.pid] then\n'
        '    lines[#lines + 1] = table.concat({ p.source or "?", p.host, p.state, tostring(p.wait), tostring(p.mailbox), p.names and p.names[1] or "-" }, " ")\n  end\nend\n'
        'table.sort(lines)\nfor _, line in ipairs(lines) do print(line) end\n'
        'local ended = assert(process.spawn_monitored("app:ends", "app:processes"))\nprocess.events():receive()\n'
        'local seen = "complete"\nfor _, p in ipairs(system.hosts.processes("app:processes")) do if p.pid == ended then seen = p.state end end\nprint("ended", seen)\n'
        'print(#system.hosts.processes("app:none"), select(2, system.hosts.processes()):kind())\n'
        'for pid in pairs(pids) do process.terminate(pid) end')
    receives = 'local m = process.listen("only")\nm:receive()'
    made = {"sleeps": 'time.sleep("60s")', "receives": receives, "executes": 'process.exec("app:sleeps", "app:processes")',
            "loops": "while true do end", "ends": "return 1"}
    program = it(body, made).exits(0)
    program.prints_lines([r"app:executes app:processes blocked exec 0 -", r"app:loops app:processes (running|ready) .* the loop",
                          r"app:receives app:processes (idle|ready) (channel|message) 3 -", r"app:sleeps app:processes blocked sleep 0 -",
                          r"ended\tcomplete", r"0\tInvalid"])


@case("H-303 without system.read: an error and no data; the same for what controls")
def denied():
    policies = ("  - name: nothing\n    kind: security.policy\n    groups: [none]\n"
                "    policy: {actions: 'system.*', resources: '*', effect: deny}\n"
                "  - name: rest\n    kind: security.policy\n    groups: [none]\n"
                "    policy: {actions: '*', resources: '*', effect: allow}\n")
    body = ('local security = require("security")\n'
            'local b = process.with_context({}):with_actor(security.new_actor("alice")):with_scope(security.named_scope("app:none"))\n'
            'assert(b:spawn_monitored("app:tries", "app:processes"))\nlocal e = process.events():receive()\nprint(e.error or e.value)')
    tries = ('local system = require("system")\nlocal out = {}\nlocal function try(name, v, err) out[#out + 1] = name .. " " .. tostring(v) .. " " .. err:kind() end\n'
             'try("list", system.hosts.list())\ntry("processes", system.hosts.processes("app:processes"))\ntry("state", system.supervisor.state("app:none"))\n'
             'try("states", system.supervisor.states())\ntry("modules", system.modules())\ntry("stats", system.memory.stats())\ntry("pid", system.process.pid())\n'
             'try("cwd", system.process.cwd())\ntry("cpu", system.runtime.cpu_count())\ntry("exit", system.exit(1))\ntry("limit", system.memory.set_limit(5))\n'
             'try("gc", system.gc.collect())\nreturn table.concat(out, "\\n")')
    names = "list processes state states modules stats pid cwd cpu exit limit gc".split()
    it(body, {"tries": tries}, policies).exits(0).prints("".join(f"{name} nil PermissionDenied\n" for name in names))


@case("H-128 steals are counted where system.hosts.list shows them")
def stolen():
    hosts = "  - {name: processes, kind: process.host, host: {workers: 4}, lifecycle: {auto_start: true}}\n" + TERMINAL
    body = ('assert(process.spawn_monitored("app:parent", "app:processes"))\nprocess.events():receive()\n'
            'for _, h in ipairs(system.hosts.list()) do if h.id == "app:processes" then print(h.stolen > 0) end end')
    parent = ('for i = 1, 200 do assert(process.spawn_monitored("app:busy", "app:processes")) end\n'
              'for i = 1, 200 do process.events():receive() end')
    made = app({"it": 'local system = require("system")\n' + body, "parent": parent, "busy": "local n = 0\nfor i = 1, 300000 do n = n + i end"}, hosts=hosts)
    e2e.run(made, "run", "--cores", "4", "-x", "app:it").exits(0).prints("true\n")


@case("system: modules, memory, gc, runtime and process answer what they promise (host.md 10.5)")
def rest_of_system():
    body = ('local names = {}\nfor _, n in ipairs(system.modules()) do names[n] = true end\nprint(names.system, names.metrics, names.json)\n'
            'local m = system.memory.stats()\nprint(m.alloc > 0, m.heap_objects > 0, system.memory.allocated() > 0, system.memory.get_limit())\n'
            'print(select(2, system.memory.set_limit(1)):kind(), select(2, system.memory.set_limit("x")):kind())\n'
            'print(system.gc.collect(), system.gc.get_percent(), system.gc.set_percent(50))\n'
            'print(system.runtime.goroutines() > 1, system.runtime.cpu_count() > 0, system.runtime.max_procs() > 0)\n'
            'print(math.type(system.process.pid()), #system.process.hostname() > 0, system.process.cwd():sub(1, 1))\n'
            'print(pcall(function() system.hosts.list = 1 end))')
    it(body).exits(0).prints_lines(["true\ttrue\ttrue", "true\ttrue\ttrue\t0", "Unavailable\tInvalid", "true\t100\t100", "true\ttrue\ttrue",
                                    "integer\ttrue\t/", r"false\t.*"])


@case("metrics: counters, gauges and histograms; wrong names, types, values and labels are refused (host.md 10.2)")
def metrics_module():
    body = ('print(metrics.counter_inc("jobs_total", { kind = "a" }), metrics.counter_add("jobs_total", 2.5, { kind = "a" }))\n'
            'print(metrics.gauge_set("depth", 7), metrics.gauge_inc("depth"), metrics.gauge_dec("depth"))\n'
            'print(metrics.histogram("took_seconds", 0.3, { n = 1, ok = true }))\n'
            'local function no(v, err) print(v, err:kind(), err) end\n'
            'no(metrics.counter_add("jobs_total", -1))\nno(metrics.gauge_set("jobs_total", 1))\nno(metrics.counter_inc("bad name"))\nno(metrics.counter_inc())\n'
            'no(metrics.counter_add("x", "y"))\nno(metrics.counter_inc("x", { {} }))\nno(metrics.counter_inc("x", { k = {} }))\nno(metrics.counter_inc("x", 5))\n'
            'no(metrics.counter_inc("x", { pid = process.pid() }))\nno(metrics.gauge_set("x", 0/0))')
    program = it(body).exits(0)
    program.prints_lines(["true\ttrue", "true\ttrue\ttrue", "true"] + [r"nil\tInvalid\t.+"] * 10)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def page(port, path):
    """(status, text)"""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def prometheus(port):
    return f"prometheus: {{enabled: true, address: '127.0.0.1:{port}'}}\n"


def series(text):
    """name{labels} -> value"""
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line and line[0] != "#"}


@case("H-304 /metrics and /livez when configured; a required service that failed makes it 503")
def endpoints():
    port = free_port()
    more = service("good", "app:waits") + service("bad", "app:crashes", "restart: {delay: 300ms, max_attempts: 1, jitter: 0}")
    program = e2e.start(app({"waits": 'print("up")\n' + WAITS, "crashes": 'time.sleep("100ms")\nerror("oops")'}, more=more, settings=prometheus(port)), "run")
    program.wait_for("err", r"metrics are served(.|\n)*\bup\b|\bup\b(.|\n)*metrics are served")
    status, text = page(port, "/metrics")
    e2e.equal((status, "wippy_host_workers" in text), (200, True), "/metrics")
    e2e.equal(page(port, "/livez"), (200, "ok\n"), "/livez while all run")
    program.wait_for("err", r"gave up")
    e2e.equal(page(port, "/livez"), (503, "app:bad failed\n"), "/livez after the failure")
    e2e.equal(page(port, "/nothing")[0], 404, "another path")
    taken = e2e.run(app({"waits": WAITS}, more=service("good", "app:waits"), settings=prometheus(port)), "run")
    taken.exits(1).says(rf"prometheus\.address: cannot listen on 127\.0\.0\.1:{port}")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0)
    e2e.run(app({"waits": WAITS}, settings="prometheus: {enabled: true, address: nowhere}\n"), "run").exits(1).says("expected host:port")


@case("H-305 H-308 metrics of hosts and scheduler: spawned less exited are alive; no series is labelled with a pid")
def metrics_page():
    port = free_port()
    body = ('local metrics = require("metrics")\nmetrics.counter_inc("from_script_total", { who = "it" })\n'
            'for i = 1, 50 do process.spawn_monitored(i % 5 == 0 and "app:fails" or "app:ends", "app:processes") end\n'
            'local pids = {}\nfor i = 1, 7 do pids[i] = process.spawn("app:waits", "app:processes") end\n'
            'for i = 1, 50 do process.events():receive() end\nlocal victim = process.spawn_monitored("app:waits", "app:processes")\n'
            'process.terminate(victim)\nprocess.events():receive()\nfor i = 1, 3 do process.send(pids[1], "x", i) end\nprint("ready")\n' + WAITS)
    made = app({"it": body, "ends": "return 1", "fails": 'error("oops")', "waits": WAITS}, more=service("one", "app:it"), settings=prometheus(port))
    program = e2e.start(made, "run")
    program.wait_for("err", r"\bready\b")
    text = page(port, "/metrics")[1]
    all_series = series(text)
    host = '{host="app:processes"}'
    spawned, alive = all_series["wippy_host_spawned_total" + host], all_series["wippy_host_processes" + host]
    exits = {reason: all_series[f'wippy_host_exited_total{{host="app:processes",reason="{reason}"}}']
             for reason in ("normal", "error", "terminated", "canceled", "link")}
    e2e.equal((spawned, alive, exits), (59, 8, {"normal": 40, "error": 10, "terminated": 1, "canceled": 0, "link": 0}), "counts")
    e2e.equal(spawned - sum(exits.values()), alive, "spawned less exited")
    e2e.equal(all_series['wippy_entry_processes{host="app:processes",entry="app:waits"}'], 7, "by entry")
    e2e.equal(all_series['wippy_entry_messages{host="app:processes",entry="app:waits"}'], 3, "messages")
    program.check(all_series["wippy_scheduler_steps_total" + host] > 50, "steps")
    e2e.equal(all_series['wippy_service_state{service="app:one",state="running"}'], 1, "service")
    e2e.equal(all_series['from_script_total{who="it"}'], 1, "a script's counter")
    program.check(not re.search(r"\|0x|pid", "\n".join(all_series)), "no pid in a label")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0)


@case("H-306 a service's changes go out as events of `supervisor`; commits of the registry as events of `registry`")
def service_events():
    body = ('local events = require("events")\nlocal registry = require("registry")\n'
            'local sub, all = events.subscribe("supervisor"), events.subscribe("registry")\nlocal ch = sub:channel()\n'
            'local c = registry.snapshot():changes()\nc:create({ id = "app:late", kind = "process.service", data = { process = "app:waits", host = "app:processes", lifecycle = { auto_start = true } } })\n'
            'assert(c:apply())\nwhile true do\n  local e = ch:receive()\n  if e.path == "app:late" then\n    print(e.system, e.kind, e.path, e.data.from, e.data.state)\n'
            '    if e.data.state == "running" then break end\n  end\nend\n'
            'for i = 1, 2 do local e = all:channel():receive() print(e.system, e.kind, e.path) end')
    made = app({"it": body, "waits": WAITS})
    index = made / "src/_index.yaml"
    index.write_text(index.read_text().replace("modules: [time, system,", "modules: [time, registry, system,"))
    e2e.run(made, "run", "-x", "app:it").exits(0).prints(
        "supervisor\tservice.update\tapp:late\tstopped\tstarting\nsupervisor\tservice.update\tapp:late\tstarting\trunning\n"
        "registry\tentry.create\tapp:late\nregistry\tcommit\t1\n")
