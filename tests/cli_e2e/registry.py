"""Registry, libraries and hot reload of running applications: host.md §2.1, §2.3, §9."""

import e2e
from e2e import case
from projects import PROCESS_HOST, TERMINAL, project

REGISTRY = "modules: [time, registry, funcs, json]"


def it(body, more="", processes=None, flags=()):
    """main of app:it, which may use the registry, on the terminal host."""
    text = 'local registry, funcs = require("registry"), require("funcs")\n' + body
    given = {"it": text, **(processes or {})}
    app = project(given, more=more)
    index = app / "src/_index.yaml"
    index.write_text(index.read_text().replace("source: 'file://it.lua', modules: [time]",
                                               f"source: 'file://it.lua', {REGISTRY}"))
    return e2e.run(app, "run", *flags, "-x", "app:it")


def library(name, text, more=""):
    lines = "".join(f"      {line}\n" for line in text.splitlines())
    return f"  - name: {name}\n    kind: library.lua\n{more}    source: |\n{lines}"


def function(name, text, more=""):
    return library(name, text, more).replace("library.lua", "function.lua")


COUNTER = library("counter", "local n = 0\nreturn { next = function() n = n + 1 return n end }")


@case("H-058 H-031 require(alias) gives the library's value, once per process; bare names are of the own namespace")
def libraries():
    body = ('local c = require("c")\nassert(c == require("c"))\nc.next()\n'
            'local v = assert(process.exec("app:other", "app:processes"))\nprint("counts", c.next(), v)')
    app = project({"it": ("imports: {c: counter}", body),
                   "other": ("imports: {c: 'app:counter'}", 'return require("c").next()')}, more=COUNTER)
    e2e.run(app, "run", "-x", "app:it").exits(0).check_out(r"counts\t2\t1")


@case("H-058 a library has imports and modules of its own, and an alias means what its own entry says")
def library_of_library():
    more = (library("outer", 'local inner = require("x")\nreturn { text = function() return inner.text .. require("json").encode({1}) end }',
                    "    imports: {x: inner}\n    modules: [json]\n")
            + library("inner", 'return { text = "inner" }') + library("mine", 'return { text = "mine" }'))
    body = 'print(require("outer").text(), require("x").text, pcall(require, "json"))'
    app = project({"it": ("imports: {outer: outer, x: mine}", body)}, more=more)
    program = e2e.run(app, "run", "-x", "app:it").exits(0)
    program.check_out(r"inner\[1\]\tmine\tfalse\t.*module 'json' not found: it is not among the modules of entry app:it")


@case("H-035 an import cycle is refused with the whole cycle")
def import_cycle():
    more = (library("a", "return 1", "    imports: {b: b}\n") + library("b", "return 1", "    imports: {c: c}\n")
            + library("c", "return 1", "    imports: {a: a}\n"))
    e2e.run(project({"it": "return 0"}, more=more), "run", "-x", "app:it").exits(1).says(
        r"src/_index\.yaml:\d+:\d+: entry app:a: imports: import cycle: app:a -> app:b -> app:c -> app:a")


@case("H-031 an import of a missing entry, or of one without Lua text, is refused")
def bad_imports():
    app = project({"it": ("imports: {a: nothing, b: processes}", "return 0")})
    program = e2e.run(app, "run", "-x", "app:it").exits(1)
    program.says(r"imports\.a: no entry app:nothing \(written \"nothing\"\)")
    program.says(r"imports\.b: app:processes .* is a process\.host, expected library\.lua")


@case("H-051 H-052 H-053 H-054 H-055 methods of a process")
def methods():
    many = "return { main = function() return 'm' end, beat = function() return 'b' end }"
    files = {"src/many.lua": many, "src/bare.lua": "return function() return 'bare' end", "src/it.lua":
             'return { main = function()\n'
             'for _, n in ipairs{"main", "beat", "empty", "bare"} do print(n, process.exec("app:" .. n, "app:processes")) end\n'
             'print("none", process.exec("app:none", "app:processes"))\nend }'}
    index = 'version: "1.0"\nnamespace: app\nentries:\n' + PROCESS_HOST + TERMINAL
    for name, file, method in (("main", "many", "main"), ("beat", "many", "beat"), ("empty", "many", "''"),
                               ("none", "many", "nix"), ("bare", "bare", "other"), ("it", "it", "main")):
        index += f"  - {{name: {name}, kind: process.lua, source: 'file://{file}.lua', method: {method}}}\n"
    program = e2e.run(e2e.write_files(e2e.scratch(), {**files, "src/_index.yaml": index}), "run", "-x", "app:it").exits(0)
    for line in (r"main\tm", r"beat\tb", r"empty\tm", r"bare\tbare", r"none\tnil\tapp:none: method 'nix' not found"):
        program.check_out(line)


@case("H-056 H-057 modules are declared; process needs no declaration")
def modules():
    body = 'print(require("process") == process, require("time") ~= nil, pcall(require, "json"))'
    e2e.run(project({"it": body}), "run", "-x", "app:it").exits(0).check_out(
        r"true\ttrue\tfalse\t.*module 'json' not found: it is not among the modules of entry app:it")


@case("H-087 H-296 registry.find by meta, kind and the other criteria")
def find():
    more = ("  - {name: one, kind: registry.entry, meta: {type: color, title: Dark Red, deep: {n: 7}}, value: {list: [1, 2]}}\n"
            "  - {name: two, kind: registry.entry, meta: {type: color, title: Light Blue}}\n")
    body = r'''
local function ids(c)
  local out = {}
  for _, e in ipairs(assert(registry.find(c))) do out[#out + 1] = e.id end
  return table.concat(out, ",")
end
print("type", ids{ ["meta.type"] = "color" })
print("kind", ids{ [".kind"] = "process.*" })
print("both", ids{ [".kind"] = "registry.entry", ["meta.title"] = "Dark Red" })
print("ns", ids{ [".ns"] = "app", [".name"] = "t*" })
print("id", ids{ [".id"] = "*:one" })
print("re", ids{ ["~meta.title"] = "^(Dark|Pale) R" })
print("has", ids{ ["*meta.title"] = "ght" }, "starts", ids{ ["^meta.title"] = "Dark" }, "ends", ids{ ["$meta.title"] = "Blue" })
print("deep", ids{ ["meta.deep.n"] = 7 })
print("bad", select(2, registry.find{ ["~meta.title"] = "(" }))
print("all", #registry.find{ kind = "x" } == #registry.snapshot():entries())
local e = registry.get("app:one")
print("entry", e.id, e.kind, e.meta.title, e.data.value.list[2])
print("none", registry.get("app:none"))
'''
    program = it(body, more, flags=("-c",)).exits(0)
    for line in (r"type\tapp:one,app:two\n", r"kind\tapp:it,app:processes\n", r"both\tapp:one\n", r"ns\tapp:terminal,app:two\n",
                 r"id\tapp:one\n", r"re\tapp:one\n", r"has\tapp:two\tstarts\tapp:one\tends\tapp:two\n", r"deep\tapp:one\n",
                 r"bad\t~meta\.title: ", r"all\ttrue\n", r"entry\tapp:one\tregistry\.entry\tDark Red\t2\n",
                 r"none\tnil\tentry not found: app:none"):
        program.check_out(line)
    program.says(r'registry\.find ignores the key "kind"')


@case("H-027 H-028 registry.parse_id")
def parse_id():
    body = ('for _, s in ipairs{"ns:name:with:colons", "justname", ""} do\n'
            '  local p = registry.parse_id(s)\n  print("<" .. p.ns .. "|" .. p.name .. ">")\nend')
    it(body).exits(0).check_out(r"<ns\|name:with:colons>\n<\|justname>\n<\|>")


@case("H-048 registry.get shows the placeholder, not its value")
def placeholder():
    it('print(registry.get("app:one").data.value)',
       "  - {name: one, kind: registry.entry, value: '${env:HOME|none}'}\n").exits(0).check_out(r"\$\{env:HOME\|none\}\n")


RELOAD = r'''
local function source(v)
  return "local function main(parent)\n process.send(parent, 'version', " .. v .. ")\n" ..
    " while true do local m = process.inbox():receive() if m:topic() == 'up' then process.upgrade(nil, parent) end\n" ..
    " process.send(parent, 'version', " .. v .. ") end end\nreturn { main = main }"
end
local versions = process.listen("version")
local started = {}
local function start()
  started[#started + 1] = assert(process.spawn("app:worker", "app:processes", process.pid()))
  return started[#started]
end
local function put(op, v)
  local c = registry.snapshot():changes()
  c[op](c, { id = "app:worker", kind = "process.lua", data = { source = source(v) } })
  return c:apply()
end
assert(put("create", 1))
local old = start()
print("first", (versions:receive()))
assert(put("update", 2))
process.send(old, "ask")
print("old", (versions:receive()))
start()
print("new", (versions:receive()))
process.send(old, "up")
print("upgraded", (versions:receive()))
'''


END = "for _, pid in ipairs(started) do process.terminate(pid) end"


@case("H-285 after an update new spawns and upgrade(nil) run the new code, running processes the old")
def hot_reload():
    it(RELOAD + END).exits(0).check_out(r"first\t1\nold\t1\nnew\t2\nupgraded\t2")


@case("H-287 an update with a syntax error is refused and the old version stays")
def reload_syntax():
    body = RELOAD + r'''
local c = registry.snapshot():changes()
c:update{ id = "app:worker", kind = "process.lua", data = { source = "return {" } }
local v, err = c:apply()
print("refused", v, err:kind(), err)
start()
print("still", (versions:receive()))
print("at", registry.current_version():id())
'''
    program = it(body + END).exits(0)
    program.check_out(r"refused\tnil\tInvalid\t.*entry app:worker: source: .*:1: ")
    program.check_out(r"still\t2\nat\t2")


@case("H-289 delete and create: the old code is not seen again")
def recreate():
    body = RELOAD + r'''
local c = registry.snapshot():changes()
c:delete("app:worker")
assert(c:apply())
print("gone", process.spawn("app:worker", "app:processes"))
assert(put("create", 3))
start()
print("again", (versions:receive()))
c = registry.snapshot():changes()
c:delete("app:worker")
c:create{ id = { "app", "worker" }, kind = "process.lua", data = { source = source(4) } }
assert(c:apply())
start()
print("at once", (versions:receive()))
'''
    program = it(body + END).exits(0)
    program.check_out(r"gone\tnil\tfactory not found: process 'app:worker' does not exist")
    program.check_out(r"again\t3\nat once\t4")


@case("H-286 an updated library reaches new spawns of its dependents, also indirect ones")
def library_update():
    more = library("inner", "return 'old'") + library("outer", "return require('inner')", "    imports: {inner: inner}\n")
    body = r'''
local function value() return (process.exec("app:user", "app:processes")) end
print("before", value())
local c = registry.snapshot():changes()
c:update{ id = "app:inner", kind = "library.lua", data = { source = "return 'new'" } }
assert(c:apply())
print("after", value())
'''
    it(body, more, {"user": ("imports: {outer: outer}", 'return require("outer")')}).exits(0).check_out(r"before\told\nafter\tnew")


@case("H-290 H-291 H-293 refused change sets: nothing of them remains")
def refused():
    body = r'''
local function show(name, v, err) print(name, v, err:kind(), (tostring(err):gsub("\n.*", ""))) end
local function changes() return registry.snapshot():changes() end
local function entry(name, kind, data) return { id = "app:" .. name, kind = kind or "registry.entry", data = data } end
show("empty", changes():apply())
show("exists", changes():create(entry("it")):apply())
show("missing", changes():update(entry("none")):apply())
show("missing", changes():delete("app:none"):apply())
show("kind", changes():create(entry("a")):update(entry("it", "registry.entry")):apply())
show("rolled", registry.get("app:a"))
show("half", changes():create(entry("a")):delete("app:none"):apply())
show("rolled", registry.get("app:a"))
show("import", changes():create(entry("a", "library.lua", { source = "return 1", imports = { x = "app:none" } })):apply())
show("needed", changes():create(entry("l", "library.lua", { source = "return 1", imports = { x = "l" } })):apply())
show("unknown", changes():create(entry("a", "proces.lua")):apply())
show("host", changes():delete("app:processes"):apply())
show("id", changes():create(entry("a", nil, { 1, 2 })):apply())
print("at", registry.current_version():id())
'''
    program = it(body).exits(0)
    for line in (r"empty\tnil\tInvalid\tno changes to apply", r"exists\tnil\tAlreadyExists\tentry already exists: app:it",
                 r"missing\tnil\tNotFound\tentry not found: app:none",
                 r"kind\tnil\tInvalid\tthe kind of app:it cannot change from process\.lua to registry\.entry",
                 r"rolled\tnil\tNotFound", r"half\tnil\tNotFound", r"import\tnil\tInvalid\t.*imports\.x: no entry app:none",
                 r"needed\tnil\tInvalid\t.*import cycle: app:l -> app:l", r"unknown\tnil\tInvalid\t.*unknown kind",
                 r"host\tnil\tInvalid\tapp:processes: a host cannot come or go while the application runs",
                 r"id\tnil\tInvalid\tapp:a: data: expected a table with text keys", r"at\t0"):
        program.check_out(line)


@case("H-292 the version grows by one with each apply; apply_version goes back and forward")
def versions():
    body = r'''
local function set(op, v)
  local c = registry.snapshot():changes()
  c[op](c, { id = "app:a", kind = "registry.entry", meta = { v = v } })
  local version = assert(c:apply())
  print("applied", version, version:id(), version:previous():id())
end
local before = registry.snapshot()
set("create", 1)
set("update", 2)
print("frozen", before:get("app:a"), before:version())
print("now", registry.get("app:a").meta.v, #registry.versions())
print("back", registry.apply_version(1), registry.get("app:a").meta.v, registry.current_version():next():id())
print("zero", registry.apply_version(0), registry.get("app:a"))
print("forward", registry.apply_version(2), registry.get("app:a").meta.v)
set("update", 3)
print("none", registry.apply_version(99))
'''
    program = it(body).exits(0)
    for line in (r"applied\tv1\t1\t0\napplied\tv2\t2\t1\n", r"frozen\tnil\tv0\n|frozen\tnil\t.*not found", r"now\t2\t3\n", r"back\tv1\t1\t2\n",
                 r"zero\tv0\tnil", r"forward\tv2\t2\n", r"applied\tv3\t3\t2\n", r"none\tnil\tversion not found: 99"):
        program.check_out(line)


# Applies one change set: lists of {operation, entry}.
APPLY = r"""
local function apply(...)
  local c = registry.snapshot():changes()
  for _, op in ipairs{ ... } do c[op[1]](c, op[2]) end
  return c:apply()
end
"""
TELLS = 'local to, name = "teller", (...)\nprocess.send(to, "told", name .. " up")\n' \
        'process.events():receive()\nprocess.send(to, "told", name .. " down")'


@case("H-294 a new service with auto_start starts; deleted it stops, dependents first; another process holds from its next start on")
def live_services():
    body = APPLY + r"""
local told = process.listen("told")
process.registry.register("teller")
local function service(name, more)
  local data = { process = "app:tells", host = "app:processes", input = { name }, lifecycle = { auto_start = true, restart = { delay = "1ms" } } }
  for k, v in pairs(more or {}) do data[k] = v end
  return { id = "app:" .. name, kind = "process.service", data = data }
end
assert(apply({ "create", service("a") }))
print((told:receive()))
assert(apply({ "create", service("b", { lifecycle = { auto_start = true, requires = { "a" } } }) },
  { "create", service("idle", { lifecycle = { auto_start = false } }) }))
print((told:receive()))
print("needed", select(2, apply({ "delete", "app:a" })))
assert(apply({ "update", service("a", { input = { "a2" } }) }))
assert(apply({ "delete", "app:a" }, { "delete", "app:b" }))
print((told:receive()))
print((told:receive()))
assert(apply({ "create", service("a", { input = { "a3" } }) }))
print((told:receive()))
assert(registry.apply_version(1))
time.sleep("20ms")
process.terminate("a_process")
print((told:receive()))
print("more", told:case_receive() and channel.select{ told:case_receive(), default = true }.default)
"""
    tells = TELLS.replace("process.send(to", 'process.registry.register("a_process")\nprocess.send(to', 1)
    program = it(body, processes={"tells": tells}).exits(0)
    program.check_out(r"^a up\nb up\nneeded\t.*app:b.*app:a", r"\nb down\na down\na3 up\na up\n")


@case("a policy that is changed holds for scopes made later and for boundaries at once (host.md 5.7)")
def live_policies():
    policies = ("  - name: rule\n    kind: security.policy\n    groups: [rules]\n"
                "    policy: {actions: process.send, resources: '*', effect: allow}\n")
    sandbox = ("  - name: sandbox\n    kind: process.host\n    host: {workers: 1}\n    security: {groups: [rules]}\n"
               "    lifecycle: {auto_start: true}\n")
    body = APPLY + r"""
local told = process.listen("told")
local pid = assert(process.spawn("app:sends", "app:sandbox", process.pid()))
local function ask() process.send(pid, "go") return told:receive() end
local function rule(effect)
  return { id = "app:rule", kind = "security.policy", meta = {}, data = { groups = { "rules" },
    policy = { actions = "process.send", resources = "*", effect = effect } } }
end
print("first", ask())
assert(apply({ "update", rule("deny") }))
process.send(pid, "go")
process.send(pid, "go")
print("denied", channel.select{ told:case_receive(), time.after("50ms"):case_receive() }.channel ~= told)
assert(apply({ "update", rule("allow") }))
print("again", ask())
process.terminate(pid)
"""
    sends = ('local to, denied = (...), 0\nwhile true do\n  process.inbox():receive()\n'
             '  if not process.send(to, "told", denied) then denied = denied + 1 end\nend')
    it(body, policies + sandbox, {"sends": sends}).exits(0).check_out(r"first\t0.*\ndenied\ttrue\nagain\t2")


@case("a host takes other limits and capabilities while it runs; what needs a restart is refused by its key (host.md 3.3)")
def live_hosts():
    small = "  - {name: small, kind: process.host, host: {workers: 1, max_processes: 1}, lifecycle: {auto_start: true}}\n"
    body = APPLY + r"""
local function host(fields, more)
  local data = { host = { workers = 1, max_processes = 1 }, lifecycle = { auto_start = true } }
  for k, v in pairs(fields) do data.host[k] = v end
  for k, v in pairs(more or {}) do data[k] = v end
  return { id = "app:small", kind = "process.host", data = data }
end
local function spawn() local pid, err = process.spawn("app:waits", "app:small") return pid and "spawned" or err:message() end
print(spawn())
print(spawn())
assert(apply({ "update", host({ max_processes = 3 }) }))
print(spawn())
assert(apply({ "update", host({ max_processes = 3 }, { capabilities = { deny_modules = { "time" } } }) }))
print(spawn())
assert(apply({ "update", host({ max_processes = 3 }) }))
print(spawn())
print(select(2, apply({ "update", host({ max_processes = 3, queue_size = 7 }) })))
print(select(2, apply({ "update", host({ max_processes = 0 }) })))
print(select(2, apply({ "update", host({ max_processes = 3 }, { lifecycle = { auto_start = true, stop_timeout = "1s" } }) })))
print(select(2, apply({ "create", { id = "app:new", kind = "process.host", data = { lifecycle = { auto_start = true } } } })))
"""
    program = it(body, small, {"waits": "process.events():receive()"}).exits(0)
    program.prints_lines([
        "spawned", r".*app:small.*1.*", "spawned", r"module 'time' is not allowed on host app:small \(entry app:waits\)", "spawned",
        "host.queue_size requires restart of host app:small", "host.max_processes requires restart of host app:small",
        "lifecycle.stop_timeout requires restart of host app:small", "app:new: a host cannot come or go .*"])
