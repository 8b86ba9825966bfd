-- Timers, files, subscriptions and calls that come and go. Each driver gives the number of its rounds.
local time = require("time")
local HOST = "app:processes"

local function during(seconds, round)
  local begun, n = time.now(), 0
  while time.now():sub(begun):seconds() < seconds do
    n = n + 1
    round(n)
  end
  return n
end

local function clocks(seconds)
  return during(seconds, function()
    for i = 1, 30 do
      time.after("1h")
      local t = time.timer("1m")
      if i % 2 == 0 then t:stop() end
      if i % 3 == 0 then t:reset("2m") end
      time.ticker("1s")
    end
    time.after("1ms"):receive()
    local ticker = time.ticker("1ms")
    for i = 1, 3 do ticker:channel():receive() end
    ticker:stop()
  end)
end

local function files(seconds)
  local fs = require("fs")
  local data = assert(fs.get("app:data"))
  return during(seconds, function(n)
    local path = process.pid():match("0x%x+") .. n % 5
    assert(data:write_file(path, ("y"):rep(5000), { atomic = n % 2 == 0 }))
    assert(#data:read_file(path) == 5000)
    local file = assert(data:open(path, "r"))
    file:read(100)
    if n % 3 == 0 then file:close() end -- else the collector or the end
    assert(#data:list() > 0)
    process.exec("app:holder", HOST, "held" .. n % 5)
  end)
end

local function bus(seconds)
  local events = require("events")
  return during(seconds, function(n)
    local all, some = assert(events.subscribe("soak.*")), assert(events.subscribe("soak.bus", "kind"))
    for i = 1, 10 do assert(events.send("soak.bus", i % 2 == 0 and "kind" or "other", "/" .. i, { i })) end
    for i = 1, 5 do some:channel():receive() end
    if n % 2 == 0 then all:close() end -- else the collector
    some:close()
    time.sleep("1ms")
  end)
end

local function calls(seconds)
  local funcs = require("funcs")
  return during(seconds, function()
    assert(funcs.call("app:sum", 1, 2) == 3)
    assert(not funcs.call("app:sum", 1))
    local futures = {}
    for i = 1, 12 do futures[i] = assert(funcs.async("app:sum", i, i, 1)) end
    for i = 1, 4 do futures[i]:cancel() end
    for i = 5, 9 do futures[i]:channel():receive() end
  end)
end

return { clocks = clocks, files = files, bus = bus, calls = calls }
