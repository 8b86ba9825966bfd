--@ entry app.test:add
return { main = function(a, b) return a + b end }

--@ entry app.test:fails
return { main = function() error(errors.new{ message = "no", kind = errors.CONFLICT, retryable = true }) end }

--@ entry app.test:nothing
return { main = function() end }

--@ entry app.test:named
return { main = function(name) process.registry.register(name) process.inbox():receive() end }

--@ entry app.test:caller
return { main = function(name) return process.exec("app.test:named", "app:processes", name) end }

--@ entry app.test:slow
local time = require("time")
return { main = function() time.sleep("50ms") return "slow" end }

--@ test C-184 C-185 C-186 results
return { main = function()
  local v, err = process.exec("app.test:add", "app:processes", 2, 3)
  t.eq(v, 5)
  t.eq(err, nil)
  t.eq(process.call("app.test:add", "app:processes", 1, 1), 2)
  v, err = process.exec("app.test:fails", "app:processes")
  t.fails("Conflict", v, err)
  t.eq(tostring(err), "no")
  t.eq(err:retryable(), true)
  v, err = process.exec("app.test:nothing", "app:processes")
  t.eq(v, nil)
  t.eq(err, nil)
  t.silent(process.events(), "50ms")
  return true
end }

--@ test C-187 C-188 wrong arguments
return { main = function()
  t.fails(errors.INVALID, process.exec("", "app:processes"))
  t.fails(errors.INVALID, process.exec("nons", "app:processes"))
  t.fails(errors.INVALID, process.exec("app.test:add", ""))
  t.fails(errors.INVALID, process.exec())
  t.fails(errors.INVALID, process.exec("app.test:add", "app:processes", print))
  t.fails(errors.NOT_FOUND, process.exec("app.test:unknown", "app:processes"))
  t.fails(errors.NOT_FOUND, process.exec("app.test:add", "no:host"))
  return true
end }

--@ test C-189 C-190 C-191 beside other coroutines
return { main = function()
  local events, order = process.events(), {}
  local done = channel.new(1)
  coroutine.spawn(function()
    local v, err = process.exec("app.test:named", "app:processes", "victim")
    done:send({ v, err })
  end)
  local pid
  while not pid do
    time.sleep("1ms")
    pid = process.registry.lookup("victim")
  end
  process.terminate(pid)
  local r = t.take(done)
  t.has(t.fails("Internal", r[1], r[2]), "terminated")
  t.silent(events, "50ms")
  return true
end }

--@ test the caller's death ends the child
return { main = function()
  local caller = process.spawn("app.test:caller", "app:processes", "orphan")
  local pid
  while not pid do
    time.sleep("1ms")
    pid = process.registry.lookup("orphan")
  end
  process.monitor(pid)
  process.terminate(caller)
  t.has(t.take(process.events()).error, "terminated")
  return true
end }

--@ test C-192 inside pcall and coroutines
return { main = function()
  local ok, v = pcall(process.exec, "app.test:slow", "app:processes")
  t.eq(ok, true)
  t.eq(v, "slow")
  local f = coroutine.wrap(function() return process.exec("app.test:slow", "app:processes") end)
  t.eq(f(), "slow")
  return true
end }
