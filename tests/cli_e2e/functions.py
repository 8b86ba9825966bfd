"""Functions: host.md §2.2, §7."""

from e2e import case
from registry import function, it

ADD = function("add", "return { main = function(a, b) return a + b end }")
WAIT = function("wait", 'local time = require("time")\nreturn { main = function(ms) time.sleep(ms .. "ms") return ms end }',
                "    modules: [time]\n")


@case("H-238 funcs.call gives the value while other coroutines go on")
def call():
    body = r'''
print("sum", funcs.call("app:add", 2, 3))
local ticks, done = 0, false
coroutine.spawn(function() while not done do time.sleep("2ms") ticks = ticks + 1 end end)
print("waited", funcs.call("app:wait", 60))
done = true
print("went on", ticks > 3)
'''
    it(body, ADD + WAIT).exits(0).check_out(r"sum\t5\tnil\nwaited\t60\tnil\nwent on\ttrue")


@case("H-239 wrong IDs of functions")
def wrong_ids():
    body = r'''
for _, id in ipairs{ "", "noname", ":x", "app:none", "app:it", "app:terminal" } do
  local v, err = funcs.call(id)
  print(id, v, err:kind(), err)
end
print("async", select(2, funcs.async("app:none")))
'''
    program = it(body).exits(0)
    program.check_out(r"^\tnil\tInvalid\tfuncs\.call: a function ID is required")
    program.check_out(r"noname\tnil\tInvalid\t.*namespace:name required")
    program.check_out(r":x\tnil\tInvalid")
    program.check_out(r"app:none\tnil\tNotFound\tfunction 'app:none' not found")
    program.check_out(r"app:it\tnil\tNotFound\t.*no meta\.default_host")
    program.check_out(r"app:terminal\tnil\tNotFound\t.*kind terminal\.host")
    program.check_out(r"async\tfunction 'app:none' not found")


@case("H-240 kind, retryable, message and details of the callee's error reach the caller")
def errors():
    more = (function("raises", "return { main = function() error(errors.new{ message = 'busy', kind = errors.CONFLICT, retryable = true, details = { n = 7 } }) end }")
            + function("returns", "return { main = function() return nil, errors.new{ message = 'no', kind = errors.NOT_FOUND } end }")
            + function("text", "return { main = function() error('plain') end }"))
    body = r'''
local v, err = funcs.call("app:raises")
print("raises", v, err:kind(), err:message(), err:retryable(), err:details().n)
v, err = funcs.call("app:returns")
print("returns", v, err:kind(), err:message())
v, err = funcs.call("app:text")
print("text", v, err:kind(), err:message())
'''
    program = it(body, more).exits(0)
    program.check_out(r"raises\tnil\tConflict\tbusy\ttrue\t7\nreturns\tnil\tNotFound\tno\ntext\tnil\tInternal\t.*plain")


@case("H-241 H-242 futures: incomplete first, then a payload or an error by the channel, in select")
def futures():
    more = WAIT + function("fails", "return { main = function() error(errors.new{ message = 'no', kind = errors.CONFLICT }) end }")
    body = r'''
local f = assert(funcs.async("app:wait", 50))
print("first", f:is_complete(), f:is_canceled(), f:result())
local late = time.after("10s")
local r = channel.select{ f:channel():case_receive(), late:case_receive() }
print("came", r.channel == f:response(), r.value:data(), r.ok)
print("closed", f:channel():receive())
print("then", f:is_complete(), f:result():data(), f:error())
local g = assert(funcs.async("app:fails"))
local v, ok = g:channel():receive()
print("failed", v:kind(), ok, select(2, g:result()), g:error())
print("cancel after", f:cancel(), f:is_canceled())
'''
    program = it(body, more).exits(0)
    for line in (r"first\tfalse\tfalse\tnil\tnil\n", r"came\ttrue\t50\ttrue\n", r"closed\tnil\tfalse\n", r"then\ttrue\t50\tnil\tfalse\n",
                 r"failed\tConflict\ttrue\tno\tno\ttrue\n", r"cancel after\tfalse\tfalse\n"):
        program.check_out(line)


@case("functions: a canceled future: the call gets CANCEL and its result is dropped")
def cancel():
    more = function("waits", 'return { main = function(to)\n  process.send(to, "pid", process.pid())\n'
                             '  local e = process.events():receive()\n  process.send(to, "event", e.kind)\n  return 1\nend }')
    body = r'''
local pids, events = process.listen("pid"), process.listen("event")
local f = funcs.async("app:waits", process.pid())
local pid = pids:receive()
print("host", pid:match("node:functions") ~= nil, process.spawn("app:it", "node:functions"))
print("canceled", f:cancel(), f:is_canceled(), f:is_complete(), f:error())
print("event", events:receive())
print("closed", f:channel():receive())
'''
    program = it(body, more).exits(0)
    program.check_out(r"host\ttrue\tnil\thost not found: node:functions")
    program.check_out(r"canceled\ttrue\ttrue\ttrue\tthe call was canceled\ttrue\nevent\tpid\.cancel\ttrue\nclosed\tnil\tfalse")


@case("functions: the end of the caller cancels its calls")
def caller_ends():
    more = function("waits", 'return { main = function(to)\n  process.send(to, "pid", process.pid())\n'
                             '  process.send(to, "event", process.events():receive().kind)\nend }')
    body = r'''
local pids, events = process.listen("pid"), process.listen("event")
local caller = process.spawn("app:caller", "app:processes", process.pid())
pids:receive()
process.terminate(caller)
print("event", events:receive())
'''
    it(body, more + ("  - name: caller\n    kind: process.lua\n    modules: [funcs]\n    source: |\n"
                     "      return { main = function(to) return require('funcs').call('app:waits', to) end }\n")
       ).exits(0).check_out(r"event\tpid\.cancel")


@case("H-243 a module that a function does not declare")
def undeclared():
    more = function("bad", "local json = require('json')\nreturn { main = function() return 1 end }")
    it('print(funcs.call("app:bad"))', more).exits(0).check_out(
        r"nil\t.*module 'json' not found: it is not among the modules of entry app:bad")


@case("H-244 a process with meta.default_host is called like a function")
def process_as_function():
    body = r'''
print("value", funcs.call("app:double", 21))
print("error", select(2, funcs.call("app:double", "x")))
'''
    it(body, "", {"double": ("meta: {default_host: 'app:processes'}",
                             'assert(process.pid():match("app:processes"))\nreturn (...) * 2')}).exits(0).check_out(
        r"value\t42\tnil\nerror\tapp:double:\d+: attempt to")


@case("H-230 context values reach functions and exec; an executor's own win")
def context():
    more = function("ctx", "local ctx = require('ctx')\nreturn { main = function() return ctx.get('k') or '-', ctx.get('x') end }".replace(
        "return ctx.get('k') or '-', ctx.get('x')", "return (ctx.get('k') or '-') .. (ctx.get('x') or '-')"), "    modules: [ctx]\n")
    more += ("  - name: mid\n    kind: process.lua\n    modules: [funcs]\n    source: |\n"
             "      return { main = function()\n        local funcs = require('funcs')\n"
             "        local e = funcs.new():with_context({ k = 'own' })\n"
             "        return funcs.call('app:ctx') .. e:call('app:ctx') .. e:with_context({ x = 'y' }):async('app:ctx'):channel():receive():data()\n"
             "      end }\n")
    body = r'''
local events = process.events()
process.with_context({ k = "inherited" }):spawn_monitored("app:mid", "app:processes")
print("seen", events:receive().value)
print("option", select(2, funcs.new():with_options({ x = 1 })))
'''
    it(body, more).exits(0).check_out(r"seen\tinherited-own-owny\noption\twith_options: unknown option x")


@case("H-245 H-246 process.exec: result, error, wrong IDs and hosts")
def exec_():
    body = r'''
print("value", process.exec("app:ok", "app:processes", 4))
local v, err = process.exec("app:bad", "app:processes")
print("error", v, err:kind(), err)
print("id", select(2, process.exec("ok", "app:processes")):kind())
print("unknown", select(2, process.exec("app:ok", "app:none")), select(2, process.spawn("app:ok", "app:none")))
local full = { process.exec("app:ok", "app:terminal"), process.spawn("app:ok", "app:terminal") }
print("full", select(2, process.exec("app:ok", "app:terminal")):kind(), select(2, process.spawn("app:ok", "app:terminal")):kind())
'''
    program = it(body, "", {"ok": "return (...) + 1", "bad": "error(errors.new{ message = 'x', kind = errors.TIMEOUT })"}).exits(0)
    for line in (r"value\t5", r"error\tnil\tTimeout\tx", r"id\tInvalid", r"unknown\thost not found: app:none\thost not found: app:none",
                 r"full\t(\w+)\t\1"):
        program.check_out(line)


@case("H-288 an update: the call under way ends on the old code, the next one runs the new")
def update():
    more = function("f", 'local time = require("time")\nreturn { main = function() time.sleep("150ms") return "old" end }', "    modules: [time]\n")
    body = r'''
local f = funcs.async("app:f")
local c = registry.snapshot():changes()
c:update{ id = "app:f", kind = "function.lua", data = { source = "return { main = function() return 'new' end }" } }
assert(c:apply())
print("next", funcs.call("app:f"), f:is_complete())
print("first", f:channel():receive():data())
'''
    it(body, more).exits(0).check_out(r"next\tnew\tfalse\nfirst\told")


@case("functions: a pool: so many calls at once, the others in their order; a full buffer holds the caller")
def pool():
    more = WAIT.replace("    modules: [time]\n", "    modules: [time]\n    pool: {type: static, workers: 2, buffer: 2}\n")
    body = r'''
local began = time.now()
local futures = {}
for i = 1, 4 do futures[i] = funcs.async("app:wait", 100) end
print("at once", time.now():sub(began):milliseconds() < 60)
futures[5] = funcs.async("app:wait", 100)
print("held", time.now():sub(began):milliseconds() >= 90)
for i = 1, 5 do futures[i]:channel():receive() end
local ms = time.now():sub(began):milliseconds()
print("three rounds", ms >= 290 and ms < 1500, ms)
local f = funcs.async("app:wait", 100)
local g = funcs.async("app:wait", 100)
local h = funcs.async("app:wait", 1)
print("standing", h:cancel(), h:is_canceled())
print("free again", funcs.call("app:wait", 1))
'''
    it(body, more).exits(0).check_out(r"at once\ttrue\nheld\ttrue\nthree rounds\ttrue\t\d+.*\nstanding\ttrue\ttrue\nfree again\t1")


@case("functions: one cannot upgrade; it has an inbox and may spawn and call")
def frame():
    more = ADD + function("f", "return { main = function()\n  local v, err = process.upgrade(nil)\n"
                               "  process.send(process.pid(), 't', 5)\n  local m = process.inbox():receive()\n"
                               "  return err:kind() .. m:payload():data() .. require('funcs').call('app:add', 1, 2)\nend }", "    modules: [funcs]\n")
    it('print(funcs.call("app:f"))', more).exits(0).check_out(r"Invalid53\t")


@case("functions: bad pools are refused")
def bad_pools():
    more = function("f", "return function() end", "    pool: {type: huge, size: -1, wrokers: 2}\n")
    program = it("return 0", more).exits(1)
    program.says(r"pool\.type: .*\"huge\"")
    program.says(r"pool\.size: ")
