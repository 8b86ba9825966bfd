-- Processes that come and go. Each driver gives the number of its rounds.
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

-- Waits for the EXIT of all of `pids`.
local function gone(events, pids)
  local left = 0
  for _ in pairs(pids) do left = left + 1 end
  while left > 0 do
    local e = events:receive()
    if e.kind == process.event.EXIT and pids[e.from] then pids[e.from], left = nil, left - 1 end
  end
end

local function lives(seconds, _, leak)
  local events = process.events()
  return during(seconds, function(n)
    local pids = {}
    local function child(entry, ...) pids[assert(process.spawn_monitored(entry, HOST, ...))] = true end
    for _, how in ipairs{ "return", "crash", "fail", "timers", "children" } do child("app:child", how) end
    child("app:child", "named", process.pid() .. n)
    child("app:worker", "return")
    child("app:worker", "crash")
    local named = assert(process.with_context({ n = n }):with_name("soak child " .. process.pid() .. n % 7):spawn_monitored("app:child", HOST, "wait"))
    local stuck = assert(process.spawn_monitored("app:child", HOST, "stuck"))
    local native = assert(process.spawn_monitored("app:worker", HOST, "wait"))
    pids[named], pids[stuck], pids[native] = true, true, true
    process.cancel(named, "500ms")
    process.terminate(stuck)
    process.cancel(native, "500ms")
    gone(events, pids)
    assert(process.exec("app:child", HOST, "return"))
    assert(not process.exec("app:child", HOST, "crash"))
    assert(process.exec("app:worker", HOST, "return") == 20)
    if leak ~= "" then process.spawn("app:leak", HOST, leak) end
  end)
end

local function links(seconds)
  process.set_options{ trap_links = true }
  local events = process.events()
  return during(seconds, function()
    local pids = {}
    for i = 1, 10 do pids[i] = assert(process.spawn_linked("app:child", HOST, "stuck")) end
    for i = 1, 5 do process.monitor(pids[i]) end
    for i = 1, 3 do process.unmonitor(pids[i]) end
    process.unlink(pids[10])
    for i = 1, 10 do process.terminate(pids[i]) end
    local down = 0
    while down < 9 do
      if events:receive().kind == process.event.LINK_DOWN then down = down + 1 end
    end
    time.sleep("1ms")
  end)
end

local function mail(seconds)
  local back, events = process.listen("back"), process.events()
  local sizes = { 10, 100, 1000, 20000 }
  return during(seconds, function(n)
    local echo = assert(process.spawn_monitored("app:echo", HOST))
    local name = "soak echo " .. process.pid()
    assert(process.registry.register(name, echo))
    for i = 1, 40 do process.send(i % 2 == 0 and echo or name, "to", ("x"):rep(sizes[i % 4 + 1])) end
    for i = 1, 40 do back:receive() end
    process.send(name, "end")
    gone(events, { [echo] = true })
    time.sleep("1ms")
  end)
end

local function stages(seconds)
  local events = process.events()
  return during(seconds, function()
    local pids = {}
    for i = 1, 4 do pids[assert(process.spawn_monitored("app:stage", HOST, 1))] = true end
    gone(events, pids)
  end)
end

return { lives = lives, links = links, mail = mail, stages = stages }
