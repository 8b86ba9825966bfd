-- soak(warm, seconds, leak): the load for `warm` seconds, a census, the load for `seconds`, a census. A line of JSON each.
-- The warm load is three times the load, so that its peaks are the higher ones.
local time, json, funcs = require("time"), require("json"), require("funcs")

local drivers = { "lives", "links", "mail", "stages", "clocks", "files", "bus", "calls", "reloads" }

-- Work for all workers of both hosts: a timer that another worker cancelled is freed by its own one, when that one next runs.
local function stir()
  local events, futures = process.events(), {}
  for i = 1, 40 do assert(process.spawn_monitored("app:child", "app:processes", "spin")) end
  for i = 1, 40 do events:receive() end
  for i = 1, 40 do futures[i] = assert(funcs.async("app:spin")) end
  for i = 1, 40 do futures[i]:channel():receive() end
end

local function census()
  time.sleep("1s") -- what ends late, has ended
  local least, most = {}, {}
  for i = 1, 16 do -- threads keep free memory for themselves, now more, now less
    stir()
    time.sleep("150ms")
    for key, n in pairs(assert(process.exec("app:census", "app:processes"))) do
      least[key], most[key] = math.min(n, least[key] or n), math.max(n, most[key] or n)
    end
  end
  return least, most
end

local function load(phase, seconds, leak)
  local events, running, rounds = process.events(), {}, {}
  for i = 1, phase == "warm" and 3 or 1 do
    for _, name in ipairs(drivers) do
      if i == 1 or name ~= "reloads" then
        running[assert(process.spawn_monitored("app:" .. name, "app:processes", seconds, phase, leak))] = name
      end
    end
  end
  while next(running) do
    local e = events:receive()
    local name = running[e.from]
    if name then
      if e.error then error(name .. ": " .. tostring(e.error)) end
      rounds[name], running[e.from] = (rounds[name] or 0) + e.value, nil
    end
  end
  local least, most = census()
  print(json.encode{ phase = phase, rounds = rounds, least = least, most = most })
end

return { main = function(warm, seconds, leak)
  load("warm", tonumber(warm), leak or "")
  load("main", tonumber(seconds), leak or "")
  return 0
end }
