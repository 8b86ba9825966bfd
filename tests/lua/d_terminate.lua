--@ entry app.test:receiver
return { main = function(to)
  local inbox = process.inbox()
  if to then process.send(to, "ready") end
  inbox:receive()
end }

--@ entry app.test:sleeper
local time = require("time")
return { main = function() time.sleep("60s") end }

--@ entry app.test:looper
return { main = function() while true do end end }

--@ entry app.test:stubborn
return { main = function(to, loops)
  local closes <close> = setmetatable({}, { __close = function() process.send(to, "still", "closing") end })
  process.send(to, "ready")
  if not loops then pcall(function() process.inbox():receive() end) end
  while true do
    if loops then pcall(function() while true do end end) end
    process.send(to, "still", "here")
  end
end }

--@ entry app.test:suicide
return { main = function()
  pcall(process.terminate, process.pid())
  return "not reached"
end }

--@ entry app.test:linked_to
return { main = function(target, trap)
  process.set_options{ trap_links = trap }
  local events = process.events()
  process.link(target)
  process.registry.register("linked")
  local e = events:receive()
  return e.kind
end }

--@ test C-052 C-062 a receiver
return { main = function()
  local events, ready = process.events(), process.listen("ready")
  local pid = process.spawn_monitored("app.test:receiver", "app:processes", process.pid())
  t.take(ready)
  time.sleep("10ms")
  local ok, err = process.terminate(pid)
  t.eq(ok, true)
  t.eq(err, nil)
  local e = t.take(events)
  t.has(e.result.error, "terminated")
  t.eq(e.result.error:kind(), "Internal")
  t.eq(e.result.value, nil)
  t.eq(e.value, nil)
  return true
end }

--@ test C-053 C-054 a sleeper and a loop
return { main = function()
  local events = process.events()
  for _, entry in ipairs{ "app.test:sleeper", "app.test:looper" } do
    local pid = process.spawn_monitored(entry, "app:processes")
    time.sleep("20ms")
    local before = time.now()
    process.terminate(pid)
    t.has(t.take(events).error, "terminated")
    t.ok(time.now():sub(before):milliseconds() < 200)
  end
  return true
end }

--@ test C-055 no victim code afterwards
return { main = function()
  local events, still, ready = process.events(), process.listen("still"), process.listen("ready")
  for _, loops in ipairs{ false, true } do
    local pid = process.spawn_monitored("app.test:stubborn", "app:processes", process.pid(), loops)
    t.take(ready)
    time.sleep("10ms")
    process.terminate(pid)
    t.has(t.take(events).error, "terminated")
    t.silent(still, "50ms")
  end
  return true
end }

--@ test C-056 C-057 links of the terminated
return { main = function()
  local events = process.events()
  for _, trap in ipairs{ true, false } do
    local target = process.spawn("app.test:receiver", "app:processes")
    local peer = process.spawn_monitored("app.test:linked_to", "app:processes", target, trap)
    while not process.registry.lookup("linked") do time.sleep("1ms") end
    process.terminate(target)
    local e = t.take(events)
    t.eq(e.from, peer)
    if trap then
      t.eq(e.value, process.event.LINK_DOWN)
    else
      t.eq(tostring(e.error), "linked process failed")
    end
  end
  return true
end }

--@ test C-058 C-059 C-060 by name, finished, missing
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("app.test:receiver", "app:processes")
  process.registry.register("victim", pid)
  t.eq(process.terminate("victim"), true)
  t.eq(t.take(events).from, pid)
  t.has(t.fails(errors.NOT_FOUND, process.terminate(pid)), "process not found")
  t.fails(errors.NOT_FOUND, process.terminate("victim"))
  t.fails(errors.INVALID, process.terminate())
  t.fails(errors.INVALID, process.terminate(nil))
  return true
end }

--@ test C-061 of oneself
return { main = function()
  local e = t.run("app.test:suicide")
  t.has(e.error, "process terminated")
  return true
end }
