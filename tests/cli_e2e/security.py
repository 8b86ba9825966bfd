"""Actors, policies and the boundaries of hosts in whole applications: spec/host.md §3.5, §5 and its appendix D."""

from e2e import case
import e2e

HEAD = 'version: "1.0"\nnamespace: app\nentries:\n'
TERMINAL = "  - {name: terminal, kind: terminal.host, lifecycle: {auto_start: true}}\n"
SYSTEM = "  - {name: system, kind: process.host, host: {workers: 2}, lifecycle: {auto_start: true}}\n"


def policy(name, actions, resources, effect, groups="", conditions=""):
    return (f"  - name: {name}\n    kind: security.policy\n    policy: {{actions: {actions}, resources: {resources}, effect: {effect}"
            f"{conditions and ', conditions: ' + conditions}}}\n    groups: [{groups}]\n")


def host(name, security):
    return (f"  - name: {name}\n    kind: process.host\n    host: {{workers: 1, max_processes: 50}}\n"
            f"    security: {{{security}}}\n    lifecycle: {{auto_start: true}}\n")


def lua(name, more=""):
    return f"  - {{name: {name}, kind: process.lua, source: 'file://{name}.lua', modules: [time, security]{more}}}\n"


def run(index, sources, settings="", *flags, extra=None):
    """Runs app:demo. sources: name -> body of main(...)."""
    files = {**(extra or {}), "src/_index.yaml": HEAD + TERMINAL + SYSTEM + index + lua("demo") + "".join(lua(n) for n in sources if n != "demo" and f"name: {n}," not in index)}
    for name, body in sources.items():
        files[f"src/{name}.lua"] = ('local time, security = require("time"), require("security")\n'
                                    f"local function main(...)\n{body}\nend\nreturn {{ main = main }}\n")
    if settings:
        files[".wippy.yaml"] = 'version: "1.0"\n' + settings
    return e2e.run(e2e.write_files(e2e.scratch(), files), "run", *flags, "-x", "app:demo")


# Until it is told to stop.
IDLE = "process.events():receive()"
# What a guest answers: the first value and the kind of the error of each thing it tries.
GUEST = """
local keeper, peer, to = ...
local function told(what, v, err) return what .. "=" .. tostring(err and err:kind() or v and true or v) end
local out = { told("by_name", process.send("keeper", "hello", 1)), told("by_pid", process.send(keeper, "hello", 2)),
  told("peer", process.send(peer, "hello", 3)), told("spawn", process.spawn("app:idle", "app:system")),
  told("nobody", process.send("nobody", "hello")), told("register", process.registry.register("guest." .. to)),
  told("terminate", process.terminate(peer)), "actor=" .. tostring(security.actor() and security.actor():id()) }
return table.concat(out, " ")
"""
KEEPER = """
process.registry.register("keeper")
local got = 0
local hello = process.listen("hello")
while true do
  local r = channel.select{ hello:case_receive(), process.inbox():case_receive(), process.events():case_receive() }
  if r.channel == process.events() then return end
  if r.channel == hello then got = got + 1 else process.send(r.value:from(), "count", got) end
end
"""
DEMO = """
local keeper
while not keeper do keeper = process.registry.lookup("keeper") time.sleep("5ms") end
local idle = assert(process.spawn("app:idle", "app:sandbox"))
assert(process.send(idle, "hello", "from outside"))
assert(process.send(keeper, "hello", "from demo"))
for _, host in ipairs{ "app:sandbox", "app:system" } do
  local pid = assert(process.spawn_monitored("app:guest_script", host, keeper, idle, host))
  local e = process.events():receive()
  print(host, tostring(e.result.error or e.result.value))
end
process.send(keeper, "how many", 1)
print("keeper", (process.listen("count"):receive()))
"""
APPENDIX_D = (host("sandbox", "actor: {id: guest, meta: {trust: low}}, groups: [sandbox_rules]")
              + policy("may_talk_within_sandbox", "[process.send, process.registry.register]", '"*"', "allow", "sandbox_rules")
              + policy("not_to_system", "process.send", '"{app:system|*"', "deny", "sandbox_rules")
              + "  - name: keeper\n    kind: process.service\n    process: keeper_process\n    host: system\n"
                "    lifecycle: {auto_start: true, restart: {delay: 100ms, max_attempts: 3}}\n")
SOURCES = {"demo": DEMO, "guest_script": GUEST, "keeper_process": KEEPER, "idle": IDLE}


@case("H-119 H-120 H-121 H-122 H-197 appendix D: the sandbox talks to itself and not to the system, which talks to it")
def appendix_d():
    denied = "PermissionDenied"
    run(APPENDIX_D, SOURCES).exits(0).prints(
        f"app:sandbox\tby_name={denied} by_pid={denied} peer=true spawn={denied} nobody=NotFound register=true terminate={denied} actor=guest\n"
        "app:system\tby_name=true by_pid=true peer=true spawn=true nobody=NotFound register=true terminate=true actor=nil\n"
        "keeper\t3\n")


# The index file of the appendix as it stands there; only the sources are ours. The second file has what the paragraph below it
# asks for besides: a guest that declares env.
VERBATIM = """version: "1.0"
namespace: app
entries:
  - {name: terminal, kind: terminal.host, lifecycle: {auto_start: true}}
  - name: system
    kind: process.host
    host: {workers: 2}
    lifecycle: {auto_start: true}
  - name: sandbox
    kind: process.host
    host: {workers: 1, max_processes: 50}
    capabilities: {modules: [time, json], spawn: false}
    security:
      actor: {id: guest, meta: {trust: low}}
      groups: [sandbox_rules]
    lifecycle: {auto_start: true}

  - name: may_talk_within_sandbox
    kind: security.policy
    policy:
      actions: [process.send, process.registry.register]
      resources: "*"
      effect: allow
    groups: [sandbox_rules]
  - name: not_to_system
    kind: security.policy
    policy:
      actions: process.send
      resources: "{app:system|*"
      effect: deny
    groups: [sandbox_rules]

  - name: keeper_process
    kind: process.lua
    source: file://keeper.lua
  - name: keeper
    kind: process.service
    process: keeper_process
    host: system
    lifecycle:
      auto_start: true
      restart: {delay: 100ms, max_attempts: 3}
  - name: guest_script
    kind: process.lua
    source: file://guest.lua
    modules: [time]
  - name: demo
    kind: process.lua
    meta: {command: {name: demo, short: Try both hosts}}
    source: file://demo.lua
    modules: [io, time]
"""
CURIOUS = """version: "1.0"
namespace: app
entries:
  - {name: curious_guest, kind: process.lua, source: 'file://guest.lua', modules: [time, env]}
"""
VERBATIM_GUEST = """
return { main = function(...)
  local function told(what, v, err) return what .. "=" .. tostring(err and err:kind() or v and true) end
  local spawn = told("spawn", process.spawn("app:guest_script", "app:sandbox"))
  local m = process.receive()  -- demo's word, or the end of the run
  if m.kind then return end
  return table.concat({ "heard=" .. m:payload():data(), told("keeper", process.send("keeper", "hello", 2)), spawn }, " ")
end }
"""
VERBATIM_DEMO = """
local io, time = require("io"), require("time")
return { main = function()
  local keeper
  while not keeper do keeper = process.registry.lookup("keeper") time.sleep("5ms") end
  io.print("demo to keeper", process.send(keeper, "hello", 1))
  for _, host in ipairs{ "app:sandbox", "app:system" } do
    local pid = assert(process.spawn_monitored("app:guest_script", host))
    local sent = process.send(pid, "hello", "demo")
    local event = process.events():receive()
    io.print(host, sent, event.error or event.value)
  end
  local pid, err = process.spawn("app:curious_guest", "app:sandbox")
  io.print("curious", pid, err:kind(), err:message())
end }
"""


@case("H-119 H-121 H-122 appendix D as it is written, with its capabilities")
def verbatim():
    files = {"src/_index.yaml": VERBATIM, "src/guests/_index.yaml": CURIOUS, "src/guests/guest.lua": VERBATIM_GUEST,
             "src/guest.lua": VERBATIM_GUEST, "src/demo.lua": VERBATIM_DEMO,
             "src/keeper.lua": f"return {{ main = function()\n{KEEPER}\nend }}\n"}
    program = e2e.run(e2e.write_files(e2e.scratch(), files), "run", "demo").exits(0)
    program.prints(
        "demo to keeper\ttrue\n"
        "app:sandbox\ttrue\theard=demo keeper=PermissionDenied spawn=PermissionDenied\n"
        "app:system\ttrue\theard=demo keeper=true spawn=true\n"
        "curious\tnil\tPermissionDenied\tmodule 'env' is not allowed on host app:sandbox (entry app:curious_guest)\n")


@case("H-119 the same by the attribute target_host")
def by_target_host():
    index = (host("sandbox", "groups: [rules], default: allow")
             + policy("deny", "process.send", '"*"', "deny", "rules", '[{field: meta.target_host, operator: eq, value: "app:system"}]'))
    out = run(index, {
        "demo": """
local to = assert(process.spawn("app:idle", "app:system"))
local near = assert(process.spawn("app:idle", "app:sandbox"))
print(process.exec("app:sends", "app:sandbox", to))
print(process.exec("app:sends", "app:sandbox", near))""",
        "sends": 'local ok, err = process.send(..., "x") return tostring(err or ok)', "idle": IDLE})
    out.exits(0).prints_lines([r"not allowed to send: \{app:system\|0x[0-9a-f]+\}\tnil", "true\tnil"])


# Prints what a child on app:sandbox may do, under no context and under one that allows everything.
TWICE = """
local function ask(b, name)
  assert(b:spawn_monitored("app:tries", "app:sandbox"))
  local e = process.events():receive()
  print(name, tostring(e.result.error or e.result.value))
end
ask(process.with_context({}), "none")
ask(process.with_context({}):with_actor(security.new_actor("alice")):with_scope(security.named_scope("app:all")), "all")
"""
TRIES = """
local ok, err = process.send(process.pid(), "x")
local name, bad = process.registry.register("n")
return tostring(ok or err:kind()) .. " " .. tostring(name or bad:kind()) .. " " .. tostring(security.actor() and security.actor():id())
  .. " " .. tostring(security.can("process.send", "x"))
"""
ALL = policy("everything", '"*"', '"*"', "allow", "all")
NO_SEND = policy("no_send", "process.send", '"*"', "deny", "no_send")


@case("H-114 H-116 a boundary's deny wins over the process's own allow; default: allow permits the rest")
def boundary_denies():
    run(host("sandbox", "groups: [no_send], default: allow") + ALL + NO_SEND, {"demo": TWICE, "tries": TRIES}).exits(0).prints(
        "none\tPermissionDenied true nil false\nall\tPermissionDenied true alice false\n")


@case("H-115 a boundary with default: deny and no policy denies everything, without any context and without strict mode")
def boundary_default():
    denied = "PermissionDenied PermissionDenied"
    run(host("sandbox", "default: deny") + ALL, {"demo": TWICE, "tries": TRIES}).exits(0).prints(
        f"none\t{denied} nil false\nall\t{denied} alice false\n")


@case("H-117 a host's actor is given to processes without one, goes on to children, and never replaces one")
def guest_actor():
    index = host("sandbox", "actor: {id: guest, meta: {trust: low}}") + ALL
    body = TWICE.replace('"app:tries"', '"app:parent"')
    run(index, {"demo": body, "parent": 'return process.exec("app:tries", "app:system")', "tries": TRIES}).exits(0).prints(
        "none\ttrue true guest false\nall\ttrue true alice true\n")


@case("H-117 conditions of a boundary see the host's actor")
def guest_meta():
    index = (host("sandbox", "actor: {id: guest, meta: {trust: low}}, groups: [rules], default: allow") + ALL
             + policy("low", "process.send", '"*"', "deny", "rules", "[{field: actor.meta.trust, operator: eq, value: low}]"))
    run(index, {"demo": TWICE, "tries": TRIES}).exits(0).prints(
        "none\tPermissionDenied true guest false\nall\ttrue true alice true\n")


@case("H-123 EXIT of a system child reaches a sandbox monitor that may send nothing")
def exits_are_not_filtered():
    index = (host("sandbox", "groups: [rules]") + policy("spawns", '["process.spawn*", process.host]', '"*"', "allow", "rules"))
    run(index, {
        "demo": 'print(process.exec("app:watches", "app:sandbox"))',
        "watches": """
local pid = assert(process.spawn_monitored("app:ends", "app:system"))
local e = process.events():receive()
return (e.from == pid and e.kind == process.event.EXIT and "exit " or "other ") .. tostring(e.result.value)""",
        "ends": 'return "done"'}).exits(0).prints("exit done\tnil\n")


WHO = """
local a, s = security.actor(), security.scope()
local ids = {}
for i, p in ipairs(s and s:policies() or {}) do ids[i] = p:id() end
while not process.send("demo", "who", (a and a:id() .. ":" .. tostring(a:meta().role) or "nobody") .. " " .. (s and table.concat(ids, ",") or "no scope")) do time.sleep("5ms") end
"""
HEARS = 'process.registry.register("demo")\nprint((process.listen("who"):receive()))'


def service(security):
    return ("  - name: janitor\n    kind: process.service\n    process: who\n    host: system\n"
            f"    lifecycle: {{auto_start: true{security}}}\n")


@case("H-176 lifecycle.security gives the service's process its actor and scope")
def lifecycle_security():
    security = ", security: {actor: {id: system.janitor, meta: {role: system}}, groups: [all], policies: [no_send]}"
    # no_send denies exactly that: the service tells it by its name.
    tells = WHO.replace('while not process.send("demo", "who", ', "process.registry.register(").replace(") do time.sleep(\"5ms\") end", ")\nprocess.events():receive()")
    hears = 'local want = "system.janitor:system app:everything,app:no_send"\nwhile not process.registry.lookup(want) do time.sleep("5ms") end\nprint(want)'
    run(service(security) + ALL + NO_SEND, {"demo": hears, "who": tells}).exits(0).prints(
        "system.janitor:system app:everything,app:no_send\n")


@case("H-177 lifecycle.security with a group of nobody does not load")
def lifecycle_unresolvable():
    done = run(service(", security: {groups: [none]}") + ALL, {"demo": HEARS, "who": WHO})
    done.exits_in(1, 2).says(r"app:janitor: lifecycle.security.groups\[0\]: no policy is in the group app:none")


@case("H-176 H-224 security.system is for services without one of their own; by default there is neither actor nor scope")
def system_security():
    run(service("") + ALL, {"demo": HEARS, "who": WHO}).exits(0).prints("nobody no scope\n")
    run(service("") + ALL, {"demo": HEARS, "who": WHO}, "security: {system: {actor: {id: sys}, groups: ['app:all']}}\n").exits(0).prints(
        "sys:nil app:everything\n")
    run(service(", security: {actor: {id: own}}") + ALL, {"demo": HEARS, "who": WHO}, "security: {system: {actor: {id: sys}}}\n").exits(0).prints(
        "own:nil no scope\n")


# The command's own process: without context, with an actor, with actor and scope.
CAN = """
local ok, err = process.registry.register("n")
print(ok or err:kind(), security.can("process.registry.register", "n"), security.actor() and security.actor():id())
"""


@case("H-202 H-203 H-204 H-205 H-206 strict mode: an incomplete context denies; booting is not checked")
def strict_mode():
    def strict(on, cli):
        settings = f"security: {{strict_mode: {on}{cli and ', cli: ' + cli}}}\n"
        return run(service("") + ALL + NO_SEND, {"demo": CAN, "who": IDLE}, settings).exits(0).out

    for on, free in (("false", "true"), ("true", "PermissionDenied")):
        e2e.equal(strict(on, ""), f"{free}\tfalse\tnil\n", f"strict {on}, nobody")
        e2e.equal(strict(on, "{actor: {id: me}}"), f"{free}\tfalse\tme\n", f"strict {on}, actor")
        e2e.equal(strict(on, "{groups: ['app:all']}"), f"{free}\tfalse\tnil\n", f"strict {on}, scope")
        e2e.equal(strict(on, "{actor: {id: me}, groups: ['app:all']}"), "true\ttrue\tme\n", f"strict {on}, both")
        e2e.equal(strict(on, "{actor: {id: me}, groups: ['app:no_send']}"), "PermissionDenied\tfalse\tme\n", f"strict {on}, no match")


@case("H-197 denials are logged at debug level with the policy that decided")
def logged():
    settings = "logmanager: {min_level: -1}\nsecurity: {cli: {actor: {id: me}, groups: ['app:all', 'app:no_send']}}\n"
    done = run(ALL + NO_SEND, {"demo": 'process.send(process.pid(), "x")\nprint("end")'}, settings, "-v").exits(0)
    line = next((l for l in done.err.splitlines() if "denied" in l), "")
    for part in ("process.send", "{app:terminal|0x", "me", "app:demo", "app:no_send"):
        done.check(part in line, f"{part} in the log line {line!r}")


# The guest may know of one entry and one variable; without the boundary it may know of all.
ASKS = """
local registry, env = require("registry"), require("env")
local function ids(list)
  local out = {}
  for i, e in ipairs(list) do out[i] = e.id end
  return "[" .. table.concat(out, " ") .. "]"
end
local function refused(v, err) return tostring(v and "given" or err:kind() .. " " .. err:message()) end
local names = {}
for name, value in pairs(env.get_all()) do names[#names + 1] = name .. "=" .. value end
table.sort(names)
return table.concat({ ids(registry.find{ [".kind"] = "registry.entry" }), ids(registry.snapshot():find{ [".kind"] = "registry.entry" }),
  ids(registry.snapshot():namespace("things")), refused(registry.get("things:open")), refused(registry.get("things:shut")),
  refused(env.get("OPEN")), refused(env.get("SHUT")), table.concat(names, " ") }, "\\n")
"""


@case("H-226 H-227 registry.find and env.get_all leave out what may not be read; registry.get and env.get are denied it")
def filters():
    index = (host("sandbox", "groups: [guests], default: deny")
             + policy("guests_read", '["registry.get", "env.get"]', '["things:open", "OPEN"]', "allow", "guests")
             + "  - {name: mem, kind: env.storage.memory}\n"
             + "".join(f"  - {{name: v_{n}, kind: env.variable, variable: {n}, storage: mem, default: {n}1}}\n" for n in ("OPEN", "SHUT"))
             + lua("asks").replace("modules: [time, security]", "modules: [time, security, registry, env]"))
    things = 'version: "1.0"\nnamespace: things\nentries:\n' + "".join(f"  - {{name: {n}, kind: registry.entry, data: {{}}}}\n" for n in ("open", "shut"))
    demo = """for _, host in ipairs{ "app:system", "app:sandbox" } do print((assert(process.exec("app:asks", host)))) end"""
    run(index, {"demo": demo, "asks": ASKS}, extra={"src/things/_index.yaml": things}).exits(0).prints(
        "[things:open things:shut]\n" * 3 + "given\ngiven\ngiven\ngiven\nOPEN=OPEN1 SHUT=SHUT1\n"
        + "[things:open]\n" * 3 + "given\nPermissionDenied not allowed to access entry: things:shut\n"
        "given\nPermissionDenied not allowed to access environment variable: SHUT\nOPEN=OPEN1\n")


@case("H-248 exec hands on actor, scope and context values, its own child's exec too")
def exec_hands_on():
    leaf = """local ctx = require("ctx")
local scope = security.scope()
return table.concat({ security.actor() and security.actor():id() or "nobody", scope and scope:policies()[1]:id() or "no scope",
  ctx.get("k") or "no value" }, " ")"""
    mid = 'return assert(process.exec("app:leaf", "app:system")) .. "/" .. assert(process.exec("app:mid2", "app:system"))'
    demo = """print((assert(process.exec("app:mid", "app:system"))))
local b = process.with_context({ k = "v" }):with_actor(security.new_actor("alice")):with_scope(security.named_scope("app:all"))
assert(b:spawn_monitored("app:mid", "app:system"))
print(process.events():receive().value)"""
    ctx = lua("leaf").replace("security]", "security, ctx]")
    run(ALL + ctx, {"demo": demo, "mid": mid, "mid2": 'return assert(process.exec("app:leaf", "app:system"))', "leaf": leaf}).exits(0).prints(
        "/".join(["nobody no scope no value"] * 2) + "\n" + "/".join(["alice app:everything v"] * 2) + "\n")
