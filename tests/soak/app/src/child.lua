-- Short lives, in every way of ending.
local time = require("time")

local function spin()
  for i = 1, 300000 do end
end

local function main(how, ...)
  if how == "spin" then return spin() end
  if how == "crash" then error("told to crash") end
  if how == "fail" then return nil, "told to fail" end
  if how == "wait" then process.events():receive() end
  if how == "stuck" then process.inbox():receive() end
  if how == "timers" then
    for i = 1, 20 do
      time.after("1h")
      local t = time.ticker("1m")
    end
  end
  if how == "children" then
    for i = 1, 3 do process.spawn_linked("app:child", "app:processes", "stuck") end
    error("takes them along")
  end
  if how == "named" then assert(process.registry.register("soak " .. ...)) end
  return #process.pid()
end

-- Ends while it holds a file, a subscription and timers.
local function holder(path)
  local fs, events = require("fs"), require("events")
  local file = assert(assert(fs.get("app:data")):open(path, "w+"))
  file:write(("x"):rep(2000))
  local sub = assert(events.subscribe("soak.*"))
  local late = time.after("1h")
  if path:find("3$") then error("with all in hand") end
  return true
end

-- Lua, native, Lua …: five machines in one process.
local function stage(n)
  if n >= 5 then return n end
  time.after("1h")
  if n == 1 then process.upgrade("app:worker", "become lua") end
  process.upgrade("app:stage", n + 1)
end

local function restless()
  time.sleep("10ms")
  error("again")
end

local function echo()
  local inbox = process.inbox()
  while true do
    local m = inbox:receive()
    if m:topic() == "end" then return true end
    process.send(m:from(), "back", m:payload():data())
  end
end

local function sum(a, b, ms)
  if ms then time.sleep(ms .. "ms") end
  if not b then error("no b") end
  return a + b
end

return { main = main, holder = holder, stage = stage, restless = restless, echo = echo, sum = sum, spin = spin }
