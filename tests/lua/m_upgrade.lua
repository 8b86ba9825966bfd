-- Tells its parent what it was given and who it is, then serves.
--@ entry app.test:v2
return { main = function(parent, ...)
  local args = table.pack(...)
  process.send(parent, "v2", { pid = process.pid(), id = process.id(), n = args.n, first = args[1], second = args[2] })
  local inbox = process.inbox()
  while true do
    local m = inbox:receive()
    if m:topic() == "end" then return m:payload() and m:payload():data() end
    if m:topic() == "fail" then error("told to fail") end
    if m:topic() == "trap?" then process.send(parent, "trap", process.get_options().trap_links) end
    if m:topic() == "ping" then process.send(parent, "pong", m:payload():data()) end
  end
end }

-- Waits for "go", then becomes v2.
--@ entry app.test:v1
return { main = function(parent, ...)
  process.send(parent, "v1", process.pid())
  local go = process.listen("go")
  go:receive()
  process.upgrade("app.test:v2", parent, ...)
  process.send(parent, "after", "code behind the upgrade ran")
end }

--@ entry app.test:broken
this is not Lua

--@ entry app.test:raises
error(errors.new{ message = "no such thing", kind = errors.CONFLICT })

--@ entry app.test:no_method method=absent
return { main = function() end }

-- Becomes the entry that it is told.
--@ entry app.test:becomes
return { main = function(parent, entry, guarded)
  process.inbox():receive()
  if guarded then
    pcall(process.upgrade, entry, parent)
    process.send(parent, "after", "pcall")
  else
    process.upgrade(entry, parent)
  end
  process.send(parent, "after", "code behind the upgrade ran")
end }

--@ entry app.test:counts
return { main = function(parent, last, n)
  n = n or 0
  if n == 0 then process.send(parent, "first", process.pid()) end
  if n < last then process.upgrade(nil, parent, last, n + 1) end
  process.send(parent, "last", { pid = process.pid(), n = n })
end }

--@ entry app.test:bare
return { main = function(...)
  local name = "bare " .. select("#", ...)
  process.registry.register(name)
  if select("#", ...) > 0 then process.upgrade() end
  process.inbox():receive()
end }

-- Leaves everything behind that an old program can.
--@ entry app.test:litter
local time = require("time")
return { main = function(parent, entry)
  seen_by_nobody = "a global of the old code"
  string_of_old = true
  process.send(parent, "litter", process.pid())
  time.after("20ms")
  time.ticker("10ms")
  coroutine.spawn(function()
    time.sleep("20ms")
    process.send(parent, "late", "a coroutine of the old code")
  end)
  coroutine.spawn(function() process.exec("app.test:child", "app:processes", parent) end)
  coroutine.spawn(function() process.receive("30ms") end)
  process.listen("go"):receive()
  process.upgrade(entry, parent)
end }

--@ entry app.test:child
return { main = function(parent)
  process.send(parent, "child", process.pid())
  process.inbox():receive()
end }

--@ entry app.test:clean
return { main = function(parent)
  local globals = rawget(_G, "seen_by_nobody") or rawget(_G, "string_of_old")
  process.send(parent, "clean", globals == nil)
  while true do
    local r = process.receive()
    if r.kind then
      process.send(parent, "event", r.kind)
    elseif r:topic() == "end" then
      return
    end
  end
end }

-- Routes its mail everywhere, then upgrades; the new code reports what it finds, in order.
--@ entry app.test:routes
return { main = function(parent)
  local ev, box, a, b = process.events(), process.inbox(), process.listen("a"), process.listen("b", { message = true })
  process.send(parent, "ready", process.pid())
  box:receive() -- everything else has been routed when this one comes
  process.upgrade("app.test:reports", parent)
end }

--@ entry app.test:reports
return { main = function(parent)
  local seen = {}
  while true do
    local m = process.receive("10s")
    if m.kind then
      seen[#seen + 1] = m.kind
    elseif m:topic() == "end" then
      break
    else
      seen[#seen + 1] = m:topic() .. m:payload():data()
    end
  end
  return table.concat(seen, " ")
end }

--@ entry app.test:dies
return { main = function() error("dead") end }

--@ entry app.test:old_id
return { main = function(parent, round)
  process.send(parent, "id", process.id())
  process.upgrade("app.test:new_id", parent)
end }

--@ entry app.test:new_id
return { main = function(parent, again)
  process.send(parent, "id", process.id())
  if again then return process.id() end
  process.upgrade(nil, parent, true)
end }

--@ entry app.test:in_coroutine
return { main = function(parent, how)
  local function go() process.upgrade("app.test:v2", parent, how) end
  if how == "spawned" then
    coroutine.spawn(function()
      go()
      process.send(parent, "after", how)
    end)
    process.inbox():receive()
  elseif how == "wrapped" then
    coroutine.wrap(function() coroutine.wrap(go)() end)()
  elseif how == "sort" then
    table.sort({ 3, 1, 2 }, function() go() return false end)
  elseif how == "close" then
    local t <close> = setmetatable({}, { __close = function() process.send(parent, "after", how) end })
    xpcall(go, function() process.send(parent, "after", how) end)
  end
  process.send(parent, "after", how)
end }

--@ test C-193 C-194 H-277 H-279 H-280 the new entry runs with the state, under the same pid
return { main = function()
  local after, v1, v2 = process.listen("after"), process.listen("v1"), process.listen("v2")
  local pid = process.spawn("app.test:v1", "app:processes", process.pid(), { count = 7 }, "second")
  t.eq(t.take(v1), pid)
  process.send(pid, "go")
  local seen = t.take(v2)
  t.eq(seen.pid, pid, "pid")
  t.eq(seen.id, "app.test:v2", "id")
  t.eq(seen.n, 2, "arguments")
  t.eq(seen.first.count, 7)
  t.eq(seen.second, "second")
  local pong = process.listen("pong")
  t.ok(process.send(pid, "ping", 5))
  t.eq(t.take(pong), 5)
  t.silent(after, "50ms")
  return true
end }

--@ test C-195 H-277 the name stays
return { main = function()
  local v2, pong = process.listen("v2"), process.listen("pong")
  local pid = process.spawn("app.test:v1", "app:processes", process.pid())
  process.registry.register("keeper", pid)
  process.send(pid, "go")
  t.take(v2)
  t.eq(process.registry.lookup("keeper"), pid)
  t.ok(process.send("keeper", "ping", 1))
  t.eq(t.take(pong), 1)
  return true
end }

--@ test C-196 H-277 a monitor fires at the end and not before
return { main = function()
  local v2, events = process.listen("v2"), process.events()
  local pid = process.spawn_monitored("app.test:v1", "app:processes", process.pid())
  process.send(pid, "go")
  t.take(v2)
  t.silent(events, "50ms")
  process.send(pid, "end", 42)
  local e = t.take(events)
  t.eq(e.kind, process.event.EXIT)
  t.eq(e.from, pid)
  t.eq(e.value, 42)
  t.silent(events, "50ms")
  return true
end }

--@ test C-196 the monitors of the process itself stay
return { main = function()
  local ready = process.listen("ready")
  local pid = process.spawn_monitored("app.test:watcher", "app:processes", process.pid())
  local watched = t.take(ready)
  process.send(pid, "now")
  process.terminate(watched)
  local e = t.take(process.events())
  t.eq(e.from, pid)
  t.eq(e.value, watched)
  return true
end }

--@ entry app.test:watcher
return { main = function(parent)
  local child = process.spawn_monitored("app.test:child", "app:processes", process.pid())
  process.listen("child"):receive()
  process.send(parent, "ready", child)
  process.inbox():receive()
  process.upgrade("app.test:sees_exit")
end }

--@ entry app.test:sees_exit
return { main = function() return process.events():receive().from end }

--@ test C-197 H-277 a link holds in both directions, and nothing comes at the upgrade
return { main = function()
  local v2, events = process.listen("v2"), process.events()
  process.set_options({ trap_links = true })
  local pid = process.spawn_linked("app.test:v1", "app:processes", process.pid())
  process.send(pid, "go")
  t.take(v2)
  t.silent(events, "50ms")
  process.send(pid, "fail")
  local e = t.take(events)
  t.eq(e.kind, process.event.LINK_DOWN)
  t.eq(e.from, pid)
  t.has(e.error, "told to fail")
  -- the other way round: the upgraded one dies with its peer
  local doomed = process.spawn_monitored("app.test:v1", "app:processes", process.pid())
  process.send(doomed, "go")
  t.take(v2)
  local other = process.spawn("app.test:links", "app:processes", doomed)
  e = t.take(events)
  t.eq(e.from, doomed)
  t.eq(tostring(e.error), "linked process failed")
  return true
end }

--@ entry app.test:links
return { main = function(peer) process.link(peer) error("boom") end }

--@ test C-198 H-277 unread mail comes in order, also what was routed to channels
return { main = function()
  local ready, events = process.listen("ready"), process.events()
  local pid = process.spawn_monitored("app.test:routes", "app:processes", process.pid())
  t.take(ready)
  process.send(pid, "a", 1)
  process.send(pid, "b", 2)
  process.send(pid, "a", 3)
  process.cancel(pid)
  process.send(pid, "c", 4)
  process.send(pid, "b", 5)
  process.send(pid, "a", 6)
  process.send(pid, "end")
  local e = t.take(events)
  t.eq(e.error, nil)
  -- the first of the inbox was taken by the old code: c4
  t.eq(e.value, "a1 b2 a3 pid.cancel b5 a6")
  return true
end }

--@ test C-198 C-199 everything once and in order, over many upgrades
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("app.test:ladder", "app:processes", 1, 0, 1)
  for i = 1, 3000 do
    t.ok(process.send(pid, i % 3 == 0 and "x" or "y", i))
    if i % 100 == 0 then coroutine.yield() end
  end
  process.send(pid, "end")
  local e = t.take(events)
  t.eq(e.error, nil)
  t.eq(e.value.got, 3000)
  t.ok(e.value.rounds > 100, "rounds")
  return true
end }

-- Takes a few, lets the others be routed, and goes on as itself.
--@ entry app.test:ladder
return { main = function(expected, got, rounds)
  local x = process.listen("x", { message = true })
  local y = rounds % 2 == 0 and process.listen("y", { message = true }) or process.inbox()
  local box = process.inbox()
  for _ = 1, 7 do
    local r = channel.select{ x:case_receive(), y:case_receive(), box:case_receive() }
    if r.value:topic() == "end" then return { got = got, rounds = rounds } end
    local n = r.value:payload():data()
    if n ~= expected then error("got " .. n .. ", want " .. expected) end
    expected, got = n + 1, got + 1
  end
  process.upgrade(nil, expected, got, rounds + 1)
end }

--@ test C-200 H-278 upgrade(nil, s) runs the same entry again with s
return { main = function()
  local first, last = process.listen("first"), process.listen("last")
  local pid = process.spawn("app.test:counts", "app:processes", process.pid(), 3)
  t.eq(t.take(first), pid)
  local seen = t.take(last)
  t.eq(seen.pid, pid)
  t.eq(seen.n, 3)
  return true
end }

--@ test C-201 upgrade() runs the same entry again without arguments
return { main = function()
  local pid = process.spawn("app.test:bare", "app:processes", "one argument")
  local limit = time.now():unix_nano() + 5 * time.SECOND
  while not process.registry.lookup("bare 0") and time.now():unix_nano() < limit do time.sleep("1ms") end
  t.eq(process.registry.lookup("bare 1"), pid)
  t.eq(process.registry.lookup("bare 0"), pid)
  return true
end }

--@ test C-202 C-203 nothing of the old code is left
return { main = function()
  local clean, late, event, child = process.listen("clean"), process.listen("late"), process.listen("event"), process.listen("child")
  local events = process.events()
  local pid = process.spawn_monitored("app.test:litter", "app:processes", process.pid(), "app.test:clean")
  local executed = t.take(child)
  process.monitor(executed)
  process.send(pid, "go")
  t.eq(t.take(clean), true, "globals are gone")
  -- its exec ends with it, and the new code does not hear of that
  local e = t.take(events)
  t.eq(e.from, executed)
  t.has(e.error, "terminated")
  t.silent(late, "60ms")
  t.silent(event, "10ms")
  process.send(pid, "end")
  e = t.take(events)
  t.eq(e.from, pid)
  t.eq(e.error, nil)
  return true
end }

--@ test C-204 C-205 H-282 failures end the process, also inside pcall
return { main = function()
  local after, events = process.listen("after"), process.events()
  process.set_options({ trap_links = true })
  local cases = {
    { "app.test:unknown", "entry not found" },
    { "", "entry not found" },
    { "app.test:broken", "" },
    { "app.test:raises", "no such thing" },
    { "app.test:no_method", "absent" },
  }
  for _, case in ipairs(cases) do
    for _, guarded in ipairs({ false, true }) do
      local pid = process.spawn_linked_monitored("app.test:becomes", "app:processes", process.pid(), case[1], guarded)
      process.registry.register("victim", pid)
      process.send(pid, "go")
      local e = t.take(events)
      t.eq(e.kind, process.event.EXIT, case[1])
      t.eq(e.from, pid)
      t.eq(string.sub(tostring(e.error), 1, 8), "upgrade:", case[1] .. ": " .. tostring(e.error))
      t.has(e.error, case[2])
      e = t.take(events)
      t.eq(e.kind, process.event.LINK_DOWN)
      t.eq(string.sub(tostring(e.error), 1, 8), "upgrade:")
      t.fails(errors.NOT_FOUND, process.registry.lookup("victim"))
    end
  end
  t.silent(after, "50ms")
  return true
end }

--@ test C-205 pcall does not catch a successful one
return { main = function()
  local after, v2 = process.listen("after"), process.listen("v2")
  local pid = process.spawn("app.test:becomes", "app:processes", process.pid(), "app.test:v2", true)
  process.send(pid, "go")
  t.eq(t.take(v2).pid, pid)
  t.silent(after, "50ms")
  return true
end }

--@ test C-206 a thousand upgrades
return { main = function()
  local first, last = process.listen("first"), process.listen("last")
  local pid = process.spawn("app.test:counts", "app:processes", process.pid(), 1000)
  t.eq(t.take(first), pid)
  local seen = t.take(last, "30s")
  t.eq(seen.pid, pid)
  t.eq(seen.n, 1000)
  return true
end }

--@ test C-207 the new id is the one that upgrade(nil) runs again
return { main = function()
  local id, events = process.listen("id"), process.events()
  local pid = process.spawn_monitored("app.test:old_id", "app:processes", process.pid())
  t.eq(t.take(id), "app.test:old_id")
  t.eq(t.take(id), "app.test:new_id")
  t.eq(t.take(id), "app.test:new_id")
  local e = t.take(events)
  t.eq(e.from, pid)
  t.eq(e.value, "app.test:new_id")
  return true
end }

--@ test C-208 trap_links survives, and is false when it was
return { main = function()
  local v2, trap = process.listen("v2"), process.listen("trap")
  for _, on in ipairs({ true, false }) do
    local pid = process.spawn("app.test:sets_trap", "app:processes", process.pid(), on)
    t.take(v2)
    process.send(pid, "trap?")
    t.eq(t.take(trap), on)
  end
  return true
end }

--@ entry app.test:sets_trap
return { main = function(parent, on)
  process.set_options({ trap_links = on })
  process.upgrade("app.test:v2", parent)
end }

--@ test C-193 from coroutines and from where nothing can yield
return { main = function()
  local after, v2 = process.listen("after"), process.listen("v2")
  for _, how in ipairs({ "spawned", "wrapped", "sort", "close" }) do
    local pid = process.spawn("app.test:in_coroutine", "app:processes", process.pid(), how)
    local seen = t.take(v2)
    t.eq(seen.pid, pid)
    t.eq(seen.first, how)
  end
  t.silent(after, "50ms")
  return true
end }

--@ test C-193 arguments that cannot be passed
return { main = function()
  t.has(t.fails(errors.INVALID, process.upgrade("app.test:v2", print)), "function")
  t.has(t.fails(errors.INVALID, process.upgrade(nil, { channel.new() })), "channel")
  t.fails(errors.INVALID, process.upgrade(true))
  t.fails(errors.INVALID, process.upgrade({}))
  t.ok(process.send(process.pid(), "still", "here"))
  t.eq(t.take(process.listen("still")), "here", "the process goes on")
  return true
end }

--@ entry app.test:while_loading
local ok, err = process.upgrade("app.test:v2")
return { main = function() return tostring(ok) .. " " .. err:kind() end }

--@ test C-193 not while the program is being loaded
return { main = function()
  t.eq(t.run("app.test:while_loading").value, "nil Invalid")
  return true
end }

-- What a payload and an error become.
--@ entry app.test:forwards
return { main = function(parent)
  local m = process.inbox():receive()
  process.upgrade("app.test:v2", parent, m:payload(), errors.new{ message = "carried", kind = errors.CONFLICT })
end }

--@ test C-193 payloads and errors as arguments
return { main = function()
  local v2 = process.listen("v2")
  local pid = process.spawn("app.test:forwards", "app:processes", process.pid())
  process.send(pid, "m", { deep = { 1, 2 } })
  local seen = t.take(v2)
  t.eq(seen.first.deep[2], 2)
  t.eq(seen.second:kind(), errors.CONFLICT)
  t.eq(seen.second:message(), "carried")
  return true
end }

--@ entry app.test:random
return { main = function(parent, n)
  process.send(parent, "random", math.random(1 << 40))
  if n > 1 then process.upgrade(nil, parent, n - 1) end
end }

--@ test C-200 random numbers do not begin anew
return { main = function()
  local random, seen = process.listen("random"), {}
  process.spawn("app.test:random", "app:processes", process.pid(), 5)
  for _ = 1, 5 do
    local n = t.take(random)
    t.eq(seen[n], nil, "a number that came before")
    seen[n] = true
  end
  return true
end }

--@ entry app.test:cancelled
return { main = function(parent)
  process.send(parent, "ready")
  process.inbox():receive()
  process.upgrade("app.test:clean", parent)
end }

--@ test C-198 a pending deadline of a cancel holds, and its event is not lost
return { main = function()
  local ready, event, events = process.listen("ready"), process.listen("event"), process.events()
  local pid = process.spawn_monitored("app.test:cancelled", "app:processes", process.pid())
  t.take(ready)
  process.cancel(pid, "150ms")
  process.send(pid, "go")
  t.eq(t.take(event), process.event.CANCEL)
  local e = t.take(events)
  t.eq(e.from, pid)
  t.has(e.error, "cancel deadline exceeded")
  return true
end }

--@ entry app.test:busy
return { main = function(parent, entry)
  process.send(parent, "busy")
  local n = 0
  while not done do n = n + 1 if n > 20000000 then done = true end end
  process.upgrade(entry, parent)
end }

--@ test C-204 a kill that came first wins
return { main = function()
  local busy, events, v2 = process.listen("busy"), process.events(), process.listen("v2")
  for _, entry in ipairs({ "app.test:unknown", "app.test:v2" }) do
    local pid = process.spawn_monitored("app.test:busy", "app:processes", process.pid(), entry)
    t.take(busy)
    process.terminate(pid)
    t.eq(tostring(t.take(events).error), "process terminated")
  end
  t.silent(v2, "20ms")
  return true
end }
