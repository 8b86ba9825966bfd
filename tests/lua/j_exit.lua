--@ entry app.test:w
return { main = function(what)
  if what == "42" then return 42 end
  if what == "table" then return { a = { 1, 2 } } end
  if what == "nothing" then return end
  if what == "nil" then return nil end
  if what == "three" then return 1, 2, 3 end
  if what == "false second" then return 42, false end
  if what == "table second" then return 42, {} end
  if what == "bad" then return nil, "bad" end
  if what == "false bad" then return false, "bad" end
  if what == "empty" then return 1, "" end
  if what == "object" then return nil, errors.new{ message = "m", kind = errors.TIMEOUT, retryable = true, details = { k = { 1 } } } end
  if what == "kindless" then return nil, errors.new("plain") end
  if what == "boom" then error("boom") end
  if what == "error object" then error(errors.new{ message = "m", kind = errors.INVALID }) end
  if what == "error table" then error({}) end
  if what == "error nil" then error(nil) end
  if what == "error strange" then error(setmetatable({}, { __tostring = function() error("in tostring") end })) end
  if what == "runtime" then local x; return x.field end
  if what == "coroutine" then
    coroutine.spawn(function() error("in coroutine") end)
    process.inbox():receive()
  end
  if what == "function" then return { f = print, g = 1, [print] = 2, channel.new(), "x" } end
  if what == "only function" then return print end
  if what == "cycle" then local t = {} t.self = t return t end
end }

--@ test C-154 C-171 constants
return { main = function()
  t.eq(process.event.EXIT, "pid.exit")
  t.eq(process.event.LINK_DOWN, "pid.link.down")
  t.eq(process.event.CANCEL, "pid.cancel")
  t.eq(pcall(function() process.event.EXIT = 1 end), false)
  t.eq(pcall(function() process.spawn = 1 end), false)
  t.eq(pcall(function() process.registry.register = 1 end), false)
  return true
end }

--@ test C-155 C-156 C-157 C-158 C-159 normal ends
return { main = function()
  local e = t.run("app.test:w", "42")
  t.eq(e.result.value, 42)
  t.eq(e.value, 42)
  t.eq(e.result.error, nil)
  t.eq(e.error, nil)
  t.eq(e.type, "EXIT")
  t.eq(tostring(e.result), "42")
  t.eq(t.run("app.test:w", "table").result.value.a[2], 2)
  for _, what in ipairs{ "nothing", "nil" } do
    e = t.run("app.test:w", what)
    t.eq(type(e.result), "table")
    t.eq(e.result.value, nil)
    t.eq(e.result.error, nil)
  end
  t.eq(t.run("app.test:w", "three").value, 1)
  t.eq(t.run("app.test:w", "false second").value, 42)
  t.eq(t.run("app.test:w", "table second").value, 42)
  return true
end }

--@ test C-160 C-161 C-162 C-167 C-168 C-169 failures by return
return { main = function()
  for _, what in ipairs{ "bad", "false bad" } do
    local e = t.run("app.test:w", what)
    t.ok(e.result and e.result.error)
    t.eq(tostring(e.result.error), "bad")
    t.eq(e.result.value, nil)
    t.eq(tostring(e.error), "bad")
    t.eq("x" .. e.result.error, "xbad")
    t.eq(e.error:kind(), "Internal")
    t.eq(tostring(e.result), "bad")
  end
  t.eq(tostring(t.run("app.test:w", "empty").error), "")
  local err = t.run("app.test:w", "object").error
  t.eq(err:message(), "m")
  t.eq(err:kind(), "Timeout")
  t.eq(err:retryable(), true)
  t.eq(err:details().k[1], 1)
  err = t.run("app.test:w", "kindless").error
  t.eq(err:message(), "plain")
  t.eq(err:kind(), "Internal")
  return true
end }

--@ test C-163 C-164 C-165 C-166 failures by error
return { main = function()
  local e = t.run("app.test:w", "boom")
  t.has(e.result.error, "boom")
  t.eq(e.error:kind(), "Internal")
  t.has(e.error:stack(), "app.test:w")
  local err = t.run("app.test:w", "error object").result.error
  t.eq(err:kind(), "Invalid")
  t.eq(err:message(), "m")
  t.ok(t.run("app.test:w", "error table").error)
  t.ok(t.run("app.test:w", "error nil").error)
  t.ok(t.run("app.test:w", "error strange").error)
  t.has(t.run("app.test:w", "runtime").error, "index")
  t.has(t.run("app.test:w", "coroutine").error, "in coroutine")
  return true
end }

--@ test C-170 at
return { main = function()
  local e = t.run("app.test:w", "nothing")
  t.ok(math.abs(e.at - os.time()) <= 2)
  return true
end }

--@ test parts that cannot be copied become nil in a result
return { main = function()
  local v = t.run("app.test:w", "function").value
  t.eq(v.g, 1)
  t.eq(v.f, nil)
  t.eq(v[1], nil)
  t.eq(v[2], "x")
  for k in pairs(v) do t.ok(type(k) ~= "function") end
  local e = t.run("app.test:w", "only function")
  t.eq(e.value, nil)
  t.eq(e.error, nil)
  v = t.run("app.test:w", "cycle").value
  t.ok(v.self == v)
  return true
end }
