-- The process model with native processes on the other side: tests/unit/lua_process/native_entries.cpp has the entries
-- native.test:*.

--@ entry app.test:add
return { main = function(a, b) return a + (b or 100) end }

--@ entry app.test:fails
return { main = function() error(errors.new{ message = "lua failed", kind = errors.CONFLICT, retryable = true }) end }

--@ entry app.test:named
return { main = function(name) process.registry.register(name) process.inbox():receive() end }

--@ entry app.test:fails_on_mail
return { main = function() process.inbox():receive() error("target failed") end }

--@ test C-042 C-043 C-155 C-156 C-157 values of native processes in EXIT
return { main = function()
  local e = t.run("native.test:nothing")
  t.eq(type(e.result), "table")
  t.eq(e.value, nil)
  t.eq(e.error, nil)
  e = t.run("native.test:add", 40, 2)
  t.eq(e.result.value, 42.0)
  t.eq(e.value, 42.0)
  t.eq(math.type(e.value), "float")
  t.eq(e.result.error, nil)
  t.eq(e.error, nil)
  e = t.run("native.test:list", 4)
  t.eq(table.concat(e.value, " "), "1 4 9 16")
  t.silent(process.events(), "50ms")
  return true
end }

--@ test C-160 C-162 C-163 C-164 C-170 errors of native processes in EXIT
return { main = function()
  -- the numbers of ErrorKind (memory/status.hpp)
  local kinds = { [2] = errors.NOT_FOUND, [4] = errors.INVALID, [5] = errors.PERMISSION_DENIED, [6] = errors.UNAVAILABLE,
    [7] = errors.INTERNAL, [9] = errors.CONFLICT, [10] = errors.TIMEOUT, [11] = errors.RATE_LIMITED }
  for number, kind in pairs(kinds) do
    local e = t.run("native.test:fails", "no " .. number, number, number % 2 == 0)
    t.eq(e.value, nil)
    t.eq(e.error:kind(), kind)
    t.eq(e.error:message(), "no " .. number)
    t.eq(e.error:retryable(), number % 2 == 0)
    t.eq(tostring(e.result.error), "no " .. number)
    t.ok(math.abs(e.at - os.time()) <= 5)
  end
  local e = t.run("native.test:throws", "error")
  t.eq(e.error:kind(), errors.INTERNAL)
  t.eq(tostring(e.error), "thrown")
  e = t.run("native.test:throws", "typed")
  t.eq(e.error:kind(), errors.TIMEOUT)
  t.eq(e.error:retryable(), true)
  t.eq(t.run("native.test:throws", "number").error:kind(), errors.INTERNAL)
  return true
end }

--@ test C-041 plain spawn of a native process gives no event
return { main = function()
  t.ok(process.spawn("native.test:nothing", "app:processes"))
  t.ok(process.spawn("native.test:fails", "app:processes", "x", 7, false))
  t.silent(process.events())
  return true
end }

--@ test C-029 C-030 C-031 C-310 arguments of all types
return { main = function()
  local box, me = process.listen("types"), process.pid()
  local span, at = time.parse_duration("90s"), time.now()
  local pid, err = process.spawn("native.test:types", "app:processes", me, true, -7, 2.5, "a\0\255b", { "x", "yy" },
    { one = { 1 }, many = { 1, 2, 3 } }, span, at)
  t.eq(err, nil)
  t.eq(type(pid), "string")
  local got = t.take(box)
  t.eq(got[1], true)
  t.eq(got[2], -7)
  t.eq(math.type(got[2]), "integer")
  t.eq(got[3], 2.5)
  t.eq(got[4], "a\0\255b")
  t.eq(table.concat(got[5], " "), "x yy")
  t.eq(got[6].one[1], 1)
  t.eq(table.concat(got[6].many, " "), "1 2 3")
  t.eq(got[7]:seconds(), 90.0)
  t.ok(got[8]:equal(at))
  t.eq(got[9], nil)
  t.eq(got[10], nil)
  t.eq(got[11], "end")
  return true
end }

--@ test C-030 arguments are taken as they are when they are not decoded
return { main = function()
  local inbox, cycle = process.inbox(), { 1, { deep = true } }
  cycle.self = cycle
  t.ok(process.spawn("native.test:raw", "app:processes", process.pid(), cycle, nil, "last"))
  local got = t.take(inbox):payload()
  t.eq(got[1]:data(), process.pid())
  local copy = got[2]:data()
  t.eq(copy.self, copy)
  t.eq(copy[2].deep, true)
  t.eq(got[3]:data(), nil)
  t.eq(got[4]:data(), "last")
  return true
end }

--@ test C-033 C-051 C-314 arguments that do not fit start nothing
return { main = function()
  local events = process.events()
  local function refused(text, ...)
    local err = t.fails(errors.INVALID, process.spawn_linked_monitored("native.test:add", "app:processes", ...))
    t.eq(err:message(), text)
    t.has("spawn failed: " .. err, text)
  end
  refused("argument 1: expected an integer, got nothing")
  refused("argument 1: expected an integer, got a string", "many")
  refused("argument 1: expected an integer, got a number", 1.5)
  refused("argument 1: expected an integer, got a number", 2.0 ^ 63)
  refused("argument 2: expected a number, got a table", 1, {})
  t.fails(errors.INVALID, process.spawn("native.test:add", "app:processes", 1, print))
  t.fails(errors.NOT_FOUND, process.spawn("native.test:unknown", "app:processes", 1))
  local err = t.fails(errors.CONFLICT, process.spawn_monitored("native.test:refuse", "app:processes", "this"))
  t.eq(tostring(err), "refused this")
  t.eq(err:retryable(), true)
  t.silent(events)
  -- As in Lua: whole numbers and their texts are integers, and what is too many does not matter.
  t.eq(t.run("native.test:add", 2.0, 1).value, 3.0)
  t.eq(t.run("native.test:add", "2", "1.5").value, 3.5)
  t.eq(t.run("native.test:add", 1, 2, 3, {}).value, 3.0)
  t.eq(t.run("native.test:add", 1, nil).value, 1.5)
  return true
end }

--@ test C-008 C-022 C-172 C-173 C-174 messages in both directions
return { main = function()
  local inbox, raw = process.inbox(), process.listen("raw")
  local pid = process.spawn("native.test:echo", "app:processes")
  for _, value in ipairs{ 1, -2 ^ 40, 0.5, "text", true, false } do
    t.eq(process.send(pid, "topic", value), true)
    local m = t.take(inbox)
    t.eq(m:topic(), "topic")
    t.eq(m:from(), pid)
    t.eq(m:payload():data(), value)
  end
  process.send(pid, "raw", { a = { 1, 2 } }, "second")
  local got = t.take(raw)
  t.eq(got[1].a[2], 2)
  t.eq(got[2], "second")
  process.send(pid, "none")
  t.eq(t.take(inbox):payload(), nil)
  for i = 1, 100 do process.send(pid, "topic", i) end
  for i = 1, 100 do t.eq(t.take(inbox):payload():data(), i) end
  process.terminate(pid)
  return true
end }

--@ test C-026 a message right after spawn waits for the native process
return { main = function()
  local inbox = process.inbox()
  for i = 1, 50 do
    local pid = process.spawn("native.test:echo", "app:processes")
    process.send(pid, "early", i)
    t.eq(t.take(inbox):payload():data(), i)
    process.terminate(pid)
  end
  return true
end }

--@ test C-052 C-056 C-059 C-062 terminate
return { main = function()
  process.set_options{ trap_links = true }
  local events = process.events()
  local pid = process.spawn_linked_monitored("native.test:idle", "app:processes")
  t.eq(process.terminate(pid), true)
  local e = t.take(events)
  t.eq(e.kind, process.event.EXIT)
  t.has(e.result.error, "terminated")
  t.eq(e.value, nil)
  e = t.take(events)
  t.eq(e.kind, process.event.LINK_DOWN)
  t.eq(e.from, pid)
  t.fails(errors.NOT_FOUND, process.terminate(pid))
  t.has(t.fails(errors.NOT_FOUND, process.send(pid, "t", 1)), "not found")
  return true
end }

--@ test C-063 C-064 C-066 C-071 C-072 cancel
return { main = function()
  local events, seen = process.events(), process.listen("cancel")
  local pid = process.spawn_monitored("native.test:echo", "app:processes", process.pid())
  t.eq(process.cancel(pid), true)
  local got = t.take(seen)
  t.eq(got[1], process.pid())
  t.eq(got[2], false)
  local e = t.take(events)
  t.eq(e.value, "cancelled")
  t.eq(e.error, nil)
  pid = process.spawn_linked_monitored("native.test:echo", "app:processes", process.pid())
  t.eq(process.cancel(pid, "100ms"), true)
  t.eq(t.take(seen)[2], true)
  t.eq(t.take(events).value, "cancelled")
  t.silent(events, "200ms")
  return true
end }

--@ test C-068 C-069 C-070 a cancel that is ignored
return { main = function()
  process.set_options{ trap_links = true }
  local events = process.events()
  local pid = process.spawn_linked_monitored("native.test:idle", "app:processes")
  process.cancel(pid)
  t.silent(events, "100ms")
  local from = time.now()
  process.cancel(pid, "50ms")
  local e = t.take(events)
  t.eq(e.kind, process.event.EXIT)
  t.has(e.error, "deadline")
  t.ok(time.now():sub(from):milliseconds() >= 50)
  t.eq(t.take(events).kind, process.event.LINK_DOWN)
  return true
end }

--@ test C-084 C-085 C-091 C-093 monitor and unmonitor
return { main = function()
  local events = process.events()
  local pid = process.spawn("native.test:idle", "app:processes")
  t.eq(process.monitor(pid), true)
  t.fails(errors.ALREADY_EXISTS, process.monitor(pid))
  t.eq(process.unmonitor(pid), true)
  t.eq(process.monitor(pid), true)
  process.terminate(pid)
  t.eq(t.take(events).from, pid)
  local other = process.spawn_monitored("native.test:idle", "app:processes")
  process.unmonitor(other)
  process.terminate(other)
  t.silent(events)
  return true
end }

--@ entry app.test:linked_parent
return { main = function(child, ...)
  local pid = process.spawn_linked(child, "app:processes", ...)
  process.registry.register("linked child", pid)
  process.inbox():receive()
  return "unhurt"
end }

--@ test C-044 C-045 C-046 C-047 C-109 links between Lua parents and native children
return { main = function()
  local events = process.events()
  local e = t.run("app.test:linked_parent", "native.test:fails", "child failed", 7, false)
  t.eq(tostring(e.error), "linked process failed")
  local parent = process.spawn_monitored("app.test:linked_parent", "app:processes", "native.test:nothing")
  t.silent(events)
  process.send(parent, "end")
  t.eq(t.take(events).value, "unhurt")
  -- A parent that is killed takes the native child with it; one that returns does not.
  for _, killed in ipairs{ true, false } do
    parent = process.spawn_monitored("app.test:linked_parent", "app:processes", "native.test:idle")
    local child
    while not child do
      time.sleep("1ms")
      child = process.registry.lookup("linked child")
    end
    process.monitor(child)
    if killed then process.terminate(parent) else process.send(parent, "end") end
    local first = t.take(events)
    if killed then
      local second = t.take(events)
      t.eq(tostring((first.from == child and first or second).error), "linked process failed")
    else
      t.eq(first.from, parent)
      t.silent(events)
      process.terminate(child)
      t.eq(t.take(events).from, child)
    end
  end
  return true
end }

--@ test C-048 C-107 a native process that traps links
return { main = function()
  local order = process.inbox()
  t.ok(process.spawn("native.test:trapper", "app:processes", "app.test:fails", process.pid()))
  for _, topic in ipairs{ "exit", "down" } do
    local m = t.take(order)
    t.eq(m:topic(), topic)
    local got = m:payload()
    t.eq(got[1]:data(), true)
    t.eq(got[2]:data(), "lua failed")
  end
  return true
end }

--@ test C-099 a native process links itself to a Lua process
return { main = function()
  local events = process.events()
  local victim = process.spawn("app.test:fails_on_mail", "app:processes")
  local pid = process.spawn_monitored("native.test:linker", "app:processes", process.pid())
  t.eq(t.take(process.inbox()):topic(), "linked")
  process.unlink(pid)
  process.terminate(pid)
  t.eq(t.take(events).from, pid)
  pid = process.spawn_monitored("native.test:linker", "app:processes", victim)  -- whose mail is its end
  local e = t.take(events)
  t.eq(e.from, pid)
  t.eq(tostring(e.error), "linked process failed")
  return true
end }

--@ test C-221 C-223 C-227 C-228 C-232 names of native processes
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("native.test:named", "app:processes", "native name")
  while not process.registry.lookup("native name") do time.sleep("1ms") end
  t.eq(process.registry.lookup("native name"), pid)
  t.fails(errors.ALREADY_EXISTS, process.registry.register("native name"))
  local e = t.run("native.test:named", "native name")
  t.eq(e.error:kind(), errors.ALREADY_EXISTS)
  t.eq(process.send("native name", "t", 1), true)
  t.eq(process.terminate("native name"), true)
  t.eq(t.take(events).from, pid)
  t.fails(errors.NOT_FOUND, process.registry.lookup("native name"))
  t.eq(process.registry.register("native name"), true)
  return true
end }

--@ test C-184 C-185 C-186 C-187 exec of native processes
return { main = function()
  local v, err = process.exec("native.test:add", "app:processes", 1, 2)
  t.eq(v, 3.0)
  t.eq(err, nil)
  v, err = process.exec("native.test:nothing", "app:processes")
  t.eq(v, nil)
  t.eq(err, nil)
  err = t.fails(errors.TIMEOUT, process.exec("native.test:fails", "app:processes", "too late", 10, true))
  t.eq(tostring(err), "too late")
  t.eq(err:retryable(), true)
  t.fails(errors.INVALID, process.exec("native.test:add", "app:processes", "many"))
  t.fails(errors.NOT_FOUND, process.exec("native.test:unknown", "app:processes"))
  t.silent(process.events(), "50ms")
  return true
end }

--@ test C-184 C-185 C-186 C-187 exec from native processes
return { main = function()
  t.eq(process.exec("native.test:caller", "app:processes", "app.test:add", 1, 2), 3.0)
  t.eq(process.exec("native.test:caller", "app:processes", "native.test:add", 1), 1.5)
  local v, none = process.exec("native.test:caller", "app:processes", "native.test:nothing")
  t.eq(v, nil)
  t.eq(none, nil)
  t.fails(errors.INVALID, process.exec("native.test:caller", "app:processes", "native.test:caller"))
  local err = t.fails("Conflict", process.exec("native.test:caller", "app:processes", "app.test:fails"))
  t.eq(tostring(err), "lua failed")
  t.eq(err:retryable(), true)
  t.fails(errors.NOT_FOUND, process.exec("native.test:caller", "app:processes", "app.test:unknown"))
  return true
end }

--@ test C-190 the end of a native caller ends what it execs
return { main = function()
  for _, entry in ipairs{ "app.test:named", "native.test:named" } do
    local caller = process.spawn("native.test:holder", "app:processes", entry, "held")
    local pid
    while not pid do
      time.sleep("1ms")
      pid = process.registry.lookup("held")
    end
    process.monitor(pid)
    process.terminate(caller)
    t.has(t.take(process.events()).error, "terminated")
  end
  return true
end }

--@ test C-005 the entry id of a native process
return { main = function()
  t.eq(process.exec("native.test:busy", "app:processes", 1), "native.test:busy")
  return true
end }

--@ test native processes in long steps hold nobody up for good
return { main = function()
  for _ = 1, 4 do process.spawn_monitored("native.test:busy", "app:processes", 20) end
  for _ = 1, 4 do t.eq(t.take(process.events()).value, "native.test:busy") end
  return true
end }

--@ test limits.max_memory_bytes of native processes
return { main = function()
  t.eq(t.run("native.test:eater", 1000000).value, 1000000)
  local e = t.run("native.test:eater", 1100000)
  t.eq(e.error:kind(), errors.INTERNAL)
  t.eq(tostring(e.error), "memory limit exceeded")
  return true
end }

--@ test a thousand native processes come and go
return { main = function()
  local events = process.events()
  for round = 1, 10 do
    for _ = 1, 100 do t.ok(process.spawn_monitored("native.test:add", "app:processes", round, 1)) end
    for _ = 1, 100 do t.eq(t.take(events).value, round + 1.0) end
  end
  return true
end }

--@ entry app.test:upgrader
return { main = function(...) process.upgrade(...) end }

--@ entry app.test:upgraded
return { main = function(word)
  return word .. " " .. process.inbox():receive():topic() .. " " .. process.id()
end }

--@ test upgrades from Lua to native code, back, and from native to native code
return { main = function()
  local events = process.events()
  for _, from in ipairs{ "app.test:upgrader", "native.test:upgrader" } do
    for _, to in ipairs{ "app.test:upgraded", "native.test:upgraded" } do
      local pid = process.spawn_monitored(from, "app:processes", to, "word")
      process.send(pid, "early", 1)
      local e = t.take(events)
      t.eq(e.from, pid)
      t.eq(e.error, nil)
      t.eq(e.value, "word early " .. to)
    end
    -- through three machines
    local pid = process.spawn_monitored(from, "app:processes", "native.test:upgrader", "native.test:nothing")
    t.eq(t.take(events).error, nil)
    t.has(t.run(from, "native.test:upgraded", nil).error, "upgrade: argument 1: expected a string")
    t.has(t.run(from, "native.test:unknown").error, "upgrade: ")
  end
  return true
end }
