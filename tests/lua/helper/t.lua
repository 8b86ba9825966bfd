-- What test processes share: checks that raise with the place of the caller, and waits with a limit.
local time = require("time")

local t = {}

local function show(v)
  if type(v) == "string" then return string.format("%q", v) end
  return tostring(v)
end

function t.eq(got, want, what)
  if got ~= want then error((what or "value") .. ": got " .. show(got) .. ", want " .. show(want), 2) end
end

function t.ok(value, what)
  if not value then error((what or "value") .. " is " .. show(value), 2) end
  return value
end

-- `nil, err` of that kind.
function t.fails(kind, first, err, what)
  if first ~= nil then error((what or "call") .. ": not nil but " .. show(first), 2) end
  if type(err) ~= "userdata" then error((what or "call") .. ": no error object but " .. show(err), 2) end
  if err:kind() ~= kind then error((what or "call") .. ": kind " .. show(err:kind()) .. ": " .. tostring(err), 2) end
  return err
end

-- `false, err` of that kind.
function t.refuses(kind, first, err, what)
  if first ~= false then error((what or "call") .. ": not false but " .. show(first), 2) end
  return t.fails(kind, nil, err, what)
end

function t.has(text, part, what)
  text = tostring(text)
  if not string.find(text, part, 1, true) then error((what or "text") .. ": " .. show(text) .. " lacks " .. show(part), 2) end
end

-- The next value of a channel, within a limit.
function t.take(ch, limit)
  local late = time.after(limit or "10s")
  local r = channel.select{ ch:case_receive(), late:case_receive() }
  if r.channel == late then error("nothing came", 2) end
  return r.value, r.ok
end

-- Nothing comes for a while.
function t.silent(ch, span)
  local late = time.after(span or "100ms")
  local r = channel.select{ ch:case_receive(), late:case_receive() }
  if r.channel ~= late then error("unexpected: " .. show(r.value and (r.value.kind or r.value)), 2) end
end

-- Spawns a monitored process and returns its EXIT event.
function t.run(entry, ...)
  local events = process.events()
  local pid, err = process.spawn_monitored(entry, "app:processes", ...)
  if not pid then error("spawn: " .. tostring(err), 2) end
  local e = t.take(events)
  t.eq(e.kind, process.event.EXIT, "event")
  t.eq(e.from, pid, "from")
  return e
end

-- Runs steps in an `app.test:tries` of the actor "user:1", with that scope of tests/lua/policies, and returns what came of each.
function t.under(security, scope, meta, steps)
  local b = process.with_context({}):with_actor(security.new_actor("user:1", meta))
  b = b:with_scope(t.ok(security.named_scope("app.sec:" .. scope)))
  local events = process.events()
  local pid = t.ok(b:spawn_monitored("app.test:tries", "app:processes", steps))
  local e = t.take(events)
  while e.from ~= pid do e = t.take(events) end
  if e.result.error then error("under " .. scope .. ": " .. tostring(e.result.error), 2) end
  return e.result.value
end

function t.permitted(r, what)
  if r.kind ~= nil or not r.value then error((what or "call") .. ": " .. tostring(r.message), 2) end
end

function t.denied(r, message, action, resource)
  if r.value then error("allowed: " .. message, 2) end
  t.eq(r.kind, "PermissionDenied", message .. ": " .. show(r.message))
  t.eq(r.message, message)
  t.eq(r.retryable, false)
  t.eq(r.details.action, action)
  t.eq(r.details.resource, resource)
  t.eq(r.details.actor, "user:1")
end

-- How a script may try to live on after what f does; `caught` is told when it does.
function t.ways(caught)
  return {
    plain = function(f) f() end,
    pcall = function(f) while true do pcall(f) caught("pcall") end end,
    xpcall = function(f) xpcall(f, function() caught("handler") end) caught("xpcall") end,
    wrap = function(f) pcall(coroutine.wrap(f)) caught("wrap") end,
    resume = function(f) coroutine.resume(coroutine.create(f)) caught("resume") end,
    nested = function(f) pcall(pcall, coroutine.wrap(function() pcall(f) caught("inner") end)) caught("outer") end,
    close_variable = function(f)
      local x <close> = setmetatable({}, { __close = function() caught("__close") end })
      f()
    end,
    closing = function(f)
      local co = coroutine.create(function()
        local x <close> = setmetatable({}, { __close = f })
        coroutine.yield()
      end)
      coroutine.resume(co)
      pcall(coroutine.close, co)
      caught("coroutine.close")
    end,
    replacement = function(f) pcall(string.gsub, "a", "a", f) caught("gsub") end,
    comparator = function(f) pcall(table.sort, { 2, 1 }, f) caught("sort") end,
    metamethod = function(f) pcall(function() return #setmetatable({}, { __len = f }) end) caught("metamethod") end,
    task = function(f)
      coroutine.spawn(function() pcall(f) caught("task") end)
      process.inbox():receive()
    end,
  }
end

return t
