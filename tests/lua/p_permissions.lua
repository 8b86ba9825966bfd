--@ entry app.test:idle
return { main = function() process.inbox():receive() return "end" end }

--@ entry app.test:value
return { main = function(v) return v end }

--@ test C-241 with neither actor nor scope everything is allowed
return { main = function()
  local events, here = process.events(), "app:processes"
  process.set_options{ trap_links = true }
  local pids = {}
  for _, name in ipairs{ "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored" } do
    local pid, err = process[name]("app.test:idle", here)
    t.eq(err, nil)
    pids[name] = t.ok(pid, name)
  end
  local pid = pids.spawn
  local function allowed(name, ...)
    local ok, err = process[name](...)
    t.eq(ok, true, name)
    t.eq(err, nil, name)
  end
  allowed("monitor", pid)
  allowed("unmonitor", pid)
  allowed("link", pid)
  allowed("unlink", pid)
  t.eq(process.registry.register("p.idle", pid), true)
  t.eq(process.registry.lookup("p.idle"), pid)
  t.eq(process.registry.unregister("p.idle"), true)
  allowed("cancel", pids.spawn_linked)
  allowed("terminate", pids.spawn_linked)
  local e = t.take(events)
  t.eq(e.kind, process.event.LINK_DOWN)
  t.eq(e.from, pids.spawn_linked)
  t.eq(process.exec("app.test:value", here, 7), 7)
  for _, name in ipairs{ "spawn", "spawn_monitored", "spawn_linked_monitored" } do allowed("send", pids[name], "end") end
  for _ = 1, 2 do t.eq(t.take(events).value, "end") end
  return true
end }
