--@ entry app.test:idle
return { main = function() process.inbox():receive() end }

--@ entry app.test:fails
return { main = function() error("boom") end }

--@ entry app.test:watcher
-- Reports every event it gets, until it is told to end.
return { main = function(target, to)
  local events, inbox = process.events(), process.inbox()
  process.monitor(target)
  process.send(to, "ready")
  while true do
    local r = channel.select{ events:case_receive(), inbox:case_receive() }
    if r.channel == inbox then return end
    process.send(to, "seen", { process.pid(), r.value.from })
  end
end }

--@ entry app.test:short_watcher
return { main = function(target) process.monitor(target) end }

--@ test C-084 C-090 monitor
return { main = function()
  local events = process.events()
  local pid = process.spawn("app.test:idle", "app:processes")
  local ok, err = process.monitor(pid)
  t.eq(ok, true)
  t.eq(err, nil)
  process.send(pid, "end")
  local e = t.take(events)
  t.eq(e.kind, process.event.EXIT)
  t.eq(e.from, pid)
  t.fails(errors.INVALID, process.monitor())
  t.fails(errors.INVALID, process.monitor(true))
  return true
end }

--@ test C-085 C-086 twice
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("app.test:idle", "app:processes")
  local other = process.spawn("app.test:idle", "app:processes")
  t.eq(process.monitor(other), true)
  for _, p in ipairs{ pid, other } do
    t.has(t.fails(errors.ALREADY_EXISTS, process.monitor(p)), "already monitoring pid")
    process.send(p, "end")
    t.eq(t.take(events).from, p)
  end
  t.silent(events, "50ms")
  return true
end }

--@ test C-087 C-088 nobody
return { main = function()
  local events = process.events()
  local e = t.run("app.test:fails")
  t.fails(errors.NOT_FOUND, process.monitor(e.from))
  t.fails(errors.NOT_FOUND, process.monitor("unknown"))
  t.silent(events, "50ms")
  return true
end }

--@ test C-089 by name
return { main = function()
  local events = process.events()
  local pid = process.spawn("app.test:idle", "app:processes")
  process.registry.register("watched", pid)
  t.eq(process.monitor("watched"), true)
  process.registry.unregister("watched")
  process.registry.register("watched")
  process.send(pid, "end")
  t.eq(t.take(events).from, pid)
  return true
end }

--@ test C-091 C-092 C-093 unmonitor
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("app.test:idle", "app:processes")
  t.eq(process.unmonitor(pid), true)
  t.eq(process.unmonitor(pid), true)
  t.eq(process.monitor(pid), true)
  t.eq(process.unmonitor(pid), true)
  local other = process.spawn("app.test:idle", "app:processes")
  t.eq(process.unmonitor(other), true)
  process.monitor(other)
  process.send(pid, "end")
  t.silent(events, "200ms")
  t.eq(process.unmonitor(other), true)
  t.eq(process.monitor(other), true)
  process.send(other, "end")
  t.eq(t.take(events).from, other)
  t.eq(process.unmonitor(other), true)
  t.eq(process.unmonitor("{gone:host|0x00001}"), true)
  t.fails(errors.NOT_FOUND, process.unmonitor("unknown"))
  t.silent(events, "50ms")
  return true
end }

--@ test C-094 EXIT does not kill the watcher
return { main = function()
  local e = t.run("app.test:fails")
  t.has(e.error, "boom")
  t.eq(process.get_options().trap_links, false)
  return true
end }

--@ test C-095 five watchers
return { main = function()
  local ready, seen = process.listen("ready"), process.listen("seen")
  local pid = process.spawn("app.test:idle", "app:processes")
  local watchers = {}
  for i = 1, 5 do watchers[i] = process.spawn("app.test:watcher", "app:processes", pid, process.pid()) end
  for _ = 1, 5 do t.take(ready) end
  process.send(pid, "end")
  local told = {}
  for _ = 1, 5 do
    local s = t.take(seen)
    t.eq(s[2], pid)
    t.ok(not told[s[1]], "told once")
    told[s[1]] = true
  end
  t.silent(seen, "50ms")
  for _, w in ipairs(watchers) do process.send(w, "end") end
  return true
end }

--@ test C-096 the watcher dies first
return { main = function()
  local pid = process.spawn("app.test:idle", "app:processes")
  t.run("app.test:short_watcher", pid)
  process.monitor(pid)
  process.send(pid, "end")
  t.eq(t.take(process.events()).error, nil)
  return true
end }

--@ test C-097 an EXIT that is queued already
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("app.test:idle", "app:processes")
  process.send(pid, "end")
  while process.send(pid, "x") do time.sleep("1ms") end
  time.sleep("20ms")
  t.eq(process.unmonitor(pid), true)
  t.eq(t.take(events).from, pid)
  return true
end }

--@ entry app.test:self_monitor
return { main = function() return process.monitor(process.pid()), process.unmonitor(process.pid()) end }

--@ test C-098 of oneself
return { main = function()
  t.eq(t.run("app.test:self_monitor").value, true)
  return true
end }
