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
  local ok, err = process.registry.register("prize")
  process.send(to, "result", ok and "won" or err:kind())
  process.inbox():receive()
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
  t.fails(errors.NOT_FOUND, process.registry.lookup("unknown"))
  t.fails(errors.INVALID, process.registry.lookup())
  return true
end }

--@ test C-223 C-224 taken names
return { main = function()
  local other = process.spawn("app.test:idle", "app:processes")
  process.registry.register("n", other)
  t.fails(errors.ALREADY_EXISTS, process.registry.register("n"))
  t.eq(process.registry.lookup("n"), other)
  t.eq(process.registry.register("n", other), true)
  return true
end }

--@ test C-226 unregister
return { main = function()
  process.registry.register("n")
  t.eq(process.registry.unregister("n"), true)
  t.eq(process.registry.unregister("n"), false)
  local v, err = process.registry.lookup("n")
  t.eq(v, nil)
  t.ok(err)
  return true
end }

--@ test C-227 C-228 C-230 released at exit
return { main = function()
  local events = process.events()
  for _, how in ipairs{ "return", "error", "terminate" } do
    local pid = process.spawn_monitored("app.test:holder", "app:processes", "held", how)
    while not process.registry.lookup("held.second") do time.sleep("1ms") end
    if how == "terminate" then process.terminate(pid) else process.send(pid, "go") end
    t.eq(t.take(events).from, pid)
    t.fails(errors.NOT_FOUND, process.registry.lookup("held"))
    t.fails(errors.NOT_FOUND, process.registry.lookup("held.second"))
    t.eq(process.registry.register("held"), true)
    process.registry.unregister("held")
  end
  return true
end }

--@ test C-229 a race for one name
return { main = function()
  local ch = process.listen("result")
  for _ = 1, 50 do process.spawn("app.test:racer", "app:processes", process.pid()) end
  local count = {}
  for _ = 1, 50 do
    local r = t.take(ch)
    count[r] = (count[r] or 0) + 1
  end
  t.eq(count.won, 1)
  t.eq(count.AlreadyExists, 49)
  return true
end }

--@ test C-231 wrong arguments
return { main = function()
  t.fails(errors.INVALID, process.registry.register("n", "not a pid"))
  t.fails(errors.INVALID, process.registry.register("n", {}))
  t.fails(errors.INVALID, process.registry.register(""))
  t.fails(errors.INVALID, process.registry.register())
  t.fails(errors.INVALID, process.registry.register("{a|b}"))
  local e = t.run("app.test:holder_gone")
  t.fails(errors.NOT_FOUND, process.registry.register("n", e.from))
  return true
end }

--@ entry app.test:holder_gone
return { main = function() end }
