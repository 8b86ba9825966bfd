-- Hot reload at full speed: code that is spawned and called changes, services come, crash and go. Gives the number of versions made.
local time, registry, funcs = require("time"), require("registry"), require("funcs")
local HOST = "app:processes"
local KEPT = 1100 -- more versions than the registry keeps: it is full in the warm phase

local function apply(change) return assert(change(registry.snapshot():changes()):apply()) end

local function program(n)
  return { id = "app:changed", kind = "process.lua", data = { source = "return { main = function() return " .. n .. " end } -- " .. ("."):rep(n % 10) } }
end
local function service(n)
  return { id = "app:restless.service", kind = "process.service",
    data = { process = "app:restless", host = HOST, lifecycle = { auto_start = true, restart = { delay = 5 + n % 5 .. "ms", jitter = 0, max_delay = "10ms" } } } }
end

return { main = function(seconds, phase)
  local begun, n = time.now(), 0
  while time.now():sub(begun):seconds() < seconds or phase == "warm" and n < KEPT do
    n = n + 1
    local before = registry.current_version()
    apply(function(c) return c:update(program(n)) end)
    assert(process.exec("app:changed", HOST) == n)
    if n % 10 == 0 then
      assert(registry.apply_version(before))
      assert(process.exec("app:changed", HOST) == n - 1)
    end
    if n % 20 == 3 then apply(function(c) return c:create(service(n)) end) end
    if n % 20 == 13 then apply(function(c) return c:update(service(n)) end) end
    if n % 20 == 19 then apply(function(c) return c:delete("app:restless.service") end) end
  end
  if registry.get("app:restless.service") then apply(function(c) return c:delete("app:restless.service") end) end
  apply(function(c) return c:update(program(0)) end)
  return n
end }
