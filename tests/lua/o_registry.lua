--@ entry app.test:idle
return { main = function() process.inbox():receive() end }

--@ entry app.test:holder
return { main = function(name, how)
  process.registry.register(name)
  process.registry.register(name .. ".second")
  process.inbox():receive()
  if how == "error" then error("x") end
end }

--@ entry app.test:racer
return { main = function(to)
  process.send(to, "ready")
  process.inbox():receive()
  local ok, err = process.registry.register("prize")
  process.send(to, "result", { pid = process.pid(), got = ok and "won" or err:kind() })
  process.inbox():receive()
end }

-- Dies by its link to `holder`, whose name that is.
--@ entry app.test:partner
return { main = function(holder)
  process.link(holder)
  error("partner fails")
end }

--@ entry app.test:deaf
local time = require("time")
return { main = function() time.sleep("60s") end }

-- Tells what it hears; main names it.
--@ entry app.test:called
return { main = function(to, name)
  process.registry.register(name)
  process.set_options{ trap_links = true }
  local events = process.events()
  process.send(to, "ready")
  while true do
    local r = channel.select{ events:case_receive(), process.inbox():case_receive() }
    local v = r.value
    if r.channel == events then
      process.send(to, "heard", v.kind)
      if v.kind == process.event.CANCEL then return "cancelled" end
    else
      process.send(to, "heard", v:topic())
      if v:topic() == "fail" then error("told to") end
    end
  end
end }

--@ entry app.test:links_by_name
return { main = function(name)
  process.link(name)
  error("linker fails")
end }

--@ entry app.test:unlinks_by_name
return { main = function(name)
  process.link(name)
  process.unlink(name)
  error("unlinker fails")
end }

--@ test C-221 C-222 C-225 register and look up
return { main = function()
  local ok, err = process.registry.register("n")
  t.eq(ok, true)
  t.eq(err, nil)
  t.eq(process.registry.lookup("n"), process.pid())
  local other = process.spawn("app.test:idle", "app:processes")
  t.eq(process.registry.register("other", other), true)
  t.eq(process.registry.lookup("other"), other)
  t.has(t.fails(errors.NOT_FOUND, process.registry.lookup("unknown")), "name not registered")
  t.fails(errors.INVALID, process.registry.lookup())
  t.fails(errors.INVALID, process.registry.lookup({}))
  -- Another process sees the same, and the name goes with the one that has it, not with the one that gave it.
  t.eq(t.run("app.test:looks", "other").value, other)
  local e = t.run("app.test:gives", "given", other)
  t.eq(e.value, true)
  t.eq(process.registry.lookup("given"), other)
  return true
end }

--@ test C-223 C-224 taken names
return { main = function()
  local other = process.spawn("app.test:idle", "app:processes")
  process.registry.register("n", other)
  t.has(t.fails(errors.ALREADY_EXISTS, process.registry.register("n")), "name already registered")
  t.eq(process.registry.lookup("n"), other)
  local ok, err = process.registry.register("n", other)
  t.eq(ok, true)
  t.eq(err, nil)
  t.eq(process.registry.unregister("n"), true)
  t.eq(process.registry.unregister("n"), false, "registered twice, there once")
  t.eq(process.registry.register("n"), true)
  t.eq(process.registry.lookup("n"), process.pid())
  return true
end }

--@ test C-226 unregister
return { main = function()
  process.registry.register("n")
  t.eq(process.registry.unregister("n"), true)
  t.eq(process.registry.unregister("n"), false)
  t.fails(errors.NOT_FOUND, process.registry.lookup("n"))
  t.fails(errors.NOT_FOUND, process.send("n", "x"))
  t.eq(select("#", process.registry.unregister("n")), 1, "a single value")
  -- Anybody may.
  local other = process.spawn("app.test:idle", "app:processes")
  process.registry.register("theirs", other)
  t.eq(process.registry.unregister("theirs"), true)
  t.eq(process.send(other, "x"), true)
  t.fails(errors.INVALID, process.registry.unregister())
  return true
end }

--@ test C-227 C-228 C-230 released at exit
return { main = function()
  local events = process.events()
  local function end_by(how, pid)
    if how == "terminate" then return process.terminate(pid) end
    if how == "deadline" then return process.cancel(pid, "1ms") end
    if how == "link" then return process.spawn("app.test:partner", "app:processes", "held") end
    return process.send(pid, "go")
  end
  local reasons = { error = "x", terminate = "terminated", deadline = "deadline", link = "linked process failed" }
  for _, how in ipairs{ "return", "error", "terminate", "link", "deadline" } do
    local pid = process.spawn_monitored("app.test:holder", "app:processes", "held", how)
    while not process.registry.lookup("held.second") do time.sleep("1ms") end
    t.eq(process.registry.register("held.third", pid), true)
    t.ok(end_by(how, pid))
    local e = t.take(events)
    t.eq(e.from, pid)
    if reasons[how] then t.has(e.error, reasons[how], how) else t.eq(e.error, nil) end
    for _, name in ipairs{ "held", "held.second", "held.third" } do
      t.fails(errors.NOT_FOUND, process.registry.lookup(name))
      t.fails(errors.NOT_FOUND, process.send(name, "x"))
      t.eq(process.registry.register(name), true)
      t.eq(process.registry.lookup(name), process.pid())
      process.registry.unregister(name)
    end
  end
  return true
end }

--@ test C-229 a race for one name
return { main = function()
  local ready, ch, all = process.listen("ready"), process.listen("result"), {}
  for i = 1, 50 do all[i] = process.spawn("app.test:racer", "app:processes", process.pid()) end
  for _ = 1, 50 do t.take(ready) end
  for i = 1, 50 do process.send(all[i], "go") end
  local count, winner = {}, nil
  for _ = 1, 50 do
    local r = t.take(ch)
    count[r.got] = (count[r.got] or 0) + 1
    if r.got == "won" then winner = r.pid end
  end
  t.eq(count.won, 1)
  t.eq(count.AlreadyExists, 49)
  t.eq(process.registry.lookup("prize"), winner)
  return true
end }

--@ test C-231 wrong arguments
return { main = function()
  t.fails(errors.INVALID, process.registry.register("n", "not a pid"))
  t.fails(errors.INVALID, process.registry.register("n", ""))
  t.fails(errors.INVALID, process.registry.register("n", "{no bar}"))
  t.fails(errors.INVALID, process.registry.register("n", "0x00001"))
  t.fails(errors.INVALID, process.registry.register("n", {}))
  t.fails(errors.INVALID, process.registry.register("n", false))
  t.fails(errors.INVALID, process.registry.register({}))
  t.fails(errors.INVALID, process.registry.register(""))
  t.fails(errors.INVALID, process.registry.register())
  t.fails(errors.INVALID, process.registry.register("{a|b}"))
  t.fails(errors.INVALID, process.registry.register(process.pid()))
  local e = t.run("app.test:holder_gone")
  t.fails(errors.NOT_FOUND, process.registry.register("n", e.from))
  t.fails(errors.NOT_FOUND, process.registry.register("n", "{no:host|0x00001}"))
  t.fails(errors.NOT_FOUND, process.registry.lookup("n"))
  return true
end }

--@ test C-232 every destination may be a name
return { main = function()
  local ready, heard, events, me = process.listen("ready"), process.listen("heard"), process.events(), process.pid()
  local function start(name)
    local pid = process.spawn("app.test:called", "app:processes", me, name)
    t.take(ready)
    t.eq(process.registry.lookup(name), pid)
    return pid
  end
  local pid = start("o.first")
  t.eq(process.send("o.first", "hello"), true)
  t.eq(t.take(heard), "hello")
  process.spawn("app.test:links_by_name", "app:processes", "o.first")
  t.eq(t.take(heard), process.event.LINK_DOWN)
  t.run("app.test:unlinks_by_name", "o.first")
  t.silent(heard, "50ms")
  t.eq(process.monitor("o.first"), true)
  t.fails(errors.ALREADY_EXISTS, process.monitor(pid))
  t.eq(process.unmonitor("o.first"), true)
  t.eq(process.monitor("o.first"), true)
  t.eq(process.cancel("o.first", "10s"), true)
  t.eq(t.take(heard), process.event.CANCEL)
  local e = t.take(events)
  t.eq(e.from, pid)
  t.eq(e.value, "cancelled")
  pid = start("o.second")
  t.eq(process.monitor("o.second"), true)
  t.eq(process.terminate("o.second"), true)
  e = t.take(events)
  t.eq(e.from, pid)
  t.has(e.error, "terminated")
  for _, f in ipairs{ "terminate", "cancel", "monitor", "unmonitor", "link", "unlink" } do
    local err = t.fails(errors.NOT_FOUND, process[f]("o.second"))
    t.has(err, "could not resolve 'o.second' as PID or registered name", f)
  end
  -- The name is resolved at the call: what was monitored stays monitored when the name moves on.
  pid = start("o.third")
  t.eq(process.monitor("o.third"), true)
  t.eq(process.registry.unregister("o.third"), true)
  t.eq(process.registry.register("o.third"), true)
  process.send(pid, "fail")
  t.eq(t.take(events).from, pid)
  return true
end }

--@ entry app.test:holder_gone
return { main = function() end }

--@ entry app.test:looks
return { main = function(name) return process.registry.lookup(name) end }

--@ entry app.test:gives
return { main = function(name, to) return process.registry.register(name, to) end }
