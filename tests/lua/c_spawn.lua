--@ entry app.test:echo_args
return { main = function(...) return { n = select("#", ...), ... } end }

--@ entry app.test:two_args
return { main = function(a, b) return tostring(a) .. "/" .. tostring(b) end }

--@ entry app.test:broken
return { main = function( end }

--@ entry app.test:no_method
return { other = function() end }

--@ entry app.test:raises
error("at the top")

--@ entry app.test:spins
while true do end

--@ entry app.test:blocks
local time = require("time")
time.sleep("10ms")
return { main = function() end }

--@ entry app.test:function_chunk
return function(x) return x + 1 end

--@ entry app.test:first method=first
local M = {}
function M.first() return "first" end
function M.second() return "second" end
return M

--@ entry app.test:second method=second
local M = {}
function M.first() return "first" end
function M.second() return "second" end
return M

--@ entry app.test:fails
return { main = function() error("child failed") end }

--@ entry app.test:fails_later
return { main = function() process.inbox():receive() error("child failed") end }

--@ entry app.test:returns
return { main = function() return "done" end }

--@ entry app.test:idle
return { main = function() process.inbox():receive() end }

--@ entry app.test:parent_of_failing
return { main = function()
  process.spawn_linked("app.test:fails", "app:processes")
  process.inbox():receive()
end }

--@ entry app.test:parent_of_returning
return { main = function()
  process.spawn_linked("app.test:returns", "app:processes")
  local events = process.events()
  t.silent(events, "100ms")
  return "alive"
end }

--@ entry app.test:failing_parent
return { main = function(to)
  local pid = process.spawn_linked("app.test:idle", "app:processes")
  process.send(to, "child", pid)
  process.inbox():receive()
  error("parent failed")
end }

--@ entry app.test:returning_parent
return { main = function(to)
  local pid = process.spawn_linked("app.test:idle", "app:processes")
  process.send(to, "child", pid)
  process.inbox():receive()
end }

--@ entry app.test:report_inherited
-- The parent's name leads to the parent, its topic is none of ours.
return { main = function(name, topic)
  local m = process.inbox():receive()
  return { trap = process.get_options().trap_links, owner = process.registry.lookup(name), topic = m:topic() }
end }

--@ test C-029 spawn returns a pid
return { main = function()
  local pid, err = process.spawn("app.test:returns", "app:processes")
  t.eq(type(pid), "string")
  t.eq(err, nil)
  return true
end }

--@ test C-030 C-031 arguments
return { main = function()
  local mine = { 1, { x = "y" } }
  local e = t.run("app.test:echo_args", "a", 2, 2.5, true, nil, mine)
  local v = e.value
  t.eq(v.n, 6)
  t.eq(v[1], "a")
  t.eq(math.type(v[2]), "integer")
  t.eq(math.type(v[3]), "float")
  t.eq(v[4], true)
  t.eq(v[5], nil)
  t.eq(v[6][2].x, "y")
  t.eq(t.run("app.test:two_args", 1).value, "1/nil")
  t.eq(t.run("app.test:echo_args").value.n, 0)
  t.eq(t.run("app.test:echo_args", nil, nil).value.n, 2)
  return true
end }

--@ test C-032 C-033 C-034 wrong arguments and unknown names
return { main = function()
  for _, name in ipairs{ "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored" } do
    local f = process[name]
    local err = t.fails(errors.INVALID, f("x"))
    t.has(err, name .. " requires at least id and host arguments")
    t.fails(errors.INVALID, f())
    t.fails(errors.INVALID, f(nil, "app:processes"))
    t.fails(errors.INVALID, f("app.test:returns", {}))
    t.fails(errors.NOT_FOUND, f("app.test:unknown", "app:processes"))
    t.has(t.fails(errors.NOT_FOUND, f("app.test:returns", "no:host")), "host not found")
  end
  t.silent(process.events(), "50ms")
  return true
end }

--@ test C-036 C-037 C-038 programs that do not load
return { main = function()
  process.set_options{ trap_links = true }
  local function check(entry, kind, part)
    local pid, err = process.spawn_linked_monitored(entry, "app:processes")
    t.has(t.fails(kind, pid, err), part)
  end
  check("app.test:broken", errors.INTERNAL, "expected")
  check("app.test:no_method", errors.NOT_FOUND, "main")
  check("app.test:raises", errors.INTERNAL, "at the top")
  check("app.test:spins", errors.INTERNAL, "too long")
  check("app.test:blocks", errors.INTERNAL, "block")
  t.silent(process.events(), "100ms")
  return true
end }

--@ test C-039 C-040 what a chunk returns
return { main = function()
  t.eq(t.run("app.test:function_chunk", 41).value, 42)
  t.eq(t.run("app.test:first").value, "first")
  t.eq(t.run("app.test:second").value, "second")
  return true
end }

--@ test C-041 plain spawn gives no event
return { main = function()
  process.spawn("app.test:returns", "app:processes")
  process.spawn("app.test:fails", "app:processes")
  t.silent(process.events())
  return true
end }

--@ test C-042 C-043 exactly one EXIT
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("app.test:returns", "app:processes")
  local e = t.take(events)
  t.eq(e.from, pid)
  t.eq(e.kind, process.event.EXIT)
  t.silent(events)
  return true
end }

--@ test C-044 C-109 child error kills a non-trapping parent
return { main = function()
  local e = t.run("app.test:parent_of_failing")
  t.eq(tostring(e.error), "linked process failed")
  t.eq(e.error:kind(), "Internal")
  return true
end }

--@ test C-045 child return leaves the parent alone
return { main = function()
  t.eq(t.run("app.test:parent_of_returning").value, "alive")
  return true
end }

--@ test C-046 parent error kills the child
return { main = function()
  local ch, events = process.listen("child"), process.events()
  local parent = process.spawn("app.test:failing_parent", "app:processes", process.pid())
  local child = t.take(ch)
  t.eq(process.monitor(child), true)
  process.send(parent, "go")
  local e = t.take(events)
  t.eq(e.from, child)
  t.eq(tostring(e.error), "linked process failed")
  return true
end }

--@ test C-047 parent return leaves the child running
return { main = function()
  local ch, events = process.listen("child"), process.events()
  local parent = process.spawn("app.test:returning_parent", "app:processes", process.pid())
  local child = t.take(ch)
  process.monitor(child)
  process.send(parent, "go")
  t.silent(events)
  process.send(child, "end")
  t.eq(t.take(events).error, nil)
  return true
end }

--@ test C-048 EXIT before LINK_DOWN
return { main = function()
  process.set_options{ trap_links = true }
  local events = process.events()
  local pid = process.spawn_linked_monitored("app.test:fails_later", "app:processes")
  process.send(pid, "go")
  local first, second = t.take(events), t.take(events)
  t.eq(first.kind, process.event.EXIT)
  t.eq(second.kind, process.event.LINK_DOWN)
  t.eq(first.from, pid)
  t.eq(second.from, pid)
  t.silent(events, "50ms")
  return true
end }

--@ test C-125 options, names and topics are not inherited
return { main = function()
  process.set_options{ trap_links = true }
  t.ok(process.registry.register("c.parent"))
  local mine, events = process.listen("mine"), process.events()
  local pid = process.spawn_monitored("app.test:report_inherited", "app:processes", "c.parent", "mine")
  t.eq(process.send(pid, "mine", 1), true)
  local v = t.take(events).value
  t.eq(v.trap, false)
  t.eq(v.owner, process.pid())
  t.eq(v.topic, "mine")
  t.silent(mine, "20ms")
  return true
end }

--@ test C-050 ten thousand idle processes
return { main = function()
  local events, pids = process.events(), {}
  for i = 1, 10000 do pids[i] = t.ok(process.spawn_monitored("app.test:idle", "app:processes")) end
  for i = 1, 10000 do t.eq(process.send(pids[i], "end"), true) end
  for _ = 1, 10000 do t.eq(t.take(events, "30s").error, nil) end
  return true
end }

--@ test C-051 concatenation with an error
return { main = function()
  local _, err = process.spawn("app.test:unknown", "app:processes")
  t.has("spawn failed: " .. err, "spawn failed: ")
  t.has("spawn failed: " .. err, "not found")
  return true
end }
