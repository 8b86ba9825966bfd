--@ entry app.test:add
return { main = function(a, b) return a + b end }

--@ entry app.test:slow
local time = require("time")
return { main = function(v) time.sleep("30ms") return v end }

--@ entry app.test:crash
return { main = function() error(errors.new{ message = "no", kind = errors.CONFLICT, retryable = true }) end }

--@ entry app.test:stuck
return { main = function() return process.events():receive().kind end }

--@ entry app.test:caller funcs
return { main = function(n)
  for i = 1, n do funcs.async("app.test:stuck") end
  process.inbox():receive()
end }

--@ test [funcs] H-238 H-240 call
return { main = function()
  t.eq(funcs.call("app.test:add", 2, 3), 5)
  local err = t.fails("Conflict", funcs.call("app.test:crash"))
  t.eq(tostring(err), "no")
  t.eq(err:retryable(), true)
  t.fails("Invalid", funcs.call("app.test:add", print))
  return true
end }

--@ test [funcs] H-239 wrong ids
return { main = function()
  t.fails("Invalid", funcs.call(""))
  t.fails("Invalid", funcs.call("noname"))
  t.fails("Invalid", funcs.call())
  t.fails("Invalid", funcs.async({}))
  t.fails("NotFound", funcs.call("app.test:unknown"))
  t.fails("NotFound", funcs.async("app.test:unknown"))
  return true
end }

--@ test [funcs] H-241 many futures at once, four seats, in select
return { main = function()
  local futures, sum = {}, 0
  for i = 1, 30 do futures[i] = t.ok(funcs.async("app.test:slow", i)) end
  while #futures > 0 do
    local cases = {}
    for i, f in ipairs(futures) do cases[i] = f:channel():case_receive() end
    local r = channel.select(cases)
    sum = sum + r.value:data()
    for i, f in ipairs(futures) do
      if f:channel() == r.channel then table.remove(futures, i) break end
    end
  end
  t.eq(sum, 465)
  return true
end }

--@ test [funcs] H-242 a failed future
return { main = function()
  local f = t.ok(funcs.async("app.test:crash"))
  local v, ok = f:channel():receive()
  t.eq(ok, true)
  t.eq(v:kind(), "Conflict")
  local err, failed = f:error()
  t.eq(err:kind(), "Conflict")
  t.eq(failed, true)
  return true
end }

--@ test [funcs] H-241 dropped futures and a caller that dies give their seats back
return { main = function()
  for round = 1, 3 do
    local caller = process.spawn("app.test:caller", "app:processes", 3)
    time.sleep("20ms")
    process.terminate(caller)
  end
  t.eq(funcs.call("app.test:add", 1, 1), 2)
  return true
end }

--@ test [funcs] H-241 a canceled place in the queue is passed on
return { main = function()
  local futures = {}
  for i = 1, 4 do futures[i] = funcs.async("app.test:slow", i) end
  local standing = funcs.async("app.test:slow", 5)
  local after = funcs.async("app.test:slow", 6)
  t.eq(standing:cancel(), true)
  t.eq(standing:cancel(), false)
  t.eq(standing:is_canceled(), true)
  t.fails("Canceled", standing:result())
  t.eq(t.take(after:channel()):data(), 6)
  for i = 1, 4 do t.eq(futures[i]:result():data(), i) end
  return true
end }

--@ test [funcs] H-230 an executor's context
return { main = function()
  local e = t.ok(funcs.new():with_context({ a = 1 }))
  t.fails("Invalid", funcs.new():with_context(5))
  t.fails("Invalid", funcs.new():with_actor(5))
  t.fails("Invalid", funcs.new():with_options({ x = 1 }))
  t.ok(funcs.new():with_options({}))
  t.eq(e:call("app.test:add", 1, 1), 2)
  t.eq(t.take(e:async("app.test:add", 1, 2):channel()):data(), 3)
  return true
end }
